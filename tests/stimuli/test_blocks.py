"""Blocks of prepared sets: which files, which images, which are kept apart, which outputs."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from italign.io import read_dataset
from italign.stimuli.prepared import name_outputs
from italign.stimuli.sources._nouns import NOUNS
from tests.stimuli.image_archives import smooth_images, write_session, write_tar

ROOT = Path(__file__).parents[2]
HVM = smooth_images(640, px=16)
NATURAL = smooth_images(30, seed=1, px=16)


@pytest.fixture
def prepare(tmp_path, load_script):
    """Prepare a set with the rule's script; gives the set and the table of images left out."""
    script = load_script("stimuli", "prepare_stimuli").prepare_stimuli

    def run(set_name, files, blocks, source="cowley", categories=tuple(NOUNS), **options):
        target, shared = (str(tmp_path / f"{set_name}{end}") for end in (".nc", "-shared.csv"))
        pairs = [(key, path) for key, paths in files.items() for path in paths]
        given = {"outputs": None, "shared_correlation_min": 0.99, **options}
        script(files=[path for _, path in pairs], file_keys=[key for key, _ in pairs],
               stimuli=target, shared=shared, set_name=set_name, source=source,
               categories=list(categories), blocks=blocks, image_px=16, image_degrees=8,
               registry=str(ROOT / "resources" / "datasets.tsv"), **given)
        return read_dataset(target, "stimuli"), pd.read_csv(shared)

    return run


@pytest.fixture
def sessions(tmp_path):
    """The design of the open world in small: photographs, some of the 640 images, all of them."""
    return {"natural": write_session(tmp_path, "201025", NATURAL[:8]),
            "mixed": write_session(tmp_path, "210322", [*NATURAL[8:12], *HVM[:600]]),
            "all": write_session(tmp_path, "210325", HVM)}


NATURAL_BLOCK = {"files": "natural", "labelled": False, "variation": 0, "split": "train",
                 "n_images": 8}
HVM_BLOCK = {"files": "hvm", "of_each_object": [0, 40], "variation": 3, "split": "train",
             "n_images": 320}


def v4_files(sessions):
    return {"natural": [sessions["natural"]], "hvm": [sessions["mixed"]],
            "reference": [sessions["all"]]}


def test_trained_set_of_the_open_world(prepare, sessions):
    ds, shared = prepare("v4", v4_files(sessions), [NATURAL_BLOCK, HVM_BLOCK])
    expected = [5 + 80 * noun + i for noun in range(8) for i in range(40)]
    assert ds["stimulus_id"].values.tolist() == [
        *(f"201025-{i:04d}" for i in range(1, 9)), *(f"210322-{i:04d}" for i in expected)]
    assert ds["category"].values.tolist() == ["none"] * 8 + list(np.repeat(list(NOUNS), 40))
    assert ds["variation"].values.tolist() == [0] * 8 + [3] * 320
    assert set(ds["split"].values) == {"train"} and "outputs" not in ds.attrs
    assert shared.columns.tolist() == ["stimulus_id", "alike", "correlation"] and shared.empty


def test_test_images_that_were_trained_are_left_out_and_listed(prepare, sessions, tmp_path):
    prepare("v4", v4_files(sessions), [NATURAL_BLOCK, HVM_BLOCK])
    files = {"train": [sessions["mixed"]], "test": [sessions["all"]],
             "reference": [sessions["all"]]}
    blocks = [HVM_BLOCK | {"files": "train"}, {"variation": 3, "split": "test", "n_images": 640}]
    ds, shared = prepare("hvm", files, blocks, apart_from=str(tmp_path / "v4.nc"))
    is_test = ds["split"].values == "test"
    assert is_test.sum() == 320 and (~is_test).sum() == 320 and len(shared) == 320
    removed = [80 * noun + i for noun in range(8) for i in range(40)]
    assert shared["stimulus_id"].tolist() == [f"210325-{i + 1:04d}" for i in removed]
    assert shared["alike"].tolist() == [f"210322-{i + 5:04d}" for i in removed]
    assert not set(shared["stimulus_id"]) & set(ds["stimulus_id"].values)


def test_a_set_of_which_nothing_is_left_to_test_is_refused(prepare, sessions, tmp_path):
    prepare("v4", v4_files(sessions), [NATURAL_BLOCK])
    block = {"labelled": False, "variation": 0, "split": "test", "n_images": 8}
    with pytest.raises(ValueError, match=r"stimuli\.sets\.again: all 8 test images are training "
                       r"images of v4 .correlation 0\.99 or more.; expected some that are not"):
        prepare("again", {"test": [sessions["natural"]]}, [block], categories=[],
                apart_from=str(tmp_path / "v4.nc"))


def test_photographs_only_come_without_categories(prepare, sessions):
    files, block = {"test": [sessions["mixed"]]}, NATURAL_BLOCK | {"split": "test", "n_images": 604}
    del block["files"]
    ds, _ = prepare("natural", files, [block], categories=[])
    assert set(ds["category"].values) == {"none"} and set(ds["object"].values) == {"natural"}


def test_messages_of_blocks_that_do_not_fit(prepare, sessions):
    files = v4_files(sessions)
    with pytest.raises(ValueError, match=r"stimuli.sets.v4: a block reads files 'hmv', found "
                       r"natural, hvm; expected a key of files"):
        prepare("v4", files, [HVM_BLOCK | {"files": "hmv"}])
    with pytest.raises(ValueError, match=r"reads files 'train', found natural, hvm; .*its split"):
        prepare("v4", files, [{"variation": 3, "split": "train", "n_images": 1}])
    with pytest.raises(ValueError, match=r"v4: 460 images of variation 3 and images 0 to 59 of each"
                       r" object in .*, expected n_images 480 \(it holds 600 of variation 3 of "
                       r"these categories; found bear 60, .* chair 60, plane 40\): correct"):
        prepare("v4", files, [HVM_BLOCK | {"of_each_object": [0, 60], "n_images": 480}])
    with pytest.raises(ValueError, match=r"v4: 8 images of variation 0 in .*201025.zip, expected "
                       r"n_images 9 \(it holds 8 of variation 0 without a category\)"):
        prepare("v4", files, [NATURAL_BLOCK | {"n_images": 9}])


def test_one_file_can_serve_two_splits(prepare, tmp_path):
    photos = {f"test/{noun}/{i:04d}.jpg": image for noun, start in (("cat", 0), ("dog", 15))
              for i, image in enumerate(NATURAL[start:start + 10])}
    files = {"all": [write_tar(tmp_path / "cifar.tar", photos)]}
    blocks = [{"files": "all", "of_each_object": part, "variation": 0, "split": split,
               "n_images": 2 * (part[1] - part[0])}
              for split, part in (("train", [0, 3]), ("test", [3, 7]))]
    ds, _ = prepare("cifar", files, blocks, "cifar10h", ["cat", "dog"])
    assert ds["stimulus_id"].values.tolist() == [
        f"cifar10-{noun}-{i:04d}" for start, stop in ((0, 3), (3, 7)) for noun in ("cat", "dog")
        for i in range(start, stop)]
    with pytest.raises(ValueError, match="2 of 14 images are in two blocks"):
        prepare("cifar", files, [blocks[0], blocks[1] | {"of_each_object": [2, 7],
                                                         "n_images": 10}], "cifar10h",
                ["cat", "dog"])


@pytest.mark.parametrize("keys", [("train", "test"), ("all", "all")])
def test_an_archive_that_tells_the_split_is_followed(prepare, tmp_path, keys):
    photos = {f"im/{part}/n01440764/{part}_{i}.JPEG": NATURAL[start + i]
              for part, start, n in (("train", 0, 6), ("val", 10, 4)) for i in range(n)}
    path = write_tar(tmp_path / "im.tgz", photos)
    blocks = [{"files": key, "variation": 0, "split": split, "n_images": n}
              for key, split, n in zip(keys, ("train", "test"), (6, 4), strict=True)]
    ds, _ = prepare("base", {key: [path] for key in keys}, blocks, "imagenette", ["tench"],
                    outputs={"count": 3, "places": {"tench": 1}})
    assert ds["split"].values.tolist() == ["train"] * 6 + ["test"] * 4
    assert ds["stimulus_id"].values[[0, 6]].tolist() == ["imagenette-train_0", "imagenette-val_0"]
    assert ds.attrs["outputs"] == "output 0000\ntench\noutput 0002"


def test_places_of_outputs_are_those_of_the_categories():
    names = name_outputs({"count": 1000, "places": {"church": 497, "tench": 0}},
                         ["tench", "church"], "base").split("\n")
    assert len(names) == 1000 and len(set(names)) == 1000
    assert (names[0], names[497], names[999]) == ("tench", "church", "output 0999")


@pytest.mark.parametrize(("places", "message"), [
    ({"tench": 0}, r"base\.outputs\.places: church are in only one of places and categories"),
    ({"tench": 0, "church": 0}, "found 0, 0, expected numbers from 0 to 999, each once"),
    ({"tench": 0, "church": 1000}, "found 0, 1000, expected numbers from 0 to 999"),
])
def test_places_that_do_not_fit_are_refused(places, message):
    with pytest.raises(ValueError, match=message):
        name_outputs({"count": 1000, "places": places}, ["tench", "church"], "base")
