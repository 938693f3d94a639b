"""The public files themselves: counts, nouns, images that sessions share."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from italign.io import read_dataset
from italign.resources.mirrors import mirror_folders
from italign.stimuli.sources import SOURCES
from italign.stimuli.sources._nouns import NOUNS

pytestmark = pytest.mark.data
ROOT = Path(__file__).parents[2]
PX = 64


@pytest.fixture(scope="module")
def beside():
    """Give a function (filename) -> path of a list that lies beside the data, if it does."""

    def find(filename):
        found = [path for folder in mirror_folders([]) for path in Path(folder).rglob(filename)]
        return found[0] if found else pytest.skip(f"{filename} is in no mirror")

    return find


@pytest.fixture
def prepare(mirror, tmp_path, load_script):
    """Prepare a set of the open world from the public files."""
    script = load_script("stimuli", "prepare_stimuli").prepare_stimuli

    def run(name, files, blocks, apart_from=()):
        pairs = [(key, str(mirror(f"images_{session}.zip")))
                 for key, sessions in files.items() for session in sessions]
        script(files=[path for _, path in pairs], file_keys=[key for key, _ in pairs],
               stimuli=str(tmp_path / f"{name}.nc"), shared=str(tmp_path / f"{name}.csv"),
               set_name=name, source="cowley", categories=list(NOUNS), blocks=blocks,
               outputs=None, image_px=PX, image_degrees=8, shared_correlation_min=0.99,
               registry=str(ROOT / "resources" / "datasets.tsv"), apart_from=apart_from)
        ds = read_dataset(tmp_path / f"{name}.nc", "stimuli")
        return ds, pd.read_csv(tmp_path / f"{name}.csv")

    return run


def test_nouns_are_those_of_the_hand_made_list_and_twins_of_the_map(mirror, beside):
    reference = str(mirror("images_210325.zip"))
    listed = pd.read_csv(beside("labels_640_bashivan_kar_images_session_210325.csv"))
    own = SOURCES["cowley"]([reference], list(NOUNS), reference=[reference]).labels
    assert own["category"].tolist() == listed["object"].tolist()
    other = SOURCES["cowley"]([str(mirror("images_210322.zip"))], list(NOUNS),
                              reference=[reference]).labels
    place = pd.read_csv(beside("map_210322_to_640.csv"))
    assert (other["category"][:600] == "none").all() and len(other) == 1200
    assert place["file_in_210322"].tolist() == [f"image{i:04d}.jpg" for i in range(601, 1201)]
    assert other["category"][600:].tolist() == listed["object"][place["index_in_640"]].tolist()


@pytest.fixture
def v4(prepare):
    files = {"natural": ["201025", "210225"], "hvm": ["210322"], "reference": ["210325"]}
    ds, _ = prepare("v4", files, [
        {"files": "natural", "labelled": False, "variation": 0, "split": "train",
         "n_images": 2400},
        {"files": "hvm", "of_each_object": [0, 40], "variation": 3, "split": "train",
         "n_images": 320}])
    return ds


def test_images_shared_with_the_trained_set_are_removed(prepare, v4, tmp_path):
    path = str(tmp_path / "v4.nc")
    test = {"variation": 0, "split": "test"}
    ds, shared = prepare("hvm", {"test": ["210325"], "reference": ["210325"]},
                         [test | {"variation": 3, "n_images": 640}], apart_from=path)
    nouns, counts = np.unique(ds["category"].values, return_counts=True)
    assert sorted(nouns) == sorted(NOUNS) and set(counts) == {40} and len(shared) == 320
    assert set(shared["stimulus_id"].str[-4:].astype(int)) == {
        80 * noun + i + 1 for noun in range(8) for i in range(40)}
    # Photographs that two sessions show: two of RA's, none of WE's.
    for session, n_shared in (("190923", 0), ("210621", 2)):
        ds, shared = prepare(f"n{session}", {"test": [session]},
                             [test | {"labelled": False, "n_images": 1200}], apart_from=path)
        assert len(shared) == n_shared and ds.sizes["stimulus"] == 1200 - n_shared
        assert shared["alike"].str.startswith("210225-").all()


def test_imagenette_holds_ten_classes(mirror):
    found = SOURCES["imagenette"]([str(mirror("imagenette2-160-subset.tgz"))], ["tench", "church"])
    counts = found.labels.groupby(["split", "category"]).size().unstack()
    assert counts.shape == (2, 10)
    assert (counts.loc["train"] == 450).all() and (counts.loc["test"] == 50).all()
    images = list(found.read(np.array([0, 4999])))
    assert all(image.shape == (160, 160, 3) for image in images)


def test_cifar10_holds_a_thousand_of_each_class(mirror):
    path = str(mirror("cifar10_test_jpeg_10000.tar"))
    found = SOURCES["cifar10h"]([path], ["cat", "dog"])
    assert (found.labels["category"].value_counts() == 1000).all() and len(found.labels) == 10000
    assert found.labels["stimulus_id"].iloc[[0, -1]].tolist() == [
        "cifar10-airplane-0000", "cifar10-truck-0999"]
    assert next(found.read(np.array([0]))).shape == (32, 32, 3)
