"""Miniatures of Brain-Score's files: tables with archives, responses, choices.

Files of before 2021 say image_id where later ones say stimulus_id, and name images otherwise.
"""

import io
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pandas as pd
import xarray as xr
from PIL import Image

from tests.standins.pictures import choices, image_id, pictures, responses
from tests.standins.study_files import HVM, NOUNS, PER_NOUN

SITES_FILE = Path(__file__).parents[2] / "resources/sites/majajhong2015-reliable-it.txt"
OBJECTOME = """interior_details_130_2 lo_poly_animal_ELE_AS1 calc01 womens_stockings_01M dromedary
build51 lo_poly_animal_TRANTULA MB29874 interior_details_103_4 lo_poly_animal_RHINO_2 MB30203
lo_poly_animal_CHICKDEE MB27346 MB28699 antique_furniture_item_18 MB30758 lo_poly_animal_BEAR_BLK
weimaraner Hanger_02 kitchen_equipment_knife2 womens_shorts_01M flarenut_spanner 22_acoustic_guitar
zebra""".split()
COCO = """bear ELEPHANT_M face0001 Apple_Fruit_obj alfa155 breed_pug _001 f16
lo_poly_animal_CHICKDEE zebra""".split()
# Image sets: the nouns, images of each, and whether the names of columns are the later ones.
IMAGE_SETS = {"objectome-public": (OBJECTOME, 4, False), "objectome-private": (OBJECTOME, 2, True),
              "kar2018-coco-public": (COCO, 4, False), "kar2018-coco-private": (COCO, 3, False)}
HVM_VARIATIONS = [0, *[3] * 6]  # of each object's images; hvm-public has 10 and 40
EDGES_MS = (70, 170)


def labels_of(name):
    """What images of a set show, and their ids; sorted by id, as Brain-Score lists files."""
    nouns, n, _ = IMAGE_SETS[name]
    rows = [(image_id(name, f"{noun}{i}"), noun) for noun in nouns for i in range(n)]
    ids, shown = zip(*sorted(rows), strict=True)
    return list(ids), list(shown)


def write_table(path, name):
    """Objects of each image, and its file in the archive."""
    ids, nouns = labels_of(name)
    names = ("stimulus_id", "filename") if IMAGE_SETS[name][2] else (
        "image_id", "image_path_within_store")
    pd.DataFrame({names[0]: ids, names[1]: [f"{one}.png" for one in ids],
                  "image_sample_obj": nouns, "image_label": nouns}).to_csv(path, index=False)


def write_images(path, name):
    """Archive of the images of a table: grey PNGs, or COCO's photographs."""
    ids, nouns = labels_of(name)
    _archive(path, ids, pictures(name, nouns, colour="coco" in name), "coco" in name)


def _hvm():
    """Table of hvm-public: by variation, then object, as the original list of HVM's images."""
    objects = [(noun, f"{noun.lower()}_obj{i}") for noun in HVM for i in (0, 1)]
    rows = [(variation, *one, copy) for copy, variation in enumerate(HVM_VARIATIONS)
            for one in objects]
    rows = pd.DataFrame(rows, columns=["variation", "category_name", "object_name", "copy"])
    rows = rows.sort_values(["variation", "object_name", "copy"], ignore_index=True)
    ids = [image_id("hvm", f"{row.object_name}{row.copy}") for row in rows.itertuples()]
    return rows.assign(image_id=ids, background_id=ids, image_file_name=[f"{i}.png" for i in ids])


def write_hvm_table(path):
    """stimulus_hvm-public.csv: pose and background beside the names."""
    _hvm().drop(columns="copy").assign(s=1.0, ty=0.0, tz=0.0, rxy=0.0, rxz=0.0, ryz=0.0).to_csv(
        path, index=False)


def write_hvm_images(path):
    """stimulus_hvm-public.zip: grey PNGs."""
    table = _hvm()
    _archive(path, table["image_id"], pictures("hvm", table["category_name"]), False)


def _archive(path, ids, images, colour):
    with ZipFile(path, "w") as archive:
        for one, image in zip(ids, images, strict=True):
            buffer = io.BytesIO()
            Image.fromarray(image).convert("RGB" if colour else "L").save(buffer, "PNG")
            archive.writestr(f"{one}.png", buffer.getvalue())


def majajhong_sites(animal):
    """Six IT sites of the study's list, two that it leaves out, and three of V4."""
    listed = [name for name in SITES_FILE.read_text().split() if name.startswith(animal)]
    names = [*listed[:4], *listed[-2:], f"{animal}_L_A_0_0", f"{animal}_L_M_9_9",
             *(f"{animal}_L_P_1_{i}" for i in range(3))]
    array = [name.split("_")[2] for name in names]
    return pd.DataFrame({
        "neuroid_id": names, "animal": animal, "hemisphere": "L", "arr": array,
        "region": ["V4" if one == "P" else "IT" for one in array],
        "row": [int(name.split("_")[3]) for name in names],
        "col": [int(name.split("_")[4]) for name in names]})


def write_majajhong_public(path, later_names=False):
    """Responses, neuroid x presentation x one bin, with more repetitions of variation 0."""
    table = _hvm()
    images = pictures("hvm", table["category_name"])
    sites = pd.concat([majajhong_sites(animal) for animal in ("Chabo", "Tito")])
    trials = np.concatenate([responses(animal, images, sum(sites.animal == animal), 6)
                             for animal in ("Chabo", "Tito")], axis=1)
    image, repetition = np.nonzero(np.arange(6) < np.where(table.variation == 0, 6, 4)[:, None])
    order = np.random.default_rng(0).permutation(len(image))  # as they were recorded
    image, repetition = image[order], repetition[order]
    shown = {"stimulus_id" if later_names else "image_id": "image_id",
             **{name: name for name in ("category_name", "object_name", "variation")}}
    per_image = {new: table[old].to_numpy()[image] for new, old in shown.items()}
    coords = {name: ("presentation", _plain(values))
              for name, values in {**per_image, "repetition": repetition}.items()}
    coords |= {name: ("neuroid", _plain(sites[name].to_numpy())) for name in sites}
    coords |= {f"time_bin_{end}": ("time_bin", [ms])
               for end, ms in zip(("start", "end"), EDGES_MS, strict=True)}
    name = "data" if later_names else "dicarlo.MajajHong2015.public"
    values = trials[image, :, repetition].T[..., None]
    xr.Dataset({name: (("neuroid", "presentation", "time_bin"), values)}, coords).to_netcdf(path)


def write_trials(path, name, ids, nouns):
    """Choices over presentation; what was offered and who chose beside them."""
    table = choices(name, ids, nouns)
    columns = {"image_id": "stimulus_id", "sample_obj": "truth", "truth": "truth",
               "dist_obj": "distractor", "worker_id": "worker"}
    coords = {new: ("presentation", _plain(table[old].to_numpy())) for new, old in columns.items()}
    xr.Dataset({name: ("presentation", _plain(table["choice"].to_numpy()))},
               coords).to_netcdf(path)


def write_set_trials(path, name):
    """Choices on the images of one of Brain-Score's sets."""
    write_trials(path, f"dicarlo.{name}", *labels_of(name))


def write_hvm640_trials(path):
    """Choices on the 640 images. ASSUME: it names them as the study's file does, by their row."""
    nouns = np.repeat(NOUNS, PER_NOUN)
    write_trials(path, "dicarlo.Kar2022human", [f"hvm640-{i:05d}" for i in range(len(nouns))],
                 nouns)


def _plain(values):
    """Text as objects, which netCDF writes as strings of any length."""
    return values.astype(object) if values.dtype.kind in "OUT" else values
