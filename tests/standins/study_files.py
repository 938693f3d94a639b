"""Miniatures of the original study's HDF5 files, in the layout that its code expects."""

import h5py
import numpy as np

from tests.standins.pictures import pictures, responses

HVM = ["Animals", "Boats", "Cars", "Chairs", "Faces", "Fruits", "Planes", "Tables"]
NOUNS = ["bear", "elephant", "face", "car", "dog", "apple", "chair", "plane"]
ALIGNED = [0, 0, 4, 2, 0, 5, 3, 6]  # of the nouns, among HVM's categories
VARIATIONS = [0, 3, 3, 3, 6, 6]  # of each object's images; the file has 10, 40 and 40
PER_NOUN = 8  # half of variation 3, half of 6; the file has 80
N_COCO = 24  # the file has 200
WINDOW = (14, 16, 18, 20, 22)  # bins of 20 ms from 70 to 170 ms among 36


def write_majajhong(path):
    """SachiMajajHong2015.h5: images channel first in 0-255; averages in 36 bins, one hemisphere."""
    objects = [f"{noun[:5]}_obj{i}" for noun in HVM for i in (0, 1)]  # S10 cuts longer names
    names = np.repeat(objects, len(VARIATIONS))
    category = np.repeat(HVM, 2 * len(VARIATIONS))
    images = pictures("majajhong", category)
    with h5py.File(path, "w") as file:
        file["stimuli"] = images.transpose(0, 3, 1, 2).astype(np.float32)
        file["var"] = np.tile(VARIATIONS, len(objects))
        file["category_name"], file["object_name"] = category.astype("S10"), names.astype("S10")
        for animal, n_sites in (("chabo", 5), ("tito", 7), ("solo", 6)):
            # An average over about 50 trials; bins outside the window hold other numbers.
            mean = responses(animal, images, n_sites, 1, noise_sd=0.1)[..., 0]
            bins = np.full((36, *mean.shape), 9, np.float32)
            bins[list(WINDOW)] = mean
            file[f"{animal}/left"] = bins


def write_many_monkeys(path):
    """many_monkeys2.h5: images channel last in 0-1; single trials, both hemispheres, NaN-padded."""
    nouns = np.repeat(NOUNS, PER_NOUN)
    images = pictures("many-monkeys", nouns)
    with h5py.File(path, "w") as file:
        file["stimuli"] = images / 255
        file["var"] = np.tile(np.repeat([3, 6], PER_NOUN // 2), len(NOUNS))
        file["category_name_HVM_aligned"] = np.repeat(ALIGNED, PER_NOUN)
        for animal, sides in (("nano", (6, 4)), ("magneto", (5, 3))):
            for side, n_sites in zip(("left", "right"), sides, strict=True):
                rates = responses(f"{animal}/{side}", images, n_sites, 6)
                rates[:, :, 5] = np.where(np.arange(len(images))[:, None] % 2, rates[:, :, 5],
                                          np.nan)
                file[f"{animal}/{side}/rates"] = rates


def write_coco(path):
    """bento_nano_COCO.h5: colour photographs, channel last in 0-1; single trials, left only."""
    index = np.resize(sorted(set(ALIGNED)), N_COCO)
    images = pictures("coco", np.array(HVM)[index], colour=True)
    with h5py.File(path, "w") as file:
        file["stimuli"] = images / 255
        file["category_name_HVM_aligned"] = index
        for animal, n_sites in (("nano", 6), ("bento", 5)):
            file[f"{animal}/left/coco/rates"] = responses(animal, images, n_sites, 6)
