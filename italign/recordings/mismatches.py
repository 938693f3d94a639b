"""Where sync pulses and the rows of a presentation table first part, in words.

Each function returns (row from 0, what is wrong there), or None where it finds nothing; the words
name the line of the table's file, whose header is line 1.
"""

import numpy as np
import pandas as pd

# ASSUME: two clocks run apart by at most 200 ppm (quartz is good to 100 ppm), on top of the jitter
# that the tolerance allows; without this a pause of a minute would look like a missed pulse.
CLOCK_PPM = 200


def interval_error_s(table_s: np.ndarray, pulse_s: np.ndarray) -> np.ndarray:
    """Interval between pulses minus that between rows, (n - 1,) for the n that both have."""
    n_both = min(len(table_s), len(pulse_s))
    return np.diff(pulse_s[:n_both]) - np.diff(table_s[:n_both])


def code_mismatch(table: pd.DataFrame, pulses: pd.DataFrame) -> tuple[int, str] | None:
    """Find the first row whose code is not that of its pulse; None where a side has no codes."""
    if "code" not in table or pulses.code.isna().all():
        return None
    n_both = min(len(table), len(pulses))
    differ = np.flatnonzero(table.code.to_numpy()[:n_both] != pulses.code.to_numpy()[:n_both])
    if not differ.size:
        return None
    row = int(differ[0])
    return row, (f"{_row_text(table, row)} has code {table.code[row]}, its pulse at "
                 f"{pulses.time_s[row]:.3f} s has {_code_text(pulses.code[row])}")


def interval_mismatch(
    table: pd.DataFrame, pulse_s: np.ndarray, tolerance_s: float
) -> tuple[int, str] | None:
    """Find the first row that follows the row before at another interval than its pulse does."""
    if "onset_s" not in table:
        return None
    table_s = table.onset_s.to_numpy()
    error_s = interval_error_s(table_s, pulse_s)
    allowed_s = tolerance_s + 1e-6 * CLOCK_PPM * np.diff(table_s)[: len(error_s)]
    differ = np.flatnonzero(np.abs(error_s) > allowed_s)
    if not differ.size:
        return None
    row = int(differ[0]) + 1
    likely = _likely_cause(table_s[row - 1:], pulse_s[row - 1:], allowed_s[row - 1])
    steps_s = [time_s[row] - time_s[row - 1] for time_s in (table_s, pulse_s)]
    return row, (f"{_row_text(table, row)} comes {steps_s[0]:.4f} s after the line before, its "
                 f"pulse at {pulse_s[row]:.3f} s {steps_s[1]:.4f} s after the pulse before, more "
                 f"than {tolerance_s * 1e3:g} ms apart: {likely}")


def _likely_cause(table_s: np.ndarray, pulse_s: np.ndarray, allowed_s: float) -> str:
    """Compare the intervals from a matching row with those to all later rows and pulses."""
    skipped_rows = np.abs(table_s[2:] - table_s[0] - (pulse_s[1] - pulse_s[0])) <= allowed_s
    skipped_pulses = np.abs(pulse_s[2:] - pulse_s[0] - (table_s[1] - table_s[0])) <= allowed_s
    if skipped_rows.any():
        return f"likely missed pulses: {skipped_rows.argmax() + 1}"
    if skipped_pulses.any():
        return f"likely extra pulses: {skipped_pulses.argmax() + 1}"
    return "neither missed nor extra pulses explain it, perhaps another table or a jump of a clock"


def rhythm_mismatch(table: pd.DataFrame, pulse_s: np.ndarray) -> tuple[int, str] | None:
    """Find the first odd pulse interval inside a trial, for a table without times."""
    if "onset_s" in table or len(pulse_s) < 2:
        return None
    interval_s, trial = np.diff(pulse_s), table.trial.to_numpy()
    median_s = np.median(interval_s)
    n_both = min(len(interval_s), len(trial) - 1)
    same_trial = np.diff(trial)[:n_both] == 0
    # ASSUME: images of a trial follow each other at one pace; 2/3 and 3/2 tell one step from two.
    odd = (interval_s < median_s / 1.5) | (interval_s > median_s * 1.5)
    rows = np.flatnonzero(same_trial & odd[:n_both]) + 1
    if not rows.size:
        return None
    row = int(rows[0])
    return row, (f"{_row_text(table, row)} would have its pulse at {pulse_s[row]:.3f} s, "
                 f"{interval_s[row - 1]:.4f} s after the pulse before in the same trial, where the "
                 f"median interval is {median_s:.4f} s: a missed or an extra pulse near it")


def end_mismatch(table: pd.DataFrame, pulse_s: np.ndarray) -> tuple[int, str]:
    """Tell which side goes on where the other ends."""
    row = min(len(table), len(pulse_s))
    if row < len(table):
        return row, (f"the first {row} agree, {_row_text(table, row)} has no pulse: the recording "
                     "likely ended before the table")
    return row, (f"the first {row} agree, the pulse at {pulse_s[row]:.3f} s has no row: the table "
                 "likely ended before the recording")


def _row_text(table: pd.DataFrame, row: int) -> str:
    time = f", {table.onset_s[row]:.3f} s in the table" if "onset_s" in table else ""
    return f"line {row + 2} (stimulus {table.stimulus_id[row]}, trial {table.trial[row]}{time})"


def _code_text(code: float) -> str:
    return "none" if np.isnan(code) else f"{code:.0f}"
