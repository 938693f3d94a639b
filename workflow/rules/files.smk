"""Which registered files, and which image sets, a world uses."""

from italign.resources import used
from italign.resources.registry import read_registry

REGISTRY = shipped("resources/datasets.tsv")
DATASETS = {name: entry.filename for name, entry in read_registry(REGISTRY).items()}
BY_SOURCE = {
    source: [name for name, entry in SETS.items() if entry["source"] == source]
    for source in ("rendered", "folder")
}
FROM_DATASETS = [name for name in SETS if name not in sum(BY_SOURCE.values(), [])]
BASE_SET = config["training"]["base_set"]
# A measure that is null is not measured.
MEASURES = {
    name: options
    for name, options in config["evaluation"]["measures"].items()
    if options is not None
}
# The decoder of a measure is fitted on the train split of its sets.
DECODED_SETS = list(
    dict.fromkeys(name for m in MEASURES.values() for name in m.get("sets", []))
)
OVERLAPPING = {
    name: entry["overlapping"] for name, entry in SETS.items() if "overlapping" in entry
}
BEHAVIOR_SETS = MEASURES.get("behavior", {}).get("sets", [])
TRIALS = config["assemblies"]["people"]["trials"]
FOLDER_SET = BASE_SET if BASE_SET in BY_SOURCE["folder"] else None
# A folder's images are decoded by processes beside the one that trains.
JOB_THREADS = 8 if FOLDER_SET else 1
FOLDER_READER = ["training/folder"] if FOLDER_SET else []


def fetched(dataset):
    """Path of a registered file."""
    return f"resources/files/{DATASETS[dataset]}"


def dataset_of(filename):
    """Name of a registered file."""
    return next(name for name, found in DATASETS.items() if found == filename)


def files_of_set(wildcards):
    """Files of an image set, key after key, in the order of the config."""
    files = SETS[wildcards.set]["files"]
    return [fetched(name) for names in files.values() for name in names]


def keys_of_files(wildcards):
    """Key of each file of an image set."""
    return [key for key, names in SETS[wildcards.set]["files"].items() for _ in names]


def apart_from(wildcards):
    """Image set whose training images are kept out of a set's test images, if any."""
    other = SETS[wildcards.set].get("apart_from")
    return images_of(other) if other else []


def images_of(name):
    """File of an image set: the images, or of a folder its index."""
    suffix = "csv" if name == FOLDER_SET else "nc"
    return f"{RESULTS}/stimuli/{name}.{suffix}"


def used_sets():
    """Image sets that this world needs, in the order of the config."""
    return used.used_sets(config, SESSIONS.values())


def used_datasets():
    """Names of the registered files of this world, in the order of the config."""
    return used.used_datasets(config, SESSIONS.values())


def image_source():
    """Where the images of this world come from."""
    if all(SETS[name]["source"] == "rendered" for name in used_sets()):
        return IN_SILICO
    return "files registered in resources/datasets.tsv"


def pretrained_weights():
    """Weights that every run starts from: trained here, or published and converted."""
    published = config["training"]["pretrain"]["weights"]
    return (
        f"{RESULTS}/training/{'published' if published else 'pretrained'}.safetensors"
    )


def prepared_entry(wildcards):
    """Entry of assemblies.prepared that belongs to <animal>-<set>."""
    return PREPARED[tuple(wildcards.pair.split("-"))]
