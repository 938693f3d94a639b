"""Image onsets in the recording's clock: one sync pulse for every row of the presentation table.

Only intervals are compared, because the table's clock (of the stimulus computer) may start
anywhere. Nothing is repaired: a missed or an extra pulse would shift every image after it.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from italign.recordings.mismatches import (
    code_mismatch,
    end_mismatch,
    interval_mismatch,
    rhythm_mismatch,
)
from italign.recordings.presentations import check_ascending, read_columns

REMEDY = ("correct the table, the sync channel of the session sheet, or "
          "recordings.timing.sync_dead_time_ms and sync_tolerance_ms")


def read_pulses(path: str | Path) -> pd.DataFrame:
    """Read and check sync pulses.

    Parameters
    ----------
    path : str or Path
        Tab-separated time_s and code (a whole number, or empty); no row without a sync channel.

    Returns
    -------
    pandas.DataFrame
        time_s float (ascending, s), code float (NaN where the pulse has none).

    Raises
    ------
    ValueError
        If the file is missing, lacks a column, or holds a value that is no number.
    """
    text = read_columns(path, ("time_s", "code"), "read the recording first")
    pulses = text[["time_s", "code"]].apply(pd.to_numeric, errors="coerce").astype(float)
    bad = ~np.isfinite(pulses.time_s) | (pulses.code.isna() & (text.code != ""))
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise ValueError(f"{path}: line {row + 2} holds time_s {text.time_s[row]!r} and code "
                         f"{text.code[row]!r}, expected numbers (code may be empty)")
    check_ascending(pulses.time_s.to_numpy(), "time_s", path)
    return pulses


def leave_out_other_codes(table: pd.DataFrame, pulses: pd.DataFrame) -> pd.DataFrame:
    """Drop pulses whose code no row of the table has (start of a trial, reward, ...).

    Parameters
    ----------
    table : pandas.DataFrame
        With or without column code.
    pulses : pandas.DataFrame
        As `read_pulses` gives them.

    Returns
    -------
    pandas.DataFrame
        All pulses, where either side has no codes.
    """
    if "code" not in table or pulses.code.isna().all():
        return pulses
    return pulses[pulses.code.isin(table.code)].reset_index(drop=True)


def match_pulses(
    table: pd.DataFrame, pulses: pd.DataFrame, tolerance_s: float, source: str | Path
) -> np.ndarray:
    """Give every row of the table its pulse, or refuse and name the first mismatch.

    Parameters
    ----------
    table : pandas.DataFrame
        One row per image shown, aborted ones included: stimulus_id, trial; onset_s and code are
        compared where they are there.
    pulses : pandas.DataFrame
        time_s and code; one per row.
    tolerance_s : float
        Largest difference between an interval of the table and that of the pulses.
    source : str or Path
        Named in the message.

    Returns
    -------
    numpy.ndarray
        float64 (n_rows,), s in the recording's clock.

    Raises
    ------
    ValueError
        If the numbers of pulses and rows differ, or an interval or a code does.
    """
    pulse_s = pulses.time_s.to_numpy()
    mismatches = [code_mismatch(table, pulses), interval_mismatch(table, pulse_s, tolerance_s)]
    if len(pulse_s) != len(table):
        mismatches += [rhythm_mismatch(table, pulse_s), end_mismatch(table, pulse_s)]
    found = [mismatch for mismatch in mismatches if mismatch]
    if found:
        _, what = min(found)
        raise ValueError(f"{source}: {len(pulse_s)} sync pulses for {len(table)} presentations; "
                         f"first mismatch: {what}; {REMEDY}")
    return pulse_s


def clock_drift_ppm(table_s: np.ndarray, pulse_s: np.ndarray) -> float:
    """How much faster the recording's clock runs than the table's, in parts per million.

    Parameters
    ----------
    table_s, pulse_s : numpy.ndarray, (n,)
        Times of the same events in both clocks.

    Returns
    -------
    float
        Least-squares slope of the pulses over the table, minus 1, times a million; 0 when the
        clocks agree, NaN for one event.
    """
    if len(table_s) < 2:
        return np.nan
    since_s = table_s - table_s.mean()
    # The difference is fitted, not the pulses: ppm of hours keep their digits.
    return 1e6 * (since_s @ (pulse_s - table_s)) / (since_s @ since_s)
