"""What drew a bundle's figures, and whether drawing them again gave the same bytes."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from italign import __version__
from italign.figures.pages.bundle import sha256_of
from italign.figures.pages.provenance import DRAWN_WITH, drawing_code, versions
from italign.io import PROVENANCE, _commit

NEEDED = ("figures", "packages", "drawing_code")


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
        For a JSON file; ``figures`` is sha256 by path. The commit is for readers: a folder without
        git has none, so that bytes are explained by ``packages`` and ``drawing_code`` alone.
    """
    return {
        "world": world, "source": source, "italign_version": __version__,
        "italign_commit": _commit(), "config_hash": PROVENANCE.get("config_hash", "unknown"),
        "drawing_code": drawing_code(), "packages": versions(DRAWN_WITH),
        "figures": {str(path): sha256_of(Path(path)) for path in sorted(figures)},
    }


def compare_figures(recorded: str | bytes, into: str | Path) -> tuple[bool, str]:
    """Compare figures drawn here with those drawn where the bundle was packed.

    Parameters
    ----------
    recorded : str or bytes
        JSON of `provenance`.
    into : str or Path
        Folder that holds ``results/<world>/``.

    Returns
    -------
    as_expected : bool
        Whether all are byte-identical, or all are drawn and other packages or other drawing code
        explain that some differ.
    words : str
        One line for each thing to know.

    Raises
    ------
    ValueError
        If it is no such JSON.
    """
    there = _read(recorded)
    files = {name: Path(into) / name for name in there["figures"]}
    drawn = {name: sha256_of(file) if file.is_file() else "" for name, file in files.items()}
    other = [name for name, digest in there["figures"].items() if drawn[name] != digest]
    if not other:
        return True, f"{len(drawn)} files of figures are byte-identical to the bundle's"
    reasons = _reasons(there)
    lines = [f"{len(other)} of {len(drawn)} files of figures are not the bundle's bytes:",
             *(f"  {name}{'' if drawn[name] else ' (not drawn)'}" for name in other),
             *(reasons or ["though packages and drawing code are the same: look at those figures "
                           "before you use them"])]
    return bool(reasons) and all(drawn.values()), "\n".join(lines)


def _read(recorded: str | bytes) -> dict:
    said = json.loads(recorded)
    found = said if isinstance(said, dict) else {}
    lacking = [name for name in NEEDED if name not in found]
    if lacking or not all(isinstance(found[name], Mapping) for name in NEEDED[:2]):
        raise ValueError(f"the bundle's provenance lacks {', '.join(lacking) or 'tables'}; it is "
                         "no bundle of this version of italign: pack it again")
    if not found["figures"]:
        raise ValueError("the bundle's provenance lists no figure, so there is nothing to compare "
                         "with: draw the world and pack it again")
    return found


def _reasons(there: Mapping) -> list[str]:
    """What explains other bytes: other packages, other code."""
    here = versions(there["packages"].keys() & set(DRAWN_WITH))
    packages = [f"{name} {there['packages'][name]} there, {here[name]} here"
                for name in DRAWN_WITH if name in here and here[name] != there["packages"][name]]
    reasons = ["other versions: " + "; ".join(packages)] if packages else []
    code = drawing_code()
    if code != there["drawing_code"]:
        reasons.append(f"drawn by other code ({there['drawing_code']} there, {code} here): whether "
                       "the figures should be the same was not verified")
    return reasons
