"""Base images from a folder: the same whatever the workers, in torchvision's order, as RGB."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from italign.io import write_table
from italign.models._torchvision import torchvision_models
from italign.stimuli.folder import index_folder
from italign.training.base_task import (
    base_categories,
    base_test_images,
    open_base,
)
from italign.training.decoding import decode
from italign.training.folder import read_folder_images

PX = 32
ROOT = Path(__file__).resolve().parents[2]
CLASSES = ["n02", "n01", "n10"]


@dataclass(frozen=True)
class Options:
    seed: int = 0
    batch_size: int = 8
    crop_area_min: float = 0.1


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Twelve noise images of each class for training, four for testing, of different shapes."""
    rng = np.random.default_rng(0)
    root = tmp_path_factory.mktemp("images")
    for part, n in (("train", 12), ("val", 4)):
        for name in CLASSES:
            (root / part / name).mkdir(parents=True)
            for k in range(n):
                size = rng.integers(40, 90, 2)
                pixels = rng.integers(0, 256, (*size, 3), dtype=np.uint8)
                Image.fromarray(pixels).save(root / part / name / f"{k:02d}.png")
    return root


@pytest.fixture
def read(folder, tmp_path):
    """Give a function: number of test images, workers -> FolderImages."""

    def make(n_test=6, n_workers=0):
        write_table(index_folder(folder, n_test, first_images=False), tmp_path / "index.csv")
        return read_folder_images(tmp_path / "index.csv", folder, PX, n_workers)

    return make


def test_batches_do_not_depend_on_workers_nor_on_where_a_run_is_cut(read):
    images, by_workers = read(), read(n_workers=2)
    whole = list(images.batches(Options(), range(0, 7)))
    pieces = [batch for steps in (range(0, 2), range(2, 7))
              for batch in by_workers.batches(Options(), steps)]
    assert len(whole) == len(pieces) == 7
    for (batch, labels), (again, labels_again) in zip(whole, pieces, strict=True):
        assert torch.equal(batch, again) and torch.equal(labels, labels_again)
    assert not torch.equal(whole[0][0], whole[1][0])
    other = next(images.batches(Options(seed=1), range(1)))
    assert not torch.equal(whole[0][0], other[0])


def test_a_part_is_that_slice_of_the_whole_batch(read):
    images = read()
    whole, labels = next(images.batches(Options(), range(3, 4)))
    for part in (slice(0, 4), slice(4, 8)):
        some, some_labels = next(images.batches(Options(), range(3, 4), part))
        assert torch.equal(some, whole[part]) and torch.equal(some_labels, labels[part])


def test_torch_s_own_generator_is_left_as_it_was(read):
    images = read()
    state = torch.get_rng_state()
    next(images.batches(Options(), range(1)))
    assert torch.equal(torch.get_rng_state(), state)


def test_an_epoch_holds_each_image_once_with_its_label(read):
    images = read()
    labels = torch.cat([labels for _, labels in
                        images.batches(Options(batch_size=12), range(3))])
    assert labels.bincount().tolist() == [12, 12, 12]


def test_batches_are_augmented_as_torchvision_does_it(read):
    """The same seeds through torchvision by hand."""
    from torchvision.transforms import v2

    from italign.training.folder import _step_keys

    images, step = read(), 5
    batch, labels = next(images.batches(Options(), range(step, step + 1)))
    crop = v2.RandomResizedCrop(PX, scale=(0.1, 1))
    for k, (row, seed) in enumerate(_step_keys(Options(), step, images.n_train)):
        torch.manual_seed(seed)
        image = crop(Image.open(images.folder / images.train_files[row].decode()).convert("RGB"))
        image = v2.RandomHorizontalFlip()(image)
        expected = torch.from_numpy(np.asarray(image) / np.float32(255)).permute(2, 0, 1)
        torch.testing.assert_close(batch[k], expected)
        assert labels[k] == images.train_labels[row]
    assert batch.is_contiguous(memory_format=torch.channels_last)


def test_labels_are_those_of_torchvision_s_image_folder(read, folder):
    torchvision_models()
    from torchvision.datasets import ImageFolder

    images, theirs = read(n_test=12), ImageFolder(folder / "train")
    assert images.categories == theirs.classes and images.n_classes == 3
    ours = [(str(folder / name.decode()), int(label)) for name, label in
            zip(images.train_files, images.train_labels, strict=True)]
    assert ours == theirs.samples
    assert images.test_labels.tolist() == ImageFolder(folder / "val").targets


def test_test_images_are_those_of_torchvision_s_evaluation(read, folder):
    torchvision_models()
    from torchvision.transforms._presets import ImageClassification

    images = read(n_test=12)
    transform = ImageClassification(crop_size=PX, resize_size=round(PX * 256 / 224),
                                    mean=(0, 0, 0), std=(1, 1, 1))
    expected = [transform(Image.open(folder / name.decode())) for name in images.test_files]
    found = images.test.images.permute(0, 3, 1, 2) / 255
    assert found.dtype == torch.float32 and images.test.images.dtype == torch.uint8
    torch.testing.assert_close(found, torch.stack(expected))
    assert images.test.labels.tolist() == images.test_labels.tolist()


@pytest.mark.parametrize(("mode", "suffix", "colour"), [
    ("L", ".png", (90, 90, 90)), ("L", ".jpg", (90, 90, 90)), ("1", ".png", (255, 255, 255)),
    ("P", ".png", (255, 0, 0)), ("RGBA", ".png", (255, 0, 0)), ("CMYK", ".jpg", (255, 0, 0)),
])
def test_every_kind_of_image_becomes_rgb(tmp_path, mode, suffix, colour):
    path = tmp_path / f"image{suffix}"
    Image.new("RGB", (20, 30), colour).convert(mode).save(path)
    image = decode(path)
    assert image.mode == "RGB" and image.size == (20, 30)
    assert np.abs(np.asarray(image, int) - colour).max() <= 2  # JPEG rounds


@pytest.mark.parametrize("n_workers", [0, 1])
@pytest.mark.parametrize("content", [b"", b"no image", "half"])
def test_a_broken_image_is_named(tmp_path, content, n_workers):
    for part in ("train", "val"):
        (tmp_path / part / "n01").mkdir(parents=True)
        Image.new("RGB", (40, 40)).save(tmp_path / part / "n01" / "good.png")
    whole = (tmp_path / "train" / "n01" / "good.png").read_bytes()
    broken = tmp_path / "train" / "n01" / "broken.png"
    broken.write_bytes(whole[:len(whole) // 2] if content == "half" else content)
    write_table(index_folder(tmp_path, 1, False), tmp_path / "index.csv")
    images = read_folder_images(tmp_path / "index.csv", tmp_path, PX, n_workers)
    with pytest.raises(ValueError, match=r"broken\.png: cannot be read as an image") as caught:
        list(images.batches(Options(batch_size=2), range(1)))
    assert "Traceback" not in str(caught.value)


def test_a_folder_that_is_gone_says_how_to_get_it(read, folder, tmp_path):
    read()
    with pytest.raises(ValueError, match=r"(?s)moved: not found.*ln -s"):
        read_folder_images(tmp_path / "index.csv", tmp_path / "moved", PX, 0)


@pytest.mark.parametrize(("n_threads", "n_workers"), [(0, 0), (1, 0), (8, 7)])
def test_all_cores_but_one_decode(read, folder, tmp_path, n_threads, n_workers):
    read()
    assert open_base(tmp_path / "index.csv", folder, PX, n_threads).n_workers == n_workers


def test_a_base_from_a_folder_has_name_classes_and_test_images(read, folder, tmp_path):
    read(n_test=5)
    base = open_base(tmp_path / "index.csv", folder, PX)
    assert base_categories(base) == sorted(CLASSES)
    assert len(base_test_images(base).labels) == 5


def test_worlds_without_a_folder_do_not_depend_on_its_reader():
    """An edit of it would re-run their training, see `italign.code`."""
    from italign.code import PACKAGE, _imported

    script = ROOT / "workflow" / "scripts" / "training" / "train_model.py"
    found, todo = set(), {script}
    while todo:
        found |= todo
        todo = set().union(*(_imported(path) for path in todo)) - found
    assert PACKAGE / "training" / "base_task.py" in found
    assert not {PACKAGE / "training" / f"{name}.py" for name in ("folder", "decoding")} & found
