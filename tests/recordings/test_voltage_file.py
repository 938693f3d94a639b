import threading

import h5py
import netCDF4
import numpy as np
import pytest

from italign.io import open_dataset
from italign.recordings.segments import stretches
from italign.recordings.streaming import in_order
from italign.recordings.voltage_file import open_voltage, write_voltage

ATTRS = {"session": "s1", "animal": "a", "hemisphere": "left", "array": "A", "region": "IT",
         "stimulus_set": "hvm", "source": "test", "uv_per_bit": 0.195, "sampling_rate_hz": 1000.0}
COUNTS = np.random.default_rng(0).integers(-(2**15), 2**15, (5000, 7)).astype(np.int16)
CHANNEL = np.array([3, 1, 128, 7, 9, 11, 2])


def write(path, counts=COUNTS, attrs=ATTRS, **segments):
    pieces = np.array_split(counts, 6)
    write_voltage(path, pieces, len(counts), CHANNEL[: counts.shape[1]], attrs, **segments)
    return path


def stored_otherwise(path, counts=COUNTS, byte_order="=", **options):
    """The same file with voltage of another dtype or storage."""
    write(path)
    with netCDF4.Dataset(path, "a") as file:
        file.renameVariable("voltage", "old")
        file.createVariable("voltage", counts.dtype.newbyteorder(byte_order),
                            ("sample", "electrode"), fill_value=False, **options)[:] = counts
    return path


def test_what_is_written_is_read_bit_for_bit_with_its_segments(tmp_path):
    path = write(tmp_path / "voltage.nc", segment_start_sample=[0, 1200, 4000],
                 segment_start_s=[-0.5, 0.7, 9.0])
    with open_voltage(path) as recording:
        np.testing.assert_array_equal(recording.read(0, 5000), COUNTS)
        np.testing.assert_array_equal(recording.read(4990, 5000), COUNTS[4990:])
        np.testing.assert_array_equal(recording.channel, CHANNEL)
        np.testing.assert_array_equal(recording.segments.start_sample, [0, 1200, 4000])
        np.testing.assert_array_equal(recording.segments.start_s, [-0.5, 0.7, 9.0])
        assert recording.attrs["session"] == "s1"
    with open_dataset(path) as plain:
        np.testing.assert_array_equal(plain.voltage.values, COUNTS)
        assert plain.segment_start_s.attrs["units"] == "s"


def test_without_segments_the_recording_is_one_from_zero(tmp_path):
    with open_voltage(write(tmp_path / "voltage.nc")) as recording:
        np.testing.assert_array_equal(recording.segments.start_sample, [0])
        np.testing.assert_array_equal(recording.segments.end_s, [5.0])


@pytest.mark.parametrize(
    "options", [{"zlib": True}, {"chunksizes": (100, 7)},
                {"contiguous": True, "byte_order": ">", "endian": "big"}]
)
def test_files_stored_otherwise_read_the_same(tmp_path, options):
    path = stored_otherwise(tmp_path / "voltage.nc", **options)
    with open_voltage(path) as recording:
        rows = recording.read(123, 4567)
        np.testing.assert_array_equal(rows, COUNTS[123:4567])
        assert rows.dtype == np.dtype(np.int16)


def test_our_files_are_read_by_their_offset_into_one_buffer(tmp_path):
    path = write(tmp_path / "voltage.nc")
    with h5py.File(path) as file:
        assert file["voltage"].id.get_offset() is not None
    with open_voltage(path) as recording:
        first = recording.read(0, 100)
        assert np.shares_memory(first, recording.read(100, 200))


def test_threads_read_into_buffers_of_their_own(tmp_path):
    path, meet = write(tmp_path / "voltage.nc"), threading.Barrier(4)
    with open_voltage(path) as recording:

        def read(part):
            rows = recording.read(part.start, part.stop)
            meet.wait(timeout=20)  # all four have read before any looks
            return np.array_equal(rows, COUNTS[part.start : part.stop])

        assert all(in_order(read, stretches(recording.segments, 125), 4))


def test_counts_of_another_width_are_refused(tmp_path):
    path = stored_otherwise(tmp_path / "voltage.nc", COUNTS.astype(np.int32))
    with pytest.raises(ValueError, match=r"voltage is int32, expected int16 ADC counts"):
        with open_voltage(path):
            pass


def test_a_file_that_ends_early_is_refused_while_reading(tmp_path):
    path = write(tmp_path / "voltage.nc")
    with open_voltage(path) as recording:
        with open(path, "r+b") as file:
            file.truncate(path.stat().st_size // 2)
        with pytest.raises(ValueError, match=r"samples from 4000 cannot be read .*ends early"):
            recording.read(4000, 5000)


@pytest.mark.parametrize(
    ("name", "value"), [("uv_per_bit", -0.195), ("uv_per_bit", np.nan), ("sampling_rate_hz", 0.0)]
)
def test_a_scale_or_rate_that_is_not_positive_is_refused(tmp_path, name, value):
    message = f"session s1, .*attribute {name} is {value}, expected a positive"
    with pytest.raises(ValueError, match=message):
        write(tmp_path / "refused.nc", attrs={**ATTRS, name: value})
    assert not (tmp_path / "refused.nc").exists()
    path = write(tmp_path / "voltage.nc")
    with netCDF4.Dataset(path, "a") as file:
        file.setncattr(name, value)
    with pytest.raises(ValueError, match=message):
        with open_voltage(path):
            pass


def test_segments_that_overlap_leave_no_file(tmp_path):
    with pytest.raises(ValueError, match="clock runs backwards"):
        write(tmp_path / "voltage.nc", segment_start_sample=[0, 1000], segment_start_s=[0.0, 0.9])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("n_announced", [4999, 5001])
def test_voltage_that_does_not_add_up_leaves_no_file(tmp_path, n_announced):
    with pytest.raises(ValueError, match=f"hold 5000 samples, expected {n_announced}"):
        write_voltage(tmp_path / "voltage.nc", [COUNTS], n_announced, CHANNEL, ATTRS)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("dtype", ["int32", "uint16", "float32"])
def test_chunks_that_would_wrap_around_leave_no_file(tmp_path, dtype):
    with pytest.raises(ValueError, match=f"from sample 2500 is {dtype}, expected int16: it would"):
        write_voltage(tmp_path / "voltage.nc", [COUNTS[:2500], COUNTS[2500:].astype(dtype)], 5000,
                      CHANNEL, ATTRS)
    assert list(tmp_path.iterdir()) == []
    big_endian = [COUNTS.astype(">i2")]
    write_voltage(tmp_path / "voltage.nc", big_endian, 5000, CHANNEL, ATTRS)
    with open_voltage(tmp_path / "voltage.nc") as recording:
        np.testing.assert_array_equal(recording.read(0, 5000), COUNTS)
