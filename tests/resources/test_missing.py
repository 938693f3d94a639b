"""All that a world lacks is told at once, with how to get it."""

import hashlib

import pandas as pd
import pytest

from italign.resources.registry import Dataset
from italign.resources.standing_in import note_stand_in

COLUMNS = ("name", "version", "filename", "url", "sha256", "sha1", "md5", "bytes", "licence",
           "access", "citation", "obtain", "stands_for", "known_as")
PRIVATE = {"access": "private", "obtain": "Doe, doe@example.org"}


@pytest.fixture
def registry(tmp_path):
    entries = [
        {"name": "one", "filename": "one.h5", **PRIVATE},
        {"name": "two", "filename": "two.nc", "sha1": hashlib.sha1(b"two").hexdigest(), **PRIVATE},
        {"name": "open", "filename": "open.csv", "access": "public", "sha1": "0" * 40,
         "url": "https://example.org/open.csv"},
        {"name": "part", "filename": "part.csv", "access": "mirror", "stands_for": "open",
         "sha1": hashlib.sha1(b"part").hexdigest(), "obtain": "cut open.csv"},
        {"name": "weights", "filename": "w.pth", "access": "public", "version": "2.0",
         "sha1": hashlib.sha1(b"weights").hexdigest(), "url": "pip:no_such_weights/w.pth"},
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

    def run(mirrors=(), image_folder=None, datasets=("one", "two", "open")):
        files = tmp_path / "files.csv"
        script(registry=str(registry), files=str(files), datasets=list(datasets),
               image_folder=image_folder, here=str(tmp_path / "here"), mirrors=list(mirrors))
        return pd.read_csv(files, keep_default_na=False).set_index("name")

    return run


def test_everything_that_is_missing_stands_in_one_error(find, tmp_path):
    with pytest.raises(ValueError, match="3 of this world's files are missing") as error:
        find(image_folder=str(tmp_path / "imagenet"))
    for words in ("one (one.h5, size not published, licence not stated) is private: ask Doe",
                  "two (two.nc, size not published, licence not stated) is private: ask Doe",
                  "image-net.org"):
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
    with pytest.raises(ValueError, match=r"1 of this world's files are missing:\ntwo \(") as error:
        find(mirrors=[str(tmp_path)])
    assert "sha1 is" in str(error.value)  # it is there, and is another file


def test_two_different_files_of_one_name_do_not_hide_what_else_is_missing(find, tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "one.h5").write_bytes(folder.encode())
    with pytest.raises(ValueError, match="2 of this world's files") as error:
        find(mirrors=[str(tmp_path)])
    assert "2 different files" in str(error.value) and "two (two.nc" in str(error.value)


def test_a_stand_in_is_found_and_said_in_the_table(find, tmp_path):
    (tmp_path / "part.csv").write_bytes(b"part")
    table = find(mirrors=[str(tmp_path)], datasets=["open"])
    assert table.loc["open", ["taken", "place"]].tolist() == ["part", str(tmp_path / "part.csv")]


def test_a_stand_in_that_was_fetched_is_said_too(find, tmp_path):
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "open.csv").write_bytes(b"part")
    note_stand_in(tmp_path / "here" / "open.csv", "part")
    assert find(datasets=["open"]).taken["open"] == "part"
    note_stand_in(tmp_path / "here" / "open.csv", None)
    assert find(datasets=["open"]).taken["open"] == "open"


def test_a_package_that_is_not_installed_is_missing(find):
    with pytest.raises(ValueError, match=r"(?s)^1 of this.*weights \(w.pth.*pip install no_"
                                         r"such_weights==2.0; put a copy"):
        find(datasets=["weights", "open"])


def test_a_file_to_be_made_by_hand_is_missing_with_the_recipe(find):
    with pytest.raises(ValueError, match=r"part \(part.csv.*has no address: cut open.csv; put a"):
        find(datasets=["part"])
