"""What the jobs of a world's networks compute, in millions of multiply-adds.

`make plan` tells their time from it; schedulers ignore it.
"""

from math import ceil

from italign.training import work


def training_mmacs(wildcards):
    """Multiply-adds of a training job."""
    n_validated = checkpoints_of_job(wildcards) * validated_images()
    steps = (steps_of(wildcards), attack_steps_of(wildcards), n_validated)
    return mmacs_of_training(TRAINING["batch_size"], *steps)


def pretraining_mmacs():
    """Multiply-adds of the pretraining, whose steps have one batch."""
    pretrain = TRAINING["pretrain"]
    return mmacs_of_training(pretrain["batch_size"] / 2, pretrain["n_steps"], 0, 0)


@cache
def mmacs_of_training(*steps):
    """Multiply-adds of so many steps."""
    return ceil(work.training_macs(TRAINING["model"], IMAGE_PX, *steps) / 1e6)


def validated_images():
    """Test images of both tasks, seen at each validation."""
    names = [TRAINING["stimulus_set"], *([] if FOLDER_SET else [BASE_SET])]
    blocks = [(SETS[name], block) for name in names for block in SETS[name]["blocks"]]
    n_folder = (TRAINING["base_test_images"] or 50_000) * bool(FOLDER_SET)
    return n_folder + sum(
        images_of_block(entry, block)
        for entry, block in blocks
        if block["split"] == "test"
    )


def scoring_mmacs(models):
    """Multiply-adds of scoring models, one pass each."""
    n_images = images_in(scored_sets()) * len(models) * scored_checkpoints()
    return mmacs_of_passes(n_images, 1)


def attack_mmacs(models):
    """Multiply-adds of all attacks on models, if no image ever breaks."""
    passes = scored_checkpoints() * sum(map(robustness_passes, models))
    return mmacs_of_passes(attacked_images(), passes)


def autoattack_mmacs(models):
    """Multiply-adds of the stronger attack on models, if no image ever breaks."""
    n_images, passes = autoattack_passes()
    return mmacs_of_passes(n_images * len(models), passes)


def mmacs_of_passes(n_images, n_passes):
    """Multiply-adds of so many passes over images."""
    return ceil(work.passes_macs(TRAINING["model"], IMAGE_PX, n_images, n_passes) / 1e6)
