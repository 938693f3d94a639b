"""Which registered files, and which image sets, a world uses."""

from italign.resources.registry import read_registry

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


def files_of_set(split):
    """Function of wildcards: files of one split of an image set."""
    return lambda wildcards: [
        fetched(name) for name in SETS[wildcards.set]["files"].get(split, [])
    ]


def images_of(name):
    """File of an image set: the images, or of a folder its index."""
    suffix = "csv" if name == FOLDER_SET else "nc"
    return f"{RESULTS}/stimuli/{name}.{suffix}"


def used_sets():
    """Image sets that this world needs, in the order of the config."""
    used = {
        *(entry["stimulus_set"] for entry in SESSIONS.values()),
        *(name for _, name in PREPARED),
        *(config["training"][key] for key in ("base_set", "stimulus_set")),
        *DECODED_SETS,
        *config["evaluation"]["robustness"]["sets"],
        *([TEACHER["set"]] if SIMULATED else []),
    }
    return [name for name in SETS if name in used]


def used_datasets():
    """Names of the registered files of this world, in the order of the config."""
    sets = [SETS[name].get("files", {}) for name in used_sets()]
    names = [name for files in sets for split in files for name in files[split]]
    names += [entry["file"] for entry in PREPARED.values()]
    names += [name for people in TRIALS.values() for name in people]
    weights = config["training"]["pretrain"]["weights"]
    return list(dict.fromkeys([*names, *([weights] if weights else [])]))


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
