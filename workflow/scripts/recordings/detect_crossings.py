"""Find threshold crossings in the voltage of a session.

    falling:  v[t] < center - threshold_sd * SD  and  v[t - 1] >= center - threshold_sd * SD

By default center and SD are mean and SD of the channel's whole raw trace (paper 2.2: "3 SD"). The
file is read twice, a stretch at a time: once for the SD, once for the crossings. Neither length of
the stretches nor number of threads changes the result.
"""

from italign.job import job, keywords

import logging
import time
from collections.abc import Iterator

import numpy as np
import xarray as xr

from italign.recordings.crossings_file import write_crossings
from italign.recordings.detection import Detection, find_crossings
from italign.recordings.detection_rule import DetectionRule, check_rule, describe
from italign.recordings.segments import sample_time_s
from italign.recordings.voltage_file import VoltageFile, open_voltage

SESSION_ATTRS = ("session", "animal", "hemisphere", "array", "region", "stimulus_set", "source")
PROGRESS_EVERY_S = 10


def detect_crossings(*, voltage: str, crossings: str, threads: int = 1, **rule) -> None:
    """Detect crossings on every channel.

    Parameters
    ----------
    voltage, crossings : str
        Input and output (contracts of these names).
    threads : int
        Stretches at a time.
    **rule
        Fields of `italign.recordings.detection_rule.DetectionRule`.
    """
    rule = DetectionRule(**rule)
    with open_voltage(voltage) as recording:
        segments, attrs = recording.segments, recording.attrs
        check_rule(rule, segments.sampling_rate_hz)
        logging.info("voltage of %s: %d samples, %d channels, %d segments", attrs["session"],
                     segments.n_samples, len(recording.channel), len(segments.start_s))
        found = find_crossings(recording.read, segments, recording.channel, rule,
                               source=f"session {attrs['session']}, {voltage}", threads=threads)
        header = _header(recording, found.center, found.sd, rule)
        n_found = write_crossings(crossings, header, _events(found, recording))
    channel_seconds = segments.n_samples / segments.sampling_rate_hz * len(recording.channel)
    logging.info("%d crossings, %.1f per second and channel", n_found, n_found / channel_seconds)


def _events(found: Detection, recording: VoltageFile) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Give clock and channel number of the crossings; now and then log how far it is."""
    n_samples, start_s = recording.segments.n_samples, time.monotonic()
    logged_s = start_s
    for sample, column in found.crossings:
        yield sample_time_s(recording.segments, sample), recording.channel[column]
        now_s = time.monotonic()
        if sample.size and now_s - logged_s > PROGRESS_EVERY_S:
            logged_s, done = now_s, (int(sample[-1]) + 1) / n_samples
            logging.info("%.0f %% searched, about %.0f s to go", 100 * done,
                         (now_s - start_s) * (1 / done - 1))


def _header(
    recording: VoltageFile, center: np.ndarray, sd: np.ndarray, rule: DetectionRule
) -> xr.Dataset:
    uv_per_bit = float(recording.attrs["uv_per_bit"])
    side = 1 if rule.edge == "rising" else -1
    per_channel = {"center_uv": center, "noise_sd_uv": sd,
                   "threshold_uv": center + side * rule.threshold_sd * sd}
    attrs = {name: recording.attrs[name] for name in SESSION_ATTRS} | describe(rule)
    segments = recording.segments
    return xr.Dataset(
        {name: ("electrode", values * uv_per_bit) for name, values in per_channel.items()}
        | {"segment_start_s": ("segment", segments.start_s),
           "segment_end_s": ("segment", segments.end_s)},
        {"channel": ("electrode", recording.channel)},
        attrs | {"sampling_rate_hz": segments.sampling_rate_hz,
                 "duration_s": segments.end_s[-1]},
    )


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.rule, snakemake.config, snakemake.threads):
        detect_crossings(
            **snakemake.input, **snakemake.output, **keywords(snakemake.params),
            threads=snakemake.threads,
        )
