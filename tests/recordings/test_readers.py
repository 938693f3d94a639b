"""Every format gives back what was written: counts bit for bit, clock, gaps, pulses, channels."""

import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from neo.rawio import BlackrockRawIO, IntanRawIO

from italign.recordings.readers import READERS, _flat, reader
from italign.recordings.segments import sample_time_s
from italign.recordings.sync import sync_pulses
from tests.recordings.vendor_files import PULSE_S, write_session

GAPS = ((1000, 5), (20_000, 3000))
PULSES_S = (0.06, 0.4, 1.3)
INTAN = [("intan", {"version": version, "layout": layout})
         for version in ((1, 5), (2, 0), (3, 0), (3, 3))
         for layout in ("one-file", "file-per-signal-type", "file-per-channel")]
BLACKROCK = [("blackrock", {"version": version, "layout": layout}) for version, layout in
             (((2, 2), ""), ((2, 3), ""), ((3, 0), ""), ((3, 0), "ptp"))]
NWB = [("nwb", {"layout": "timestamps"})]
WITH_CLOCK = INTAN + BLACKROCK + NWB
EVERY = WITH_CLOCK + [("nwb", {}), ("int16", {})]
SCALE = {"intan": (20_000, 0.195), "blackrock": (30_000, 0.25), "nwb": (30_000, 0.25),
         "int16": (24_414.0625, 0.1)}


def ids(cases):
    return ["-".join([name, *(str(x) for x in options.values())]) for name, options in cases]


def planted_counts(n_samples=38_400, n_channels=5, seed=0):
    """All counts that int16 has."""
    rng = np.random.default_rng(seed)
    return rng.integers(-2**15, 2**15, (n_samples, n_channels)).astype(np.int16)


def make(folder, name, counts, **options):
    rate_hz, uv_per_bit = SCALE[name]
    columns = write_session(folder, name, counts, rate_hz, uv_per_bit, **options)
    return {"session": "m1-a", "animal": "m1", "array": "A"} | columns


def read(session):
    return reader(session)(session["files"], session)


def voltage(recording):
    return np.concatenate([chunk.copy() for chunk in recording.chunks()])


@pytest.mark.parametrize(("name", "options"), EVERY, ids=ids(EVERY))
def test_counts_come_back_bit_for_bit_in_microvolts(tmp_path, name, options, monkeypatch):
    monkeypatch.setattr(_flat, "CHUNK_BYTES", 50_000)  # several chunks
    counts = planted_counts()
    recording = read(make(tmp_path, name, counts, **options))
    found = voltage(recording)
    assert found.dtype == np.int16
    np.testing.assert_array_equal(found, counts)
    rate_hz, uv_per_bit = SCALE[name]
    assert recording.segments.sampling_rate_hz == pytest.approx(rate_hz, rel=1e-12)
    assert recording.uv_per_bit == pytest.approx(uv_per_bit, rel=1e-12)


@pytest.mark.parametrize(("name", "options"), WITH_CLOCK, ids=ids(WITH_CLOCK))
@pytest.mark.parametrize("sync", ["digital", "analog"])
def test_gaps_and_pulses_lie_on_the_clock(tmp_path, name, options, sync):
    counts = planted_counts()
    session = make(tmp_path, name, counts, gaps=GAPS, pulses_s=PULSES_S, sync=sync, **options)
    recording = read(session)
    rate_hz = SCALE[name][0]
    segments = recording.segments
    np.testing.assert_array_equal(segments.start_sample, [0, 1000, 20_000])
    expected_s = np.array([0, 1005, 23_005]) / rate_hz
    # PTP stamps jitter by 0.2 us.
    np.testing.assert_allclose(segments.start_s, expected_s, atol=0.5e-6)
    gaps = [line for line in recording.findings if line["finding"] == "gap"]
    assert [line["n_samples"] for line in gaps] == [5, 3000]
    pulses = sync_pulses(recording.sync, "rising", 50)
    at_sample = 0.5e-6 + (0 if sync == "digital" else 1 / rate_hz)
    np.testing.assert_allclose(pulses.time_s, PULSES_S, atol=at_sample)


@pytest.mark.parametrize(("name", "options"), INTAN + [("int16", {})], ids=ids(INTAN) + ["int16"])
def test_falling_edges_end_the_pulses(tmp_path, name, options):
    session = make(tmp_path, name, planted_counts(), pulses_s=PULSES_S[:2], **options)
    pulses = sync_pulses(read(session).sync, "falling", 0)
    np.testing.assert_allclose(pulses.time_s, np.array(PULSES_S[:2]) + PULSE_S,
                               atol=1 / SCALE[name][0])


@pytest.mark.parametrize(("name", "options"), BLACKROCK + NWB, ids=ids(BLACKROCK + NWB))
def test_codes_come_with_their_pulses(tmp_path, name, options):
    session = make(tmp_path, name, planted_counts(), pulses_s=PULSES_S[:2], codes=(7, 65_280),
                   **options)
    pulses = sync_pulses(read(session).sync, "rising", 50)
    assert pulses.code.tolist() == [7, 65_280]
    np.testing.assert_allclose(pulses.time_s, PULSES_S[:2], atol=1e-9)


# neo reads folders of Intan files from version 3 on.
NEO_READS = BLACKROCK + [(name, options) for name, options in INTAN
                         if options["layout"] == "one-file" or options["version"] >= (3, 0)]


@pytest.mark.parametrize(("name", "options"), NEO_READS, ids=ids(NEO_READS))
def test_neo_finds_the_same_microvolts(tmp_path, name, options):
    """The files are made here, so another reader has to agree that they are what they say."""
    session = make(tmp_path, name, planted_counts(), **options)
    file = session["files"][0]
    neo = IntanRawIO(file) if name == "intan" else BlackrockRawIO(file, load_nev=False)
    neo.parse_header()
    raw = neo.get_analogsignal_chunk(0, 0, 500, 2500, stream_index=0, channel_indexes=[0, 1, 2])
    channels = neo.header["signal_channels"][:3]
    uv = raw * channels["gain"] + channels["offset"]
    recording = read(session)
    np.testing.assert_allclose(voltage(recording)[500:2500, :3] * recording.uv_per_bit, uv,
                               atol=1e-9)


def test_a_line_of_the_blackrock_port_has_edges(tmp_path):
    codes, times_s = (0b1000, 0b1100, 0b0100, 0b1000), (0.1, 0.2, 0.3, 0.4)
    session = make(tmp_path, "blackrock", planted_counts(), pulses_s=times_s, codes=codes)
    session["sync_channel"] = "digital_input_port:3"
    assert sync_pulses(read(session).sync, "rising", 50).time_s.tolist() == [0.1, 0.4]
    assert sync_pulses(read(session).sync, "falling", 50).time_s.tolist() == [0.3]


def test_channels_are_numbered_by_the_vendors_rule(tmp_path):
    counts = planted_counts(1280, 40)
    numbers = {
        "intan": [*range(32), *range(128, 136)],  # B-000 to B-007
        "blackrock": list(range(1, 41)), "nwb": list(range(40)), "int16": list(range(40)),
    }
    for name, expected in numbers.items():
        session = make(tmp_path / name, name, counts, pulses_s=(0.01,))
        assert read(session).channel.tolist() == expected


@pytest.mark.parametrize(("name", "excluded", "left"), [
    ("intan", ["A-001", "3"], [0, 2, 4]), ("blackrock", ["ainp1", "elec2", "4"], [1, 3, 5]),
    ("nwb", ["elec1", "3"], [0, 2, 4]), ("int16", ["1", "3"], [0, 2, 4]),
])
def test_excluded_channels_are_left_out_and_said(tmp_path, name, excluded, left):
    counts = planted_counts(1280)
    session = make(tmp_path, name, counts, pulses_s=(0.01,)) | {"excluded_channels": excluded}
    recording = read(session)
    assert recording.channel.tolist() == left
    np.testing.assert_array_equal(voltage(recording), counts[:, [0, 2, 4]])
    said = [line["finding"] for line in recording.findings]
    assert said == ["excluded"] * len(excluded)


def test_a_split_intan_recording_is_one_session(tmp_path):
    counts = planted_counts(2560)
    first = make(tmp_path / "a", "intan", counts[:1280])
    second = make(tmp_path / "b", "intan", counts[1280:], first_stamp=1280)
    late = make(tmp_path / "c", "intan", counts[1280:], first_stamp=1290)
    whole = read(first | {"files": first["files"] + second["files"]})
    np.testing.assert_array_equal(voltage(whole), counts)
    assert whole.segments.start_s.tolist() == [0.0]
    gap = read(first | {"files": first["files"] + late["files"]})
    assert gap.segments.start_s.tolist() == [0.0, 1290 / 20_000]


def test_negative_intan_stamps_are_times_before_the_trigger(tmp_path):
    session = make(tmp_path, "intan", planted_counts(1280), first_stamp=-400)
    assert read(session).segments.start_s.tolist() == [-0.02]


def test_a_drifting_ptp_clock_sets_the_rate(tmp_path):
    session = make(tmp_path, "blackrock", planted_counts(), version=(3, 0), layout="ptp",
                   extra={"ppm": 60})
    recording = read(session)
    assert [line["finding"] for line in recording.findings] == ["excluded", "clock_rate"]
    # 0.4 us of jitter over 1.28 s
    assert recording.segments.sampling_rate_hz == pytest.approx(30_000 * (1 + 60e-6), rel=4e-7)
    last_s = sample_time_s(recording.segments, np.array([38_399]))[0]
    assert last_s == pytest.approx(38_399 / 30_000 / (1 + 60e-6), abs=1e-6)


def test_ptp_blocks_of_many_samples_are_read_as_blocks(tmp_path):
    """Their stamps count nanoseconds, too; a gap is planted before sample 900."""
    counts = planted_counts(1200)
    session = make(tmp_path, "blackrock", counts, version=(3, 0), layout="ptp")
    rows = np.column_stack([counts, np.zeros(len(counts), "<i2")])
    blocks = [struct.pack("<BQI", 1, 1_700_000_000_000_000_000 + round((k + 60 * (k >= 900))
                                                                     / 30_000 * 1e9), 300)
              + rows[k : k + 300].tobytes() for k in range(0, 1200, 300)]
    header = Path(session["files"][0]).read_bytes()[: 314 + 66 * 6]
    Path(session["files"][0]).write_bytes(header + b"".join(blocks))
    recording = read(session)
    np.testing.assert_array_equal(voltage(recording), counts)
    assert recording.segments.start_sample.tolist() == [0, 900]
    np.testing.assert_allclose(recording.segments.start_s, [0, 960 / 30_000], atol=1e-9)


def test_unsigned_nwb_counts_are_shifted_and_the_offset_undone(tmp_path):
    counts = planted_counts(1280)
    data = (counts.astype(int) + 2**15).astype(np.uint16)
    extra = {"data": data, "conversion": 0.195e-6, "offset": -(2**15) * 0.195e-6}
    recording = read(make(tmp_path, "nwb", counts, extra=extra) | {"uv_per_bit": None})
    np.testing.assert_array_equal(voltage(recording), counts)
    assert recording.findings == []


@settings(max_examples=10, deadline=None)
@given(gain=st.floats(1e-7, 1e-3), channel_gain=st.floats(0.5, 2), offset_uv=st.floats(-50, 50))
def test_float_nwb_is_quantised_to_half_a_count(tmp_path_factory, gain, channel_gain, offset_uv):
    uv = np.random.default_rng(0).normal(0, 30, (1280, 3))
    data = (uv - offset_uv) * 1e-6 / gain / channel_gain
    extra = {"data": data, "conversion": gain, "offset": offset_uv * 1e-6,
             "channel_conversion": [channel_gain] * 3}
    session = make(tmp_path_factory.mktemp("nwb"), "nwb", np.zeros((1280, 3)), extra=extra)
    found_uv = voltage(read(session)) * session["uv_per_bit"]
    assert np.abs(found_uv - uv).max() <= session["uv_per_bit"] / 2 * (1 + 1e-6)


def test_spikes_of_a_nev_are_pooled_over_units(tmp_path):
    spikes = ((0.1, 3, 0), (0.1, 2, 1), (0.3, 3, 255), (0.25, 3, 2))
    columns = write_session(tmp_path, "blackrock-spikes", np.zeros((10, 1)), 30_000, 0.25,
                            pulses_s=(0.2, 0.4), codes=(4, 5), spikes=spikes)
    events = read({"session": "m1-a", "array": "A"} | columns)
    assert events.time_s.tolist() == [0.1, 0.1, 0.25, 0.3]
    assert events.event_channel.tolist() == [2, 3, 3, 3]
    assert events.channel.tolist() == [1, 2, 3]  # 140 has no threshold
    assert (events.segment_start_s.tolist(), events.segment_end_s.tolist()) == (
        [0.0], [12_001 / 30_000])
    assert sync_pulses(events.sync, "rising", 50).code.tolist() == [4, 5]


def test_ptp_spikes_have_the_rate_of_their_samples(tmp_path):
    """Their stamps count nanoseconds, which no sheet gives as sampling rate."""
    columns = write_session(tmp_path, "blackrock-spikes", np.zeros((10, 1)), 30_000, 0.25,
                            spikes=((0.5, 1, 0), (0.75, 2, 0)), version=(3, 0), layout="ptp")
    row = {"session": "m1-a", "array": "A"} | columns
    for given_hz in (None, 30_000.0):
        events = read(row | {"sampling_rate_hz": given_hz})
        assert events.sampling_rate_hz == 30_000
        np.testing.assert_allclose(np.diff(events.time_s), [0.25])
    with pytest.raises(ValueError, match="sampling_rate_hz is 30000 in the file, but 1000000000 "):
        read(row | {"sampling_rate_hz": 1e9})


@pytest.mark.parametrize(("name", "labels"), [
    ("intan", ["A-000 (0)", "B-000 (128)"]), ("blackrock", ["elec1 (1)", "elec33 (33)"]),
    ("nwb", ["elec0 (0)", "elec32 (32)"]), ("int16", ["0", "32"]),
])
def test_messages_name_channels_as_the_vendor_does(tmp_path, name, labels):
    recording = read(make(tmp_path, name, planted_counts(1280, 33)))
    assert [recording.labels[row] for row in (0, 32)] == labels


def test_a_new_format_is_one_new_file():
    assert set(READERS) == {"intan", "blackrock", "blackrock_spikes", "nwb", "nwb_units", "netcdf",
                            "int16"}
    with pytest.raises(ValueError, match=r"format of session m1-a: 'intn'; did you mean intan"):
        reader({"session": "m1-a", "format": "intn"})
