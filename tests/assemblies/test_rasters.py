"""Rasters of a session: every tick is a crossing that was recorded, by a second count."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from italign.assemblies.rasters import (
    DIMS,
    align_crossings,
    check_rasters,
    extreme_presentations,
    session_rasters,
)
from italign.assemblies.session_sites import raster_sites, session_sites, tabulate_sites
from italign.io import read_dataset, write_dataset
from italign.recordings.presentations import write_presentations
from tests.figures.synthetic_recordings import assembly, rasters, session

ASSEMBLY = assembly("sim4", "hvm")
RECORDED = session(ASSEMBLY)
NONE_KEPT = ASSEMBLY.assign(selected=ASSEMBLY["selected"] * 0)


def test_ticks_are_the_crossings_around_each_onset_shown():
    found, rates, crossings = rasters(ASSEMBLY), RECORDED["rates"], RECORDED["crossings"]
    range_ms = (ASSEMBLY["time_bin_start_ms"].values[0], ASSEMBLY["time_bin_end_ms"].values[-1])
    for name in np.unique(found["site"]):
        channel = rates["channel"].values[rates["neuroid_id"].values == name].item()
        time_s = crossings["time_s"].values[crossings["crossing_channel"].values == channel]
        of_site = found["site"].values == name
        for stimulus in np.unique(found["stimulus_id"].values[of_site]):
            rows = np.flatnonzero(of_site & (found["stimulus_id"].values == stimulus))
            onset_s = rates["onset_s"].values[rates["stimulus_id"].values == stimulus]
            for row, onset in zip(rows, onset_s, strict=True):
                after_ms = (time_s - onset) * 1e3
                expected = after_ms[(after_ms >= range_ms[0]) & (after_ms < range_ms[1])]
                np.testing.assert_allclose(
                    np.sort(found["time_ms"].values[found["row"].values == row]),
                    np.sort(expected), atol=1e-9)
    assert found["time_ms"].size > 100 and "blank" not in found["stimulus_id"].values


def test_counts_and_rules_of_the_page_are_carried():
    found = rasters(ASSEMBLY)
    assert {name: found.attrs[name] for name in ("n_presentations", "n_aborted", "n_lost_in_gaps",
                                                 "session", "edge", "source")} == {
        "n_presentations": 82, "n_aborted": 1, "n_lost_in_gaps": 3, "session": "sim4-hvm",
        "edge": "falling", "source": "in silico"}
    assert found["neuroid_id"].values.tolist() == RECORDED["rates"]["neuroid_id"].values.tolist()


@pytest.mark.parametrize(("of", "n_sites"), [(ASSEMBLY, 3), (NONE_KEPT, 0)],
                         ids=["kept", "none_kept"])
def test_script_writes_what_reads_back_as_it_was(of, n_sites, load_script, tmp_path):
    for contract in ("crossings", "rates"):
        write_dataset(RECORDED[contract], tmp_path / f"{contract}.nc", contract)
    write_dataset(of, tmp_path / "assembly.nc", "assembly")
    write_presentations(RECORDED["presentations"], tmp_path / "presentations.tsv")
    inputs = {name: str(tmp_path / f"{name}.nc") for name in ("crossings", "rates", "assembly")}
    target = str(tmp_path / "rasters.nc")
    load_script("assemblies", "pick_rasters").pick_rasters(
        **inputs, presentations=str(tmp_path / "presentations.tsv"), rasters=target)
    found = read_dataset(target)
    check_rasters(found, target)
    assert len(np.unique(found["site"].values.astype(str))) == n_sites
    # The assembly as it reads back: files hold float32.
    expected = session_rasters(**RECORDED, assembly=read_dataset(inputs["assembly"]))
    for name in DIMS:
        np.testing.assert_array_equal(found[name].values, expected[name].values)


def test_other_files_are_refused():
    found = rasters(ASSEMBLY)
    with pytest.raises(ValueError, match=r"x\.nc: variable 'time_ms' over tick, attribute 'edge' "
                                         "missing, expected the rasters of a session"):
        check_rasters(found.drop_vars("time_ms").drop_attrs().assign_attrs(
            {name: value for name, value in found.attrs.items() if name != "edge"}), "x.nc")
    with pytest.raises(ValueError, match=r"sim4-hvm: none of its 24 sites is in the assembly of "
                                         "sim5, hvm"):
        session_rasters(**RECORDED, assembly=assembly("sim5", "hvm"))


def test_quality_and_psths_of_all_sites_are_carried():
    found = rasters(ASSEMBLY)
    assert found.attrs["reliability_min"] == 0.5
    pd.testing.assert_frame_equal(tabulate_sites(found),
                                  session_sites(RECORDED["rates"], ASSEMBLY))
    of_state = ASSEMBLY["selected"].values[None] == [[1], [0]]
    assert found["n_sites"].values.tolist() == of_state.sum(axis=1).tolist()
    for k, sites in enumerate(of_state):
        psth_hz = ASSEMBLY["psth_hz"].values[sites]
        np.testing.assert_allclose(found["psth_mean_hz"][k], psth_hz.mean(axis=0))
        np.testing.assert_allclose(found["psth_sem_hz"][k],
                                   psth_hz.std(axis=0, ddof=1) / np.sqrt(len(psth_hz)))
    nothing = session_rasters(**RECORDED, assembly=NONE_KEPT)
    assert nothing["n_sites"].values.tolist() == [0, 24]
    assert nothing["psth_mean_hz"][0].isnull().all()
    assert {name: found[name].attrs["units"] for name in ("psth_mean_hz", "time_ms", "latency_ms",
                                                          "psth_scaled", "n_sites")} == {
        "psth_mean_hz": "Hz", "time_ms": "ms", "latency_ms": "ms", "psth_scaled": "1",
        "n_sites": "1"}


@given(st.lists(st.integers(0, 3000), max_size=60), st.lists(st.integers(0, 3000), max_size=9))
def test_crossings_are_aligned_as_one_by_one(crossing_ms, onset_ms):
    crossing_s, onset_s = np.sort(crossing_ms) / 1e3, np.array(onset_ms) / 1e3
    index, time_ms = align_crossings(crossing_s, onset_s, (-50.5, 250.5))
    by_hand = sorted((k, crossing - onset) for k, onset in enumerate(onset_ms)
                     for crossing in crossing_ms if -50.5 <= crossing - onset < 250.5)
    assert sorted(zip(index.tolist(), np.rint(time_ms).tolist(), strict=True)) == by_hand


@given(st.integers(2, 12), st.integers(1, 4), st.randoms(use_true_random=False))
def test_extreme_stimuli_bound_all_others(n_stimuli, n_repetitions, random):
    stimulus_id = np.repeat([f"image{k}" for k in range(n_stimuli)], n_repetitions)
    rate_hz = np.array([float(random.randint(0, 50)) for _ in stimulus_id])
    shown = extreme_presentations(rate_hz, stimulus_id)
    assert shown["presentation"].is_unique and shown["line"].tolist() == list(range(len(shown)))
    means = pd.Series(rate_hz).groupby(stimulus_id).mean()
    weak, strong = (shown.loc[shown["group"] == group, "stimulus_id"].unique()
                    for group in ("weakest", "strongest"))
    rest = means.drop([*weak, *strong])
    assert len(weak) == len(strong) == min(3, n_stimuli // 2)
    assert means[weak].max() <= rest.min() if len(rest) else means[weak].max() <= means.max()
    assert rest.max() <= means[strong].min() if len(rest) else True


def test_raster_sites_are_distinct():
    sites = session_sites(RECORDED["rates"], ASSEMBLY)
    kept = sites[sites["selected"]]
    assert raster_sites(kept.head(1))["rank"].tolist() == ["best"]
    assert raster_sites(kept.head(2))["rank"].tolist() == ["best", "median"]
    assert raster_sites(kept)["reliability"].is_monotonic_decreasing
    assert raster_sites(sites[~sites["selected"]]).empty
