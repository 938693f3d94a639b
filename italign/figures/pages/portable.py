"""Config and session sheet of a world for any machine, as a bundle holds them."""

import csv
import io
from collections.abc import Mapping
from pathlib import Path, PurePath

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
