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


def steps_of(wildcards):
    """Gradient steps of a training job: those of the trunk, or of a segment."""
    if "trunk" in wildcards.keys():
        return trunk_steps(TRAINING)
    start, end = (segment_start(TRAINING, int(wildcards.segment) + k) for k in (0, 1))
    return end - start


def attack_steps_of(wildcards):
    """PGD steps per gradient step of a training job."""
    key = "trunk" if "trunk" in wildcards.keys() else "model"
    members = [m for m in COHORT.values() if m[key] == getattr(wildcards, key)]
    return TRAINING["attack"]["n_steps"] if members[0]["attack"] else 0


def resident_images():
    """Images that a training job holds: of both tasks, or of a base folder its test images."""
    names = [TRAINING["stimulus_set"], *([] if FOLDER_SET else [BASE_SET])]
    blocks = [(SETS[name], block) for name in names for block in SETS[name]["blocks"]]
    sizes = [
        block.get("n_images", block.get("per_category", 0) * len(entry["categories"]))
        for entry, block in blocks
    ]
    return sum(sizes) + (TRAINING["base_test_images"] or 50_000) * bool(FOLDER_SET)


def training_mb(_wildcards, attempt):
    """Memory of a training job; a retry asks for more."""
    return costs.training_memory_mb(
        TRAINING["model"], IMAGE_PX, TRAINING["batch_size"], resident_images(), attempt
    )


def training_minutes(wildcards, attempt):
    """Time limit of a training job; a retry asks for more."""
    return costs.training_minutes(
        TRAINING["model"],
        IMAGE_PX,
        TRAINING["batch_size"],
        steps_of(wildcards),
        attack_steps_of(wildcards),
        attempt,
    )


def network_slots():
    """Slots of a GPU that a job with the cohort's network takes."""
    return costs.gpu_slots(TRAINING["model"], IMAGE_PX, TRAINING["batch_size"])


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
