"""A note beside a fetched file whose place another registered file took."""

from pathlib import Path

SUFFIX = ".stands-in"


def note_stand_in(path: Path, name: str | None) -> None:
    """Write down, or forget, that another file lies at a path.

    Written before the stand-in is there and forgotten once the file itself is: whenever the work
    is interrupted, no stand-in is without its note.

    Parameters
    ----------
    path : Path
        Of the file that was asked for.
    name : str or None
        Dataset whose bytes are there; None: its own.
    """
    note = path.with_name(f"{path.name}{SUFFIX}")
    if name is None:
        return note.unlink(missing_ok=True)
    note.parent.mkdir(parents=True, exist_ok=True)
    note.write_text(f"{name}\n", encoding="utf-8")


def noted_stand_in(path: Path) -> str | None:
    """Name of the dataset that a fetched file's bytes are of, if not its own."""
    note = path.with_name(f"{path.name}{SUFFIX}")
    return note.read_text(encoding="utf-8").strip() if note.exists() else None
