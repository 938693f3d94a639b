"""Small files in the formats of others, with planted content, written from their descriptions."""

import io
from zipfile import ZipFile

import h5py
import numpy as np
import pandas as pd
import xarray as xr
from PIL import Image

from italign.io import write_dataset

HVM = ["Animals", "Boats", "Cars", "Chairs", "Faces", "Fruits", "Planes", "Tables"]
NOUNS = ["bear", "elephant", "face", "car", "dog", "apple", "chair", "plane"]
ALIGNED = [0, 0, 4, 2, 0, 5, 3, 6]
PX = 12


def pixels(n, seed=0):
    """Random images, uint8 (n, y, x, 3)."""
    return np.random.default_rng(seed).integers(0, 256, (n, PX, PX, 3)).astype(np.uint8)


def write_majajhong(path, animals):
    """Eight categories x two objects x variation 0, 3, 3, 6; animals: name -> (36, 64, sites)."""
    category = np.repeat(HVM, 8)
    objects = np.array([f"{noun[:6]}{i}" for noun in HVM for i in (0, 1) for _ in range(4)])
    images = pixels(64)
    with h5py.File(path, "w") as file:
        file["stimuli"] = images.transpose(0, 3, 1, 2).astype(np.float32)
        file["var"] = np.tile([0, 3, 3, 6], 16)
        file["category_name"] = category.astype("S10")
        file["object_name"] = objects.astype("S10")
        for animal, rates in animals.items():
            file[f"{animal}/left"] = rates
    return images


def write_many_monkeys(path, animals, per_noun=4):
    """Nouns in the file's order, half variation 3, half 6; animals: name/side -> rates."""
    images = pixels(8 * per_noun, 1)
    with h5py.File(path, "w") as file:
        file["stimuli"] = images / 255
        file["var"] = np.tile(np.repeat([3, 6], per_noun // 2), 8)
        file["category_name_HVM_aligned"] = np.repeat(ALIGNED, per_noun)
        for name, rates in animals.items():
            file[f"{name}/rates"] = rates
    return images


def write_coco(path, animals, n=10):
    images = pixels(n, 2)
    with h5py.File(path, "w") as file:
        file["stimuli"] = images / 255
        file["category_name_HVM_aligned"] = np.arange(n) % 7
        for name, rates in animals.items():
            file[f"{name}/coco/rates"] = rates
    return images


def write_brainscore_set(folder, name, nouns, columns=None, seed=0, mode="RGB"):
    """A table and an archive of PNGs; gives their paths, ids and images."""
    images, ids = pixels(len(nouns), seed), [f"{name}{i:03d}" for i in range(len(nouns))]
    frame = pd.DataFrame({"image_id": ids, "object_name": nouns, "n": range(len(nouns)),
                          "filename": [f"im/{i}.png" for i in ids], **(columns or {})})
    table, archive = folder / f"{name}.csv", folder / f"{name}.zip"
    frame.to_csv(table, index=False)
    with ZipFile(archive, "w") as opened:
        for i, image in zip(ids, images, strict=True):
            buffer = io.BytesIO()
            Image.fromarray(image).convert(mode).save(buffer, "PNG")
            opened.writestr(f"im/{i}.png", buffer.getvalue())
    return [str(table), str(archive)], ids, images


def write_brainscore_assembly(path, stimulus_id, values, sites, edges=((70, 170),)):
    """Values (presentation, neuroid, time_bin); sites: coordinate -> values."""
    start, end = np.transpose(edges)
    ds = xr.Dataset(
        {"dicarlo.Some.public": (("neuroid", "presentation", "time_bin"),
                                 values.transpose(1, 0, 2))},
        {"image_id": ("presentation", stimulus_id), "time_bin_start": ("time_bin", start),
         "time_bin_end": ("time_bin", end),
         **{name: ("neuroid", column) for name, column in sites.items()}},
    )
    ds.to_netcdf(path)
    return str(path)


def write_trials(path, frame, **names):
    """Columns stimulus_id, truth, distractor, choice, worker under Brain-Score's names."""
    names = {"stimulus_id": "image_id", "distractor": "dist_obj", "worker": "worker_id"} | names
    columns = {names.get(name, name): ("presentation", frame[name].to_numpy(object))
               for name in frame if name != "choice"}
    columns["sample_obj"] = columns["truth"]
    ds = xr.Dataset({"dicarlo.Some": ("presentation", frame["choice"].to_numpy(object))}, columns)
    ds.to_netcdf(path)
    return str(path)


def write_stimuli(path, ids, category="bear", split="test"):
    """An image set of black images, contract stimuli."""
    n = len(ids)
    words = {"category": category, "object": "o", "background": "b", "split": split}
    coords = {name: ("stimulus", np.zeros(n)) for name in (
        "rotation_x_deg", "rotation_y_deg", "rotation_z_deg", "position_x_deg", "position_y_deg",
        "size")}
    coords |= {name: ("stimulus", np.broadcast_to(word, n)) for name, word in words.items()}
    ds = xr.Dataset(
        {"image": (("stimulus", "y", "x", "channel"), np.zeros((n, 2, 2, 3), np.uint8))},
        coords | {"stimulus_id": ("stimulus", list(ids)),
                  "variation": ("stimulus", np.zeros(n, int))},
        {"identifier": "hvm", "image_degrees": 8, "licence": "CC0", "source": "test"},
    )
    write_dataset(ds, path, "stimuli")
