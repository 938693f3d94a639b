"""Sync pulses and presentation tables: what matches, and what the refusal says."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from italign.recordings.presentations import read_presentations
from italign.recordings.timing import (
    clock_drift_ppm,
    leave_out_other_codes,
    match_pulses,
    read_pulses,
)


def shown(n_trials=6, n_images=5, seed=0):
    """A table: images 0.2 s apart in a trial, trials 0.9 to 1.5 s apart."""
    rng = np.random.default_rng(seed)
    start_s = np.cumsum(0.2 * n_images + rng.uniform(0.7, 1.3, n_trials)).round(3)
    onset_s = (start_s[:, None] + 0.2 * np.arange(n_images)).ravel()
    n_rows = n_trials * n_images
    return pd.DataFrame({
        "onset_s": onset_s,
        "stimulus_id": [f"im{i}" for i in range(n_rows)],
        "trial": np.repeat(np.arange(n_trials), n_images),
        "position": np.tile(np.arange(n_images), n_trials),
        "aborted": np.arange(n_rows) % 7 == 6,
        "code": 100 + np.arange(n_rows) % 4,
    })


def pulses_of(table, time_s=None, code=np.nan):
    return pd.DataFrame({"time_s": table.onset_s if time_s is None else time_s, "code": code})


@given(st.floats(-1e4, 1e4), st.floats(-190, 190), st.integers(0, 2**31))
@settings(max_examples=50, deadline=None)
def test_any_start_of_the_clock_small_drift_and_jitter_match(start_s, ppm, seed):
    table = shown()
    jitter_s = np.random.default_rng(seed).uniform(-2.4e-3, 2.4e-3, len(table))
    pulse_s = start_s + table.onset_s * (1 + 1e-6 * ppm) + jitter_s
    onset_s = match_pulses(table, pulses_of(table, pulse_s), 5e-3, "table")
    np.testing.assert_array_equal(onset_s, pulse_s)


def test_a_long_pause_between_drifting_clocks_is_no_mismatch():
    table = shown()
    table.onset_s += np.where(table.trial > 2, 600, 0)
    pulses = pulses_of(table, 3 + table.onset_s * (1 + 150e-6))  # 90 ms later after the pause
    match_pulses(table, pulses, 5e-3, "table")
    with pytest.raises(ValueError, match=r"line 17 \(stimulus im15, trial 3"):
        match_pulses(table, pulses_of(table, 3 + table.onset_s * (1 + 300e-6)), 5e-3, "table")


def test_a_jump_of_a_clock_is_told_from_a_missed_pulse():
    table = shown()
    jumped_s = table.onset_s + np.where(table.index >= 13, 0.05, 0)
    with pytest.raises(ValueError, match=r"line 15 \(.*perhaps another table or a jump of a clock"):
        match_pulses(table, pulses_of(table, jumped_s), 5e-3, "table")


def test_drift_between_the_clocks_is_measured():
    table_s = shown().onset_s.to_numpy()
    assert clock_drift_ppm(table_s, 1e4 + table_s * (1 + 37e-6)) == pytest.approx(37, rel=1e-5)
    assert clock_drift_ppm(table_s, table_s) == 0
    assert np.isnan(clock_drift_ppm(table_s[:1], table_s[:1]))


@given(st.integers(1, 28), st.integers(0, 2**31))
@settings(max_examples=50, deadline=None)
def test_the_row_of_a_missed_pulse_is_named(missed, seed):
    table = shown(seed=seed)
    pulse_s = 5 + np.delete(table.onset_s.to_numpy(), missed)
    # A step to the next row that equals the step before hides the loss until the pace changes.
    steps = np.round(np.diff(table.onset_s), 9)
    row = next(row for row in range(missed, 30)
               if row == 29 or abs((pulse_s[row] - pulse_s[row - 1]) - steps[row - 1]) > 5e-3)
    expected = "has no pulse" if row == 29 else "likely missed pulses: 1"
    with pytest.raises(ValueError, match=f"table: 29 sync pulses for 30 presentations; first "
                                         rf"mismatch: .*line {row + 2} \(stimulus im{row}.*"
                                         f"{expected}"):
        match_pulses(table, pulses_of(table, pulse_s), 5e-3, "table")


def test_an_extra_pulse_is_named_with_both_intervals():
    table = shown()
    time_s = table.onset_s.to_numpy()
    pulse_s = np.insert(time_s, 8, time_s[7] + 0.06)
    with pytest.raises(ValueError, match=(
            r"31 sync pulses for 30 presentations; first mismatch: line 10 \(stimulus im8, "
            rf"trial 1, {time_s[8]:.3f} s in the table\) comes 0\.2000 s after the line before, "
            rf"its pulse at {pulse_s[8]:.3f} s 0\.0600 s after the pulse before, more than 5 ms "
            "apart: likely extra pulses: 1; correct the table")):
        match_pulses(table, pulses_of(table, pulse_s), 5e-3, "table")


def test_as_many_pulses_as_rows_do_not_hide_a_loss():
    table = shown()
    pulse_s = np.append(np.delete(table.onset_s.to_numpy(), 11), table.onset_s.iloc[-1] + 0.2)
    with pytest.raises(ValueError, match=r"30 sync pulses for 30 .*line 13 .*missed pulses: 1"):
        match_pulses(table, pulses_of(table, pulse_s), 5e-3, "table")


@pytest.mark.parametrize(
    ("n_pulses", "message"),
    [
        (27, "first 27 agree, line 29 .*has no pulse: the recording likely ended before the table"),
        (32, r"first 30 agree, the pulse at 90\.250 s has no row: the table likely ended before"),
        (0, r"0 sync pulses for 30 presentations; .* line 2 \(stimulus im0.*has no pulse"),
    ],
)
@pytest.mark.parametrize("columns", [["onset_s", "code"], ["code"], []])
def test_sides_of_unequal_length_that_agree_are_refused_too(n_pulses, message, columns):
    table = shown()
    pulses = pulses_of(table).reindex(range(n_pulses))
    pulses.loc[30:, "time_s"] = 90.25 + np.arange(max(n_pulses - 30, 0))
    table = table.drop(columns=[name for name in ("onset_s", "code") if name not in columns])
    with pytest.raises(ValueError, match=message):
        match_pulses(table, pulses, 5e-3, "table")


def test_without_times_the_odd_interval_inside_a_trial_is_named():
    table = shown()
    pulses = pulses_of(table, 5 + np.delete(table.onset_s.to_numpy(), 12))
    table = table.drop(columns=["onset_s", "code"])
    with pytest.raises(ValueError, match=r"29 sync.*line 14 \(stimulus im12, trial 2\).*0\.4000 s "
                                         r"after .* same trial, .* median interval is 0\.2000 s"):
        match_pulses(table, pulses, 5e-3, "table")


def test_codes_find_swapped_images_where_times_cannot():
    table = shown()
    swapped = table.code.to_numpy().copy()
    swapped[[16, 17]] = swapped[[17, 16]]
    match_pulses(table, pulses_of(table, code=table.code), 5e-3, "table")
    with pytest.raises(ValueError, match=r"line 18 \(stimulus im16.*has code 100, its pulse at "
                                         r".* s has 101"):
        match_pulses(table, pulses_of(table, code=swapped), 5e-3, "table")
    swapped = np.where(np.arange(30) == 3, np.nan, table.code)
    with pytest.raises(ValueError, match=r"line 5 .*has code 103, its pulse at .* s has none"):
        match_pulses(table, pulses_of(table, code=swapped), 5e-3, "table")


def test_pulses_of_other_events_are_left_out_where_both_sides_have_codes():
    table = shown()
    ours = pulses_of(table, code=table.code)
    others = pulses_of(table[table.position == 0], table.onset_s[table.position == 0] - 0.3, 9)
    both = pd.concat([ours, others]).sort_values("time_s", ignore_index=True)
    pd.testing.assert_frame_equal(leave_out_other_codes(table, both), ours, check_dtype=False)
    without = both.assign(code=np.nan)
    assert leave_out_other_codes(table, without) is without
    assert leave_out_other_codes(table.drop(columns="code"), both) is both


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("time_s\n0.5\n", "column code is missing"),
        ("time_s\tcode\n0.5\t\n0.4\t\n", "time_s 0.4 in line 3 does not come after 0.5"),
        ("time_s\tcode\n0.5\tx\n", "line 2 holds time_s '0.5' and code 'x', expected numbers"),
        ("time_s\tcode\n\t3\n", "line 2 holds time_s '' and code '3'"),
    ],
)
def test_bad_pulses_are_refused(tmp_path, text, message):
    path = tmp_path / "pulses.tsv"
    path.write_text(text)
    with pytest.raises(ValueError, match=rf"pulses\.tsv: {message}"):
        read_pulses(path)


@pytest.fixture
def timed(tmp_path, load_script):
    """Run the script on a table and pulses; give what it wrote."""
    script = load_script("recordings", "time_presentations").time_presentations

    def run(table, pulses, delay_ms=0.0):
        paths = {name: tmp_path / f"{name}.tsv" for name in ("table", "pulses", "presentations")}
        table.astype({"aborted": int}).to_csv(paths["table"], sep="\t", index=False)
        pulses.astype({"code": "Int64"}).to_csv(paths["pulses"], sep="\t", index=False)
        integrity = tmp_path / "integrity.csv"
        integrity.write_text("finding,time_s,duration_s\n")
        script(**paths, integrity=integrity, session="mon1-hvm", delay_ms=delay_ms,
               sync_tolerance_ms=5)
        return read_presentations(paths["presentations"])

    return run


NO_PULSES = pd.DataFrame({"time_s": [], "code": []})


def test_script_takes_the_time_of_the_pulses_and_all_else_of_the_table(timed):
    table = shown()
    time_s = 1 / 3 + table.onset_s
    found = timed(table, pulses_of(table, time_s))
    assert found.onset_s.tolist() == time_s.tolist()  # to the last bit
    same = ["stimulus_id", "trial", "position", "aborted"]
    pd.testing.assert_frame_equal(found[same], table[same])
    assert timed(table.drop(columns="onset_s"), pulses_of(table, time_s)).equals(found)
    assert timed(table, NO_PULSES).onset_s.tolist() == table.onset_s.tolist()


@pytest.mark.parametrize("with_pulses", [True, False])
def test_script_adds_the_delay_once(timed, with_pulses):
    table = shown()
    found = timed(table, pulses_of(table) if with_pulses else NO_PULSES, delay_ms=30.0)
    np.testing.assert_allclose(found.onset_s - table.onset_s, 0.03)


def test_script_names_the_session_in_every_refusal(timed):
    table = shown()
    with pytest.raises(ValueError, match=r"^session mon1-hvm: .*table\.tsv: column onset_s is "
                                         "missing and the session has no sync pulses"):
        timed(table.drop(columns="onset_s"), NO_PULSES)
    with pytest.raises(ValueError, match=r"^session mon1-hvm: .*table\.tsv: 29 sync pulses for 30"):
        timed(table, pulses_of(table).drop(index=4))
    with pytest.raises(ValueError, match=r"^session mon1-hvm: .*column trial is missing"):
        timed(table.drop(columns="trial"), pulses_of(table))
