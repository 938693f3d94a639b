"""The list of a folder's images: order, split, and what is refused."""

import os

import numpy as np
import pandas as pd
import pytest

from italign.stimuli.folder import index_folder


@pytest.fixture
def tree(tmp_path):
    """Give a function that makes a folder of empty files and returns it."""

    def make(train, val, n_train=3, n_val=2, suffix=".JPEG"):
        for part, classes, n in (("train", train, n_train), ("val", val, n_val)):
            for name in classes:
                (tmp_path / part / name).mkdir(parents=True)
                for k in range(n):
                    (tmp_path / part / name / f"{name}_{k}{suffix}").touch()
        return tmp_path

    return make


CLASSES = ["n02", "n01", "n10", "n03"]


def test_all_of_train_then_some_of_every_class_of_val(tree):
    table = index_folder(tree(CLASSES, CLASSES, n_val=10), n_test=8, first_images=False)
    assert list(table.columns) == ["file", "category", "split"]
    assert table.file[0] == "train/n01/n01_0.JPEG"
    train, test = (table[table.split == split] for split in ("train", "test"))
    assert train.category.tolist() == np.repeat(sorted(CLASSES), 3).tolist()
    assert test.category.tolist() == np.repeat(sorted(CLASSES), 2).tolist()
    assert test.file.tolist()[:2] == ["val/n01/n01_0.JPEG", "val/n01/n01_5.JPEG"]


def test_every_n_test_keeps_that_many_different_images_spread_over_the_classes(tree):
    folder = tree(CLASSES, CLASSES, n_val=5)
    for n_test in range(1, 21):
        test = index_folder(folder, n_test, first_images=False).query("split == 'test'")
        assert len(set(test.file)) == n_test
        counts = test.category.value_counts().reindex(CLASSES, fill_value=0)
        assert counts.max() - counts.min() <= 1


def test_the_first_images_are_of_the_first_classes(tree):
    table = index_folder(tree(CLASSES, CLASSES, n_val=5), n_test=7, first_images=True)
    test = table[table.split == "test"]
    assert test.category.tolist() == ["n01"] * 5 + ["n02"] * 2


@pytest.mark.parametrize("first_images", [False, True])
def test_null_keeps_all_of_val(tree, first_images):
    folder = tree(CLASSES, CLASSES, n_val=5)
    table = index_folder(folder, n_test=None, first_images=first_images)
    pd.testing.assert_frame_equal(table, index_folder(folder, 20, first_images))


def test_names_with_commas_and_the_word_null_survive_the_table(tree, tmp_path, load_script):
    from italign.training.folder import read_folder_images

    folder = tree(["null", "NA", "crane, bird"], ["null", "NA", "crane, bird"], suffix=".PnG")
    load_script("stimuli", "index_images").index_images(
        index=str(tmp_path / "index.csv"), folder=str(folder), n_test=3, first_images=False)
    images = read_folder_images(tmp_path / "index.csv", folder, image_px=8, n_workers=0)
    assert images.categories == ["NA", "crane, bird", "null"]
    assert images.train_files[-1] == b"train/null/null_2.PnG"
    assert images.test_labels.tolist() == [0, 1, 2]


def test_other_files_and_hidden_folders_are_passed_over(tree):
    folder = tree(CLASSES, CLASSES)
    before = index_folder(folder, 8, False)
    (folder / "train" / "readme.txt").touch()
    (folder / "train" / "n01" / ".n01_9.JPEG").touch()
    (folder / "train" / "n01" / "list.txt").touch()
    (folder / "train" / ".cache").mkdir()
    pd.testing.assert_frame_equal(index_folder(folder, 8, False), before)


def test_a_missing_folder_says_how_to_get_imagenet(tmp_path):
    with pytest.raises(ValueError, match=r"(?s)imagenet: not found.*image-net.org.*ln -s"):
        index_folder(tmp_path / "imagenet", 8, False)


@pytest.mark.parametrize(("names", "found"), [
    (["train", "validation"], "holds train, validation"), ([], "is empty"),
])
def test_another_layout_is_named(tmp_path, names, found):
    for name in names:
        (tmp_path / name).mkdir()
    with pytest.raises(ValueError, match=f"{found}; expected a folder with train/ and val/"):
        index_folder(tmp_path, 8, False)


def test_different_classes_are_named(tree):
    folder = tree(["n01", "n02", "n03"], ["n02", "n04"])
    message = r"train has 3 classes, val 2; 2 only in train: n01, n03; 1 only in val: n04"
    with pytest.raises(ValueError, match=message):
        index_folder(folder, 2, False)


def test_validation_images_without_class_folders_are_told_apart(tree):
    folder = tree(["n01"], [])
    (folder / "val").mkdir()
    (folder / "val" / "ILSVRC2012_val_00000001.JPEG").touch()
    with pytest.raises(ValueError, match="val: no class folder found, but 1 images"):
        index_folder(folder, 1, False)


def test_an_empty_class_is_named(tree):
    folder = tree(CLASSES, CLASSES)
    (folder / "train" / "n04").mkdir()
    (folder / "val" / "n04").mkdir()
    with pytest.raises(ValueError, match=r"1 of 5 class folders hold no image .*: n04"):
        index_folder(folder, 2, False)


def test_names_that_are_no_text_are_refused(tree):
    folder = tree(["n01"], ["n01"])
    with open(os.path.join(os.fsencode(folder), b"train/n01/caf\xe9.JPEG"), "wb"):
        pass
    with pytest.raises(ValueError, match=r"train/n01: 1 names are not readable text: 'caf\\udce9"):
        index_folder(folder, 1, False)


@pytest.mark.parametrize("n_test", [0, 9])
def test_more_test_images_than_there_are_is_refused(tree, n_test):
    with pytest.raises(ValueError, match=f"holds 8 images, n_test asks for {n_test}"):
        index_folder(tree(CLASSES, CLASSES), n_test, False)
