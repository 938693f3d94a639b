"""The script that tests generalisation: last checkpoints, joined by name, planted truth."""

import numpy as np
import pandas as pd
import pytest

from italign.evaluation.similarity import linear_cka
from italign.io import read_dataset
from tests.evaluation.comparison_files import (
    assembly,
    ceiling,
    features_of,
    images_and_base,
    networks,
    write,
)

CONDITIONS = [("true", 0.0), ("true", 0.5), ("true", 1.0), ("shuffled", 1.0)]


@pytest.fixture
def world(tmp_path):
    """Two seeds of four runs; the animal's sites are features of the highest dose, plus noise."""
    shared = images_and_base(tmp_path, ("hvm", "natural"), 60)
    files = networks(tmp_path, 8)
    runs = [{"model": f"{target}{p}", "method": "cka", "target": target, "labels": "on", "p": p,
             "adversarial": "off", "seed": seed, "onset_step": 10}
            for seed in (1, 2) for target, p in CONDITIONS]
    stimuli = read_dataset(shared["stimuli"][1], "stimuli")
    test = np.flatnonzero(stimuli.split.values == "test")[::-1]  # the assembly has its own order
    rng = np.random.default_rng(0)
    features = np.concatenate([features_of(files[k], 30, stimuli.image.values[test])
                               for k in (2, 6)], axis=1)
    rate = features + 0.3 * features.std() * rng.standard_normal(features.shape)
    brain = assembly("we", "natural", stimuli.stimulus_id.values[test], rate)
    return {**shared, "checkpoints": files, "runs": runs, "trained_set": "hvm", "axes": None,
            "assemblies": [write(brain, tmp_path / "we.nc", "assembly")],
            "ceilings": [write(ceiling("we", "natural"), tmp_path / "we-ceiling.nc", "ceiling")],
            "generalisation": str(tmp_path / "generalisation.csv"),
            "options": {"n_resamples": 50, "n_permutations": 49, "apart_fraction": 0.25}}


def test_planted_similarity_is_found_at_the_last_checkpoint(world, load_script):
    load_script("evaluation", "test_generalisation").test_generalisation(**world)
    table = pd.read_csv(world["generalisation"], keep_default_na=False, na_values=[""],
                        dtype={"target": str, "labels": str})
    rows = table[(table["animal"] == "we") & (table["estimator"] == "unbiased")
                 & (table["images"] == "all")]
    brain = read_dataset(world["assemblies"][0], "assembly")
    stimuli = read_dataset(world["stimuli"][1], "stimuli").set_xindex("stimulus_id")
    images = stimuli.sel(stimulus_id=brain.stimulus_id.values).image.values
    levels = rows[rows["analysis"] == "similarity"]
    for k, row in enumerate(levels.itertuples()):
        both = [linear_cka(features_of(world["checkpoints"][place], 30, images),
                           brain.rate.values[:, 0], "unbiased") for place in (k, k + 4)]
        assert row.value == pytest.approx(np.mean(both), abs=1e-4)
        assert (row.n_images, row.n_seeds) == (40, 2)
    assert levels["value"].idxmax() == levels[levels["p"].eq(1)].index[0]
    against = rows[rows["analysis"] == "against_shuffled"].iloc[0]
    assert against["value"] == pytest.approx(
        levels["value"][levels["p"].eq(1)].diff().iloc[-1] * -1)
    left = table[(table["images"] == "apart") & (table["animal"] == "we")]
    assert left["n_images"].eq(30).all()
    assert left["note"].str.contains("10 of 40 images left out").all()


def test_a_mean_over_named_axes(world, load_script):
    script = load_script("evaluation", "test_generalisation").test_generalisation
    script(**{**world, "axes": [{"animal": "we", "set": "natural"}]})
    table = pd.read_csv(world["generalisation"])
    assert set(table["animal"]) == {"we", "mean"}
    with pytest.raises(ValueError, match=r"evaluation.headline.axes names ra, natural"):
        script(**{**world, "axes": [{"animal": "ra", "set": "natural"}]})
