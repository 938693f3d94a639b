"""A conda channel on disk, holding this machine's CPython and the pip that is bundled with it.

No public channel is asked, so what envs/*.yaml take from conda-forge (python and pip, nothing else)
can be solved and linked anywhere.
"""

import ensurepip
import hashlib
import io
import json
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path

SUBDIR, SHORT = "linux-64", f"python{sys.version_info.major}.{sys.version_info.minor}"
LEFT_OUT = {"test", "tests", "idlelib", "lib2to3", "turtledemo", "tkinter", "ensurepip",
            "site-packages", "__pycache__"}
PIP = b'#!/bin/sh\nexec "$(dirname "$0")/python" -m pip "$@"\n'


def make_channel(folder: Path) -> None:
    """Write the two packages and their index to a folder, which is then a channel."""
    (folder / SUBDIR).mkdir(parents=True)
    (folder / "noarch").mkdir()
    version = ".".join(map(str, sys.version_info[:3]))
    found = [write_package(folder / SUBDIR, "python", version, python_files(), []),
             write_package(folder / SUBDIR, "pip", ensurepip.version(), pip_files(),
                           [f"python {SHORT.removeprefix('python')}.*"])]
    for subdir, packages in ((SUBDIR, found), ("noarch", [])):
        index = {"info": {"subdir": subdir}, "packages": dict(packages), "packages.conda": {},
                 "removed": [], "repodata_version": 1}
        (folder / subdir / "repodata.json").write_text(json.dumps(index))


def python_files() -> dict[str, tuple[bytes, int]]:
    """Give name -> (content, mode) of an interpreter with its standard library."""
    base = Path(sys.base_prefix)
    library = Path(sysconfig.get_path("stdlib", vars={"installed_base": str(base)}))
    files = [path for path in library.rglob("*") if path.is_file() and path.suffix != ".a"
             and not LEFT_OUT.intersection(path.relative_to(library).parts)]
    found = {str(path.relative_to(base)): (path.read_bytes(), 0o644) for path in files}
    program = ((base / "bin" / SHORT).read_bytes(), 0o755)
    names = {f"bin/{name}": program for name in (SHORT, "python3", "python")}
    return found | names | {f"lib/{SHORT}/site-packages/README.txt": (b"", 0o644)}


def pip_files() -> dict[str, tuple[bytes, int]]:
    """Give the same of the wheel of pip that CPython brings."""
    wheel = next(Path(ensurepip.__file__).parent.glob("_bundled/pip-*.whl"))
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if not name.endswith("/")]
        found = {f"lib/{SHORT}/site-packages/{name}": (archive.read(name), 0o644)
                 for name in names}
    return found | {"bin/pip": (PIP, 0o755)}


def write_package(folder: Path, name: str, version: str, files: dict, depends: list[str]) -> tuple:
    """Write a package as conda packs them; give its file name and its entry of the index."""
    about = {"name": name, "version": version, "build": "0", "build_number": 0,
             "depends": depends, "subdir": SUBDIR, "arch": "x86_64", "platform": "linux"}
    paths = [{"_path": path, "path_type": "hardlink", "size_in_bytes": len(content),
              "sha256": hashlib.sha256(content).hexdigest()}
             for path, (content, _) in files.items()]
    described = {"index.json": about, "paths.json": {"paths": paths, "paths_version": 1}}
    infos = {f"info/{file}": (json.dumps(text).encode(), 0o644)
             for file, text in described.items()}
    path = folder / f"{name}-{version}-0.tar.bz2"
    with tarfile.open(path, "w:bz2", compresslevel=1) as archive:
        for member, (content, mode) in (infos | files).items():
            entry = tarfile.TarInfo(member)
            entry.size, entry.mode = len(content), mode
            archive.addfile(entry, io.BytesIO(content))
    raw = path.read_bytes()
    return path.name, about | {"size": len(raw), "md5": hashlib.md5(raw).hexdigest(),
                               "sha256": hashlib.sha256(raw).hexdigest()}
