"""What a bundle says of a world: its config and sessions for any machine, and what drew it."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path, PurePath
from platform import python_version

from italign import __version__
from italign.figures.bundle import sha256_of
from italign.figures.provenance import DRAWN_WITH
from italign.io import PROVENANCE, _commit

PACKAGES = (*DRAWN_WITH, "netCDF4", "pillow")
SHEET = "sessions.tsv"
EMPTY = ("", "n/a")


def portable_config(config: Mapping, world_folder: str) -> dict:
    """Give a config without places of this machine.

    Parameters
    ----------
    config : mapping
        The merged config.
    world_folder : str
        ``results/<world>``.

    Returns
    -------
    dict
        Plain mappings and lists; the session sheet is the bundle's, no mirror is searched, and of
        any other absolute path the last part is left.
    """
    plain = _without_places(config)
    if plain["recordings"]["sessions"] is not None:
        plain["recordings"]["sessions"] = f"{world_folder}/{SHEET}"
    plain["resources"]["mirrors"] = []
    return plain


def portable_sheet(path: str | Path, world_folder: str) -> tuple[str, dict[str, Path]]:
    """Give a session sheet without places of this machine.

    Parameters
    ----------
    path : str or Path
        Session sheet.
    world_folder : str
        ``results/<world>``.

    Returns
    -------
    sheet : str
        The same sessions; array maps are the bundle's. Recordings and presentation tables, which
        no figure reads, are named but not there.
    maps : dict
        Name in the bundle to the file of each array map.
    """
    text = Path(path).read_text(encoding="utf-8-sig")
    rows = csv.DictReader(io.StringIO(text), delimiter="\t", quoting=csv.QUOTE_NONE)
    maps: dict[str, Path] = {}
    lines = ["\t".join(rows.fieldnames or [])]
    for row in rows:
        session, place = row["session"].strip(), (row.get("array_map") or "").strip()
        if place not in EMPTY:
            row["array_map"] = f"{world_folder}/array_maps/{session}{Path(place).suffix.lower()}"
            maps[row["array_map"]] = Path(place)
        for name in ("files", "presentations"):
            if (row.get(name) or "").strip() not in EMPTY:
                row[name] = _elsewhere(row[name], session)
        lines.append("\t".join(row.values()))
    return "\n".join([*lines, ""]), maps


def provenance(world: str, source: str, figures: Sequence[str]) -> dict:
    """Say what drew the figures of a bundle, and which bytes came out.

    Parameters
    ----------
    world : str
        Name of the world.
    source : str
        Where its data come from.
    figures : sequence of str
        Files drawn, in ``results/<world>/``.

    Returns
    -------
    dict
        For a JSON file; ``figures`` is sha256 by path.
    """
    return {
        "world": world, "source": source, "italign_version": __version__,
        "italign_commit": _commit(), "config_hash": PROVENANCE.get("config_hash", "unknown"),
        "packages": drawn_with(),
        "figures": {str(path): sha256_of(Path(path)) for path in sorted(figures)},
    }


def drawn_with() -> dict[str, str]:
    """Versions of Python and of the packages behind a figure's bytes."""
    return {"Python": python_version(), **{name: _version(name) for name in PACKAGES}}


def compare_figures(recorded: str, into: str | Path) -> tuple[bool, str]:
    """Compare figures drawn here with those drawn where the bundle was packed.

    Parameters
    ----------
    recorded : str
        JSON of `provenance`.
    into : str or Path
        Folder that holds ``results/<world>/``.

    Returns
    -------
    as_expected : bool
        Whether all are byte-identical, or other packages explain that some are not.
    words : str
        One line for each thing to know.

    Raises
    ------
    ValueError
        If it is no such JSON.
    """
    there = json.loads(recorded)
    if not isinstance(there, dict) or not {"figures", "packages", "italign_commit"} <= set(there):
        raise ValueError("the bundle's provenance lacks figures, packages or italign_commit; not a "
                         "bundle of italign")
    files = {name: Path(into) / name for name in there["figures"]}
    drawn = {name: sha256_of(file) if file.is_file() else "" for name, file in files.items()}
    other = [name for name, digest in there["figures"].items() if drawn[name] != digest]
    if not other:
        return True, f"{len(drawn)} files of figures are byte-identical to the bundle's"
    here = drawn_with() | {"italign": _commit()}
    differ = [f"{name} {number} there, {here[name]} here" for name, number in
              {**there["packages"], "italign": there["italign_commit"]}.items()
              if here.get(name) != number]
    lines = [f"{len(other)} of {len(drawn)} files of figures are not the bundle's bytes:",
             *(f"  {name}{'' if drawn[name] else ' (not drawn)'}" for name in other),
             "other versions: " + "; ".join(differ) if differ else
             "though packages and commit are the same: look at those figures before you use them"]
    return bool(differ) and all(drawn.values()), "\n".join(lines)


def _without_places(value: object) -> object:
    if isinstance(value, Mapping):
        return {name: _without_places(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_without_places(part) for part in value]
    if isinstance(value, str) and (PurePath(value).is_absolute() or value.startswith("~")):
        return PurePath(value).name
    return value


def _elsewhere(cell: str, session: str) -> str:
    """Files that stayed behind, by name; sessions may have files of the same name."""
    names = [PurePath(part.strip()).name for part in cell.split(",")]
    return ",".join(f"not-in-the-bundle/{session}/{name}" for name in names)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
