"""A bundle: one archive of what a world's figures are redrawn from, checked file by file.

Every member is a plain file below results/<world>/ that cached.smk reads and never makes: a figure
or summary that came along would pass for redrawn. MANIFEST.tsv, the first member, names the others
with size and sha256. The same files give the same bytes.
"""

import gzip
import hashlib
import io
import re
import tarfile
from collections.abc import Mapping
from pathlib import Path

from italign.figures.pages.portable import SHEET
from italign.io import whole_file

MANIFEST, PROVENANCE, CONFIG = "MANIFEST.tsv", "PROVENANCE.json", "config.yaml"
HEADER = "path\tbytes\tsha256"
# Worlds and sessions as the schemas have them; no part of a name is hidden or leads upwards.
NAME, PART = r"[A-Za-z0-9][A-Za-z0-9_-]*", r"[A-Za-z0-9][A-Za-z0-9_.-]*"
PLACE = re.compile(rf"results/({NAME})/((?:{PART}/)*{PART})")
# Below results/<world>/: cached_of in workflow/rules/panels.smk, and what pack_bundle adds.
INPUTS = re.compile("|".join([
    *(re.escape(name) for name in (MANIFEST, PROVENANCE, CONFIG, SHEET)),
    rf"array_maps/{PART}",
    rf"assemblies/(?:quality\.csv|mean-rates\.nc|rasters-{NAME}\.nc)",
    r"evaluation/(?:cohort\.nc|(?:truth|ceilings|generalisation|layers|animals)\.csv)",
    rf"recordings/{NAME}/validation\.csv",
    r"stimuli/examples\.nc",
    r"training/architecture\.csv",
]))


def write_bundle(bundle: str | Path, contents: Mapping[str, Path | bytes]) -> None:
    """Pack files, whole or not at all.

    Parameters
    ----------
    bundle : str or Path
        Target, .tar.gz.
    contents : mapping
        Name in the bundle (``results/<world>/...``, one world) to a file or its contents.

    Raises
    ------
    ValueError
        If a name is not that of a file of one world that figures are redrawn from.
    """
    worlds = {world_of(name, bundle) for name in contents}
    if len(worlds) != 1:
        raise ValueError(f"{bundle}: files of {len(worlds)} worlds ({', '.join(sorted(worlds))}), "
                         "expected those of one")
    manifest = f"results/{worlds.pop()}/{MANIFEST}"
    parts = sorted(contents.items())
    lines = [f"{name}\t{size_of(part)}\t{sha256_of(part)}" for name, part in parts]
    listed = "\n".join([HEADER, *lines, ""]).encode()
    # No name, time or owner: nothing of the machine enters the archive.
    with whole_file(bundle) as temporary, open(temporary, "wb") as handle, \
            gzip.GzipFile("", "wb", fileobj=handle, mtime=0) as packed, \
            tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, part in [(manifest, listed), *parts]:
            entry = tarfile.TarInfo(name)
            entry.size = size_of(part)
            with _opened(part) as stream:
                archive.addfile(entry, stream)


def world_of(name: str, bundle: str | Path) -> str:
    """Name of the world that a member belongs to; ValueError if a bundle has no such member."""
    match = PLACE.fullmatch(name)
    if not match:
        raise ValueError(f"{bundle}: {name!r} is no place below results/<world>/, expected "
                         "letters, digits, _ - . between slashes; nothing was written")
    if not INPUTS.fullmatch(match[2]):
        raise ValueError(f"{bundle}: {name!r} is none of the files that figures are redrawn from; "
                         "not a bundle of this version of italign: pack it again (make bundle); "
                         "nothing was written")
    return match[1]


def size_of(part: Path | bytes) -> int:
    """Bytes of a file, or of contents."""
    return len(part) if isinstance(part, bytes) else Path(part).stat().st_size


def sha256_of(part: Path | bytes) -> str:
    """Hash of a file, or of contents, in hexadecimal digits."""
    with _opened(part) as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _opened(part: Path | bytes) -> io.BufferedIOBase:
    return io.BytesIO(part) if isinstance(part, bytes) else open(part, "rb")
