"""Throughput and memory of detection, beside SpikeInterface and a plain read of the same file.

    python benchmarks/detection.py [--megabytes 500] [--channels 96] [--folder DIR]

One file in the page cache. From the file to crossings in memory, so both passes: the voltage is
read twice. SpikeInterface gets our SD as its noise level, so it reads once. Two of its settings:
peaks exclude smaller ones within 1 ms, the same rule as ours with a dead time of 1 ms (they find
the same events: tests/recordings/test_detection_oracle.py), and within one sample, its fastest.
All run in turn, several rounds, and the best of each counts: other jobs on the machine slow some.
"""

import argparse
import importlib.util
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import h5py
import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from italign.recordings.detection import find_crossings  # noqa: E402
from italign.recordings.detection_rule import DetectionRule  # noqa: E402
from italign.recordings.filtering import BLOCK_SAMPLES  # noqa: E402
from italign.recordings.segments import stretches  # noqa: E402
from italign.recordings.voltage import waveform_bank  # noqa: E402
from italign.recordings.voltage_file import open_voltage, write_voltage  # noqa: E402

RATE_HZ, STRETCH_SAMPLES, N_ROUNDS = 20_000, 50_000, 5
ATTRS = {"session": "benchmark", "animal": "none", "hemisphere": "left", "array": "A",
         "region": "IT", "stimulus_set": "none", "source": "in silico", "uv_per_bit": 0.195,
         "sampling_rate_hz": float(RATE_HZ)}
BAND = {"band_pass_low_hz": 300.0, "band_pass_high_hz": 6000.0}
READ, SAME_RULE, FASTEST = "np.fromfile", "SpikeInterface, 1 ms", "SpikeInterface, 1 sample"


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--megabytes", type=int, default=500)
    arguments.add_argument("--channels", type=int, default=96)
    arguments.add_argument("--folder", default=None, help="for the temporary files")
    arguments.add_argument("--rule-only", nargs=2, help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.rule_only:
        run_rule(*given.rule_only)
        print(peak_memory_mb())
        return
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        report(Path(folder), given.megabytes, given.channels)


def report(folder: Path, megabytes: int, n_channels: int) -> None:
    voltage, crossings = folder / "voltage.nc", folder / "crossings.nc"
    n_samples = simulate(voltage, megabytes, n_channels)
    gigabytes, recorded_s = 2e-9 * n_samples * n_channels, n_samples / RATE_HZ
    print(f"{n_channels} channels, {recorded_s:.0f} s at {RATE_HZ} Hz, {gigabytes:.2f} GB, "
          f"{os.cpu_count()} cores")
    seconds = best_of_rounds(competitors(voltage, crossings))
    print(f"{'':26s} {'s':>7s} {'GB/s':>6s} {'x real time':>12s} {'x 1 ms':>8s} "
          f"{'x 1 sample':>11s} {'of the read':>12s}")
    for name, taken_s in seconds.items():
        print(f"{name:26s} {taken_s:7.2f} {gigabytes / taken_s:6.2f} {recorded_s / taken_s:12.0f} "
              f"{seconds[SAME_RULE] / taken_s:8.1f} {seconds[FASTEST] / taken_s:11.1f} "
              f"{seconds[READ] / taken_s:12.0%}")
    short = folder / "short.nc"
    simulate(short, megabytes // 4, n_channels)
    for path in (short, voltage):
        print(f"peak memory of the rule on {path.stat().st_size / 1e6:5.0f} MB: "
              f"{peak_in_new_process(path, crossings):.0f} MB")
    print("wanted of 1 thread: 3 x SpikeInterface, 30 % of the read; memory below 1000 MB and "
          "independent of length")


def competitors(voltage: Path, crossings: Path) -> dict[str, Callable[[], object]]:
    noise_levels = equal_noise_levels(voltage)
    return {
        READ: lambda: np.fromfile(voltage, np.int16),
        "read into one buffer": lambda: read_only(voltage),
        FASTEST: lambda: spikeinterface_peaks(voltage, noise_levels, 0.05),
        SAME_RULE: lambda: spikeinterface_peaks(voltage, noise_levels, 1.0),
        "italign, 1 thread": lambda: detect(voltage),
        "  dead time 1 ms": lambda: detect(voltage, dead_time_ms=1.0),
        "  MAD": lambda: detect(voltage, sd_estimator="mad"),
        "  300-6000 Hz": lambda: detect(voltage, **BAND),
        "  with crossings file": lambda: run_rule(voltage, crossings),
        "italign, 2 threads": lambda: detect(voltage, threads=2),
    }


def best_of_rounds(runs: dict[str, Callable[[], object]]) -> dict[str, float]:
    seconds = {name: [] for name in runs}
    for _ in range(N_ROUNDS):
        for name, run in runs.items():
            start_s = time.perf_counter()
            run()
            seconds[name].append(time.perf_counter() - start_s)
    return {name: min(taken_s) for name, taken_s in seconds.items()}


def simulate(path: Path, megabytes: int, n_channels: int) -> int:
    """Write noise and spikes; give the number of samples."""
    n_stretches = max(1, round(megabytes * 1e6 / (2 * n_channels * STRETCH_SAMPLES)))
    n_samples = n_stretches * STRETCH_SAMPLES
    write_voltage(path, noise_and_spikes(n_stretches, n_channels), n_samples,
                  np.arange(n_channels), ATTRS)
    return n_samples


def noise_and_spikes(n_stretches: int, n_channels: int) -> Iterator[np.ndarray]:
    rng = np.random.default_rng(0)
    template = 400 * waveform_bank(RATE_HZ)[0]
    voltage = rng.normal(0, 60, (STRETCH_SAMPLES, n_channels))
    for channel in range(n_channels):
        for start in rng.integers(STRETCH_SAMPLES - len(template), size=40):
            voltage[start : start + len(template), channel] += template
    counts = np.rint(voltage).astype(np.int16)
    for k in range(n_stretches):
        yield np.roll(counts, 977 * k, axis=0)


def read_only(voltage: Path) -> None:
    """Read once into memory that is used again, as detection does in each of its passes."""
    with open_voltage(voltage) as recording:
        for part in stretches(recording.segments, BLOCK_SAMPLES):
            recording.read(part.start, part.stop)


def detect(voltage: Path, threads: int = 1, **rule) -> int:
    with open_voltage(voltage) as recording:
        found = find_crossings(recording.read, recording.segments, recording.channel,
                               DetectionRule(**rule), source=str(voltage), threads=threads)
        return len(np.concatenate([sample for sample, _ in found.crossings]))


def equal_noise_levels(voltage: Path) -> np.ndarray:
    """Levels by which a threshold of -3 levels (theirs) is our mean - 3 SD, in counts."""
    with open_voltage(voltage) as recording:
        found = find_crossings(recording.read, recording.segments, recording.channel,
                               DetectionRule(), source=str(voltage))
    return found.sd - found.center / 3


def spikeinterface_peaks(voltage: Path, noise_levels: np.ndarray, sweep_ms: float) -> None:
    from spikeinterface.core import BinaryRecordingExtractor
    from spikeinterface.sortingcomponents.peak_detection import detect_peaks

    with h5py.File(voltage) as file:
        offset = file["voltage"].id.get_offset()
    recording = BinaryRecordingExtractor(
        str(voltage), RATE_HZ, "int16", num_channels=len(noise_levels), file_offset=offset)
    detect_peaks(
        recording, method="by_channel",
        method_kwargs={"peak_sign": "neg", "detect_threshold": 3, "noise_levels": noise_levels,
                       "exclude_sweep_ms": sweep_ms},
        job_kwargs={"n_jobs": 1, "chunk_duration": "1s", "progress_bar": False},
    )


def run_rule(voltage: str | Path, crossings: str | Path) -> None:
    path = ROOT / "workflow" / "scripts" / "recordings" / "detect_crossings.py"
    spec = importlib.util.spec_from_file_location("detect_crossings", path)
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    script.detect_crossings(voltage=str(voltage), crossings=str(crossings))


def peak_in_new_process(voltage: Path, crossings: Path) -> float:
    answer = subprocess.run(
        [sys.executable, __file__, "--rule-only", str(voltage), str(crossings)],
        capture_output=True, text=True, check=True)
    return float(answer.stdout)


def peak_memory_mb() -> float:
    # From Linux itself: what getrusage tells a child may be the peak of its parent.
    status = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in status if line.startswith("VmHWM")).split()[1]) / 1e3


if __name__ == "__main__":
    main()
