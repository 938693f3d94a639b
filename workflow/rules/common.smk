"""What the stages share: the checked config, the cohort table, and names of files.

Functions used by rules live here and nowhere else.
"""

import sys
from pathlib import Path

for folder in (workflow.basedir, f"{workflow.basedir}/workflow/schemas"):
    sys.path.insert(0, str(folder))

from check_config import check_config
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
FIGURES = [
    "contact_sheet",
    "recording_quality",
    "recovered_truth",
    "figure_1b",
    "figure_1c",
    "figure_2a",
    "figure_2b",
]
IN_SILICO = "in silico"

SETS = config["stimuli"]["sets"]
SESSIONS = {entry["session"]: entry for entry in config["recordings"]["sessions"]}
ANIMALS = sorted({entry["animal"] for entry in SESSIONS.values()})
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


def sessions_of(animal, stimulus_set):
    """Sessions in which an animal saw a set."""
    return [
        name
        for name, entry in SESSIONS.items()
        if (entry["animal"], entry["set"]) == (animal, stimulus_set)
    ]


def rates_of(wildcards):
    """Rates of every session behind one assembly."""
    names = sessions_of(wildcards.animal, wildcards.set)
    return expand(f"{RESULTS}/recordings/{{session}}/rates.nc", session=names)


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
    return f"{RESULTS}/stimuli/{SESSIONS[wildcards.session]['set']}.nc"


def teacher_of_session(wildcards):
    """Responses of the simulated cortex to the images that a session showed."""
    return f"{RESULTS}/recordings/teacher-{SESSIONS[wildcards.session]['set']}.nc"


def assembly_of_session(wildcards):
    """Assembly that a session belongs to."""
    entry = SESSIONS[wildcards.session]
    return f"{RESULTS}/assemblies/{entry['animal']}-{entry['set']}.nc"


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


def figure_files():
    """Every figure in every format."""
    return expand(
        f"{RESULTS}/figures/{{name}}.{{suffix}}", name=FIGURES, suffix=FIGURE_FORMATS
    )
