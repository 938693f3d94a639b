"""Which files, hyper-parameters and jobs belong to a member of the cohort."""


def previous_state(wildcards):
    """State that a segment starts from: the trunk's, or the segment before's."""
    segment, folder = int(wildcards.segment), f"{RESULTS}/training"
    if segment == 0:
        return f"{folder}/base-{COHORT[wildcards.model]['trunk']}/seed{wildcards.seed}/state.safetensors"
    return f"{folder}/{wildcards.model}/seed{wildcards.seed}/segment{segment - 1}/state.safetensors"


def checkpoint_files(model, seed):
    """Checkpoint files of a member in order: the trunk's, then one of each segment."""
    folder = f"{RESULTS}/training"
    trunk = COHORT[model]["trunk"]
    return [f"{folder}/base-{trunk}/seed{seed}/checkpoints.safetensors"] + [
        f"{folder}/{model}/seed{seed}/segment{segment}/checkpoints.safetensors"
        for segment in range(n_segments(TRAINING))
    ]


def checkpoints_of(models):
    """Function of wildcards: checkpoint files of several models of a seed, one after another."""
    return lambda wildcards: [
        file for model in models for file in checkpoint_files(model, wildcards.seed)
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


def run_of(model, seed):
    """What tells one run from another: the identity columns of the cohort table."""
    names = ("model", "method", "target", "labels", "p", "adversarial")
    return {
        **{name: COHORT[model][name] for name in names},
        "seed": int(seed),
        "onset_step": trunk_steps(TRAINING),
    }


def runs_of(models):
    """Function of wildcards: each model's run, and how many checkpoint files it has."""
    return lambda wildcards: [
        {
            "run": run_of(model, wildcards.seed),
            "n_files": len(checkpoint_files(model, wildcards.seed)),
        }
        for model in models
    ]


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
    trained = config["training"]["stimulus_set"]
    return list(dict.fromkeys([trained, *held_out, *DECODED_SETS]))


def groups_of(models):
    """Models that share a job, in groups of equal size but for one."""
    models = in_study(list(models))
    n_groups = -(-len(models) // config["evaluation"]["members_per_job"])
    return [models[group::n_groups] for group in range(n_groups)]


def scores_of(measure, models, seeds):
    """Files of one measure of several models."""
    return expand(
        f"{RESULTS}/evaluation/{{model}}/seed{{seed}}/{measure}.nc",
        model=models,
        seed=seeds,
    )
