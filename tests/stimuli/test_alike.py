"""Images that are the same are found after compression, scaling and brightening; others are not."""

import io

import numpy as np
import pytest
import xarray as xr
from PIL import Image

from italign.stimuli import alike
from italign.stimuli.alike import most_alike, shared_images
from tests.stimuli.image_archives import jpeg, smooth_images

IMAGES = smooth_images(40, px=48)
OTHERS = smooth_images(30, seed=1, px=48)


def compressed(image):
    return np.asarray(Image.open(io.BytesIO(jpeg(image, quality=40))))


def enlarged(image):
    return np.asarray(Image.fromarray(image).resize((112, 112)))


def brightened(image):
    return (60 + 0.7 * image).astype(np.uint8)


@pytest.mark.parametrize("change", [compressed, enlarged, brightened])
def test_planted_twins_are_found_and_others_are_not(change):
    places = np.array([31, 4, 17])
    changed = [change(IMAGES[place]) for place in places]
    index, correlation = most_alike([*changed, *OTHERS], IMAGES)
    assert index[:3].tolist() == places.tolist()
    assert (correlation[:3] > 0.99).all()
    assert (correlation[3:] < 0.95).all()


def test_correlation_is_that_of_the_small_grey_versions():
    small = [np.asarray(Image.fromarray(image).convert("L").resize((32, 32), Image.BOX), float)
             for image in (*OTHERS[:5], *IMAGES)]
    pairs = np.corrcoef([image.ravel() for image in small])[:5, 5:]
    index, correlation = most_alike(OTHERS[:5], IMAGES)
    assert index.tolist() == pairs.argmax(axis=1).tolist()
    np.testing.assert_allclose(correlation, pairs.max(axis=1), atol=1e-5)


def test_batches_do_not_change_the_answer(monkeypatch):
    whole = most_alike(OTHERS, IMAGES)
    monkeypatch.setattr(alike, "ROWS_AT_ONCE", 7)
    for found, expected in zip(most_alike(OTHERS, IMAGES), whole, strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-6)


def test_an_image_without_contrast_is_like_no_other():
    blank = np.full((1, 16, 16, 3), 128, np.uint8)
    assert most_alike(blank, np.concatenate([blank, blank]))[1].tolist() == [0]


def test_nothing_to_compare():
    assert [len(part) for part in most_alike(IMAGES[:0], IMAGES)] == [0, 0]
    with pytest.raises(ValueError, match="found an empty second set, expected at least one image"):
        most_alike(IMAGES, [])


def image_set(name, images, split):
    ids = [f"{name}-{i}" for i in range(len(images))]
    return xr.Dataset({"image": (("stimulus", "y", "x", "channel"), np.stack(images))},
                      {"stimulus_id": ("stimulus", ids), "split": ("stimulus", split)},
                      {"identifier": name})


def test_only_test_images_that_are_trained_elsewhere_are_shared():
    trained = image_set("v4", [*IMAGES[:4], IMAGES[9]], ["train"] * 4 + ["test"])
    images = [OTHERS[0], compressed(IMAGES[3]), IMAGES[0], compressed(IMAGES[1]), IMAGES[9]]
    tested = image_set("hvm", images, ["test", "test", "train", "test", "test"])
    table = shared_images(tested, trained, 0.99)
    assert table.columns.tolist() == ["stimulus_id", "alike", "correlation"]
    assert table["stimulus_id"].tolist() == ["hvm-1", "hvm-3"]
    assert table["alike"].tolist() == ["v4-3", "v4-1"]
    assert table["correlation"].between(0.99, 1).all()
    assert shared_images(tested, trained, 1.0).empty


def test_a_set_without_training_images_cannot_be_kept_apart_from():
    tested = image_set("hvm", IMAGES[:2], ["test", "test"])
    with pytest.raises(ValueError, match=r"stimuli\.sets\.hvm holds no training image, and apart"):
        shared_images(tested, tested, 0.99)
