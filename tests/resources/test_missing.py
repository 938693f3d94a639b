"""All that a world lacks is told at once, with how to get it."""

import hashlib

import pandas as pd
import pytest

from italign.resources.registry import Dataset

COLUMNS = ("name", "version", "filename", "url", "sha256", "sha1", "md5", "bytes", "licence",
           "access", "citation", "obtain")
PRIVATE = {"access": "private", "obtain": "Doe, doe@example.org"}


@pytest.fixture
def registry(tmp_path):
    entries = [
        {"name": "one", "filename": "one.h5", **PRIVATE},
        {"name": "two", "filename": "two.nc", "sha1": hashlib.sha1(b"two").hexdigest(), **PRIVATE},
        {"name": "open", "filename": "open.csv", "access": "public", "sha1": "0" * 40,
         "url": "https://example.org/open.csv"},
    ]
    rows = [Dataset(**{**dict.fromkeys(COLUMNS, ""), "licence": "not stated", **entry})
            for entry in entries]
    lines = ["\t".join(COLUMNS)] + ["\t".join(getattr(row, c) for c in COLUMNS) for row in rows]
    path = tmp_path / "datasets.tsv"
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture
def find(registry, tmp_path, load_script, monkeypatch):
    monkeypatch.delenv("ITALIGN_MIRRORS", raising=False)
    script = load_script("resources", "find_files").find_files

    def run(mirrors=(), image_folder=None):
        files = tmp_path / "files.csv"
        script(registry=str(registry), files=str(files), datasets=["one", "two", "open"],
               image_folder=image_folder, here=str(tmp_path / "here"), mirrors=list(mirrors))
        return pd.read_csv(files, keep_default_na=False).set_index("name")

    return run


def test_everything_that_is_missing_stands_in_one_error(find, tmp_path):
    with pytest.raises(ValueError, match="3 of this world's files are missing") as error:
        find(image_folder=str(tmp_path / "imagenet"))
    for words in ("one.h5 is private: ask Doe", "two.nc is private: ask Doe", "image-net.org"):
        assert words in str(error.value)
    assert "open.csv" not in str(error.value)  # it can be fetched
    assert not (tmp_path / "files.csv").exists()


def test_files_are_found_in_mirrors_and_where_they_were_fetched_to(find, tmp_path):
    for folder, name in (("mirror", "one.h5"), ("here", "two.nc")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / name).write_bytes(b"two")
    table = find(mirrors=[str(tmp_path / "mirror")])
    assert table.place["one"] == str(tmp_path / "mirror" / "one.h5")
    assert table.place["two"] == str(tmp_path / "here" / "two.nc")
    assert table.place["open"] == "https://example.org/open.csv"


def test_a_private_file_with_another_hash_is_missing(find, tmp_path):
    for name in ("one.h5", "two.nc"):
        (tmp_path / name).write_bytes(b"other")
    with pytest.raises(ValueError, match=r"1 of this world's files are missing:\ntwo\.nc") as error:
        find(mirrors=[str(tmp_path)])
    assert "sha1 is" in str(error.value)  # it is there, and is another file


def test_two_different_files_of_one_name_do_not_hide_what_else_is_missing(find, tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "one.h5").write_bytes(folder.encode())
    with pytest.raises(ValueError, match="2 of this world's files") as error:
        find(mirrors=[str(tmp_path)])
    assert "2 different files" in str(error.value) and "two.nc is private" in str(error.value)
