"""Recorded choices become trials of a set's test images; objects are those of the images."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from italign.assemblies.choices.cifar10h import CLASSES
from italign.contracts import ALL_OTHERS
from italign.io import read_dataset
from tests.assemblies.open_files import write_cifar10h
from tests.resources import native_files as native

ROOT = Path(__file__).parents[2]
NOUNS = np.array(["bear", "car", "dog"])


@pytest.fixture
def prepare(tmp_path, load_script):
    """Images im0 to im5 of three nouns; im0 and im1 are training images."""
    script = load_script("assemblies", "prepare_behavior").prepare_behavior
    native.write_stimuli(tmp_path / "set.nc", [f"im{i}" for i in range(6)],
                         NOUNS[np.arange(6) % 3], ["train"] * 2 + ["test"] * 4)

    def run(*files, source="brainscore"):
        script(files=list(files), stimuli=str(tmp_path / "set.nc"), stimulus_set="hvm",
               source=source, behavior=str(tmp_path / "behavior.nc"),
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


@pytest.fixture
def choices(tmp_path, load_script):
    """Function of counts and labels -> choices on the test images of a set of all but class 9."""

    def run(counts, labels, files=None):
        shown = [(CLASSES[label], labels[:row].count(label)) for row, label in enumerate(labels)]
        ids, nouns = zip(*((f"cifar10-{noun}-{k:04d}", noun) for noun, k in shown
                           if noun != "truck"), strict=True)
        native.write_stimuli(tmp_path / "set.nc", ids, nouns, ["train"] + ["test"] * (len(ids) - 1))
        load_script("assemblies", "prepare_behavior").prepare_behavior(
            files=files or write_cifar10h(tmp_path, counts, labels)[::-1], source="cifar10h",
            stimuli=str(tmp_path / "set.nc"), stimulus_set="hvm",
            behavior=str(tmp_path / "behavior.nc"),
            registry=str(ROOT / "resources" / "datasets.tsv"))
        return read_dataset(tmp_path / "behavior.nc", "behavior")

    return run


def test_counts_become_judgements_that_offered_all(tmp_path, choices, caplog):
    labels = [3, 8, 8, 0, 3, 9, 3, 1]
    counts = np.random.default_rng(0).integers(0, 9, (8, 10))
    with caplog.at_level("INFO"):
        ds = choices(counts, labels)
    assert "counts do not tell the observers, which are 0" in caplog.text
    assert set(ds["distractor"].values) == {ALL_OTHERS} and set(ds["observer"].values) == {0}
    assert "are left out: the choice was not offered, or is no noun of the set" in caplog.text
    assert ds.attrs["source"] == ("recorded: Northcutt et al. 2021 NeurIPS; Peterson et al. 2019 "
                                  "ICCV")
    table = pd.DataFrame({name: ds[name].values for name in ("stimulus_id", "truth", "choice")})
    # The first image is a training image, and trucks are in none: theirs and their choices go.
    ids = ["cifar10-ship-0000", "cifar10-ship-0001", "cifar10-airplane-0000", "cifar10-cat-0001",
           "cifar10-cat-0002", "cifar10-automobile-0000"]
    for name, row in zip(ids, [1, 2, 3, 4, 6, 7], strict=True):
        found = table[table["stimulus_id"] == name]
        assert set(found["truth"]) == {name.split("-")[1]}
        for label in (0, 1, 3, 8):  # the set's nouns
            assert (found["choice"] == CLASSES[label]).sum() == counts[row, label]
    assert set(table["stimulus_id"]) == set(ids)
    assert set(table["choice"]) == {"airplane", "automobile", "cat", "ship"}


def test_counts_that_do_not_fit_are_refused(tmp_path, choices):
    def refused(message, counts, labels):
        with pytest.raises(ValueError, match=message):
            choices(counts, labels, write_cifar10h(tmp_path, counts, labels))

    counts, labels = np.ones((4, 10), int), [0, 1, 2, 3]
    refused(r"labels.npy: holds uint16 of shape \(3,\), expected the 4 labels from 0 to 9", counts,
            labels[:3])
    with pytest.raises(ValueError, match="expected the 4 labels from 0 to 9"):
        choices(counts, labels, write_cifar10h(tmp_path, counts, [0, 1, 2, 10]))
    refused(r"counts.npy: holds float64 of shape \(4, 10\), expected whole numbers.*not the prob",
            counts / 10, labels)
    refused("counts.npy: holds int64 .*expected whole numbers, 0 or more", -counts, labels)
    with pytest.raises(ValueError, match=r"expected counts \(images, 10\) and labels \(images,\)"):
        choices(counts, labels, write_cifar10h(tmp_path, counts, labels)[:1])


def test_an_unknown_source_of_choices_is_named(prepare):
    with pytest.raises(ValueError, match="unknown source 'cifar10'; did you mean cifar10h"):
        prepare("a.npy", source="cifar10")
