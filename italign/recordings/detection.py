"""Threshold crossings of raw voltage: the paper's multi-unit events (section 2.2).

A falling crossing is a sample below ``center - threshold_sd * SD`` whose predecessor is not below
it; a rising one mirrors it above the centre. By default centre and SD are mean and SD of the
channel's whole raw trace. ASSUME: spikes included. On white noise this rule alone gives about
27 crossings per second at 3 SD and 20 kHz (20,000 x Phi(-3)).
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from italign.messages import first_names
from italign.recordings.detection_kernels import outside_dead_time
from italign.recordings.detection_rule import (
    SD_ESTIMATORS,
    DetectionRule,
    check_rule,
    dead_samples,
    thresholds,
)
from italign.recordings.filtering import BLOCK_SAMPLES, Read, band_passed
from italign.recordings.noise import center_and_sd
from italign.recordings.segments import Segments, Stretch, clock_sample, gapless, stretches
from italign.recordings.streaming import stream_crossings

COUNTS = np.dtype(np.int16)


class Detection(NamedTuple):
    """Centre and SD of each channel (n_channels,), and the crossings, found as they are taken."""

    center: np.ndarray
    sd: np.ndarray
    crossings: Iterator[tuple[np.ndarray, np.ndarray]]


def detect_crossings(
    voltage_uv: np.ndarray, sampling_rate_hz: float, threshold_sd: float = 3.0,
    edge: str = "falling", *, sd_estimator: str = "sd", sd_start_s: float | None = None,
    sd_end_s: float | None = None, band_pass_low_hz: float | None = None,
    band_pass_high_hz: float | None = None, dead_time_ms: float = 0.0, threads: int = 1,
) -> tuple[np.ndarray, np.ndarray]:
    """Find where each channel crosses its threshold.

    Parameters
    ----------
    voltage_uv : numpy.ndarray
        (n_samples, n_channels), finite. Any linear unit gives the same crossings; int16 (ADC
        counts) is measured and compared exactly.
    sampling_rate_hz : float
        Positive.
    threshold_sd, edge, sd_estimator, band_pass_low_hz, band_pass_high_hz, dead_time_ms
        See `italign.recordings.detection_rule.DetectionRule`; the defaults are the paper's rule.
    sd_start_s, sd_end_s : float, optional
        Interval from the first sample that centre and SD are measured in.
    threads : int
        Does not matter for the result.

    Returns
    -------
    sample : numpy.ndarray
        int64, first sample beyond the threshold, ascending.
    channel : numpy.ndarray
        int64, column of the voltage, ascending within a sample.

    Raises
    ------
    ValueError
        If an argument is out of range, the voltage is not a finite two-dimensional array, or a
        channel holds one value only.
    """
    rule = DetectionRule(threshold_sd, edge, sd_estimator, sd_start_s, sd_end_s, band_pass_low_hz,
                         band_pass_high_hz, dead_time_ms)
    check_rule(rule, sampling_rate_hz)
    voltage = _checked(np.asarray(voltage_uv))
    found = find_crossings(lambda start, stop: voltage[start:stop],
                           gapless(len(voltage), sampling_rate_hz), np.arange(voltage.shape[1]),
                           rule, source="voltage", dtype=voltage.dtype, threads=threads)
    pairs = list(found.crossings)
    return np.concatenate([pair[0] for pair in pairs]), np.concatenate([pair[1] for pair in pairs])


def find_crossings(
    read: Read, segments: Segments, channel: np.ndarray, rule: DetectionRule, *, source: str,
    dtype: np.dtype = COUNTS, threads: int = 1, chunk_samples: int = BLOCK_SAMPLES,
) -> Detection:
    """Measure each channel now, and find its crossings as they are taken.

    Parameters
    ----------
    read : callable
        (start, stop) -> (stop - start, n_channels); see `stream_crossings`.
    segments : Segments
        No crossing spans a border of these.
    channel : numpy.ndarray
        (n_channels,) numbers, for messages.
    rule : DetectionRule
        Checked already.
    source : str
        Session and file, named in messages.
    dtype : numpy.dtype
        Of the voltage.
    threads, chunk_samples : int
        How many stretches at a time, and how long. Neither matters for the result.

    Returns
    -------
    Detection
        In the unit of the voltage; crossings as pairs (sample, column), int64, one per stretch.

    Raises
    ------
    ValueError
        If the interval of the SD is not in the recording, or a channel has SD 0.
    """
    if rule.band_pass_low_hz is not None:
        read = band_passed(read, segments, rule.band_pass_low_hz, rule.band_pass_high_hz)
    measured = _measured_part(segments, rule, chunk_samples, source)
    center, sd = center_and_sd(read, measured, len(channel), dtype, rule.sd_estimator, threads)
    _check_varies(sd, channel, rule, source)
    low, high = thresholds(center, sd, rule, dtype)
    crossings = stream_crossings(read, stretches(segments, chunk_samples), low, high, threads)
    if rule.dead_time_ms:
        crossings = _thinned(crossings, segments, len(channel), rule.dead_time_ms)
    return Detection(center, sd, crossings)


def _thinned(crossings, segments: Segments, n_channels: int, dead_time_ms: float):
    dead = dead_samples(dead_time_ms, segments.sampling_rate_hz)
    last_kept = np.full(n_channels, np.iinfo(np.int64).min // 2)
    for sample, column in crossings:
        kept = outside_dead_time(clock_sample(segments, sample), column, last_kept, dead)
        yield sample[kept], column[kept]


def _measured_part(
    segments: Segments, rule: DetectionRule, chunk_samples: int, source: str
) -> list[Stretch]:
    first_s, last_s = segments.start_s[0], segments.end_s[-1]
    start_s = first_s if rule.sd_start_s is None else rule.sd_start_s
    end_s = last_s if rule.sd_end_s is None else rule.sd_end_s
    parts = stretches(segments, chunk_samples, rule.sd_start_s, rule.sd_end_s)
    if start_s < first_s or end_s > last_s or not parts:
        raise ValueError(f"{source}: the SD is asked for from {start_s:g} to {end_s:g} s, expected "
                         f"a part of the recording ({first_s:g} to {last_s:g} s) that holds "
                         "samples; correct sd_start_s and sd_end_s")
    return parts


def _check_varies(
    sd: np.ndarray, channel: np.ndarray, rule: DetectionRule, source: str
) -> None:
    flat = channel[sd == 0].tolist()
    if flat:
        raise ValueError(f"{source}: {len(flat)} of {len(sd)} channels have SD 0 "
                         f"({SD_ESTIMATORS[rule.sd_estimator]}), expected a voltage that varies: "
                         f"{first_names(flat)}; add them to excluded_channels of the session "
                         "sheet")


def _checked(voltage: np.ndarray) -> np.ndarray:
    """Give the voltage as a C-ordered array of int16 or float64 once it is known to be usable."""
    if voltage.ndim != 2 or 0 in voltage.shape:
        raise ValueError(f"voltage has shape {voltage.shape}, expected (n_samples, n_channels), "
                         "neither of them 0; give a single channel as voltage[:, None]")
    bad = np.flatnonzero(~np.isfinite(voltage).all(axis=0))
    if bad.size:
        raise ValueError(f"voltage has NaN or infinite samples in {bad.size} of "
                         f"{voltage.shape[1]} channels (first: {bad[:5].tolist()}), expected none; "
                         "drop these channels or interpolate the gaps")
    return np.ascontiguousarray(voltage, np.int16 if voltage.dtype == np.int16 else np.float64)
