"""Image sets from files of others: chosen, labelled, resized once; what is wrong reads well."""

from pathlib import Path
from zipfile import ZipFile

import h5py
import numpy as np
import pytest
from PIL import Image

from italign.io import read_dataset
from italign.stimuli.prepared import resize
from tests.resources import native_files as native

ROOT = Path(__file__).parents[2]
BLOCKS = [{"variation": 0, "split": "train", "n_images": 16},
          {"variation": 3, "split": "train", "n_images": 32},
          {"variation": 6, "split": "test", "n_images": 16}]


@pytest.fixture
def prepare(tmp_path, load_script):
    """Prepare a set with the rule's script; the default is the paper's HVM in small."""
    script = load_script("stimuli", "prepare_stimuli").prepare_stimuli

    def run(train, test, blocks=BLOCKS, categories=native.HVM, source="study", image_px=native.PX):
        target, keys = tmp_path / "set.nc", ["train"] * len(train) + ["test"] * len(test)
        script(files=[*map(str, train), *map(str, test)], file_keys=keys, stimuli=str(target),
               shared=str(tmp_path / "set-shared.csv"), set_name="hvm", source=source,
               categories=categories, blocks=blocks, outputs=None, image_px=image_px,
               image_degrees=8, shared_correlation_min=0.99,
               registry=str(ROOT / "resources" / "datasets.tsv"))
        return read_dataset(target, "stimuli")

    return run


@pytest.fixture
def study_files(tmp_path):
    """Paths and images of the study's three files."""
    paths = [tmp_path / name for name in
             ("SachiMajajHong2015.h5", "many_monkeys2.h5", "bento_nano_COCO.h5")]
    return paths, [native.write_majajhong(paths[0], {}), native.write_many_monkeys(paths[1], {}),
                   native.write_coco(paths[2], {})]


def test_study_set_of_the_paper(prepare, study_files):
    (majajhong, monkeys, _), (left, right, _) = study_files
    ds = prepare([majajhong], [monkeys])
    assert ds.sizes == {"stimulus": 64, "y": native.PX, "x": native.PX, "channel": 3}
    assert ds["split"].values.tolist() == ["train"] * 48 + ["test"] * 16
    assert ds["variation"].values.tolist() == [0] * 16 + [3] * 32 + [6] * 16
    for name, images in (("majajhong", left), ("hvm640", right)):
        ids = ds["stimulus_id"].values
        is_here = np.char.startswith(ids, name)
        rows = [int(i.split("-")[1]) for i in ids[is_here]]
        assert (ds["image"].values[is_here] == images[rows]).all()
    category = dict(zip(ds["stimulus_id"].values, ds["category"].values, strict=True))
    assert category["majajhong-00000"] == "Animals" and category["majajhong-00062"] == "Tables"
    assert category["hvm640-00002"] == "Animals" and category["hvm640-00030"] == "Planes"
    assert ds["object"].values[:2].tolist() == ["Animal0", "Animal1"]
    assert ds.attrs["licence"] == "not stated"
    assert ds.attrs["source"] == "images: Dapello, Kar et al. 2023 ICLR"


def test_nouns_of_the_640_images(prepare, study_files):
    monkeys = study_files[0][1]
    blocks = [{"variation": 3, "split": "train", "n_images": 16},
              {"variation": 6, "split": "test", "n_images": 16}]
    ds = prepare([monkeys], [monkeys], blocks, native.NOUNS)
    assert ds["category"].values.tolist() == list(np.repeat(native.NOUNS, 2)) * 2
    assert ds["stimulus_id"].values[:3].tolist() == ["hvm640-00000", "hvm640-00001",
                                                     "hvm640-00004"]


def test_photographs_have_the_variation_of_their_block(prepare, study_files):
    (*_, coco), (*_, images) = study_files
    ds = prepare([], [coco], [{"variation": 0, "split": "test", "n_images": 10}])
    assert (ds["image"].values == images).all() and (ds["variation"].values == 0).all()
    assert np.isnan(ds["size"].values).all()


def test_count_of_a_block_is_compared(prepare, study_files):
    wrong = [BLOCKS[0] | {"n_images": 17}]
    with pytest.raises(ValueError, match=r"stimuli.sets.hvm: 16 images of variation 0 in .*, "
                       r"expected n_images 17 \(it holds 16 of variation 0, 32 of variation 3, 16"):
        prepare([study_files[0][0]], [], wrong)


def test_image_in_two_blocks_is_refused(prepare, study_files):
    blocks = [{"variation": v, "split": "test", "n_images": 10} for v in (0, 3)]
    with pytest.raises(ValueError, match="10 of 10 images are in two blocks"):
        prepare([], [study_files[0][2]], blocks)


def test_unknown_categories_name_what_is_there(prepare, study_files):
    with pytest.raises(ValueError, match=r"categories Animals, bear .found category: Animals"):
        prepare([study_files[0][0]], [], categories=["Animals", "bear"])
    with pytest.raises(ValueError, match=r"COCO.h5: no column holds the categories bear"):
        prepare([], [study_files[0][2]], categories=native.NOUNS)


def test_other_order_of_nouns_is_refused(prepare, study_files):
    with h5py.File(study_files[0][1], "r+") as file:
        file["category_name_HVM_aligned"][:] = np.repeat(sorted(native.ALIGNED), 4)
    with pytest.raises(ValueError, match="categories by row are not those of bear, elephant"):
        prepare([], [study_files[0][1]], categories=native.NOUNS)


@pytest.mark.parametrize(("which", "factor"), [(0, 1 / 255), (1, 255)])
def test_other_range_of_values_is_refused(prepare, study_files, which, factor):
    path = study_files[0][which]
    with h5py.File(path, "r+") as file:
        file["stimuli"][:] = file["stimuli"][:] * factor
    with pytest.raises(ValueError, match=r"image values from .*, expected 0 to (255|1):"):
        prepare([path], [], [{"variation": 3, "split": "train", "n_images": (32, 16)[which]}])


def test_other_files_are_refused(prepare, tmp_path):
    (tmp_path / "cut.h5").write_bytes(b"\x89HDF")
    with pytest.raises(ValueError, match=r"cut.h5: cannot be read as HDF5"):
        prepare([tmp_path / "cut.h5"], [])
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["responses"] = [1]
    with pytest.raises(ValueError, match="holds responses, expected one of: stimuli, var"):
        prepare([tmp_path / "x.h5"], [])
    with pytest.raises(ValueError, match="unknown source 'studdy'; did you mean study"):
        prepare([], [], source="studdy")


NOUNS = ["bear", "car", "dog"] * 4
TWO = [{"variation": 3, "split": "train", "n_images": 12},
       {"variation": 6, "split": "test", "n_images": 12}]


@pytest.mark.parametrize("levels", [None, ([3] * 12, [6] * 12), (["V3"] * 12, ["V6"] * 12)])
def test_brainscore_set(prepare, tmp_path, levels):
    columns = [{"variation": level} for level in levels] if levels else [{}, {}]
    train, ids, left = native.write_brainscore_set(tmp_path, "pub", NOUNS, columns[0])
    test, _, right = native.write_brainscore_set(tmp_path, "priv", NOUNS, columns[1], seed=1)
    ds = prepare(train, test, TWO, ["bear", "car", "dog"], "brainscore")
    assert ds["stimulus_id"].values[:12].tolist() == ids
    assert ds["category"].values.tolist() == NOUNS * 2
    assert (ds["image"].values == np.concatenate([left, right])).all()
    assert ds.attrs["source"] == ("images: priv.csv (not registered); priv.zip (not registered); "
                                  "pub.csv (not registered); pub.zip (not registered)")


def test_brainscore_images_of_other_categories_are_left_out(prepare, tmp_path):
    files, *_ = native.write_brainscore_set(tmp_path, "pub", NOUNS, mode="L")
    ds = prepare(files, [], [TWO[0] | {"n_images": 8}], ["bear", "dog"], "brainscore", image_px=6)
    assert set(ds["category"].values) == {"bear", "dog"}
    assert ds["image"].shape == (8, 6, 6, 3)
    assert (np.ptp(ds["image"].values, axis=-1) == 0).all()  # a grey file becomes RGB


def test_brainscore_files_that_do_not_fit_are_refused(prepare, tmp_path):
    def refused(files, message, categories=("bear", "car", "dog")):
        with pytest.raises(ValueError, match=message):
            prepare(files, [], TWO[:1], list(categories), "brainscore")

    (table, archive), *_ = native.write_brainscore_set(tmp_path, "pub", NOUNS)
    _, other = native.write_brainscore_set(tmp_path, "other", NOUNS)[0]
    refused([table], "1 tables .csv. and 0 archives .zip. in 1 files, expected one archive")
    refused([table, other], "other.zip: lacks 12 of 12 images that the table names .im/pub000.png")
    refused([table, archive], "no column holds the categories bear, cat", ("bear", "cat"))
    twice, *_ = native.write_brainscore_set(tmp_path, "twice", NOUNS, {"image_id": ["a"] * 12})
    refused(twice, "11 of 12 stimulus ids repeat")
    nameless, *_ = native.write_brainscore_set(tmp_path, "odd", NOUNS)
    Path(nameless[0]).write_text(Path(nameless[0]).read_text().replace("filename", "file"))
    refused(nameless, "no names of images .found: image_id, object_name, n, file., expected a col")
    levels, *_ = native.write_brainscore_set(tmp_path, "lev", NOUNS, {"variation": ["high"] * 12})
    refused(levels, "variation high, expected numbers")
    with ZipFile(archive, "w") as opened:
        for i in range(12):
            opened.writestr(f"im/pub{i:03d}.png", b"no image")
    refused([table, archive], "im/pub000.png cannot be read as an image")
    Path(archive).write_bytes(b"PK")
    refused([table, archive], "cannot be read as .zip")


def test_image_that_is_too_large_to_be_one_is_refused(prepare, tmp_path, monkeypatch):
    files, *_ = native.write_brainscore_set(tmp_path, "pub", NOUNS)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", native.PX**2 // 3)
    with pytest.raises(ValueError, match=r"pub.zip: im/pub000.png cannot be read as an .*bomb"):
        prepare(files, [], TWO[:1], ["bear", "car", "dog"], "brainscore")


def test_resizing_is_antialiased_and_done_once():
    image = native.pixels(1)[0]
    assert resize(image, native.PX) is image
    # Half the size by a triangle of four pixels' width, from its definition.
    weights = np.zeros((native.PX // 2, native.PX))
    for row in range(native.PX // 2):
        distance = np.abs(np.arange(native.PX) + 0.5 - (2 * row + 1)) / 2
        weights[row] = np.maximum(0, 1 - distance)
    weights /= weights.sum(axis=1, keepdims=True)
    expected = np.einsum("ab,cd,bdk->ack", weights, weights, image.astype(float))
    assert np.abs(resize(image, native.PX // 2) - expected).max() <= 1
    wide = np.asarray(Image.fromarray(image).resize((30, 20)))
    assert resize(wide, 7).shape == (7, 7, 3)
