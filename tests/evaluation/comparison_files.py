"""Files for the scripts that compare networks and animals: assemblies, ceilings, targets, runs."""

import numpy as np
import torch
import xarray as xr

from italign.assemblies.ceilings import RULES
from italign.contracts import CONTRACTS
from italign.evaluation.activations import activations
from italign.evaluation.similarity import ESTIMATORS
from italign.io import write_dataset
from italign.models import build
from italign.training.state import checkpoint, load_checkpoint, write_tensors
from tests.evaluation.attack_files import MODEL, N_BASE, NOUNS, write_set

SIZES = {"time_bin": 2}


def dressed(contract, given, sizes, attrs):
    """A dataset of a contract: what is given, and zeros or words elsewhere."""
    rules = CONTRACTS[contract]
    found = {"variables": {}, "coords": {}}
    for part in found:
        for name, rule in getattr(rules, part).items():
            shape = [{**SIZES, **sizes}[dim] for dim in rule.dims]
            filled = np.full(shape, "x") if rule.dtype == "str" else np.zeros(shape, rule.dtype)
            if rule.unique:
                filled = np.arange(filled.size).astype("U9" if rule.dtype == "str" else rule.dtype)
            found[part][name] = (rule.dims, given.get(name, filled))
    words = dict.fromkeys(rules.attrs, "none")
    return xr.Dataset(found["variables"], coords=found["coords"], attrs={**words, **attrs})


def assembly(animal, stimulus_set, ids, rate, arrays=None):
    """Assembly of averages (n_images, n_sites) or trials (n_images, n_repetitions, n_sites)."""
    rate = rate[:, None] if rate.ndim == 2 else rate
    n_images, n_repetitions, n_sites = rate.shape
    given = {"stimulus_id": ids, "rate": rate.astype(np.float32),
             "selected": np.ones(n_sites, np.int8), "animal": np.full(n_sites, animal),
             "array": arrays if arrays is not None else np.full(n_sites, "A")}
    sizes = {"stimulus": n_images, "repetition": n_repetitions, "neuroid": n_sites}
    return dressed("assembly", given, sizes, {"animal": animal, "stimulus_set": stimulus_set})


def ceiling(animal, stimulus_set, value=np.nan):
    """Ceilings of an animal; by default of one without trials."""
    attrs = {"animal": animal, "stimulus_set": stimulus_set, "source": "none", "n_stimuli": 1,
             "n_sites": 1, "n_repetitions": 1}
    attrs |= {"no_ceiling": "one response per stimulus and site"} if np.isnan(value) else {}
    return xr.Dataset(
        {"cka": (("rule", "estimator", "n_drawn", "split"), np.full((len(RULES), 2, 1, 2), value))},
        coords={"rule": list(RULES), "estimator": list(ESTIMATORS), "n_drawn": [1]}, attrs=attrs)


def target(animal, stimulus_set, ids, rate, arrays):
    """True target (n_images, n_sites), NaN where a site's session did not show an image."""
    given = {"stimulus_id": ids, "rate": rate.astype(np.float32), "array": arrays,
             "partition": np.full(len(ids), "train"), "animal": np.full(rate.shape[1], animal)}
    return dressed("target", given, {"stimulus": len(ids), "neuroid": rate.shape[1]},
                   {"target": "true", "seed": 1, "stimulus_set": stimulus_set})


def networks(folder, n_runs):
    """Checkpoint files of different networks, each with an early step that nobody asks for."""
    files = []
    for seed in range(n_runs):
        torch.manual_seed(seed)
        network = build("cornet_s", N_BASE + len(NOUNS), width=0.0625, bottleneck=1).eval()
        early = build("cornet_s", N_BASE + len(NOUNS), width=0.0625, bottleneck=1)
        files.append(str(folder / f"run{seed}.safetensors"))
        write_tensors(checkpoint(early, 5) | checkpoint(network, 30), files[-1])
    return files


def features_of(file, step, images, region="IT"):
    """Activations of a checkpoint by the way that training takes."""
    network = build("cornet_s", N_BASE + len(NOUNS), width=0.0625, bottleneck=1).eval()
    load_checkpoint(network, file, step)
    return activations(network, torch.from_numpy(images), (region,), 16)[region].numpy()


def images_and_base(folder, names, n):
    """Stimulus sets of n images, 40 of them held out, and a base set: their paths."""
    rng = np.random.default_rng(0)
    sets = [write_set(folder / f"{name}.nc", name, NOUNS, n, rng) for name in names]
    base = write_set(folder / "base.nc", "base", ["a", "b", "c"], 50, rng)
    return {"stimuli": sets, "base": base, "model": MODEL, "batch_size": 16, "seed": 1,
            "base_folder": None}


def write(ds, path, contract):
    """Write a dataset of a contract and give its path."""
    write_dataset(ds, path, contract)
    return str(path)
