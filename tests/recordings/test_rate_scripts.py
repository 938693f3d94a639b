"""compute_rates on a few crossings planted by hand: gaps, bins, blanks and refusals."""

import logging

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from italign.io import read_dataset, write_dataset

WINDOWS = {"window_start_ms": 70, "window_end_ms": 170, "baseline_start_ms": 0,
           "baseline_end_ms": 50, "psth_start_ms": -50, "psth_end_ms": 250, "psth_bin_ms": 10,
           "blank_stimulus_id": "blank"}
N_IMAGES = 40


def recording(segments=((0.0, 12.0),), seed=0):
    """Crossings of two channels at 30 Hz and 0, channel numbers 7 and 3."""
    rng = np.random.default_rng(seed)
    sample = np.unique(rng.integers(0, 12 * 20_000, 360))
    time_s = sample / 20_000
    inside = np.any([(time_s >= start) & (time_s < end) for start, end in segments], axis=0)
    start_s, end_s = np.transpose(segments)
    attrs = {"session": "mon1-hvm", "animal": "mon1", "hemisphere": "left", "array": "A",
             "region": "IT", "stimulus_set": "hvm", "source": "test", "threshold_sd": 3.0,
             "edge": "falling", "sign": "negative", "threshold_unit": "uV", "sd_estimator": "SD",
             "sd_segment": "whole session", "band_pass_hz": "none", "dead_time_ms": 0.0,
             "sampling_rate_hz": 20_000.0, "duration_s": end_s[-1]}
    return xr.Dataset(
        {"time_s": ("crossing", time_s[inside]),
         "crossing_channel": ("crossing", np.full(inside.sum(), 7)),
         **{name: ("electrode", [-30.0, -30.0]) for name in
            ("threshold_uv", "center_uv", "noise_sd_uv")},
         "segment_start_s": ("segment", start_s), "segment_end_s": ("segment", end_s)},
        {"channel": ("electrode", [7, 3])}, attrs)


def presentations():
    return pd.DataFrame({"onset_s": 0.5 + 0.2 * np.arange(N_IMAGES),
                         "stimulus_id": [f"im{i % 8}" for i in range(N_IMAGES)],
                         "trial": np.arange(N_IMAGES) // 5, "position": np.arange(N_IMAGES) % 5,
                         "aborted": 0})


@pytest.fixture
def computed(tmp_path, load_script):
    """Run the script; give rates and bins."""
    script = load_script("recordings", "compute_rates").compute_rates

    def run(events, table, stimuli=(), integrity=()):
        paths = {"presentations": tmp_path / "presentations.tsv",
                 **{name: tmp_path / f"{name}.nc" for name in ("crossings", "rates", "bins")}}
        write_dataset(events, paths["crossings"], "crossings")
        table.to_csv(paths["presentations"], sep="\t", index=False)
        script(**paths, stimuli=list(stimuli), integrity=list(integrity), session="mon1-hvm",
               **WINDOWS)
        return read_dataset(paths["rates"], "rates"), read_dataset(paths["bins"], "bins")

    return run


def test_bins_fill_the_windows_and_lie_beside_the_rates(computed):
    rates, bins = computed(recording(), presentations())
    in_ms = {"rate_hz": (70, 170), "baseline_hz": (0, 50)}
    for name, (start, end) in in_ms.items():
        filling = (bins.time_bin_start_ms >= start) & (bins.time_bin_end_ms <= end)
        total = bins["count"].values[:, :, filling].sum(axis=2, dtype=int)
        np.testing.assert_allclose(total * 1e3 / (end - start), rates[name], rtol=1e-6)
    assert rates.neuroid_id.values.tolist() == ["mon1.left.A.007", "mon1.left.A.003"]
    assert rates.rate_hz.values[:, 0].mean() > 0 and (rates.rate_hz.values[:, 1] == 0).all()
    for name in ("stimulus_id", "neuroid_id", "region"):
        assert bins[name].values.tolist() == rates[name].values.tolist()
    assert set(bins.coords) == {"stimulus_id", "time_bin_start_ms", "time_bin_end_ms",
                                "neuroid_id", "animal", "hemisphere", "array", "channel", "region"}


def test_shifting_the_clock_of_all_changes_no_count(computed):
    _, bins = computed(recording(), presentations())
    moved, table = recording(), presentations()
    for name in ("time_s", "segment_start_s", "segment_end_s"):
        moved[name] = moved[name] + 1234.5
    rates, shifted = computed(moved, table.assign(onset_s=table.onset_s + 1234.5))
    np.testing.assert_array_equal(shifted["count"], bins["count"])
    np.testing.assert_allclose(rates.onset_s, table.onset_s + 1234.5)


def test_presentations_with_a_gap_in_a_window_are_left_out_and_counted(computed, caplog):
    table = presentations()
    with caplog.at_level(logging.WARNING):
        rates, bins = computed(recording(((0.0, 3.0), (3.4, 12.0))), table)
    touching = (table.onset_s + 0.25 > 3.0 + 1e-9) & (table.onset_s - 0.05 < 3.4 - 1e-9)
    assert rates.n_lost_in_gaps == touching.sum() == 3
    assert rates.onset_s.values.tolist() == table.onset_s[~touching].tolist()
    assert "3 of 40 presentations left out, with a gap of the recording in a window (first at " \
           "2.900 s)" in caplog.text
    unbroken, _ = computed(recording(), table)
    np.testing.assert_array_equal(rates.rate_hz, unbroken.rate_hz[~touching.to_numpy()])
    assert unbroken.n_lost_in_gaps == 0
    assert bins.sizes["presentation"] == 37


def test_repetitions_are_counted_over_what_is_kept(computed):
    table = presentations().assign(aborted=lambda t: (t.index == 0).astype(int))
    rates, _ = computed(recording(((0.0, 3.0), (3.4, 12.0))), table)
    kept = pd.Series(rates.stimulus_id.values)
    assert rates.repetition.values.tolist() == kept.groupby(kept).cumcount().tolist()
    assert kept.value_counts()["im0"] == 4  # five less the aborted one
    assert rates.n_lost_in_gaps == 3


def test_a_recording_of_nothing_but_gaps_is_refused(computed):
    segments = [(0.2 * k, 0.2 * k + 0.15) for k in range(50)]
    with pytest.raises(ValueError, match=r"session mon1-hvm: .*all 40 valid .* have a gap"):
        computed(recording(segments), presentations())


@pytest.mark.parametrize(
    ("shift_s", "message"),
    [
        (4.0, "the window 70 to 170 ms of the presentation at 11.900 s spans 11.970 to 12.070 s, "
              "outside the recording of 0.000 to 12.000 s"),
        (3.5, "the window -50 to 250 ms of the presentation at 11.800 s spans 11.750 to 12.050 s"),
        (-0.48, "the window -50 to 250 ms of the presentation at 0.020 s spans -0.030 to"),
    ],
)
def test_presentations_outside_the_recording_are_refused(computed, shift_s, message):
    table = presentations()
    table.onset_s += shift_s
    with pytest.raises(ValueError, match=rf"session mon1-hvm: .*presentations\.tsv: {message}"):
        computed(recording(), table)


def stimulus_set(path, n_stimuli):
    zero = {name: ("stimulus", np.zeros(n_stimuli)) for name in
            ("variation", "size", "rotation_x_deg", "rotation_y_deg", "rotation_z_deg",
             "position_x_deg", "position_y_deg")}
    text = {name: ("stimulus", ["x"] * n_stimuli) for name in
            ("category", "object", "background", "split")}
    ids = {"stimulus_id": ("stimulus", [f"im{i}" for i in range(n_stimuli)])}
    image = (("stimulus", "y", "x", "channel"), np.zeros((n_stimuli, 1, 1, 3), np.uint8))
    attrs = {"identifier": "hvm", "image_degrees": 8, "licence": "none", "source": "test"}
    zero["variation"] = ("stimulus", np.zeros(n_stimuli, int))
    write_dataset(xr.Dataset({"image": image}, zero | text | ids, attrs), path, "stimuli")
    return path


def test_ids_are_compared_with_the_images_where_there_are_some_blanks_aside(computed, tmp_path):
    table = presentations()
    table.loc[4, "stimulus_id"] = "blank"
    rates, _ = computed(recording(), table, [stimulus_set(tmp_path / "hvm.nc", 8)])
    assert rates.stimulus_id.values[4] == "blank"
    with pytest.raises(ValueError, match=r"1 stimulus ids are not in the .* \(first: im7"):
        computed(recording(), table, [stimulus_set(tmp_path / "hvm.nc", 7)])
    table.loc[5, "stimulus_id"] = "unheard of"
    assert "unheard of" in computed(recording(), table)[0].stimulus_id.values


def test_presentations_in_a_frozen_stretch_are_left_out(computed, tmp_path):
    pd.DataFrame({"finding": ["frozen"], "time_s": [3.0], "duration_s": [0.4]}).to_csv(
        tmp_path / "integrity.csv", index=False)
    whole, _ = computed(recording(), presentations())
    cut, _ = computed(recording(), presentations(), integrity=[tmp_path / "integrity.csv"])
    touched = (whole.onset_s > 3.0 - 0.25) & (whole.onset_s < 3.4 + 0.05)
    assert cut.n_lost_in_gaps == touched.sum() > 0
    np.testing.assert_array_equal(cut.onset_s, whole.onset_s[~touched])
    np.testing.assert_array_equal(cut.rate_hz, whole.rate_hz[~touched.values])
