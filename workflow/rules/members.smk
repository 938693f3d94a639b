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


def files_of_run(model, seed):
    """What training leaves of a run: checkpoints, logs, and the state that more steps start from.

    States of other segments may be missing: each is made again only if the next segment is.
    """
    trunk = f"{RESULTS}/training/base-{COHORT[model]['trunk']}/seed{seed}"
    segments = [
        f"{RESULTS}/training/{model}/seed{seed}/segment{segment}"
        for segment in range(n_segments(TRAINING))
    ]
    names = ("checkpoints.safetensors", "log.csv")
    files = [f"{folder}/{name}" for folder in (trunk, *segments) for name in names]
    return [*files, f"{segments[-1]}/state.safetensors"]


def state_file(path):
    """State of a segment; unless it is to be kept, deleted when the next one has ended."""
    return path if TRAINING["keep_states"] else temp(path)


def checkpoints_of(models):
    """Function of wildcards: checkpoint files of several models of a seed, one after another."""
    return lambda wildcards: [
        file for model in models for file in checkpoint_files(model, wildcards.seed)
    ]


def target_of_run(model, seed):
    """Training target of a run."""
    return f"{RESULTS}/assemblies/target-{COHORT[model]['target']}-seed{seed}.nc"


def target_of(wildcards):
    """Training target of a segment's run."""
    return target_of_run(wildcards.model, wildcards.seed)


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


def compared_sets():
    """Sets whose images are shown to compare similarities: the trained one and those held out."""
    held_out = [name for _, name in HELD_OUT]
    return list(dict.fromkeys([TRAINING["stimulus_set"], *held_out]))


def compared_pairs():
    """(animal, set) pairs of the study, each once."""
    return list(dict.fromkeys(train_pairs() + HELD_OUT))


def analysed(name, path):
    """Table of an analysis that a world may leave out; none where it does."""
    return in_study([path] if config["evaluation"][name] else [])


def groups_of(models):
    """Models that share a job: of the same seeds, in groups of equal size but for one."""
    by_seeds = {}
    for model in in_study(list(models)):
        by_seeds.setdefault(tuple(seeds_of(model)), []).append(model)
    groups = []
    for alike in by_seeds.values():
        n_groups = -(-len(alike) // config["evaluation"]["members_per_job"])
        groups += [alike[group::n_groups] for group in range(n_groups)]
    return groups


def score_of(measure, model, seed):
    """File of one measure of a run."""
    return f"{RESULTS}/evaluation/{model}/seed{seed}/{measure}.nc"
