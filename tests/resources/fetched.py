"""What tests of fetching share: one file's content, where it is put, and how a fetch fails."""

import hashlib

import pytest

CONTENT = bytes(range(256)) * 800


def digest(kind, content=CONTENT):
    return hashlib.new(kind, content).hexdigest()


def put(folder, content=CONTENT, name="file.bin"):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)
    return folder


def failure(fetch, *args, **row):
    """The line in which a fetch ends."""
    with pytest.raises((ConnectionError, ValueError)) as error:
        fetch(*args, **row)
    assert "\n" not in str(error.value)
    return str(error.value)
