"""What is wrong with a recording: errors, findings for integrity.csv, and hashes of files."""

import hashlib
from pathlib import Path

import numpy as np
import pandas as pd

COLUMNS = ("session", "finding", "channel", "time_s", "duration_s", "n_samples", "message")


def problem(session: dict, file: str | Path, text: str) -> ValueError:
    """Error about a session's file, to be raised: one line that names both."""
    return ValueError(f"session {session['session']}: {file}: {text}")


def finding(
    kind: str, message: str, channel: object = "", time_s: float = np.nan,
    duration_s: float = np.nan, n_samples: int | None = None,
) -> dict:
    """One line of integrity.csv: times and durations in s, empty where they do not apply."""
    return {"finding": kind, "channel": channel, "time_s": time_s, "duration_s": duration_s,
            "n_samples": n_samples, "message": message}


def findings_table(session: str, findings: list[dict]) -> pd.DataFrame:
    """Findings of a session as integrity.csv holds them; only the header if there is none."""
    table = pd.DataFrame(findings, columns=list(COLUMNS[1:]))
    table.insert(0, "session", session)
    return table.astype({"n_samples": "Int64"})


def check_hashes(session: dict, files: list[str]) -> list[dict]:
    """Compare every file with the sha256 of the session sheet.

    Parameters
    ----------
    session : dict
        Row of the session sheet; `sha256` holds as many hashes as there are files, or none.
    files : list of str
        Files of the recording. For the ``info.rhd`` of a folder of Intan files the hash is that of
        all its files, as of ``cd FOLDER; sha256sum * | LC_ALL=C sort | sha256sum``.

    Returns
    -------
    list of dict
        A finding ``unchecked_hash`` for each file if the sheet holds no hash.

    Raises
    ------
    ValueError
        If a file is missing, or differs from its hash, or the numbers of both differ.
    """
    for file in files:
        if not Path(file).is_file():
            raise problem(session, file, "does not exist; correct `files` in the session sheet "
                          "(paths are relative to the folder you run in)")
    expected = session["sha256"]
    if not expected:
        return [finding("unchecked_hash", f"{Path(file).name}: the session sheet holds no sha256")
                for file in files]
    if len(expected) != len(files):
        raise problem(session, files[0], f"the session sheet holds {len(expected)} sha256 for "
                      f"{len(files)} files; give one for each file, in their order")
    for file, wanted in zip(files, expected, strict=True):
        found = sha256(file)
        if found != wanted:
            raise problem(session, file, f"sha256 is {found}, but {wanted} in the session sheet; "
                          "fetch the file again, or correct the sheet if the file is right")
    return []


def sha256(file: str | Path) -> str:
    """Hash of a file, or of the whole folder for an Intan ``info.rhd`` (see `check_hashes`)."""
    file = Path(file)
    if file.name != "info.rhd":
        return _digest(file)
    members = [path for path in file.parent.glob("[!.]*") if path.is_file()]
    lines = sorted(f"{_digest(path)}  {path.name}\n" for path in members)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _digest(file: Path) -> str:
    with file.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
