"""What the stages share: the checked config, the cohort table, and names of files.

Functions used by rules live here and nowhere else.
"""

import sys
from pathlib import Path

for folder in (workflow.basedir, f"{workflow.basedir}/workflow/schemas"):
    sys.path.insert(0, str(folder))

from check_config import check_config
from session_sheet import read_sessions
from italign.code import code_digest
from italign.training.cohort import (
    expand_conditions,
    n_segments,
    segment_start,
    step_options,
)

check_config(config, "config")
if Path(code_digest.__code__.co_filename).parents[1] != Path(workflow.basedir):
    raise WorkflowError(
        "italign is also installed in this environment, and scripts would run that "
        "copy: pip uninstall italign"
    )

RESULTS = f"results/{config['world']}"
LOGS = f"{RESULTS}/logs"
BENCHMARKS = f"{RESULTS}/benchmarks"
FIGURE_FORMATS = ["pdf", "svg", "png", "csv"]
IN_SILICO = "in silico"

SETS = config["stimuli"]["sets"]
SHEET = config["recordings"]["sessions"]
SESSIONS = {entry["session"]: entry for entry in read_sessions(SHEET)}
SIMULATED = [name for name, entry in SESSIONS.items() if entry["format"] == "simulated"]
# Recording systems that save spikes only; all other files hold voltage.
EVENT_FORMATS = ["blackrock-spikes", "nwb-units"]
WITH_EVENTS = [name for name in SESSIONS if SESSIONS[name]["format"] in EVENT_FORMATS]
FROM_FILES = [name for name in SESSIONS if name not in SIMULATED]
WITH_VOLTAGE = [name for name in SESSIONS if name not in WITH_EVENTS]
ANIMALS = sorted({entry["animal"] for entry in SESSIONS.values()})
PAIRS = list(dict.fromkeys((s["animal"], s["stimulus_set"]) for s in SESSIONS.values()))
SHOWN_SETS = sorted({*SETS, *(name for _, name in PAIRS)})
HELD_OUT = [(axis["animal"], axis["set"]) for axis in config["assemblies"]["held_out"]]
COHORT = expand_conditions(config["training"]["conditions"])
TRAINING = config["training"]
IMAGE_DEGREES = config["stimuli"]["image_degrees"]
TARGETS = sorted({"true", *(member["target"] for member in COHORT.values())})
TRUNKS = sorted({member["trunk"] for member in COHORT.values()})
MODEL_FILE = f"models/{config['training']['model']['name']}"
TEACHER = config["recordings"]["teacher"]
SEEDS = config["training"]["seeds"]


def code_of(stage, rule, *plugins):
    """Content hash of the package code that a rule's script uses: editing it re-runs the rule."""
    script = Path(workflow.basedir) / "workflow/scripts" / stage / f"{rule}.py"
    return code_digest(script, plugins)


def in_study(targets):
    """Targets that need models; a world without training animals ends at assemblies."""
    return targets if HELD_OUT else []


def any_of(names):
    """Regular expression of names; of no name, one that no file has."""
    return "|".join(names) or "none"


def sessions_of(animal, stimulus_set):
    """Sessions in which an animal saw a set."""
    return [
        name
        for name, entry in SESSIONS.items()
        if (entry["animal"], entry["stimulus_set"]) == (animal, stimulus_set)
    ]


def rates_of(wildcards):
    """Rates of every session behind one assembly."""
    return session_files([(wildcards.animal, wildcards.set)], "rates.nc")


def bins_of(wildcards):
    """Time bins of every session behind one assembly."""
    return session_files([(wildcards.animal, wildcards.set)], "bins.nc")


def files_of_session(wildcards):
    """Files of the recording, as the session sheet names them."""
    return SESSIONS[wildcards.session]["files"]


def reader_of(wildcards):
    """Module that reads the format of a session."""
    return (
        f"recordings/readers/{SESSIONS[wildcards.session]['format'].replace('-', '_')}"
    )


def table_of_session(wildcards):
    """Presentation table that the session sheet names."""
    return SESSIONS[wildcards.session]["presentations"]


def assemblies_of(pairs):
    """Assemblies of (animal, set) pairs."""
    return [f"{RESULTS}/assemblies/{animal}-{name}.nc" for animal, name in pairs]


def ceilings_of(pairs):
    """Ceilings of (animal, set) pairs."""
    return [
        f"{RESULTS}/assemblies/{animal}-{name}-ceiling.nc" for animal, name in pairs
    ]


def stimuli_of_session(wildcards):
    """Images that a session showed; none if this world does not hold them."""
    name = SESSIONS[wildcards.session]["stimulus_set"]
    return [f"{RESULTS}/stimuli/{name}.nc"] if name in SETS else []


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
    planted = [SESSIONS[name] for name in SIMULATED]
    return [
        pair
        for pair in pairs
        if pair in [(entry["animal"], entry["stimulus_set"]) for entry in planted]
    ]


def session_files(pairs, name):
    """One file of each session behind (animal, set) pairs."""
    sessions = [session for pair in pairs for session in sessions_of(*pair)]
    return [f"{RESULTS}/recordings/{session}/{name}" for session in sessions]


def train_pairs():
    """(animal, set) pairs that are pooled into the training target."""
    section = config["assemblies"]
    return [(animal, section["train_set"]) for animal in section["train_animals"]]


def previous_state(wildcards):
    """State that a segment starts from: the trunk's, or the segment before's."""
    segment, folder = int(wildcards.segment), f"{RESULTS}/training"
    if segment == 0:
        return f"{folder}/base-{COHORT[wildcards.model]['trunk']}/seed{wildcards.seed}/state.safetensors"
    return f"{folder}/{wildcards.model}/seed{wildcards.seed}/segment{segment - 1}/state.safetensors"


def checkpoints_of(wildcards):
    """Checkpoint files of a member in order: the trunk's, then one of each segment."""
    folder, seed = f"{RESULTS}/training", f"seed{wildcards.seed}"
    trunk = COHORT[wildcards.model]["trunk"]
    return [f"{folder}/base-{trunk}/{seed}/checkpoints.safetensors"] + [
        f"{folder}/{wildcards.model}/{seed}/segment{segment}/checkpoints.safetensors"
        for segment in range(n_segments(TRAINING))
    ]


def target_of(wildcards):
    """Training target of a cohort member."""
    target = COHORT[wildcards.model]["target"]
    return f"{RESULTS}/assemblies/target-{target}-seed{wildcards.seed}.nc"


def trunk_options(wildcards):
    """Hyper-parameters of a step before the onset; members of a trunk agree in them."""
    members = [
        member for member in COHORT.values() if member["trunk"] == wildcards.trunk
    ]
    return step_options(members[0], int(wildcards.seed), TRAINING, IMAGE_DEGREES)


def member_options(wildcards):
    """Hyper-parameters of a step after the onset."""
    member = COHORT[wildcards.model]
    shared = step_options(member, int(wildcards.seed), TRAINING, IMAGE_DEGREES)
    return {**shared, "p": member["p"]}


def sgd_options():
    """SGD with Nesterov momentum, under torch's names."""
    training = config["training"]
    return {
        "lr": training["learning_rate"],
        "momentum": training["momentum"],
        "weight_decay": training["weight_decay"],
    }


def run_of(wildcards):
    """What tells one run from another: the identity columns of the cohort table."""
    member = COHORT[wildcards.model]
    names = ("model", "method", "target", "labels", "p", "adversarial")
    return {
        **{name: member[name] for name in names},
        "seed": int(wildcards.seed),
        "onset_step": config["training"]["onset_step"],
    }


def scored_sets():
    """Sets whose activations a checkpoint is scored on, each once."""
    held_out = [name for _, name in HELD_OUT]
    behavior = config["evaluation"]["behavior"]["sets"]
    return list(
        dict.fromkeys([config["training"]["stimulus_set"], *held_out, *behavior])
    )


def scores_of(measure):
    """One measure of every member and seed."""
    return expand(
        f"{RESULTS}/evaluation/{{model}}/seed{{seed}}/{measure}.nc",
        model=COHORT,
        seed=SEEDS,
    )


def figures_of_world():
    """Figures that a world has the data for."""
    names = ["recording_quality", *(f"session-{name}" for name in SESSIONS)]
    truth = ["recovered_truth", "ceilings"] if simulated(HELD_OUT) else []
    cohort = ["contact_sheet", "figure_1b", "figure_1c", "figure_2a", "figure_2b"]
    return [*names, *truth, *in_study(cohort)]


def figure_files():
    """Every figure in every format."""
    return expand(
        f"{RESULTS}/figures/{{name}}.{{suffix}}",
        name=figures_of_world(),
        suffix=FIGURE_FORMATS,
    )
