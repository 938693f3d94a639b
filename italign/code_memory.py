"""Digests of `italign.code`, kept in a file: each start of Snakemake asks for some fifty.

They are a second of work, and a job on a cluster starts Snakemake twice.
"""

import hashlib
import json
import os
import socket
import sys
from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from pathlib import Path

from italign import code

PACKAGE_KEY = "package"


def remembered_digest(script: str | Path, plugins: tuple[str, ...], memory: str | Path) -> str:
    """`code.code_digest`, read from a file if no file of the package has changed since.

    Parameters
    ----------
    script : str or Path
        A Python file.
    plugins : tuple of str
        Modules used by name.
    memory : str or Path
        JSON, made if it is not there. One that cannot be read is made anew; where nothing can be
        written (a read-only folder), nothing is kept.

    Returns
    -------
    str
        Twelve hexadecimal digits.
    """
    known = _known(Path(memory))
    key = " ".join([_content([Path(script)]), *plugins])
    if key not in known:
        known[key] = code.code_digest(script, plugins)
        with suppress(OSError):
            _keep(known, Path(memory))
    return known[key]


@cache
def _known(memory: Path) -> dict[str, str]:
    """Digests by script and plugins, and under `PACKAGE_KEY` the package that they are of."""
    package = _content(sorted(file for kind in ("*.py", "*.mplstyle")
                              for file in code.PACKAGE.rglob(kind)))
    try:
        kept = json.loads(memory.read_text())
    except (OSError, ValueError):
        kept = {}
    is_current = isinstance(kept, dict) and kept.get(PACKAGE_KEY) == package
    return kept if is_current else {PACKAGE_KEY: package}


def _content(files: Iterable[Path]) -> str:
    """Hash of names and bytes."""
    digest = hashlib.sha256(f"{sys.version_info[:2]}".encode())  # which decides the digests too
    for file in files:
        data, name = file.read_bytes(), os.path.relpath(file, code.PACKAGE.parent)
        digest.update(f"{name} {len(data)}\n".encode() + data)
    return digest.hexdigest()


def _keep(known: dict[str, str], memory: Path) -> None:
    memory.parent.mkdir(exist_ok=True)
    temporary = memory.with_name(f"{memory.name}.{socket.gethostname()}-{os.getpid()}.tmp")
    temporary.write_text(json.dumps(known, indent=1))
    os.replace(temporary, memory)
