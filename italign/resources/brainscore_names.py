"""Names that one thing has had in Brain-Score's tables and assemblies, in the order of search."""

STIMULUS_IDS = ("stimulus_id", "image_id")
FILES = ("filename", "image_file_name", "image_path_within_store")
VARIATIONS = ("variation", "var")
OBJECTS = ("object_name", "obj", "object")
BACKGROUNDS = ("background_id", "bg_id")
ANIMALS = ("animal", "monkey", "subject")
ARRAYS = ("arr", "array")
TRUTHS = ("truth", "sample_obj")
DISTRACTORS = ("dist_obj", "distractor")
OBSERVERS = ("worker_id", "WorkerId", "worker", "participant_id", "subject", "observer")
