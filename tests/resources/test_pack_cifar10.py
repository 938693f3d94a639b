"""The recipe for the CIFAR-10 photographs gives the registered bytes."""

import tarfile

import pytest

from italign.resources.hashes import file_hashes
from italign.resources.registry import find_dataset
from tests.resources.conftest import REGISTRY


@pytest.fixture
def pack(load_script):
    return load_script("resources", "pack_cifar10").pack_cifar10


@pytest.mark.data
def test_the_same_files_give_the_registered_archive(pack, mirror, tmp_path):
    with tarfile.open(mirror("cifar10_test_jpeg_10000.tar")) as opened:
        opened.extractall(tmp_path / "clone", filter="data")
    (tmp_path / "clone" / "README.md").write_text("a clone has more than images")
    (tmp_path / "clone" / "test" / "airplane" / "0000.jpg").chmod(0o600)
    pack(str(tmp_path / "clone"), str(tmp_path / "x.tar"))
    entry = find_dataset(REGISTRY, "cifar10-test-images")
    assert file_hashes(tmp_path / "x.tar", ["sha256"]) == {"sha256": entry.sha256}


def test_a_clone_that_lacks_images_is_refused(pack, tmp_path):
    (tmp_path / "test" / "cat").mkdir(parents=True)
    (tmp_path / "test" / "cat" / "0000.jpg").write_bytes(b"x")
    with pytest.raises(ValueError, match=r"found 1 files test/<class>/.*, expected 10000: clone"):
        pack(str(tmp_path), str(tmp_path / "x.tar"))
    assert not (tmp_path / "x.tar").exists()
