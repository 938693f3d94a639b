"""Which files belong to a session, and which sessions to an animal and stimulus set."""

# Recording systems that save spikes only; all other files hold voltage.
EVENT_FORMATS = ["blackrock-spikes", "nwb-units"]
WITH_EVENTS = [name for name in SESSIONS if SESSIONS[name]["format"] in EVENT_FORMATS]
WITH_VOLTAGE = [name for name in SESSIONS if name not in WITH_EVENTS]
FROM_FILES = [name for name in SESSIONS if name not in SIMULATED]
VOLTAGE_FILES = [name for name in WITH_VOLTAGE if name in FROM_FILES]


def sessions_of(animal, stimulus_set):
    """Sessions of the world's region in which an animal saw a set."""
    return [
        name
        for name in IN_REGION
        if (SESSIONS[name]["animal"], SESSIONS[name]["stimulus_set"])
        == (animal, stimulus_set)
    ]


def rates_of(wildcards):
    """Rates of every session behind one assembly."""
    return session_files([(wildcards.animal, wildcards.set)], "rates.nc")


def bins_of(wildcards):
    """Time bins of every session behind one assembly."""
    return session_files([(wildcards.animal, wildcards.set)], "bins.nc")


def files_of_session(wildcards):
    """Files of the recording. Of one that is missing the reader tells, and others go on."""
    return [
        file for file in SESSIONS[wildcards.session]["files"] if Path(file).exists()
    ]


def integrity_of_session(wildcards):
    """What is wrong with a recording; of a simulated one there is no such report."""
    if wildcards.session not in FROM_FILES:
        return []
    return [f"{RESULTS}/recordings/{wildcards.session}/integrity.csv"]


def reader_of(wildcards):
    """Module that reads the format of a session."""
    return (
        f"recordings/readers/{SESSIONS[wildcards.session]['format'].replace('-', '_')}"
    )


def table_of_session(wildcards):
    """Presentation table that the session sheet names."""
    return SESSIONS[wildcards.session]["presentations"]


def array_map_of_session(wildcards):
    """Electrode positions, if the session sheet names a file of them."""
    path = SESSIONS[wildcards.session]["array_map"]
    return {"array_map": path} if path else {}


def assemblies_of(pairs):
    """Assemblies of (animal, set) pairs."""
    return [f"{RESULTS}/assemblies/{animal}-{name}.nc" for animal, name in pairs]


def ceilings_of(pairs):
    """Ceilings of (animal, set) pairs."""
    return [
        f"{RESULTS}/assemblies/{animal}-{name}-ceiling.nc" for animal, name in pairs
    ]


def stimuli_of_session(wildcards):
    """Images that a session showed."""
    return f"{RESULTS}/stimuli/{SESSIONS[wildcards.session]['stimulus_set']}.nc"


def known_stimuli_of(wildcards):
    """Images that a session may have shown; none if this world does not hold them."""
    known = SESSIONS[wildcards.session]["stimulus_set"] in SETS
    return [stimuli_of_session(wildcards)] if known else []


def teacher_of_session(wildcards):
    """Responses of the simulated cortex to the images that a session showed."""
    return (
        f"{RESULTS}/recordings/teacher-{SESSIONS[wildcards.session]['stimulus_set']}.nc"
    )


def assembly_of_session(wildcards):
    """Assembly that a session belongs to."""
    entry = SESSIONS[wildcards.session]
    return f"{RESULTS}/assemblies/{entry['animal']}-{entry['stimulus_set']}.nc"


def simulated(pairs):
    """(animal, set) pairs whose truth was planted."""
    planted = [SESSIONS[name] for name in SIMULATED if name in IN_REGION]
    shown = {(entry["animal"], entry["stimulus_set"]) for entry in planted}
    return [pair for pair in pairs if pair in shown]


def source_of_neurons():
    """Where the responses come from that models are aligned to and compared with."""
    pairs = train_pairs() + HELD_OUT or PAIRS
    if simulated(pairs) == pairs:
        return IN_SILICO
    return "recorded neurons" if REGION == "IT" else f"recorded {REGION} neurons"


def neural_source():
    """Where the data behind the models come from; without models, those of the sessions."""
    neurons = source_of_neurons()
    if not BEHAVIOR_SETS:
        return neurons
    recorded = [name for name in BEHAVIOR_SETS if name in TRIALS]
    people = "recorded people" if recorded == BEHAVIOR_SETS else "people in silico"
    if (neurons, people) == (IN_SILICO, "people in silico"):
        return IN_SILICO
    return f"{neurons}, {people}".replace(IN_SILICO, "neurons in silico")


def session_files(pairs, name):
    """One file of each session behind (animal, set) pairs."""
    sessions = [session for pair in pairs for session in sessions_of(*pair)]
    return [f"{RESULTS}/recordings/{session}/{name}" for session in sessions]


def train_pairs():
    """(animal, set) pairs that are pooled into the training target."""
    section = config["assemblies"]
    return [(animal, section["train_set"]) for animal in section["train_animals"]]
