"""Image archives of others, written in miniature from their description, come back labelled."""

from zipfile import ZipFile

import numpy as np
import pytest

from italign.stimuli.sources import SOURCES, label_files
from italign.stimuli.sources._nouns import NOUNS
from tests.stimuli.image_archives import jpeg, smooth_images, write_session, write_tar

HVM = smooth_images(640, px=16)
NATURAL = smooth_images(20, seed=1, px=16)


def read(found, rows):
    return np.stack(list(found.read(np.array(rows)))).astype(float)


@pytest.fixture
def reference(tmp_path):
    return write_session(tmp_path, "210325", HVM)


def test_cowley_images_take_the_nouns_of_their_twins(tmp_path, reference):
    shown = [*NATURAL[:6], *HVM[[639, 5, 80]], *NATURAL[6:9]]
    path = write_session(tmp_path, "210322", shown, prefix="images_210322/")
    found = SOURCES["cowley"]([path], list(NOUNS), reference=[reference])
    labels = found.labels
    assert labels["stimulus_id"].tolist() == [f"210322-{i:04d}" for i in range(1, 13)]
    assert labels["category"].tolist() == [*["none"] * 6, "plane", "bear", "elephant",
                                           *["none"] * 3]
    assert labels["object"][[5, 6]].tolist() == ["natural", "plane"]
    assert labels["background"].unique() == ["unknown"] and labels["variation"].isna().all()
    assert np.abs(read(found, [6, 0]) - [HVM[639], NATURAL[0]]).mean() < 4


def test_cowley_reference_is_labelled_by_its_blocks(reference):
    labels = SOURCES["cowley"]([reference], ["bear"], reference=[reference]).labels
    assert labels["category"].tolist() == list(np.repeat(list(NOUNS), 80))
    assert labels["stimulus_id"].iloc[[0, -1]].tolist() == ["210325-0001", "210325-0640"]


def test_cowley_without_reference_has_no_label(tmp_path, reference):
    other = write_session(tmp_path, "190923", NATURAL, prefix="images_190923/")
    labels = SOURCES["cowley"]([other, reference], []).labels
    assert set(labels["category"]) == {"none"} and len(labels) == 660
    assert labels["stimulus_id"][20] == "210325-0001"


def test_cowley_refuses_what_would_label_wrongly(tmp_path, reference):
    cowley = SOURCES["cowley"]
    short = write_session(tmp_path, "210326", HVM[:80])
    with pytest.raises(ValueError, match=r"210326\.zip: holds 80 images in 1 files, expected one "
                       r"file of 640, 80 each of bear, elephant, .*: correct files\.reference"):
        cowley([short], list(NOUNS), reference=[short])
    with pytest.raises(ValueError, match="holds 1280 images in 2 files, expected one file of 640"):
        cowley([short], list(NOUNS), reference=[reference, reference])
    with pytest.raises(ValueError, match="no image shows boat, expected categories among bear"):
        cowley([short], ["bear", "boat"])
    gap = write_session(tmp_path, "210224", NATURAL, first=3)
    with pytest.raises(ValueError, match=r"20 images are numbered 3 to 22, missing or too many: 1, "
                       r"2, 21, 22; expected 1 to 20, each once, as the columns of the responses"):
        cowley([gap], [])
    (tmp_path / "photos.zip").write_bytes((tmp_path / "images_210224.zip").read_bytes())
    with pytest.raises(ValueError, match="the name tells no session, expected images_<session>"):
        cowley([str(tmp_path / "photos.zip")], [])


def test_an_archive_of_other_names_says_what_it_holds(tmp_path):
    path = write_tar(tmp_path / "images.tar", {"a/b.png": NATURAL[0]})
    with pytest.raises(ValueError, match=r"images.tar: no image of the expected name, holds "
                       r"a/b.png; expected test/<class>/0000.jpg to 0999.jpg"):
        SOURCES["cifar10h"]([path], ["cat"])


def test_cifar10_photographs_are_named_as_the_choices(tmp_path):
    names = ["test/dog/0001.jpg", "test/airplane/0999.jpg", "test/dog/0000.jpg"]
    others = {"train/dog/0000.jpg": NATURAL[9], "labels.txt.jpg": NATURAL[9]}
    path = write_tar(tmp_path / "cifar.tar", dict(zip(names, NATURAL, strict=False)) | others)
    found = SOURCES["cifar10h"]([path], ["airplane", "dog", "cat"])
    assert found.labels["stimulus_id"].tolist() == [
        "cifar10-airplane-0999", "cifar10-dog-0000", "cifar10-dog-0001"]
    assert found.labels["category"].tolist() == ["airplane", "dog", "dog"]
    assert np.abs(read(found, [0, 1, 2]) - NATURAL[[1, 2, 0]]).mean() < 4
    with pytest.raises(ValueError, match=r"no column holds the categories dog, horse .found cl"):
        SOURCES["cifar10h"]([path], ["dog", "horse"])


def test_imagenette_tells_the_split_and_gives_central_squares(tmp_path):
    wide = np.zeros((40, 64, 3), np.uint8)
    wide[:, 12:52] = smooth_images(1, seed=3, px=40)[0]
    files = {"imagenette2-160/val/n03445777/ILSVRC2012_val_00000002.JPEG": wide,
             "imagenette2-160/train/n03445777/n03445777_5.JPEG": wide.transpose(1, 0, 2),
             "imagenette2-160/train/n01440764/n01440764_9.JPEG": wide,
             "imagenette2-160/noisy_imagenette.JPEG": wide}
    path = write_tar(tmp_path / "imagenette.tgz", files)
    found = SOURCES["imagenette"]([path], ["tench", "golf ball"])
    assert found.labels[["stimulus_id", "category", "object", "split"]].values.tolist() == [
        ["imagenette-n01440764_9", "tench", "n01440764", "train"],
        ["imagenette-n03445777_5", "golf ball", "n03445777", "train"],
        ["imagenette-ILSVRC2012_val_00000002", "golf ball", "n03445777", "test"]]
    square = wide[:, 12:52]
    expected = [square, square.transpose(1, 0, 2), square]
    assert np.abs(read(found, [0, 1, 2]) - expected)[:, 2:-2, 2:-2].mean() < 4


def test_imagenette_refuses_other_classes(tmp_path):
    path = write_tar(tmp_path / "woof.tgz", {"woof/train/n02086240/a.JPEG": NATURAL[0]})
    with pytest.raises(ValueError, match=r"woof.tgz: holds classes n02086240, expected those of "
                       r"Imagenette \(n01440764, "):
        SOURCES["imagenette"]([path], ["tench"])


def test_a_reference_is_for_sources_that_take_one(tmp_path, reference):
    images = label_files("cowley", {"test": [reference], "reference": [reference]}, ["dog"], "hvm")
    assert list(images) == ["test"] and images["test"].labels["category"][0] == "bear"
    with pytest.raises(ValueError, match=r"stimuli\.sets\.base\.files\.reference: found for source "
                       r"imagenette, .*; expected only for cowley: remove the key"):
        label_files("imagenette", {"all": ["x.tgz"], "reference": ["y.tgz"]}, ["tench"], "base")


def test_a_broken_image_is_named(tmp_path):
    path = tmp_path / "images_190923.zip"
    with ZipFile(path, "w") as opened:
        opened.writestr("image0001.jpg", jpeg(NATURAL[0]))
        opened.writestr("image0002.jpg", jpeg(NATURAL[1])[:300])
    found = SOURCES["cowley"]([str(path)], [])
    with pytest.raises(ValueError, match=r"190923.zip: image0002.jpg cannot be read as an image"):
        read(found, [0, 1])
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(ValueError, match=r"190923.zip: cannot be read as .zip .*cut short"):
        SOURCES["cowley"]([str(path)], [])


def test_an_archive_that_leads_out_of_its_folder_is_refused(tmp_path):
    path = write_session(tmp_path, "190923", NATURAL[:2])
    with ZipFile(path, "a") as opened:
        opened.writestr("../image0003.jpg", jpeg(NATURAL[2]))
    with pytest.raises(ValueError, match=r"190923.zip: member '../image0003.jpg' .path with"):
        SOURCES["cowley"]([path], [])
