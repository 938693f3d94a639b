"""Write miniature stand-ins of the registered files of a world, and a registry of their hashes.

Their content is made up; the registry says so, and so does every figure that is drawn from them.
"""

import csv
import hashlib
from functools import partial

from italign.resources.registry import read_registry
from tests.standins import brainscore_files as brainscore
from tests.standins import network_files as network
from tests.standins import study_files as study

WRITERS = {
    "study-majajhong": study.write_majajhong,
    "study-many-monkeys": study.write_many_monkeys,
    "study-coco": study.write_coco,
    "majajhong2015-public": brainscore.write_majajhong_public,
    "hvm-public-table": brainscore.write_hvm_table,
    "hvm-public-images": brainscore.write_hvm_images,
    **{f"{name}-table": partial(brainscore.write_table, name=name)
       for name in brainscore.IMAGE_SETS},
    **{f"{name}-images": partial(brainscore.write_images, name=name)
       for name in brainscore.IMAGE_SETS},
    "rajalingham2018-public": partial(brainscore.write_set_trials, name="objectome-public"),
    "rajalingham2018-private": partial(brainscore.write_set_trials, name="objectome-private"),
    "kar2018-coco-behavior-private": partial(brainscore.write_set_trials,
                                             name="kar2018-coco-private"),
    "kar2022-human-behavior": brainscore.write_hvm640_trials,
    "cornet-s-weights": network.write_weights,
}
MARK = "MADE-UP STAND-IN of"
WITHOUT = ("sha1", "md5", "bytes")


def make_standins(names, registry, folder):
    """Write a miniature of each registered file, under its own name."""
    known = read_registry(registry)
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        if name not in WRITERS:
            raise ValueError(f"no stand-in for {name} ({known[name].filename}): write one in "
                             "tests/standins and name it in WRITERS")
        WRITERS[name](folder / known[name].filename)


def register_standins(registry, folder):
    """Rewrite a registry in place: files of a folder count by their own hash, marked as made up."""
    with registry.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file, delimiter="\t")
        columns, rows = reader.fieldnames, list(reader)
    for row in rows:
        if (standin := folder / row["filename"]).is_file():
            row |= dict.fromkeys(WITHOUT, "")
            row |= {"sha256": hashlib.sha256(standin.read_bytes()).hexdigest(),
                    "citation": f"{MARK} {row['citation']}"}
    with registry.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, delimiter="\t", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
