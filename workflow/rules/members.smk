"""Which files and hyper-parameters belong to a member of the cohort."""


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
    return step_options(
        members[0], int(wildcards.seed), TRAINING, IMAGE_DEGREES, ORIGINAL
    )


def member_options(wildcards):
    """Hyper-parameters of a step after the onset."""
    member = COHORT[wildcards.model]
    shared = step_options(
        member, int(wildcards.seed), TRAINING, IMAGE_DEGREES, ORIGINAL
    )
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
        "onset_step": trunk_steps(TRAINING),
    }


def alignment_of(wildcards):
    """Name and options of a member's neural loss."""
    return COHORT[wildcards.model]["alignment"]


def jitter():
    """Random affine of held-out images where the original code jitters them too, else None."""
    if not ORIGINAL["augmented_validation"]:
        return None
    member = next(iter(COHORT.values()))
    options = step_options(member, 0, TRAINING, IMAGE_DEGREES, ORIGINAL)
    names = ("rotate_deg", "scale", "shear_deg", "nearest_pixel")
    return {
        "translate": options["translate_fraction"],
        **{name: options[name] for name in names},
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
