"""Disks that are full, read-only or not ours: one line on the console, nothing half-written."""

from italign.job import job

import os

import numpy as np
import pandas as pd
import pytest
import torch
import xarray as xr
from matplotlib.figure import Figure

from italign.disk import refusal, unwritable
from italign.figures.style import save_figure
from italign.io import write_dataset, write_table
from italign.recordings.voltage_file import write_voltage
from italign.training.state import write_tensors

N = 60_000
NOISE = np.random.default_rng(0).normal(size=N)  # cannot be compressed
AGAIN = "run the same command again, what is finished stays"


def voltage(path):
    counts = NOISE[:, None].repeat(2, axis=1).astype(np.int16)
    attrs = {"uv_per_bit": 0.25, "sampling_rate_hz": 20_000.0, **dict.fromkeys(
        ("session", "animal", "hemisphere", "array", "region", "stimulus_set", "source"), "x")}
    write_voltage(path, iter([counts]), N, np.arange(2), attrs)


def figure(path):
    drawn = Figure()
    drawn.subplots().imshow(NOISE.reshape(300, 200))
    save_figure(drawn, pd.DataFrame({"x": NOISE}),
                **{kind: path.with_suffix(f".{kind}") for kind in ("pdf", "svg", "png", "csv")})


WRITERS = {
    "rates.nc": lambda path: write_dataset(xr.Dataset({"rate": ("site", NOISE)}), path),
    "voltage.nc": voltage,
    "points.csv": lambda path: write_table(pd.DataFrame({"x": NOISE}), path),
    "state.safetensors": lambda path: write_tensors({"weights": torch.tensor(NOISE)}, path),
    "figure.svg": figure,
}


@pytest.mark.parametrize("name", WRITERS)
def test_a_full_disk_is_one_line_and_the_old_file_stays(name, tmp_path, small_disk, capsys):
    disk = small_disk(tmp_path / "world", 8)
    log = disk.folder / "logs/my_rule/all.log"
    log.parent.mkdir(parents=True)
    path = disk.folder / name
    path.write_text("made before")
    disk.fill(kb_left=40)
    with pytest.raises(SystemExit), job(str(log), "my_rule", {}):
        WRITERS[name](path)
    said = capsys.readouterr().err
    assert said.startswith(f"my_rule: {disk.folder}") and said.count("\n") == 1
    assert "MB free" in said and AGAIN in said
    assert path.read_text() == "made before"
    assert sorted(p.name for p in disk.folder.iterdir()) == sorted(["ballast", "logs", name])
    disk.ballast.unlink()
    with job(str(log), "my_rule", {}):
        WRITERS[name](path)
    assert path.stat().st_size > 100_000


def test_a_log_that_cannot_be_kept_is_one_line(tmp_path, small_disk, capsys):
    disk = small_disk(tmp_path / "world", 1)
    logs = disk.folder / "logs/my_rule"
    logs.mkdir(parents=True)
    disk.fill()
    with pytest.raises(SystemExit), job(str(logs / "all.log"), "my_rule", {}):
        pass
    disk.forbid_writing()
    with pytest.raises(SystemExit), job(str(logs / "other.log"), "my_rule", {}):
        raise AssertionError("the work began although nothing could be logged")
    full, read_only = capsys.readouterr().err.splitlines()
    assert f"my_rule: {disk.folder}: No space left on device (0.0 MB free)" in full
    assert f"{logs}/other.log: Read-only file system: have it mounted" in read_only


def test_what_cannot_be_written_is_known_before(tmp_path, small_disk):
    assert unwritable(tmp_path) is None and unwritable(tmp_path / "not/there/yet") is None
    disk = small_disk(tmp_path / "results", 30)
    assert unwritable(disk.folder) is None
    disk.fill(kb_left=1024)
    assert "No space left on device (1.0 MB free, expected 20 MB at least)" in unwritable(
        disk.folder / "tiny")
    disk.forbid_writing()
    assert f"{disk.folder}: Read-only file system: have it" in unwritable(disk.folder)


def test_a_disk_that_takes_no_more_files_is_full(tmp_path, small_disk):
    disk = small_disk(tmp_path / "results", 30, n_files=4)
    assert unwritable(disk.folder) is None
    for name in "abc":
        (disk.folder / name).touch()
    assert "MB free, but not one file more" in unwritable(disk.folder)


def test_a_folder_without_the_right_to_write(tmp_path):
    folder = tmp_path / "results"
    folder.mkdir(mode=0o555)
    if os.getuid() == 0:  # root may write anywhere: ask as nobody
        for parent in (tmp_path, tmp_path.parent, tmp_path.parent.parent):
            parent.chmod(0o755)
        os.setresuid(65534, 0, 0)
    try:
        said = unwritable(folder)
    finally:
        if os.geteuid() == 0:
            os.setresuid(0, 0, 0)
    assert said == f"{folder}: Permission denied: correct its permissions and {AGAIN}"


def test_only_what_a_disk_refused_is_called_so(tmp_path):
    assert refusal(KeyError("No space"), tmp_path) is None
    assert refusal(FileNotFoundError(2, "No such file or directory", "x.nc"), tmp_path) is None
    # What we say ourselves names file and cure already.
    assert refusal(ValueError("x.nc: cannot be read (Permission denied)"), tmp_path) is None
    temporary = f"results/rates.nc.{os.getpid()}.tmp"
    said = refusal(OSError(30, "Read-only file system", temporary), tmp_path)
    assert said.startswith("results/rates.nc: Read-only file system: ")
