"""Recorded choices become trials of a set's test images; objects are those of the images."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from italign.io import read_dataset
from tests.resources import native_files as native

ROOT = Path(__file__).parents[2]
NOUNS = np.array(["bear", "car", "dog"])


@pytest.fixture
def prepare(tmp_path, load_script):
    """Images im0 to im5 of three nouns; im0 and im1 are training images."""
    script = load_script("assemblies", "prepare_behavior").prepare_behavior
    native.write_stimuli(tmp_path / "set.nc", [f"im{i}" for i in range(6)],
                         NOUNS[np.arange(6) % 3], ["train"] * 2 + ["test"] * 4)

    def run(*files):
        script(files=list(files), stimuli=str(tmp_path / "set.nc"), stimulus_set="hvm",
               behavior=str(tmp_path / "behavior.nc"),
               registry=str(ROOT / "resources" / "datasets.tsv"))
        return read_dataset(tmp_path / "behavior.nc", "behavior")

    return run


def table(n=60, seed=0):
    rng = np.random.default_rng(seed)
    image = rng.integers(0, 6, n)
    truth, other = NOUNS[image % 3], NOUNS[(image + rng.integers(1, 3, n)) % 3]
    return pd.DataFrame({"stimulus_id": [f"im{i}" for i in image], "truth": truth,
                         "distractor": other, "choice": np.where(rng.random(n) < 0.8, truth, other),
                         "worker": [f"A{i}" for i in rng.integers(0, 7, n)]})


def test_trials_of_test_images_come_back(tmp_path, prepare):
    first, second = table(), table(20, 1)
    ds = prepare(native.write_trials(tmp_path / "assy_dicarlo_Rajalingham2018_private.nc", first),
                 native.write_trials(tmp_path / "b.nc", second, stimulus_id="stimulus_id",
                                     worker="WorkerId"))
    expected = pd.concat([first, second])
    expected = expected[~expected["stimulus_id"].isin(["im0", "im1"])]
    for name in ("stimulus_id", "truth", "distractor", "choice"):
        assert ds[name].values.tolist() == expected[name].tolist()
    # One name is one observer, in both tables.
    workers = dict(zip(expected["worker"], ds["observer"].values, strict=True))
    assert [workers[name] for name in expected["worker"]] == ds["observer"].values.tolist()
    assert sorted(set(workers.values())) == list(range(len(workers)))
    assert ds.attrs["stimulus_set"] == "hvm"
    assert ds.attrs["source"] == ("recorded: Rajalingham et al. 2018 J. Neurosci.; b.nc (not "
                                  "registered)")


def test_tables_without_observers_are_one_observers(tmp_path, prepare):
    ds = prepare(native.write_trials(tmp_path / "a.nc", table().drop(columns="worker")))
    assert set(ds["observer"].values) == {0}


def test_choices_that_were_not_offered_are_left_out(tmp_path, prepare):
    trials = table()
    odd = np.flatnonzero(trials["stimulus_id"] == "im4")[:2]
    trials.loc[odd, "choice"] = "neither"
    ds = prepare(native.write_trials(tmp_path / "a.nc", trials))
    assert ds.sizes["trial"] == (~trials["stimulus_id"].isin(["im0", "im1"])).sum() - 2


def test_tables_that_do_not_fit_are_refused(tmp_path, prepare):
    def refused(message, trials, **names):
        with pytest.raises(ValueError, match=message):
            prepare(native.write_trials(tmp_path / "a.nc", trials, **names))

    trials = table()
    refused("trials are on imim.*, the test images of hvm are im2, im3",
            trials.assign(stimulus_id="im" + trials["stimulus_id"]))
    zebra = trials.replace("dog", "zebra")
    refused("objects zebra are no category of hvm, which has bear, car, dog", zebra)
    turned = trials.replace({"truth": {"bear": "car", "car": "bear"}})
    refused("show another object than the image of hvm does, first im.: found", turned)
    refused("no trial has a choice that was offered .first: 'left'", trials.assign(choice="left"))
    refused("no distractor .found: .*other.*expected a column or variable dist_obj or", trials,
            distractor="other")
