"""Real vendor files: shapes, units, rates and counts as documented, and neo's own values."""

import numpy as np
import pytest
from neo.rawio import BlackrockRawIO, IntanRawIO

from italign.recordings.readers import reader
from italign.recordings.sync import sync_pulses
from tests.recordings.test_readers import voltage

pytestmark = pytest.mark.data


def opened(name, *files, **columns):
    row = {"session": "real", "array": "A", "format": name, "sync_channel": None,
           "excluded_channels": []}
    return reader(row)([str(file) for file in files], row | columns)


@pytest.mark.parametrize(("filename", "version", "n_channels", "n_samples"), [
    ("sampledata_64ch_v3.0_20kHz.rhd", "3.0", 64, 17_664),
    ("sampledata_32ch_v1.5_20kHz.rhd", "1.5", 32, 19_440),
])
def test_intan_samples(mirror, filename, version, n_channels, n_samples):
    path = mirror(filename)
    recording = opened("intan", path)
    counts = voltage(recording)
    assert counts.shape == (n_samples, n_channels)
    assert recording.segments.sampling_rate_hz == 20_000
    assert recording.segments.start_s.tolist() == [0.0]
    assert recording.channel.tolist() == [*range(32), *range(128, 128 + n_channels - 32)]
    assert (recording.uv_per_bit, recording.source) == (0.195, f"recorded (Intan RHD {version})")
    assert recording.findings == []
    neo = IntanRawIO(path)
    neo.parse_header()
    start = np.random.default_rng(0).integers(n_samples - 2000)
    raw = neo.get_analogsignal_chunk(0, 0, start, start + 2000, stream_index=0)
    uv = neo.rescale_signal_raw_to_float(raw, "float64", stream_index=0)
    np.testing.assert_allclose(counts[start : start + 2000] * recording.uv_per_bit, uv, atol=1e-9)
    assert 1 < np.median(counts.std(axis=0)) * recording.uv_per_bit < 1000


@pytest.mark.parametrize("filename", ["sampledata_64ch_v3.0_20kHz.rhd",
                                      "sampledata_32ch_v1.5_20kHz.rhd"])
def test_a_cut_intan_sample_is_refused(mirror, filename, tmp_path):
    cut = tmp_path / "cut.rhd"
    cut.write_bytes(mirror(filename).read_bytes()[:500_000])
    with pytest.raises(ValueError, match=r"session real: .*cut\.rhd: is truncated: \d+ blocks of"):
        opened("intan", cut)


def test_blackrock_spikes_of_a_utah_array(mirror):
    path = mirror("l101210-001_excerpt.nev")
    events = opened("blackrock-spikes", path, sync_channel="digital_input_port")
    assert len(events.time_s) == 14_210
    assert np.unique(events.event_channel).tolist() == list(range(1, 97))
    assert events.channel.tolist() == list(range(1, 129))  # 97 to 128 have thresholds, no spikes
    assert events.segment_end_s[-1] == pytest.approx(3.64, abs=0.005)
    assert 20 < len(events.time_s) / 96 / 3.64 < 60  # threshold crossings of motor cortex, Hz
    codes = sync_pulses(events.sync, "rising", 50)
    assert codes.code.tolist() == [65280, 65296, 65280, 65344, 65349, 65344, 65350, 65382]
    assert codes.time_s[0] == 4047 / 30_000
    neo = BlackrockRawIO(path, nsx_to_load=[])
    neo.parse_header()
    for electrode in (1, 50, 96):
        units = [row for row, unit in enumerate(neo.internal_unit_ids) if unit[0] == electrode]
        ticks = np.sort(np.concatenate([neo.get_spike_timestamps(0, 0, row) for row in units]))
        found = events.time_s[events.event_channel == electrode]
        np.testing.assert_array_equal(found, ticks / 30_000)


def test_blackrock_analog_inputs(mirror):
    nsx, nev = mirror("l101210-001_excerpt.ns2"), mirror("l101210-001_excerpt.nev")
    recording = opened("blackrock", nsx, nev)
    counts = voltage(recording)
    # neo gives 3,640 samples: it drops the last one of a file of specification 2.1.
    assert counts.shape == (3641, 6)
    assert recording.channel.tolist() == [137, 138, 139, 140, 141, 143]
    assert recording.segments.sampling_rate_hz == 1000
    neo = BlackrockRawIO(nsx)
    neo.parse_header()
    raw = neo.get_analogsignal_chunk(0, 0, 0, 3640, stream_index=0)
    uv = neo.rescale_signal_raw_to_float(raw, "float64", stream_index=0)
    np.testing.assert_allclose(counts[:-1] * recording.uv_per_bit, uv, rtol=1e-12)


def test_the_locust_tetrode_is_a_flat_file(mirror):
    recording = opened("int16", mirror("locust_trial_01.raw"), n_channels=4, uv_per_bit=1.0,
                       sampling_rate_hz=15_000.0)
    counts = voltage(recording)
    assert counts.shape == (431_548, 4)
    np.testing.assert_allclose(np.median(counts, axis=0), 2056, atol=5)
