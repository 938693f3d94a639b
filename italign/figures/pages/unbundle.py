"""Open a bundle that came from elsewhere: nothing is written before all of it has been checked."""

import filecmp
import gzip
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from italign.figures.pages.bundle import (
    CONFIG,
    HEADER,
    MANIFEST,
    PROVENANCE,
    sha256_of,
    size_of,
    world_of,
)

MOST_BYTES = 8 * 2**30  # unpacked
MOST_TOLD = 64 * 2**20  # of the manifest, and of a member that is read into memory
BROKEN = (tarfile.TarError, zlib.error, gzip.BadGzipFile, EOFError)
N_NAMED = 5


@contextmanager
def checked_bundle(bundle: str | Path, into: str | Path) -> Iterator[tuple[str, Path]]:
    """Extract a bundle into a temporary folder and compare every file with its manifest.

    Parameters
    ----------
    bundle : str or Path
        As from `italign.figures.pages.bundle.write_bundle`.
    into : str or Path
        Folder in which the temporary one is made.

    Yields
    ------
    world : str
        Name of the world.
    folder : Path
        Holds ``results/<world>/``; gone afterwards.

    Raises
    ------
    ValueError
        If it is no bundle, is damaged, or holds anything else than its manifest lists.
    """
    Path(into).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".bundle-", dir=into) as name:
        folder = Path(name)
        with _archive(bundle) as archive:
            names = _extract(bundle, archive, folder)
        yield _compare(bundle, folder, names), folder


def checked_member(bundle: str | Path, wanted: str) -> bytes:
    """Read one small file of a bundle and compare it with the manifest; nothing is written.

    Parameters
    ----------
    bundle : str or Path
        As from `italign.figures.pages.bundle.write_bundle`.
    wanted : str
        Its name below ``results/<world>/``.

    Raises
    ------
    ValueError
        If it is no bundle, or its first file of this name is not what the manifest says.
    """
    with _archive(bundle) as archive:
        first = _contents(bundle, archive, archive.next(), MANIFEST)
        listed = _read_manifest(bundle, first)
        for member in archive:
            if PurePosixPath(member.name).parts[2:] == (wanted,):
                found = _contents(bundle, archive, member, wanted)
                if listed.get(member.name) != [str(size_of(found)), sha256_of(found)]:
                    raise ValueError(f"{bundle}: {member.name} is other than its {MANIFEST} says; "
                                     "it was altered or damaged: get it again")
                return found
    raise ValueError(f"{bundle}: lacks {wanted}; not a bundle of italign")


def place_files(bundle: str | Path, folder: Path, into: str | Path) -> tuple[int, int]:
    """Move checked files to their places, or none of them.

    Parameters
    ----------
    bundle : str or Path
        Named in the message.
    folder : Path
        As from `checked_bundle`.
    into : str or Path
        Folder that gets ``results/<world>/``, in the same file system.

    Returns
    -------
    n_placed, n_equal : int
        Files written, and files that were there with the same contents.

    Raises
    ------
    ValueError
        If files with other contents are in the way.
    """
    names = sorted(str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file())
    there = [name for name in names if (Path(into) / name).exists()]
    others = [name for name in names if not _fits(folder / name, Path(into) / name)]
    if others:
        raise ValueError(f"{bundle}: {len(others)} of its {len(names)} files exist with other "
                         f"contents ({_some(others)}); nothing was unpacked: move "
                         f"results/{world_of(names[0], bundle)} away or delete it, or unpack into "
                         "another folder")
    for name in sorted(set(names) - set(there)):
        target = Path(into) / name
        target.parent.mkdir(parents=True, exist_ok=True)
        (folder / name).rename(target)
    return len(names) - len(there), len(there)


@contextmanager
def _archive(bundle: str | Path) -> Iterator[tarfile.TarFile]:
    """Open a bundle for reading from begin to end."""
    if not Path(bundle).is_file():
        raise ValueError(f"{bundle}: not found; give the path of a bundle made by make bundle")
    try:
        with tarfile.open(bundle, "r:gz") as archive:
            yield archive
    except BROKEN as error:
        raise ValueError(f"{bundle}: cannot be read as tar.gz to its end ({error}); it is another "
                         "file or damaged: copy it again") from error


def _contents(bundle: str | Path, archive: tarfile.TarFile, member: tarfile.TarInfo | None,
              wanted: str) -> bytes:
    """Bytes of a member that is a small plain file of a name."""
    if (member is None or not member.isreg() or member.issparse() or member.size > MOST_TOLD
            or PurePosixPath(member.name).name != wanted):
        raise ValueError(f"{bundle}: found {member.name if member else 'nothing'!r} where a small "
                         f"file {wanted} is expected; not a bundle of italign")
    world_of(member.name, bundle)
    return archive.extractfile(member).read()


def _extract(bundle: str | Path, archive: tarfile.TarFile, folder: Path) -> list[str]:
    names, n_bytes = [], 0
    for member in archive:
        if not member.isreg() or member.issparse():
            raise ValueError(f"{bundle}: {member.name!r} is no plain file; not a bundle of "
                             "italign, nothing was unpacked")
        world_of(member.name, bundle)  # refuses places outside it, and figures and summaries
        n_bytes += member.size
        if n_bytes > MOST_BYTES:
            raise ValueError(f"{bundle}: holds more than {MOST_BYTES / 2**30:.0f} GB; not a "
                             "bundle of italign, nothing was unpacked")
        # With the time of now, not the archive's: Snakemake redraws what is older than its inputs.
        archive.extract(member, folder, set_attrs=False, filter="data")
        names.append(member.name)
    return names


def _compare(bundle: str | Path, folder: Path, names: list[str]) -> str:
    """Name of the world, if the files are those of one manifest."""
    worlds = {world_of(name, bundle) for name in names}
    manifests = [f"results/{world}/{MANIFEST}" for world in worlds]
    if len(worlds) != 1 or manifests[0] not in names:
        raise ValueError(f"{bundle}: found {len(names)} files of {len(worlds)} worlds, expected "
                         f"one world's with a {MANIFEST}; not a bundle of italign")
    listed = _read_manifest(bundle, (folder / manifests[0]).read_bytes())
    found = {name: [str(size_of(folder / name)), sha256_of(folder / name)] for name in names
             if name != manifests[0]}
    wrong = sorted(name for name in {*listed, *found}
                   if listed.get(name) != found.get(name) or names.count(name) > 1)
    if wrong:
        raise ValueError(f"{bundle}: {len(wrong)} files are lacking, added, repeated or other than "
                         f"its {MANIFEST} says ({_some(wrong)}); it was altered or damaged: get it "
                         "again, nothing was unpacked")
    needed = [f"results/{world}/{name}" for world in worlds for name in (CONFIG, PROVENANCE)]
    if not set(needed) <= set(found):
        raise ValueError(f"{bundle}: lacks {' or '.join(needed)}; not a bundle of italign")
    return worlds.pop()


def _read_manifest(bundle: str | Path, text: bytes) -> dict[str, list[str]]:
    header, *lines = text.decode(errors="replace").splitlines() or [""]
    rows = [line.split("\t") for line in lines]
    if header != HEADER or any(len(row) != 3 for row in rows):
        raise ValueError(f"{bundle}: its {MANIFEST} is no table of path, bytes and sha256; not a "
                         "bundle of italign")
    return {name: values for name, *values in rows}


def _some(names: list[str]) -> str:
    return ", ".join(names[:N_NAMED]) + (", ..." if len(names) > N_NAMED else "")


def _fits(file: Path, target: Path) -> bool:
    """Whether a file can go to its place, or is there already."""
    if target.exists():
        return target.is_file() and filecmp.cmp(file, target, shallow=False)
    return next(parent for parent in target.absolute().parents if parent.exists()).is_dir()
