"""What all readers ask of the session sheet: its channels, its numbers, its file names."""

import difflib
from pathlib import Path

import numpy as np

from italign.messages import first_names
from italign.recordings.integrity import finding, problem

# ASSUME: a sampling clock is within 100 ppm of its nominal rate, so that sheet and file agree.
RATE_TOLERANCE = 1e-4
SCALE_TOLERANCE = 1e-3
INT16 = np.iinfo(np.int16)


def kept_channels(
    session: dict, file: str, numbers: list[int], names: list[str]
) -> tuple[np.ndarray, list[dict]]:
    """Choose the channels that the sheet does not exclude.

    Parameters
    ----------
    session : dict
        `excluded_channels` holds numbers or names.
    file : str
        Named in messages.
    numbers, names : list
        Channels of the file, in its order.

    Returns
    -------
    kept : numpy.ndarray
        Rows of the channels kept, ascending.
    findings : list of dict
        One ``excluded`` for each channel left out.

    Raises
    ------
    ValueError
        If the file has no channel, an excluded one is unknown, or none is left.
    """
    if not numbers:
        raise problem(session, file, "holds no channel; expected at least one")
    drop = np.zeros(len(numbers), bool)
    for wanted in session["excluded_channels"]:
        matches = [wanted in (name, str(number))
                   for number, name in zip(numbers, names, strict=True)]
        if not any(matches):
            raise problem(session, file, f"excluded channel {wanted!r} is not in the file; "
                          f"nearest: {nearest(wanted, names + [str(n) for n in numbers])}")
        drop |= matches
    if drop.all():
        raise problem(session, file, f"all {len(numbers)} channels are excluded; keep at least one")
    left_out = [finding("excluded", f"{names[row]}: excluded by the session sheet", numbers[row])
                for row in np.flatnonzero(drop)]
    return np.flatnonzero(~drop), left_out


def nearest(wanted: str, known: list[str]) -> str:
    """Known names nearest to one that is not known, or the first few."""
    return ", ".join(difflib.get_close_matches(wanted, known, n=3) or known[:5]) or "none"


def agreed(session: dict, key: str, own: float | None, file: str, tolerance: float) -> float:
    """Value that file and session sheet agree on; either may leave it open.

    Raises
    ------
    ValueError
        If both leave it open, or they contradict each other.
    """
    given = session.get(key)
    if own is None and given is None:
        raise problem(session, file, f"does not say its {key}; fill that column of the session "
                      "sheet")
    if None not in (own, given) and abs(own - given) > tolerance * abs(own):
        raise problem(session, file, f"{key} is {own:.10g} in the file, but {given:.10g} in the "
                      "session sheet; correct the sheet")
    return float(given if own is None else own)


def agree_on_channels(session: dict, file: str, n_channels: int) -> None:
    """Refuse a session whose sheet gives another number of channels than the file has.

    Parameters
    ----------
    n_channels : int
        Channels of the file, also those that the sheet excludes.
    """
    agreed(session, "n_channels", n_channels, file, 0)


def refuse_scale(session: dict, file: str) -> None:
    """Refuse a session of events whose sheet gives a scale."""
    if session.get("uv_per_bit") is not None:
        raise problem(session, file, f"uv_per_bit is {session['uv_per_bit']:g} in the session "
                      "sheet, but events have no voltage: leave uv_per_bit empty")


def full_range(n_channels: int) -> tuple[np.ndarray, np.ndarray]:
    """Rails of channels whose converter uses all of int16."""
    return np.full(n_channels, INT16.min), np.full(n_channels, INT16.max)


def one_scale(
    session: dict, file: str, uv_per_bit: np.ndarray, names: list[str]
) -> float:
    """Microvolts per count that all kept channels share, agreed with the sheet.

    Raises
    ------
    ValueError
        If channels differ: contract 'voltage' has one scale.
    """
    values, first, n = np.unique(uv_per_bit, return_index=True, return_counts=True)
    if len(values) > 1:
        common = values[np.argmax(n)]
        odd = [names[row] for row in np.flatnonzero(uv_per_bit != common)]
        scales = ", ".join(f"{value:g} ({names[row]})"
                           for value, row in zip(values, first, strict=True))
        raise problem(session, file, f"channels have different uv_per_bit: {scales}; put "
                      f"{first_names(odd)} into excluded_channels")
    return agreed(session, "uv_per_bit", float(values[0]), file, SCALE_TOLERANCE)


def check_extension(session: dict, file: str, allowed: tuple[str, ...]) -> None:
    """Refuse a file whose name does not fit the format of its row."""
    if not Path(file).name.lower().endswith(allowed):
        raise problem(session, file, f"expected {' or '.join(allowed)} for format "
                      f"{session['format']}; correct `files` or `format` in the session sheet")


def only_file(session: dict, files: list[str], allowed: tuple[str, ...] = ("",)) -> str:
    """The one file of a session of a format that has one file per session, of any name or some."""
    for file in files:
        check_extension(session, file, allowed)
    if len(files) != 1:
        raise problem(session, ", ".join(files) or "no file", f"expected one file, found "
                      f"{len(files)}; give each its own session")
    return files[0]


def sync_position(session: dict, file: str, known: list[str]) -> int:
    """Where the sync channel of a session is among the names of its file.

    Raises
    ------
    ValueError
        With near matches if it is none of them.
    """
    wanted = session["sync_channel"]
    if wanted not in known:
        raise problem(session, file, f"sync channel {wanted!r} is not in the file; nearest: "
                      f"{nearest(wanted, known)}")
    return known.index(wanted)


def sync_column(
    session: dict, file: str, numbers: list[int]
) -> tuple[list[int], int | None]:
    """Split the columns of a file without names into voltage and the sync channel.

    Returns
    -------
    voltage : list of int
        Channel numbers less the sync channel.
    sync : int or None
        Its column.
    """
    if not session["sync_channel"]:
        return numbers, None
    column = sync_position(session, file, [str(number) for number in numbers])
    return numbers[:column] + numbers[column + 1 :], column
