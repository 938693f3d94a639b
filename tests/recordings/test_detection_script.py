"""The rule detect_crossings: from a voltage file to a crossings file."""

import numpy as np
import pytest
import xarray as xr

from italign.io import read_dataset
from italign.recordings.detection import detect_crossings
from italign.recordings.voltage_file import write_voltage

RATE_HZ, UV_PER_BIT = 20_000, 0.195
ATTRS = {"session": "s1", "animal": "a", "hemisphere": "left", "array": "A", "region": "IT",
         "stimulus_set": "hvm", "source": "test", "uv_per_bit": UV_PER_BIT,
         "sampling_rate_hz": float(RATE_HZ)}
CHANNEL = np.array([5, 131, 2])
SEGMENTS = {"segment_start_sample": [0, 60_000], "segment_start_s": [0.25, 4.0]}


@pytest.fixture
def detect(load_script, tmp_path):
    """Give a function (counts, segments, **rule) -> crossings."""
    script = load_script("recordings", "detect_crossings").detect_crossings

    def run(counts, segments=SEGMENTS, **rule):
        write_voltage(tmp_path / "voltage.nc", [counts], len(counts), CHANNEL, ATTRS, **segments)
        script(voltage=str(tmp_path / "voltage.nc"), crossings=str(tmp_path / "crossings.nc"),
               **rule)
        return read_dataset(tmp_path / "crossings.nc", "crossings")

    return run


def noise(n_samples=100_000):
    return np.random.default_rng(0).normal(40, 60, (n_samples, 3)).astype(np.int16)


@pytest.mark.parametrize("edge", ["falling", "rising", "both"])
def test_crossings_are_those_of_the_array_on_the_clock_of_their_segment(detect, edge):
    counts = noise()
    counts[59_999:60_001] = [[40, 40, -900], [-900, 900, 40]]  # would cross where the gap lies
    found = detect(counts, edge=edge)
    sample, column = detect_crossings(counts, RATE_HZ, edge=edge)
    inside = sample != 60_000
    assert (~inside).sum() == {"falling": 1, "rising": 1, "both": 2}[edge]
    sample, column = sample[inside], column[inside]
    time_s = np.where(sample < 60_000, 0.25 + sample / RATE_HZ, 4.0 + (sample - 60_000) / RATE_HZ)
    np.testing.assert_allclose(found.time_s.values, time_s, rtol=0, atol=1e-9)
    np.testing.assert_array_equal(found.crossing_channel.values, CHANNEL[column])
    np.testing.assert_allclose(found.segment_end_s.values, [3.25, 6.0])
    assert found.duration_s == 6.0


def test_thresholds_are_in_microvolts_and_the_attributes_name_the_rule(detect):
    counts = noise()
    wide = counts * UV_PER_BIT
    found = detect(counts, edge="rising", threshold_sd=2.5)
    np.testing.assert_allclose(found.center_uv, wide.mean(axis=0), rtol=1e-6)
    np.testing.assert_allclose(found.noise_sd_uv, wide.std(axis=0), rtol=1e-6)
    np.testing.assert_allclose(found.threshold_uv, wide.mean(axis=0) + 2.5 * wide.std(axis=0),
                               rtol=1e-6)
    names = ("threshold_sd", "edge", "sign", "threshold_unit", "sd_segment", "band_pass_hz",
             "dead_time_ms", "sd_estimator")
    assert [found.attrs[name] for name in names] == [
        2.5, "rising", "positive", "uV", "whole session", "none", 0.0,
        "SD about the mean, of the raw voltage"]
    found = detect(counts, sd_estimator="mad", sd_start_s=1, sd_end_s=3.0, band_pass_low_hz=300,
                   band_pass_high_hz=6000.0, dead_time_ms=1)
    assert [found.attrs[name] for name in names] == [
        3.0, "falling", "negative", "uV", "1.0 to 3.0 s", "300 to 6000", 1,
        "MAD about the median / 0.6745, of the band-passed voltage"]
    np.testing.assert_allclose(found.threshold_uv, found.center_uv - 3 * found.noise_sd_uv,
                               rtol=1e-6)


def test_threads_change_no_value(detect):
    one, two = (detect(noise(), threads=threads, dead_time_ms=0.5) for threads in (1, 2))
    xr.testing.assert_identical(one, two)


def test_a_session_without_crossings_is_a_file_without_crossings(detect):
    counts = np.tile(np.array([[-5], [5]], np.int16), (100, 3))
    assert detect(counts, {}).sizes["crossing"] == 0


@pytest.mark.parametrize(
    ("change", "rule", "message"),
    [
        (lambda c: c[:, 1:].fill(9), {},
         r"session s1, .*voltage.nc: 2 of 3 channels have SD 0 .*: 131, 2; add them to excluded"),
        (lambda c: None, {"sd_end_s": 7.0},
         r"session s1, .*the SD is asked for from 0.25 to 7 s, expected .*\(0.25 to 6 s\)"),
        (lambda c: None, {"sd_start_s": 3.3, "sd_end_s": 3.9}, "that holds samples; correct sd_"),
        (lambda c: None, {"edge": "down"}, "edge is 'down', expected one of falling, rising, both"),
    ],
)
def test_what_cannot_be_measured_is_refused_in_one_line(detect, change, rule, message):
    counts = noise()
    change(counts)
    with pytest.raises(ValueError, match=message) as error:
        detect(counts, **rule)
    assert "\n" not in str(error.value)
