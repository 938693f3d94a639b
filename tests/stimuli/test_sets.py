"""Sets and the stage's scripts: determinism, independence, ids, contract."""

import numpy as np
import pytest

from italign.io import read_dataset
from italign.stimuli.sets import make_set

BLOCKS = [
    {"variation": 0, "split": "train", "per_category": 2},
    {"variation": 6, "split": "test", "per_category": 3},
]
SMALL = {"style": "mixed", "categories": ["bear", "mug"], "blocks": BLOCKS, "image_px": 32,
         "image_degrees": 8.0, "seed": 7}


@pytest.fixture(scope="module")
def small_set():
    return make_set("small", **SMALL).assign_attrs(identifier="small")


def test_same_seed_gives_the_same_set(small_set):
    assert make_set("small", **SMALL).equals(small_set)


@pytest.mark.parametrize(("name", "change"), [("other", {}), ("small", {"seed": 8})])
def test_other_names_and_seeds_share_no_image(small_set, name, change):
    other = make_set(name, **{**SMALL, **change})["image"].values
    same = (small_set["image"].values[:, None] == other[None]).mean(axis=(2, 3, 4))
    assert same.max() < 0.5


def test_a_new_block_changes_no_other(small_set):
    more = make_set("small", **{**SMALL, "blocks": [*BLOCKS, {**BLOCKS[1], "variation": 3}]})
    assert more.isel(stimulus=slice(10)).equals(small_set.drop_attrs())


def test_labels_belong_to_their_images(small_set):
    assert small_set["stimulus_id"].values[[0, 3, 4, 9]].tolist() == [
        "small-train-bear-0-0000", "small-train-mug-0-0001", "small-test-bear-6-0000",
        "small-test-mug-6-0002"]
    assert len(np.unique(small_set["background"])) == len(np.unique(small_set["stimulus_id"])) == 10
    calm = small_set.isel(stimulus=small_set["variation"].values == 0)
    for name in ("rotation_x_deg", "rotation_y_deg", "rotation_z_deg", "position_x_deg"):
        assert (calm[name] == 0).all()
    assert (calm["size"] == 1).all()


def test_repeated_blocks_are_refused():
    with pytest.raises(ValueError, match=r"'small' repeats a block.*'train', 0"):
        make_set("small", **{**SMALL, "blocks": [BLOCKS[0], BLOCKS[0]]})


def test_render_stimuli_writes_the_contract(load_script, tmp_path):
    path = tmp_path / "grey.nc"
    load_script("stimuli", "render_stimuli").render_stimuli(
        stimuli=path, set_name="grey", **{**SMALL, "style": "grey"})
    ds = read_dataset(path, "stimuli")
    image = ds["image"].values
    assert (image == image[..., :1]).all()
    assert (ds.attrs["identifier"], ds.attrs["source"]) == ("grey", "in silico")
    assert ds.attrs["licence"].startswith("CC0-1.0")
