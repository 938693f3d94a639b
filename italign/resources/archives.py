"""Archives of others (zip, tar, tgz), read in memory: nothing is unpacked, no path in them is used.

An archive with a member that would lead out of its folder is refused all the same: nobody who packs
images writes one, and the next program may unpack it.
"""

import gzip
import re
import shutil
import stat
import tarfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO
from zipfile import BadZipFile, ZipFile, ZipInfo

from italign.messages import first_names

# NotImplementedError, RuntimeError: a zip of an unknown compression, an encrypted one
BROKEN = (BadZipFile, tarfile.TarError, zlib.error, EOFError, OSError, NotImplementedError,
          RuntimeError)
BLOCK = 512  # bytes; a tar ends with blocks of zeros
Readers = dict[str, Callable[[], bytes]]  # of each regular file


def archive_members(path: str | Path) -> list[str]:
    """List the regular files of an archive.

    Parameters
    ----------
    path : str or Path
        ``.zip``, ``.tar``, ``.tar.gz`` or ``.tgz``.

    Returns
    -------
    list of str
        Sorted by name.

    Raises
    ------
    ValueError
        If the archive is cut short or of another format, or a member has an absolute path, ``..``,
        a drive letter or a backslash, is a link or a device, or has the name of another one.
    """
    with _opened(path) as readers:
        return sorted(readers)


def read_members(path: str | Path, names: Sequence[str]) -> Iterator[bytes]:
    """Read files of an archive.

    Parameters
    ----------
    path : str or Path
        As for `archive_members`, and refused for the same.
    names : sequence of str
        Members.

    Yields
    ------
    bytes
        One whole member after the other, in the order of `names`.

    Raises
    ------
    ValueError
        Also if a member is not there or broken.
    """
    with _opened(path) as readers:
        if missing := [name for name in names if name not in readers]:
            raise ValueError(f"{path}: lacks {len(missing)} of {len(names)} members asked for "
                             f"({first_names(missing)}), holds {first_names(sorted(readers))}: take"
                             " the archive that belongs to these names")
        for name in names:
            try:
                content = readers[name]()
            except BROKEN as error:
                raise ValueError(f"{path}: member {name!r} is broken ({error or 'cut short'}): get "
                                 "the archive again") from error
            yield content


@contextmanager
def _opened(path: str | Path) -> Iterator[Readers]:
    """Every regular file by name, whole archive checked."""
    name = Path(path).name.lower()
    if not name.endswith((".zip", ".tar", ".tar.gz", ".tgz")):
        raise ValueError(f"{path}: unknown kind of archive, expected .zip, .tar, .tar.gz or .tgz")
    is_zipped = name.endswith("gz")
    with open(path, "rb") as raw, TemporaryFile() as unzipped:
        try:
            if is_zipped:  # once and to the end: gzip cannot go back, and checks itself there
                shutil.copyfileobj(gzip.open(raw), unzipped)
            kind = _zip_readers if name.endswith(".zip") else _tar_readers
            readers = kind(unzipped if is_zipped else raw, path)
        except BROKEN as error:
            raise ValueError(f"{path}: cannot be read as {Path(path).suffix} ({error}), expected a "
                             "whole archive: it is cut short, get it again") from error
        yield readers


def _zip_readers(handle: BinaryIO, path: str | Path) -> Readers:
    opened = ZipFile(handle)
    members = [(info.filename, _zip_kind(info)) for info in opened.infolist()]
    return {name: partial(opened.read, name) for name in _safe(members, path)}


def _zip_kind(info: ZipInfo) -> str:
    mode = info.external_attr >> 16  # Unix; 0 where another system packed
    if info.is_dir():
        return "folder"
    return "file" if stat.S_IFMT(mode) in (0, stat.S_IFREG) else "link or device"


def _tar_readers(handle: BinaryIO, path: str | Path) -> Readers:
    handle.seek(0)
    opened = tarfile.open(fileobj=handle, mode="r:")
    infos = {info: "file" if info.isreg() else "folder" if info.isdir() else "link or device"
             for info in opened.getmembers()}
    handle.seek(opened.offset)  # behind the last member; tarfile does not mind what is there
    if handle.read(BLOCK) != bytes(BLOCK):
        raise tarfile.ReadError("no end mark behind the last member")
    names = _safe([(info.name, kind) for info, kind in infos.items()], path)
    regular = {info.name: info for info, kind in infos.items() if kind == "file"}
    return {name: lambda info=regular[name]: opened.extractfile(info).read() for name in names}


def _safe(members: Sequence[tuple[str, str]], path: str | Path) -> list[str]:
    """Names of the regular files; refuses the archive for any member."""
    files = [name for name, kind in members if kind == "file"]
    repeated = sorted({name for name in files if files.count(name) > 1}
                      if len(set(files)) < len(files) else ())
    problems = [f"{name!r} ({problem})" for name, kind in members
                if (problem := _name_problem(name) or (kind == "link or device") * kind)]
    problems += [f"{name!r} (twice)" for name in repeated]
    if problems:
        raise ValueError(f"{path}: member {first_names(problems)}: expected files and folders, each"
                         " once, with relative paths inside the archive: do not unpack this one, "
                         "get the archive from its source")
    return files


def _name_problem(name: str) -> str:
    if name.startswith("/"):
        return "absolute path"
    if ".." in name.split("/"):
        return "path with .."
    if re.match("[A-Za-z]:", name):
        return "drive letter"
    return "backslash" if "\\" in name else ""
