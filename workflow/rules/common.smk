"""What the stages share: the checked config, the cohort table, and names of files.

Functions used by rules live here and nowhere else.
"""

import sys
from pathlib import Path

sys.path.append(str(Path(workflow.basedir)))
sys.path.append(str(Path(workflow.basedir) / "workflow" / "schemas"))

from check_config import check_config
from italign.code import code_digest
from italign.training.cohort import expand_conditions

check_config(config, "config")

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
TRUNKS = sorted({member["trunk"] for member in COHORT.values()})
SEEDS = config["training"]["seeds"]


def code_of(stage, rule):
    """Content hash of the package code that a rule's script uses: editing it re-runs the rule."""
    return code_digest(
        Path(workflow.basedir) / "workflow/scripts" / stage / f"{rule}.py"
    )


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


def session_files(pairs, name):
    """One file of each session behind (animal, set) pairs."""
    sessions = [session for pair in pairs for session in sessions_of(*pair)]
    return [f"{RESULTS}/recordings/{session}/{name}" for session in sessions]


def train_pairs():
    """(animal, set) pairs that are pooled into the training target."""
    section = config["assemblies"]
    return [(animal, section["train_set"]) for animal in section["train_animals"]]


def n_segments():
    """Segments of a cohort member after the onset; the last may be shorter."""
    training = config["training"]
    return -(
        -(training["n_steps"] - training["onset_step"]) // training["segment_steps"]
    )


def segment_start(segment):
    """First gradient step of a segment, at most the end of training."""
    training = config["training"]
    start = training["onset_step"] + int(segment) * training["segment_steps"]
    return min(start, training["n_steps"])


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
        for segment in range(n_segments())
    ]


def attack_of(member):
    """Adversarial training of a member: norm, epsilon_255 and steps, or None."""
    if member["attack"] is None:
        return None
    return {**member["attack"], "n_steps": config["training"]["attack_steps"]}


def trunk_member(trunk):
    """Any member that branches from a trunk; they agree in labels and adversarial setting."""
    return next(member for member in COHORT.values() if member["trunk"] == trunk)


def step_options(member, seed):
    """Hyper-parameters of a step that trunk and members share."""
    training, augmentation = config["training"], config["training"]["augmentation"]
    return {
        "seed": int(seed),
        "batch_size": training["batch_size"],
        "onset_step": training["onset_step"],
        "labels": member["labels"] == "on",
        "region": training["model"]["region"],
        "translate": augmentation["translate_deg"] / config["stimuli"]["image_degrees"],
        "rotate_deg": augmentation["rotate_deg"],
        "scale": augmentation["scale"],
        "crop_area_min": augmentation["base_crop_area_min"],
        "attack": attack_of(member),
    }


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
    held_out, behavior = [name for _, name in HELD_OUT], config["evaluation"][
        "behavior"
    ]["sets"]
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
