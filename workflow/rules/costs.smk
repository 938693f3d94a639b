"""What the jobs of a world's networks may take: memory, time, slots of a GPU."""


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


def images_of_block(entry, block):
    """Images of one block of a set; files tell their number, rendered nouns theirs."""
    rendered = block.get("per_category", 0) * len(entry["categories"])
    return block.get("n_images", rendered)


def resident_images():
    """Images that a training job holds: of both tasks, or of a base folder its test images."""
    names = [TRAINING["stimulus_set"], *([] if FOLDER_SET else [BASE_SET])]
    blocks = [(SETS[name], block) for name in names for block in SETS[name]["blocks"]]
    n_test = (TRAINING["base_test_images"] or 50_000) * bool(FOLDER_SET)
    return sum(images_of_block(*pair) for pair in blocks) + n_test


def checkpoints_of_job(wildcards):
    """Checkpoints that a training job holds before it writes them."""
    return -(-steps_of(wildcards) // TRAINING["validation_every"])


def training_mb(wildcards, attempt):
    """Memory of a training job; a retry asks for more."""
    return memory_of_training(checkpoints_of_job(wildcards), attempt)


@cache
def memory_of_training(n_checkpoints, attempt):
    """Memory of a training job that holds so many checkpoints."""
    return costs.training_memory_mb(
        TRAINING["model"],
        IMAGE_PX,
        TRAINING["batch_size"],
        resident_images(),
        n_checkpoints,
        attempt,
    )


def training_minutes(wildcards, attempt):
    """Time limit of a training job; a retry asks for more."""
    return minutes_of_training(steps_of(wildcards), attack_steps_of(wildcards), attempt)


@cache
def minutes_of_training(n_steps, attack_steps, attempt):
    """Time limit of so many steps."""
    return costs.training_minutes(
        TRAINING["model"],
        IMAGE_PX,
        TRAINING["batch_size"],
        n_steps,
        attack_steps,
        attempt,
    )


def pretraining_minutes(_wildcards, attempt):
    """Time limit of the pretraining, half of whose images a step of two batches would have."""
    pretrain = TRAINING["pretrain"]
    return costs.training_minutes(
        TRAINING["model"],
        IMAGE_PX,
        pretrain["batch_size"],
        pretrain["n_steps"],
        0,
        attempt,
    )


def pretraining_mb(_wildcards, attempt):
    """Memory of the pretraining."""
    batch_size = TRAINING["pretrain"]["batch_size"]
    return costs.training_memory_mb(
        TRAINING["model"], IMAGE_PX, batch_size, resident_images(), 0, attempt
    )


def network_slots():
    """Slots of a GPU that a job with the cohort's network takes."""
    return costs.gpu_slots(
        TRAINING["model"], IMAGE_PX, TRAINING["batch_size"], resident_images()
    )


def images_in(sets):
    """Images of sets that a scoring job looks at, and the base task's."""
    blocks = [(SETS[name], block) for name in sets for block in SETS[name]["blocks"]]
    return sum(images_of_block(*pair) for pair in blocks) + resident_images()


def scored_checkpoints():
    """Checkpoints of a member, from the trunk's last on."""
    after = TRAINING["n_steps"] - trunk_steps(TRAINING)
    return 1 + after // TRAINING["validation_every"]


def scoring_mb(_wildcards, attempt):
    """Memory of a job that scores checkpoints."""
    return memory_of_scoring(attempt)


@cache
def memory_of_scoring(attempt):
    """Memory of a job that scores checkpoints, the same for all."""
    return costs.scoring_memory_mb(
        TRAINING["model"],
        IMAGE_PX,
        config["evaluation"]["batch_size"],
        images_in(scored_sets()),
        attempt,
    )


def scoring_minutes(models):
    """Function of wildcards and attempt: time limit of scoring models, one pass each."""
    n_images, n_checkpoints = (
        images_in(scored_sets()),
        len(models) * scored_checkpoints(),
    )
    return lambda wildcards, attempt: minutes_of_passes(
        n_images, n_checkpoints, 1, attempt
    )


def attack_minutes(models):
    """Function of wildcards and attempt: time limit of all attacks on models."""
    n_checkpoints = len(models) * scored_checkpoints()
    passes = max(map(robustness_passes, models))
    return lambda wildcards, attempt: minutes_of_passes(
        attacked_images(), n_checkpoints, passes, attempt
    )


def robustness_passes(model):
    """Forward passes of an image in all attacks on a model and in noise, per checkpoint."""
    n_noise = len(ROBUSTNESS["noise"]["sd_255"] or [])
    return n_noise + sum(map(attack_passes, attacks_on(model)))


def attacked_images():
    """Images that attacks change: the test images of their sets."""
    blocks = [
        (SETS[name], block)
        for name in ROBUSTNESS["sets"]
        for block in SETS[name]["blocks"]
        if block["split"] == "test"
    ]
    return sum(images_of_block(*pair) for pair in blocks)


def attack_passes(name):
    """Forward passes of an image in an attack, per checkpoint; backward counts as two."""
    attack = ATTACKS[name]
    radii = attack["epsilon_255"] or attack["epsilon"]
    n_due = 1 if attack["checkpoints"] == "last" else scored_checkpoints()
    # The checks of the last checkpoint attack some of the images eight times as long.
    share = (
        ROBUSTNESS["checks"]["n_images"] * len(ROBUSTNESS["sets"]) / attacked_images()
    )
    n_attacks = len(radii) * n_due + 8 * min(1, share)
    return passes_of_radius(attack) * n_attacks / scored_checkpoints()


def passes_of_radius(attack):
    """Forward passes of an image in an attack of one radius; backward counts as two."""
    return (3 * attack["n_steps"] + 1) * attack["n_restarts"] * attack["n_noise_draws"]


def autoattack_minutes(models):
    """Function of wildcards and attempt: time limit of the stronger attack on models."""
    n_images, passes = autoattack_passes()
    return lambda wildcards, attempt: minutes_of_passes(
        n_images, len(models), passes, attempt
    )


def autoattack_passes():
    """Images that the stronger attack is made on, and forward passes of each."""
    stronger = ROBUSTNESS["autoattack"]
    n_images = stronger["n_images"] * len(ROBUSTNESS["sets"])
    passes = sum(costs.AUTOATTACK_PASSES[name] for name in stronger["attacks"])
    return n_images, passes + passes_of_radius(reference_attack())


@cache
def minutes_of_passes(n_images, n_checkpoints, n_passes, attempt):
    """Time limit of so many passes over images by each checkpoint."""
    return costs.scoring_minutes(
        TRAINING["model"], IMAGE_PX, n_images, n_checkpoints, n_passes, attempt
    )
