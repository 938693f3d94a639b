"""Files for the scripts that attack: two stimulus sets, a base set, checkpoints of two members."""

import numpy as np
import torch
import xarray as xr

from italign.io import write_dataset
from italign.models import build
from italign.training.state import checkpoint, write_tensors

NOUNS = ["bear", "car", "dog", "face", "plane"]
MODEL = {"name": "cornet_s", "width": 0.0625, "bottleneck": 1, "region": "IT"}
N_BASE, N_TEST, ONSET, STEPS = 3, 40, 10, (5, 10, 20, 30)
NUMBERS = ("rotation_x_deg", "rotation_y_deg", "rotation_z_deg", "position_x_deg",
           "position_y_deg", "size")


def write_set(path, name, nouns, n, rng):
    """Images whose brightness tells the noun; the last `N_TEST` are held out."""
    which = np.arange(n) % len(nouns)
    bright = 40 + 150 * which / len(nouns)
    images = bright[:, None, None, None] + rng.normal(0, 20, (n, 32, 32, 3))
    category = np.array(nouns)[which]
    split = np.where(np.arange(n) < n - N_TEST, "train", "test")
    words = {"stimulus_id": [f"{name}-{i}" for i in range(n)], "category": category,
             "object": category, "background": ["grey"] * n, "split": split}
    ds = xr.Dataset(
        {"image": (("stimulus", "y", "x", "channel"), images.clip(0, 255).astype(np.uint8))},
        coords={**{key: ("stimulus", np.zeros(n, np.float32)) for key in NUMBERS},
                **{key: ("stimulus", values) for key, values in words.items()},
                "variation": ("stimulus", np.zeros(n, np.int32))},
        attrs={"identifier": name, "image_degrees": 8, "licence": "BSD", "source": "in silico"})
    write_dataset(ds, path, "stimuli")
    return str(path)


def write_member(folder, seed):
    """Two files of checkpoints: a trunk's up to the onset, and a segment's."""
    torch.manual_seed(seed)
    network = build("cornet_s", N_BASE + len(NOUNS), width=0.0625, bottleneck=1)
    files = []
    for part, steps in (("trunk", STEPS[:2]), ("segment", STEPS[2:])):
        stored = {}
        for step in steps:
            with torch.no_grad():
                network.decoder.linear.weight.mul_(1.2)
            stored.update(checkpoint(network, step))
        files.append(str(folder / f"{part}{seed}.safetensors"))
        write_tensors(stored, files[-1])
    return files


def write_world(folder):
    """Arguments that both scripts share, of two members."""
    rng = np.random.default_rng(0)
    runs = [{"model": f"cka-true-labels-p{p}", "method": "cka", "target": "true", "labels": "on",
             "p": float(p), "adversarial": "off", "seed": 1, "onset_step": ONSET}
            for p in (1, 0)]
    files = [write_member(folder, seed) for seed in (1, 2)]
    hvm = write_set(folder / "hvm.nc", "hvm", NOUNS, 10 + N_TEST, rng)
    return {
        "checkpoints": files[0] + files[1], "trained": hvm, "model": MODEL, "batch_size": 8,
        "stimuli": [hvm, write_set(folder / "coco.nc", "coco", NOUNS, N_TEST, rng)],
        "base": write_set(folder / "base.nc", "base", ["a", "b", "c"], 10 + N_TEST, rng), "seed": 1,
        "robustness": [str(folder / "p1.nc"), str(folder / "p0.nc")], "base_folder": None,
        "members": [{"run": run, "n_files": 2} for run in runs],
    }
