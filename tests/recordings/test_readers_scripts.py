"""From files to voltage, crossings and NWB by the scripts, and what they refuse."""

import hashlib
from datetime import UTC, datetime

import h5py
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from pynwb import NWBHDF5IO, NWBFile, validate

from italign.io import open_dataset, read_dataset, write_dataset
from italign.recordings.presentations import write_presentations
from italign.recordings.readers import reader
from italign.recordings.records import RULE_ATTRS, SESSION_ATTRS
from italign.recordings.voltage_file import write_voltage
from tests.recordings.vendor_files import write_session

SHEET = {"session": "m1-a", "animal": "m1", "hemisphere": "left", "array": "A", "region": "IT",
         "stimulus_set": "hvm", "start_time": None}
SYNC = {"sync_edge": "rising", "sync_dead_time_ms": 50}


def noise(n_samples=38_400, n_channels=4):
    return np.random.default_rng(0).normal(0, 60, (n_samples, n_channels)).round().astype(np.int16)


def read(load_script, folder, row, clipped_fraction_max=0.001):
    outputs = {name: folder / f"{name}" for name in ("voltage", "pulses", "integrity")}
    script = load_script("recordings", "read_recording").read_recording
    script(files=row["files"], session=row, clipped_fraction_max=clipped_fraction_max, **outputs,
           **SYNC)
    return outputs


def read_events(load_script, folder, row):
    outputs = {name: folder / name for name in ("crossings", "pulses", "integrity")}
    script = load_script("recordings", "read_crossings").read_crossings
    script(files=row["files"], session=row, **outputs, **SYNC)
    return outputs


def test_an_intan_session_becomes_voltage_pulses_and_findings(tmp_path, load_script):
    counts = noise()
    counts[7, 2] = 2**15 - 1
    row = SHEET | write_session(tmp_path / "raw", "intan", counts, 20_000, 0.195, (0.06, 0.4),
                                gaps=((1000, 5),))
    row["excluded_channels"] = ["A-001"]
    outputs = read(load_script, tmp_path, row)
    with open_dataset(outputs["voltage"]) as ds:
        np.testing.assert_array_equal(ds.voltage.values, counts[:, [0, 2, 3]])
        assert ds.channel.values.tolist() == [0, 2, 3]
        assert ds.segment_start_sample.values.tolist() == [0, 1000]
        np.testing.assert_allclose(ds.segment_start_s, [0, 1005 / 20_000])
        assert (ds.session, ds.source, ds.sha256) == ("m1-a", "recorded (Intan RHD 3.0)",
                                                      row["sha256"][0])
    pulses = pd.read_csv(outputs["pulses"], sep="\t")
    np.testing.assert_allclose(pulses.time_s, [0.06, 0.4])
    assert pulses.code.isna().all()
    table = pd.read_csv(outputs["integrity"])
    assert table.finding.tolist() == ["excluded", "gap", "clipped"]
    assert table.n_samples.tolist()[1:] == [5, 1]
    assert table.channel.tolist()[::2] == [1, 2]
    assert set(table.session) == {"m1-a"}


def test_without_hash_and_sync_channel_it_says_so(tmp_path, load_script):
    row = SHEET | write_session(tmp_path / "raw", "nwb", noise(), 30_000, 0.25) | {"sha256": []}
    outputs = read(load_script, tmp_path, row)
    assert outputs["pulses"].read_text() == "time_s\tcode\n"
    assert pd.read_csv(outputs["integrity"]).finding.tolist() == ["unchecked_hash"]
    with open_dataset(outputs["voltage"]) as ds:
        assert ds.sha256 == "not checked"


def test_clipped_channels_are_refused_and_leave_no_file(tmp_path, load_script):
    counts = noise()
    counts[:400, 3] = -(2**15)
    row = SHEET | write_session(tmp_path / "raw", "intan", counts, 20_000, 0.195)
    with pytest.raises(ValueError, match=r"^session m1-a: .*session\.rhd: A-003 \(3\) 1\.04% of "
                       r"the samples are clipped \(.*\), expected at most 0\.10%; put it into"):
        read(load_script, tmp_path, row)
    assert [path.name for path in tmp_path.iterdir()] == ["raw"]
    read(load_script, tmp_path, row | {"excluded_channels": ["A-003"]})
    read(load_script, tmp_path, row, clipped_fraction_max=0.02)


@pytest.mark.parametrize(("format", "uv_per_bit"), [
    ("intan", 0.195), ("blackrock", 0.25), ("nwb", 0.5), ("int16", 0.1), ("float nwb", 0.5),
    ("netcdf", 0.5),
])
def test_an_amplifier_that_saturates_below_the_rail_is_refused(
    tmp_path, load_script, format, uv_per_bit
):
    def row_of(counts, folder):
        writer, extra = format.split()[-1], {}
        if format == "netcdf":
            attrs = {name: SHEET[name] for name in SESSION_ATTRS} | {
                "source": "x", "uv_per_bit": uv_per_bit, "sampling_rate_hz": 15_000.0}
            folder.mkdir()
            write_voltage(folder / "v.nc", [counts], len(counts), np.arange(4), attrs)
            return SHEET | {"format": "netcdf", "files": [str(folder / "v.nc")], "sha256": [],
                            "sync_channel": None, "excluded_channels": []}
        if format == "float nwb":
            extra = {"data": counts * uv_per_bit * 1e-6, "conversion": 1.0}
        return SHEET | write_session(folder, writer, counts, 15_000, uv_per_bit, extra=extra)

    clean = noise()
    saturated = clean.copy()
    saturated[:, 2] = clean[:, 2].clip(-60, 60)
    with pytest.raises(ValueError, match=r"^session m1-a: .* (elec|A-00)?[23]\b.* 3\d\.\d\d% of "
                       "the samples are clipped"):
        read(load_script, tmp_path, row_of(saturated, tmp_path / "saturated"))
    outputs = read(load_script, tmp_path, row_of(clean, tmp_path / "clean"))
    assert "clipped" not in pd.read_csv(outputs["integrity"]).finding.tolist()


@pytest.mark.parametrize("name", ["read_recording", "read_crossings"])
def test_a_missing_file_is_named_though_it_is_no_input(tmp_path, load_script, name):
    """Snakemake lists only files that exist, so that the other sessions go on."""
    row = SHEET | write_session(tmp_path / "raw", "blackrock", noise(), 30_000, 0.25)
    row["files"].append("nowhere/m1.nev")
    script = load_script("recordings", name)
    options = {"read_recording": {"voltage": "v", "clipped_fraction_max": 0.1},
               "read_crossings": {"crossings": "c"}}[name]
    with pytest.raises(ValueError, match=r"^session m1-a: nowhere/m1\.nev: does not exist; correct "
                       r"`files` in the session sheet \(paths are relative to the folder you run"):
        getattr(script, name)(files=row["files"][:1], session=row, pulses="p", integrity="i",
                              **options, **SYNC)


def test_another_hash_is_refused_before_reading(tmp_path, load_script):
    row = SHEET | write_session(tmp_path / "raw", "int16", noise(), 20_000, 0.195)
    row["sha256"] = [hashlib.sha256(b"").hexdigest()]
    with pytest.raises(ValueError, match=r"session m1-a: .*session\.bin: sha256 is"):
        read(load_script, tmp_path, row)


def test_a_sync_channel_without_pulses_is_refused(tmp_path, load_script):
    row = SHEET | write_session(tmp_path / "raw", "int16", noise(), 20_000, 0.195)
    row |= {"sync_channel": "4", "excluded_channels": []}
    with pytest.raises(ValueError, match=r"session m1-a: .*: 4: the sync channel is 100 thr"):
        read(load_script, tmp_path, row)


NO_PULSE = r"no pulse, expected one per presentation; correct sync_channel or"


def test_an_intan_line_that_never_switches_is_refused(tmp_path, load_script):
    for layout in ("one-file", "file-per-signal-type", "file-per-channel"):
        row = SHEET | write_session(tmp_path / layout, "intan", noise(), 20_000, 0.195,
                                    layout=layout)
        row["sync_channel"] = "DIGITAL-IN-03"
        with pytest.raises(ValueError, match=rf"^session m1-a: .*\.rhd: DIGITAL-IN-03: {NO_PULSE}"):
            read(load_script, tmp_path, row)


@pytest.mark.parametrize("channel", ["digital_input_port", "digital_input_port:3",
                                     "serial_input_port"])
def test_a_nev_without_digital_events_is_refused(tmp_path, load_script, channel):
    voltage = SHEET | write_session(tmp_path / "a", "blackrock", noise(), 30_000, 0.25)
    events = SHEET | write_session(tmp_path / "b", "blackrock-spikes", noise(), 30_000, 0.25,
                                   spikes=((0.1, 3, 0),))
    with pytest.raises(ValueError, match=rf"^session m1-a: .*: {channel}: {NO_PULSE}"):
        read(load_script, tmp_path, voltage | {"sync_channel": channel})
    with pytest.raises(ValueError, match=rf"^session m1-a: .*\.nev: {channel}: {NO_PULSE}"):
        read_events(load_script, tmp_path, events | {"sync_channel": channel})


def test_recorded_spikes_become_crossings(tmp_path, load_script):
    spikes = ((0.1, 3, 0), (0.2, 2, 1), (0.3, 3, 255))
    row = SHEET | write_session(tmp_path / "raw", "blackrock-spikes", noise(), 30_000, 0.25,
                                (0.15, 0.35), codes=(8, 9), spikes=spikes)
    outputs = read_events(load_script, tmp_path, row)
    found = read_dataset(outputs["crossings"], "crossings")
    assert found.time_s.values.tolist() == [0.1, 0.2, 0.3]
    assert found.crossing_channel.values.tolist() == [3, 2, 3]
    assert np.isnan(found.threshold_uv).all()
    assert {found.edge, found.sd_estimator, found.threshold_sd} == {"as recorded"}
    assert outputs["pulses"].read_text().splitlines()[1:] == ["0.15\t8", "0.35\t9"]


def crossings(n=500, n_channels=5):
    """Channels 3, 7, ... of which the last is silent; two segments."""
    rng = np.random.default_rng(0)
    channel = np.arange(3, 3 + 4 * n_channels, 4)
    sample = np.sort(rng.choice(60_000, n))
    column = rng.integers(0, n_channels - 1, n)
    order = np.lexsort((column, sample))
    time_s = np.where(sample < 30_000, sample, sample + 5000)[order] / 30_000
    per_channel = {name: ("electrode", rng.normal(-20, 5, n_channels)) for name in
                   ("threshold_uv", "center_uv", "noise_sd_uv")}
    attrs = dict.fromkeys(RULE_ATTRS, "x") | {name: SHEET[name] for name in SESSION_ATTRS}
    return xr.Dataset(
        {"time_s": ("crossing", time_s), "crossing_channel": ("crossing", channel[column[order]]),
         "segment_start_s": ("segment", [0.0, 35_000 / 30_000]),
         "segment_end_s": ("segment", [1.0, 65_000 / 30_000]), **per_channel},
        {"channel": ("electrode", channel)},
        attrs | {"sampling_rate_hz": 30_000.0, "duration_s": 65_000 / 30_000,
                 "source": "in silico"},
    )


def rates(onset_s, n_sites=5):
    n = len(onset_s)
    site = ("neuroid", ["m1"] * n_sites)
    coords = {
        "stimulus_id": ("presentation", [f"i{row}" for row in range(n)]),
        "repetition": ("presentation", np.zeros(n)), "trial": ("presentation", np.arange(n)),
        "onset_s": ("presentation", onset_s), "channel": ("neuroid", np.arange(3, 23, 4)),
        "neuroid_id": ("neuroid", [f"m1.left.A.{x:03d}" for x in range(3, 23, 4)]),
        **dict.fromkeys(("animal", "hemisphere", "array", "region"), site),
    }
    values = np.random.default_rng(1).normal(20, 5, (n, n_sites)).astype(np.float32)
    return xr.Dataset({"rate_hz": (("presentation", "neuroid"), values),
                       "baseline_hz": (("presentation", "neuroid"), values / 2)}, coords,
                      {"window_start_ms": 70, "window_end_ms": 170, "n_lost_in_gaps": 0,
                       "session": "m1-a", "stimulus_set": "hvm", "source": "in silico"})


@pytest.fixture
def exported(tmp_path, load_script):
    onset_s = np.array([0.1, 0.3, 0.5, 1.4])
    paths = {name: tmp_path / name for name in ("crossings", "rates", "presentations", "nwb")}
    paths["nwb"] = tmp_path / "m1-a.nwb"
    write_dataset(crossings(), paths["crossings"], "crossings")
    write_dataset(rates(onset_s), paths["rates"], "rates")
    write_presentations(pd.DataFrame({
        "onset_s": onset_s, "stimulus_id": ["i0", "i1", "i2", "i3"], "trial": [0, 0, 1, 1],
        "position": [0, 1, 0, 1], "aborted": [0, 0, 0, 1]}), paths["presentations"])

    def export(**changes):
        script = load_script("recordings", "export_nwb").export_nwb
        script(**paths, session=SHEET | changes)
        return paths["nwb"]

    return export


def test_the_export_read_back_gives_the_same_crossings(exported, tmp_path, load_script):
    row = SHEET | {"format": "nwb-units", "files": [str(exported())], "sha256": [],
                   "sync_channel": "presentations", "excluded_channels": [],
                   "sampling_rate_hz": None}
    (tmp_path / "back").mkdir()
    outputs = read_events(load_script, tmp_path / "back", row)
    back, written = read_dataset(outputs["crossings"], "crossings"), crossings()
    for name in ("time_s", "crossing_channel", "channel", "segment_start_s", "segment_end_s"):
        np.testing.assert_array_equal(back[name].values, written[name].values)
    assert back.sampling_rate_hz == pytest.approx(30_000, rel=1e-12)
    assert (back.source, back.duration_s) == ("in silico", written.duration_s)
    pulses = pd.read_csv(outputs["pulses"], sep="\t")
    assert pulses.time_s.tolist() == [0.1, 0.3, 0.5, 1.4]


def test_the_export_is_valid_and_holds_what_it_says(exported):
    path = exported(start_time="2021-03-25T10:30:00+01:00")
    assert not validate(path=str(path))
    with NWBHDF5IO(path, "r") as io:
        content = io.read()
        assert content.session_start_time.isoformat() == "2021-03-25T10:30:00+01:00"
        assert content.session_description == (
            "in silico: session m1-a, animal m1, stimulus set hvm")
        assert set(content.electrodes["location"][:]) == {"IT"}
        assert content.units.description == (
            "threshold crossings (multi-unit), one unit per channel: threshold_sd x, edge x, sign "
            "x, threshold_unit x, sd_estimator x, sd_segment x, band_pass_hz x, dead_time_ms x")
        shown = content.intervals["presentations"].to_dataframe()
        assert shown.aborted.tolist() == [False, False, False, True]
        np.testing.assert_allclose(shown.stop_time - shown.start_time, 0.17)
        module, measured = content.processing["rates"], rates(np.array([0.1, 0.3, 0.5, 1.4]))
        np.testing.assert_array_equal(module["rate_hz"].data[:], measured.rate_hz.values)
        assert module["rate_hz"].unit == "Hz"
        assert module["sites"]["channel"][:].tolist() == measured.channel.values.tolist()


def test_an_unknown_start_is_said(exported):
    with NWBHDF5IO(exported(), "r") as io:
        content = io.read()
        assert content.session_start_time.isoformat() == "1970-01-01T00:00:00+00:00"
        assert "start unknown" in content.session_description


def units_file(path, units):
    """NWB file of another lab: (id, spike times, further columns) of each unit, no electrodes."""
    content = NWBFile(session_description="x", identifier="x",
                      session_start_time=datetime(2020, 1, 1, tzinfo=UTC))
    for number, spikes, columns in units:
        content.add_unit(id=number, spike_times=spikes, **columns)
    with NWBHDF5IO(path, "w") as io:
        io.write(content)


def units_row(folder, *units):
    units_file(folder / "u.nwb", units)
    return SHEET | {"format": "nwb-units", "files": [str(folder / "u.nwb")], "sha256": ["0"],
                    "sync_channel": None, "excluded_channels": [], "sampling_rate_hz": None}


def test_the_time_in_which_all_units_were_observed_counts(tmp_path):
    row = units_row(tmp_path, (0, [0.1, 0.3, 2.5], {"obs_intervals": [[0.2, 1.0], [2.0, 3.0]]}),
                    (1, [0.4, 2.9, 9.0], {"obs_intervals": [[0.0, 2.8]]}))
    events = reader(row)(row["files"], row)
    assert events.segment_start_s.tolist() == [0.2, 2.0]
    assert events.segment_end_s.tolist() == [1.0, 2.8]
    assert events.time_s.tolist() == [0.3, 0.4, 2.5]
    observed, unobserved = events.findings
    assert "differ between units: only the 1.6 s in which all" in observed["message"]
    assert "3 of 6 spikes lie outside" in unobserved["message"]
    assert unobserved["n_samples"] == 3


def test_spikes_outside_the_intervals_of_all_units_are_left_out_and_said(tmp_path):
    row = units_row(tmp_path, (0, [0.1, 0.2, 9.0], {"obs_intervals": [[0.0, 1.0]]}))
    events = reader(row)(row["files"], row)
    assert events.time_s.tolist() == [0.1, 0.2]
    assert [line["finding"] for line in events.findings] == ["unobserved"]


@pytest.mark.parametrize(("first", "second", "message"), [
    ([[0.0, 1.0]], [[1.0, 2.0]], "obs_intervals have no time that is common to all units"),
    ([[0.0, 1.0], [0.5, 2.0]], [[0.0, 2.0]], "obs_intervals of unit 0 overlap or are not in order"),
])
def test_intervals_that_cannot_be_used_are_refused(tmp_path, first, second, message):
    row = units_row(tmp_path, (0, [0.3], {"obs_intervals": first}),
                    (1, [0.1], {"obs_intervals": second}))
    with pytest.raises(ValueError, match=rf"^session m1-a: .*u\.nwb: {message}"):
        reader(row)(row["files"], row)


@pytest.mark.parametrize("resolution", [-1.0, 0.0])
def test_an_unknown_resolution_of_units_is_no_rate(tmp_path, resolution):
    row = units_row(tmp_path, (0, [0.1], {}))
    with h5py.File(row["files"][0], "a") as file:
        file["units/spike_times"].attrs["resolution"] = resolution
    assert np.isnan(reader(row)(row["files"], row).sampling_rate_hz)
    row["sampling_rate_hz"] = 30_000.0
    assert reader(row)(row["files"], row).sampling_rate_hz == 30_000


def test_units_without_electrodes_are_channels(tmp_path, load_script):
    units_file(tmp_path / "u.nwb", [(5, [0.3, 0.9], {}), (9, [], {}), (2, [0.1], {})])
    row = SHEET | {"format": "nwb-units", "files": [str(tmp_path / "u.nwb")], "sha256": [],
                   "sync_channel": None, "excluded_channels": ["9"], "sampling_rate_hz": None}
    outputs = read_events(load_script, tmp_path, row)
    found = read_dataset(outputs["crossings"], "crossings")
    assert found.time_s.values.tolist() == [0.1, 0.3, 0.9]
    assert found.crossing_channel.values.tolist() == [2, 5, 5]
    assert found.channel.values.tolist() == [5, 2]
    assert (found.segment_start_s.values.tolist(), found.segment_end_s.values.tolist()) == (
        [0.0], [0.9])
