"""The session sheet: one row of a tab-separated table is one recording session.

Cells are read into a dict per session; an empty cell, n/a or a missing column is None (or an empty
list). `session.schema.yaml` says what each column holds.
"""

import csv
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from hints import hint
from schema_file import read_schema
from violations import config_problems

SCHEMA = Path(__file__).with_name("session.schema.yaml")
READERS = Path(__file__).parents[2] / "italign" / "recordings" / "readers"
LISTS = ("files", "excluded_channels", "sha256")
NUMBERS = ("sampling_rate_hz", "uv_per_bit", "n_channels", "repetitions")
# Columns that a kind of session cannot do without; those of its own format are added.
NEEDED = {"simulated": ("split", "n_channels", "repetitions"), "files": ("files", "presentations"),
          "int16": ("n_channels", "sampling_rate_hz", "uv_per_bit")}


def read_sessions(path: str | Path | None) -> list[dict]:
    """Read and check a session sheet.

    Parameters
    ----------
    path : str, Path or None
        Tab-separated, one header line; columns in any order, optional ones may be left out. None:
        no session.

    Returns
    -------
    list of dict
        One per row with every column of the schema.

    Raises
    ------
    ValueError
        With every problem, one line each: sheet, line, session, column, found, expected.
    """
    if path is None:
        return []
    columns = read_schema(SCHEMA)
    rows = _raw_rows(path, list(columns["properties"]))
    sessions, problems = [], []
    for line, row in rows:
        session = {name: _value(name, row.get(name)) for name in columns["properties"]}
        found = config_problems(session, columns) or list(_row_problems(session))
        problems += [f"{path}: line {line}, session {row.get('session') or '?'}: {problem}"
                     for problem in found]
        sessions.append(session)
    names = [session["session"] for session in sessions]
    problems += [f"{path}: {names.count(name)} sessions are called {name!r}; rename"
                 for name in dict.fromkeys(names) if names.count(name) > 1]
    problems = problems or [f"{path}: {line}" for line in _read_twice(sessions)]
    if problems:
        raise ValueError("\n".join(problems))
    return sessions


def _read_twice(sessions: list[dict]) -> Iterator[str]:
    """Repetitions counted twice would raise every reliability."""
    seen: dict[tuple, str] = {}
    for session in sessions:
        for file in session["files"]:
            first = seen.setdefault((file, session["array"]), session["session"])
            if first != session["session"]:
                yield (f"{file} of array {session['array']} is read by sessions {first} and "
                       f"{session['session']}; drop one, or give the other array its own name")


def formats() -> list[str]:
    """Formats that a session may have: `simulated` and one per reader file."""
    readers = sorted(file.stem.replace("_", "-") for file in READERS.glob("[!_]*.py"))
    return ["simulated", *readers]


def _raw_rows(path: str | Path, known: list[str]) -> list[tuple[int, dict[str, str]]]:
    if not Path(path).is_file():
        raise ValueError(f"recordings.sessions: no session sheet {path}; correct the path")
    with open(path, newline="", encoding="utf-8-sig") as handle:
        reader = csv.DictReader(handle, delimiter="\t", quoting=csv.QUOTE_NONE)
        header = reader.fieldnames or []
        rows = [(reader.line_num, row) for row in reader]
    for name in header:
        if name not in known:
            raise ValueError(f"{path}: unknown column {name!r}; {hint(name, known)}")
    if not rows:
        raise ValueError(f"{path}: holds no session, expected one row each")
    for line, row in rows:
        if None in row or None in row.values():
            n_cells = sum(row[name] is not None for name in header) + len(row.get(None, []))
            raise ValueError(f"{path}: line {line} has {n_cells} cells between tabs, expected "
                             f"{len(header)} as in the header; fill empty ones with n/a")
    return rows


def _value(name: str, cell: str | None) -> object:
    """Turn a cell into its type; a number that is none stays text, for the schema to refuse."""
    text = (cell or "").strip()
    if text in ("", "n/a"):
        return [] if name in LISTS else None
    if name in LISTS:
        parts = [part.strip() for part in text.split(",")]
        return [one for part in parts for one in _range(part)] if "channels" in name else parts
    if name in NUMBERS:
        try:
            number = float(text)
        except ValueError:
            return text
        return int(number) if number.is_integer() else number  # spreadsheets write 96 as 96.0
    return text


def _range(text: str) -> list[str]:
    """Write 96-127 out; names like A-017 are no ranges, nor is 127-96: readers refuse that."""
    ends = re.fullmatch(r"(\d+)-(\d+)", text)
    if not ends or int(ends[1]) > int(ends[2]):
        return [text]
    return [str(number) for number in range(int(ends[1]), int(ends[2]) + 1)]


def _row_problems(session: dict) -> Iterator[str]:
    kind = session["format"]
    if kind not in formats():
        yield f"format: found {kind}, {hint(kind, formats())}"
    needed = (*NEEDED["simulated" if kind == "simulated" else "files"], *NEEDED.get(kind, ()))
    for name in dict.fromkeys(needed):
        if not session[name]:
            yield f"{name}: empty, which a session of format {kind} needs"
    if kind == "simulated" and session["files"]:
        yield f"files: found {', '.join(session['files'])}, expected none: the session is simulated"
    if session["sha256"] and len(session["sha256"]) != len(session["files"]):
        yield (f"sha256: found {len(session['sha256'])} hashes for {len(session['files'])} files, "
               "expected one each or none")
    if session["start_time"]:
        try:
            datetime.fromisoformat(session["start_time"])
        except ValueError:
            yield (f"start_time: found {session['start_time']}, expected a date and time like "
                   "2026-11-22T09:30:00+01:00")
