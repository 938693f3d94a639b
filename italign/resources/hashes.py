"""Hashes of files, and what published ones say of them."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

CHUNK = 1 << 20


def hash_problem(path: Path, published: dict[str, str]) -> str:
    """Compare a file with published hashes.

    Parameters
    ----------
    path : Path
        The file.
    published : dict of str to str
        Hexadecimal by kind; fewer digits than the kind has are its first digits.

    Returns
    -------
    str
        What was found and expected; empty if all agree.
    """
    found = file_hashes(path, published)
    return "; ".join(
        f"{kind} is {found[kind]}, expected {expected}{'' if _is_whole(kind, expected) else '...'}"
        for kind, expected in published.items() if not found[kind].startswith(expected.lower())
    )


def file_hashes(path: Path, kinds: Iterable[str]) -> dict[str, str]:
    """Hash a file in one reading.

    Parameters
    ----------
    path : Path
        The file.
    kinds : iterable of str
        sha256, sha1, md5.

    Returns
    -------
    dict of str to str
        Hexadecimal digits by kind.
    """
    digests = {kind: hashlib.new(kind, usedforsecurity=False) for kind in kinds}
    with path.open("rb") as handle:
        while chunk := handle.read(CHUNK):
            for digest in digests.values():
                digest.update(chunk)
    return {kind: digest.hexdigest() for kind, digest in digests.items()}


def _is_whole(kind: str, digits: str) -> bool:
    return len(digits) == 2 * hashlib.new(kind, usedforsecurity=False).digest_size
