"""Miniatures of a published checkpoint of CORnet-S and of ImageNet's folder."""

import torch
from PIL import Image

from italign.models.cornet_s import cornet_s
from tests.standins.pictures import pictures

CLASSES = ["n01440764", "n02102040", "n02979186", "n03000684"]
N_IMAGES = {"train": 8, "val": 4}
MODEL = {"width": 0.125, "bottleneck": 2}


def write_weights(path):
    """Checkpoint as the authors of CORnet-S saved theirs, from DataParallel; untrained."""
    torch.manual_seed(0)
    weights = cornet_s(len(CLASSES), **MODEL).state_dict()
    torch.save({"epoch": 43, "state_dict": {f"module.{name}": value
                                            for name, value in weights.items()}}, path)


def write_imagenet(folder):
    """Tree of train/<class>/*.JPEG and val/<class>/*.JPEG, photographs of different shapes."""
    for part, n in N_IMAGES.items():
        for name in CLASSES:
            (folder / part / name).mkdir(parents=True)
            for i, image in enumerate(pictures(f"{part}{name}", [name] * n, colour=True)):
                photograph = Image.fromarray(image).resize((60 + 3 * i, 48))
                photograph.save(folder / part / name / f"{name}_{i}.JPEG", "JPEG")
