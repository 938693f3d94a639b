"""Joined sessions: what does not depend on how presentations are parted into sessions."""

import numpy as np
import pytest
import xarray as xr

from italign.assemblies.layout import SITE_COORDS, stack_repetitions
from italign.assemblies.measures import quality_in_hz
from italign.assemblies.sessions import (
    check_alike,
    drift_table,
    leave_out_rare,
    place_sessions,
    split_blanks,
)

START_MS = np.arange(-50.0, 250, 10)
SITES = np.array(["c", "a", "b"])


def recording(n_presentations=400, n_blanks=80, seed=0):
    """Responses from 80 ms on to six stimuli and a blank, in random order."""
    rng = np.random.default_rng(seed)
    stimulus_id = rng.permutation([*rng.choice(list("zyxwvu"), n_presentations),
                                   *["blank"] * n_blanks])
    gain = np.where(stimulus_id == "blank", 0, 1 + np.char.count("uvw", stimulus_id))
    per_bin = 0.1 + 0.4 * gain[:, None, None] * (START_MS >= 80)
    counts = rng.poisson(np.broadcast_to(per_bin, (len(gain), len(SITES), len(START_MS))))
    return stimulus_id, counts


def session(stimulus_id, counts, name="day1"):
    """A session of these presentations, with the counts that the script reads later."""
    window, before = (START_MS >= 70) & (START_MS < 170), (START_MS >= 0) & (START_MS < 50)
    seen = [(stimulus_id[:k] == each).sum() for k, each in enumerate(stimulus_id)]
    dims = ("presentation", "neuroid")
    return xr.Dataset(
        {"rate_hz": (dims, counts[:, :, window].sum(axis=2) / 0.1),
         "baseline_hz": (dims, counts[:, :, before].sum(axis=2) / 0.05),
         "count": ((*dims, "time_bin"), counts)},
        {"stimulus_id": ("presentation", stimulus_id), "repetition": ("presentation", seen),
         "onset_s": ("presentation", 0.2 * np.arange(len(seen))),
         **{label: ("neuroid", SITES) for label in SITE_COORDS},
         "time_bin_start_ms": ("time_bin", START_MS),
         "time_bin_end_ms": ("time_bin", START_MS + 10)},
        {"session": name, "window_start_ms": 70, "window_end_ms": 170},
    )


def quality(sessions):
    shown, blanks = split_blanks(sessions, "blank")
    joined, placement = place_sessions(shown)
    counts = (s["count"].values for s in shown)
    psth_hz, reference, measures = quality_in_hz(shown, blanks, counts, placement)
    rates_hz = stack_repetitions([s["rate_hz"].values for s in shown], placement)
    return joined, reference, rates_hz, {"psth_hz": psth_hz} | measures


def parted(stimulus_id, counts, border):
    return [session(stimulus_id[:border], counts[:border]),
            session(stimulus_id[border:], counts[border:], "day2")]


def test_a_session_parted_in_two_is_the_same_animal():
    recorded = recording()
    joined, reference, rates_hz, whole = quality([session(*recorded)])
    again, reference_again, rates_again_hz, halves = quality(parted(*recorded, 170))
    assert joined.identical(again) and reference == reference_again == "blank"
    np.testing.assert_array_equal(rates_again_hz, rates_hz)
    assert set(whole) == {"psth_hz", "visual_drive_dprime", "latency_ms", "fano_factor", "rate_hz"}
    for name, values in whole.items():
        assert np.isfinite(values).all(), name
        np.testing.assert_allclose(halves[name], values, rtol=1e-6)
    assert whole["latency_ms"] == pytest.approx(80, abs=3)


def test_sites_are_joined_by_name():
    stimulus_id, counts = recording()
    order = np.array([1, 2, 0])
    turned = session(stimulus_id[200:], counts[200:][:, order], "day2")
    turned = turned.assign_coords({name: ("neuroid", SITES[order]) for name in SITE_COORDS})
    joined, _, rates_hz, measures = quality([session(stimulus_id[:200], counts[:200]), turned])
    _, _, expected_hz, expected = quality(parted(stimulus_id, counts, 200))
    assert joined["neuroid_id"].values.tolist() == ["a", "b", "c"]
    assert joined["stimulus_id"].values.tolist() == list("uvwxyz")
    np.testing.assert_array_equal(rates_hz, expected_hz)
    for name, values in expected.items():
        np.testing.assert_allclose(measures[name], values, rtol=1e-6)


def named(name, stimulus_ids, sites="abc"):
    """A session of these presentations, in that order, of sites of array A or, in capitals, M."""
    ds = session(np.array(stimulus_ids), np.ones((len(stimulus_ids), 3, len(START_MS)), int), name)
    labels = {label: ("neuroid", list(sites)) for label in SITE_COORDS}
    labels["array"] = ("neuroid", ["M" if site.isupper() else "A" for site in sites])
    return ds.isel(neuroid=slice(len(sites))).assign_coords(labels)


def test_stimuli_that_one_array_lacks_are_left_out_for_all():
    days = [named("day1", [*"uvwxyz" * 2, "blank"]), named("day2", list("uvwxy" * 2), "AB"),
            named("day3", list("zzyy"), "a")]
    sessions, left_out, arrays = leave_out_rare(days, "blank", "sim1, hvm")
    assert (left_out, arrays) == (["z"], ["M"])
    assert ["".join(s["stimulus_id"].values) for s in sessions] == [
        "uvwxyuvwxyblank", "uvwxyuvwxy", "yy"]
    again, none, _ = leave_out_rare(sessions, "blank", "sim1, hvm")
    assert not none
    assert all(one.identical(other) for one, other in zip(again, sessions, strict=True))


def test_a_session_without_other_stimuli_is_left_out():
    days = [named("day1", list("uvwuvw")), named("day2", ["z", "blank"], "a")]
    sessions, left_out, _ = leave_out_rare(days, "blank", "sim1, hvm")
    assert [s.attrs["session"] for s in sessions] == ["day1"] and left_out == ["z"]


@pytest.mark.parametrize(("shown", "message"), [
    ("uuvvwxyz", r"sim1, hvm: 4 of 6 stimuli have fewer than 2 .*array A \(w, x, y, z\), expected"),
    ("uuuv", r"sim1, hvm: 1 of 2 stimuli have fewer than 2 .*\(v\), expected at least half"),
    ("uuuu", r"sim1, hvm: 0 of 1 stimuli have fewer than 2 repetitions at some site, expected"),
])
def test_too_few_stimuli_are_refused(shown, message):
    with pytest.raises(ValueError, match=message):
        leave_out_rare([named("day1", list(shown))], "blank", "sim1, hvm")


def test_one_blank_is_no_reference():
    reference = {n: quality([session(*recording(n_blanks=n))])[1] for n in (0, 1, 2)}
    assert reference == {0: "baseline", 1: "baseline", 2: "blank"}


def test_drift_is_told_by_the_names_of_sessions_and_sites():
    sessions = parted(*recording(), 170)
    shown, _ = split_blanks(sessions, "blank")
    joined, placement = place_sessions(shown)
    table = drift_table(shown, placement, joined["neuroid_id"].values)
    assert table["session"].tolist() == ["day1"] * 3 + ["day2"] * 3
    for row in table.itertuples():
        one = next(each for each in shown if each.attrs["session"] == row.session)
        site = one["neuroid_id"].values.tolist().index(row.neuroid_id)
        assert row.mean_rate_hz == pytest.approx(one["rate_hz"].values[:, site].mean())


def test_sessions_of_other_bins_are_refused():
    first, second = parted(*recording(), 170)
    check_alike([first, second])
    with pytest.raises(ValueError, match="session day2: time_bin_start_ms is -50 to 230 in 29 bins,"
                                         " expected -50 to 240 in 30 bins as in session day1"):
        check_alike([first, second.isel(time_bin=slice(29))])
