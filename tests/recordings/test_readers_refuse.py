"""Bad files: each gives one line that names session and file, says what is wrong and what to do."""

import struct
from pathlib import Path

import h5py
import numpy as np
import pytest
import xarray as xr

from italign.io import write_dataset
from italign.recordings.voltage_file import write_voltage
from tests.recordings.test_readers import make, planted_counts, read, voltage
from tests.recordings.vendor_files import write_session


def cut(file, n_bytes):
    """Keep the first `n_bytes`; a negative number cuts that many off."""
    Path(file).write_bytes(Path(file).read_bytes()[:n_bytes])


def refused(session, message):
    """The error of a session: one line, session first; `message` is part of it."""
    with pytest.raises(ValueError, match=message) as error:
        voltage(read(session))
    text = str(error.value)
    assert text.startswith("session m1-a: ")
    assert "\n" not in text
    return text


@pytest.fixture
def session(tmp_path):
    def made(name, n_samples=1280, **options):
        return make(tmp_path, name, planted_counts(n_samples), **options)

    return made


@pytest.mark.parametrize(("name", "options", "n_bytes", "message"), [
    ("intan", {}, -100, "is truncated: 9 blocks of 2368 bytes and 2268 bytes more"),
    ("intan", {}, 300, "is truncated: it ends inside its header"),
    ("blackrock", {}, -100, "is truncated: its block at byte .* announces 1280 samples, but 1271"),
    ("blackrock", {}, 500, "is truncated: it ends inside its header"),
    ("blackrock", {"version": (3, 0), "layout": "ptp"}, -3, "is truncated: 1279 blocks"),
    ("nwb", {}, -5000, "cannot be opened as HDF5; it is truncated"),
    ("int16", {}, -1, "is truncated: 1279 blocks of 12 bytes and 11 bytes more"),
])
def test_a_truncated_file_is_refused(session, name, options, n_bytes, message):
    row = session(name, **options)
    cut(row["files"][0], n_bytes)
    refused(row, message)


@pytest.mark.parametrize(("layout", "name"), [("file-per-signal-type", "digitalin.dat"),
                                              ("file-per-channel", "board-DIGITAL-IN-03.dat")])
def test_a_missing_intan_sync_file_is_refused(session, layout, name):
    row = session("intan", layout=layout, pulses_s=(0.01,))
    (Path(row["files"][0]).parent / name).unlink()
    refused(row, f"{name}: not found; info.rhd announces it")


@pytest.mark.parametrize("layout", ["file-per-signal-type", "file-per-channel"])
def test_intan_files_of_different_length_are_refused(session, layout):
    row = session("intan", layout=layout)
    name = "amplifier.dat" if layout == "file-per-signal-type" else "amp-A-002.dat"
    file = Path(row["files"][0]).parent / name
    cut(file, -20)
    refused(row, f"{name}: holds 127. samples, but time.dat 1280; it is truncated")
    file.unlink()
    if layout == "file-per-channel":
        refused(row, f"{name}: not found; info.rhd announces it")


def test_a_file_without_data_is_refused(session):
    row = session("intan", n_samples=0)
    refused(row, "ends before its first block of data")


@pytest.mark.parametrize(("name", "start", "message"), [
    ("intan", b"\0\0\0\0", "is not an Intan RHD file"),
    ("blackrock", b"RIFFRIFFRI", "is not a Blackrock NSx file"),
    ("blackrock", b"NEURALCD\x07\x09", "is not a Blackrock NSx file of specification 2.1"),
])
def test_a_file_of_another_kind_is_refused(session, name, start, message):
    row = session(name)
    data = Path(row["files"][0]).read_bytes()
    Path(row["files"][0]).write_bytes(start + data[len(start) :])
    refused(row, message)


def test_plain_hdf5_is_not_nwb(session):
    row = session("nwb")
    with h5py.File(row["files"][0], "w") as file:
        file["data"] = [1]
    refused(row, r"is HDF5, but not NWB 2 \(attribute nwb_version is missing\)")


@pytest.mark.parametrize("part", ["acquisition/raw/electrodes", "session_start_time",
                                  "general/extracellular_ephys/electrodes/location"])
def test_nwb_that_lacks_parts_is_refused_in_one_line(session, part):
    row = session("nwb")
    with h5py.File(row["files"][0], "a") as file:
        del file[part]
    assert len(refused(row, r"session\.nwb: breaks the NWB schema: ")) < 500


@pytest.mark.parametrize(("name", "expected"), [
    ("intan", ".rhd"), ("blackrock", ".ns1 or .*.ns6 or .nev"), ("nwb", ".nwb"),
    ("netcdf", ".nc"),
])
def test_a_wrong_extension_is_refused(session, name, expected):
    row = session("int16") | {"format": name}
    refused(row, rf"session.bin: expected {expected} for format {name}; correct")


@pytest.mark.parametrize("ending", [".rhd", ".rhs", ".ns1", ".NS6", ".nev", ".nwb", ".nc", ".h5",
                                    ".mat"])
def test_a_file_of_another_kind_is_not_read_as_int16(session, ending):
    row = session("int16")
    file = Path(row["files"][0])
    other = file.rename(file.with_suffix(ending))
    refused(row | {"files": [str(other)]}, f"session{ending}: is no flat file of int16 by its "
            "ending; correct `files` or `format`")


@pytest.mark.parametrize("name", ["intan", "blackrock", "nwb"])
def test_a_sampling_rate_that_differs_is_refused(session, name):
    row = session(name) | {"sampling_rate_hz": 25_000.0}
    refused(row, r"sampling_rate_hz is [23]0000 in the file, but 25000 in the session sheet")


@pytest.mark.parametrize("name", ["intan", "blackrock", "nwb"])
def test_a_scale_that_differs_is_refused(session, name):
    row = session(name) | {"uv_per_bit": 0.5}
    refused(row, r"uv_per_bit is 0\.\d+ in the file, but 0.5 in the session sheet")


@pytest.mark.parametrize(("name", "n_channels"), [("intan", 5), ("blackrock", 6), ("nwb", 5)])
def test_a_number_of_channels_that_differs_is_refused(session, name, n_channels):
    """Those of the file count, excluded ones and the sync channel too."""
    row = session(name) | {"excluded_channels": ["3"] + ["ainp1"] * (name == "blackrock")}
    voltage(read(row | {"n_channels": n_channels}))
    refused(row | {"n_channels": 96}, f"n_channels is {n_channels} in the file, but 96 in the "
            "session sheet; correct the sheet")


@pytest.mark.parametrize("column", ["n_channels", "uv_per_bit", "sampling_rate_hz"])
def test_a_flat_file_needs_its_columns(session, column):
    refused(session("int16") | {column: None}, f"does not say its {column}; fill that column")


@pytest.mark.parametrize(("name", "wanted", "near"), [
    ("intan", "A-01", "A-001"), ("blackrock", "elec7", "elec"), ("nwb", "elc1", "elec1"),
    ("int16", "12", "1"),
])
def test_an_unknown_excluded_channel_is_refused(session, name, wanted, near):
    text = refused(session(name) | {"excluded_channels": [wanted]},
                   f"excluded channel '{wanted}' is not in the file; nearest: ")
    assert near in text.split("nearest: ")[1]


def test_a_blackrock_file_without_channels_is_refused(session):
    row = session("blackrock")
    data = bytearray(Path(row["files"][0]).read_bytes())
    data[310:314] = bytes(4)  # channel count of the basic header
    Path(row["files"][0]).write_bytes(data)
    refused(row, "holds no channel; expected at least one")


def test_all_channels_excluded_is_refused(session):
    refused(session("intan") | {"excluded_channels": [str(x) for x in range(5)]},
            "all 5 channels are excluded; keep at least one")


def test_no_channel_is_refused(tmp_path):
    row = make(tmp_path, "intan", np.zeros((1280, 0)))
    refused(row, "holds no channel; expected at least one")


@pytest.mark.parametrize(("name", "wanted", "near"), [
    ("intan", "DIGITAL-IN-3", "DIGITAL-IN-03"), ("blackrock", "ainp2", "ainp1"),
    ("nwb", "trial", "trials"), ("int16", "9", "0"),
])
def test_an_unknown_sync_channel_is_refused(session, name, wanted, near):
    row = session(name, pulses_s=(0.01,)) | {"sync_channel": wanted}
    text = refused(row, f"sync channel '{wanted}' is not in the file; nearest: ")
    assert near in text.split("nearest: ")[1]


def test_digital_events_need_the_nev(session):
    row = session("blackrock", pulses_s=(0.01,))
    refused(row | {"files": row["files"][:1]}, "is in the .nev: expected one among the files")


def test_blackrock_channels_of_two_scales_are_refused(session):
    row = session("blackrock") | {"excluded_channels": []}
    refused(row, r"different uv_per_bit: 0.25 \(elec1\), 152.607 \(ainp1\); put ainp1 "
            r"into excluded_channels")


@pytest.mark.parametrize(("name", "options"), [
    ("intan", {}), ("blackrock", {}), ("blackrock", {"version": (3, 0), "layout": "ptp"}),
    ("nwb", {"layout": "timestamps"}),
])
def test_a_clock_that_runs_backwards_is_refused(session, name, options):
    refused(session(name, gaps=((640, -100),), **options),
            "the clock runs backwards: sample 640 is stamped")


def test_nan_names_channel_and_sample(session):
    data = np.zeros((1280, 5))
    data[700, 3] = np.nan
    row = session("nwb", extra={"data": data})
    refused(row, "elec3 is nan uV at sample 700, expected a number within")
    voltage(read(row | {"excluded_channels": ["elec3"]}))


def test_overflow_names_channel_and_sample(session):
    data = np.zeros((1280, 5))
    data[900, 1] = 40_000.0
    refused(session("nwb", extra={"data": data}),
            "elec1 is 10000 uV at sample 900, expected a number within 8191.75 uV")


def test_float_voltage_needs_a_scale(session):
    row = session("nwb", extra={"data": np.zeros((1280, 5))}) | {"uv_per_bit": None}
    refused(row, "does not say its uv_per_bit; fill that column")


PTP = {"version": (3, 0), "layout": "ptp"}
NSX_HEADER = 314 + 66 * 6


@pytest.mark.parametrize(("at", "value", "message"), [
    (0, 0, "starts with 0 and announces 1 samples"), (9, 7, "starts with 1 and announces 7 samp"),
])
def test_a_damaged_ptp_packet_is_named(session, at, value, message):
    row = session("blackrock", **PTP)
    data = bytearray(Path(row["files"][0]).read_bytes())
    start = NSX_HEADER + 700 * (13 + 2 * 6)
    data[start + at] = value
    Path(row["files"][0]).write_bytes(data)
    refused(row, f"is damaged: the packet at byte {start} {message}")


def spec_21(folder, counts, **options):
    """NSx of file specification 2.1, whose scale the .nev of `write_session` holds."""
    row = make(folder, "blackrock", counts, **options)
    n_channels = counts.shape[1]
    head = struct.pack("<8s16sII", b"NEURALSG", b"30 kS/s", 1, n_channels)
    electrodes = struct.pack(f"<{n_channels}I", *range(1, n_channels + 1))
    Path(row["files"][0]).write_bytes(head + electrodes + counts.tobytes())
    return row | {"excluded_channels": []}


def test_an_electrode_whose_scale_is_in_no_file_is_named(tmp_path):
    counts = planted_counts(1280, 4)
    row = spec_21(tmp_path, counts)  # its .nev knows electrodes 1, 2 and 140
    refused(row, r"session\.nev: the .nev does not hold the scale of elec3, elec4, nor does .*; "
            "give the .nev of this recording, or put them into excluded_channels")
    recording = read(row | {"excluded_channels": ["3", "elec4"]})
    np.testing.assert_array_equal(voltage(recording), counts[:, :2])
    assert recording.uv_per_bit == 0.25


def test_other_channels_in_the_next_intan_file_are_refused(tmp_path):
    first = make(tmp_path / "a", "intan", planted_counts(1280))
    other = make(tmp_path / "b", "intan", planted_counts(1280, 6), first_stamp=1280)
    refused(first | {"files": first["files"] + other["files"]}, "has other channels or another "
            "rate than")


def test_several_files_of_a_one_file_format_are_refused(session):
    row = session("nwb")
    refused(row | {"files": row["files"] * 2}, "expected one file, found 2")


def test_a_truncated_nev_is_refused(tmp_path):
    columns = write_session(tmp_path, "blackrock-spikes", np.zeros((10, 1)), 30_000, 0.25,
                            spikes=((1.0, 1, 0), (2.0, 1, 0)))
    cut(columns["files"][0], -4)
    with pytest.raises(ValueError, match=r"session\.nev: is truncated: 1 blocks of 104 bytes and "
                       "100 bytes more"):
        read({"session": "m1-a"} | columns)


def spikes_row(folder, **options):
    columns = write_session(folder, "blackrock-spikes", np.zeros((10, 1)), 30_000, 0.25, **options)
    return {"session": "m1-a"} | columns


def refused_events(row, message):
    with pytest.raises(ValueError, match=rf"^session m1-a: .*{message}"):
        read(row)


def test_a_nev_without_any_event_is_refused(tmp_path):
    refused_events(spikes_row(tmp_path), "holds no spike and no digital event; expected at least")


@pytest.mark.parametrize(("column", "value", "message"), [
    ("uv_per_bit", 0.25, "uv_per_bit is 0.25 in the session sheet, but events have no voltage: "
     "leave uv_per_bit empty"),
    ("n_channels", 96, "n_channels is 2 in the file, but 96 in the session sheet"),
])
def test_columns_that_events_contradict_are_refused(tmp_path, column, value, message):
    row = spikes_row(tmp_path, spikes=((1.0, 1, 0),))
    assert read(row | {"n_channels": 2}).channel.tolist() == [1, 2]
    refused_events(row | {column: value}, message)


def test_a_reset_nev_is_refused(tmp_path):
    def nev(folder, *spikes):
        return write_session(folder, "blackrock-spikes", np.zeros((10, 1)), 30_000, 0.25,
                             spikes=spikes)["files"][0]

    whole, tail = nev(tmp_path / "a", (5.0, 1, 0)), nev(tmp_path / "b", (1.0, 1, 0))
    with open(whole, "ab") as handle:
        handle.write(Path(tail).read_bytes()[-104:])
    row = {"session": "m1-a", "format": "blackrock-spikes", "files": [whole],
           "sync_channel": None, "excluded_channels": []}
    with pytest.raises(ValueError, match=r"session m1-a: .*the clock runs backwards: packet 1 is "
                       r"stamped 1\.000000 s, 4\.000000 s after"):
        read(row)


@pytest.mark.parametrize("dtype", ["int32", "uint16", "int8"])
def test_our_own_voltage_file_in_other_counts_is_refused(tmp_path, dtype):
    """100,000 as int16 would be -31,072, silently."""
    attrs = dict.fromkeys(("session", "animal", "hemisphere", "array", "region", "stimulus_set",
                           "source"), "x") | {"uv_per_bit": 0.195, "sampling_rate_hz": 20_000.0}
    file = tmp_path / "v.nc"
    write_voltage(file, [planted_counts(1280)], 1280, np.arange(5), attrs)
    with xr.open_dataset(file, decode_timedelta=False) as ds:
        changed = ds.load().assign(voltage=ds.voltage.astype(dtype))
    changed.to_netcdf(file)
    row = {"session": "m1-a", "format": "netcdf", "files": [str(file)], "sync_channel": None,
           "excluded_channels": []}
    refused(row, rf"v\.nc: voltage is {dtype}, expected int16 ADC counts; convert it")


def test_our_own_voltage_file_is_checked(tmp_path):
    row = {"session": "m1-a", "format": "netcdf", "files": [str(tmp_path / "v.nc")],
           "sync_channel": None, "excluded_channels": []}
    write_dataset(xr.Dataset({"volts": ("sample", [1.0])}), row["files"][0])
    refused(row, r"v\.nc: attribute 'uv_per_bit' is missing; .*variable 'voltage' is missing")
    attrs = dict.fromkeys(("session", "animal", "hemisphere", "array", "region", "stimulus_set",
                           "source"), "x")
    counts = planted_counts(1280)
    write_voltage(row["files"][0], [counts], 1280, np.arange(5),
                  attrs | {"uv_per_bit": 0.195, "sampling_rate_hz": 20_000.0}, [0, 500],
                  [0.0, 1.0])
    recording = read(row | {"excluded_channels": ["2"], "sync_channel": "4"})
    assert recording.channel.tolist() == [0, 1, 3]
    np.testing.assert_array_equal(voltage(recording), counts[:, [0, 1, 3]])
    np.testing.assert_array_equal(np.concatenate(list(recording.sync.chunks())), counts[:, 4])
    assert recording.segments.start_s.tolist() == [0.0, 1.0]
    refused(row | {"uv_per_bit": 0.2}, "uv_per_bit is 0.195 in the file, but 0.2 in the session")
