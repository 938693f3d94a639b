"""What counts as a crossing: the options of detection, their check and their description."""

import math
from dataclasses import dataclass

import numpy as np

EDGES = {"falling": "negative", "rising": "positive", "both": "both"}
SD_ESTIMATORS = {"sd": "SD about the mean", "mad": "MAD about the median / 0.6745"}


@dataclass(frozen=True)
class DetectionRule:
    """Options of detection, named as in the config. The defaults are the paper's rule (2.2).

    Parameters
    ----------
    threshold_sd : float
        Distance of the threshold from the centre, in SDs; positive.
    edge : str
        ``"falling"`` below centre - threshold, ``"rising"`` above centre + threshold, ``"both"``.
    sd_estimator : str
        ``"sd"`` (centre: mean) or ``"mad"`` (centre: median).
    sd_start_s, sd_end_s : float, optional
        Clock interval [start, end) that centre and SD are measured in; the whole session without.
    band_pass_low_hz, band_pass_high_hz : float, optional
        Zero-phase Butterworth band-pass before all else; both or none.
    dead_time_ms : float
        A crossing sooner than this after the last one kept of its channel does not count.
    """

    threshold_sd: float = 3.0
    edge: str = "falling"
    sd_estimator: str = "sd"
    sd_start_s: float | None = None
    sd_end_s: float | None = None
    band_pass_low_hz: float | None = None
    band_pass_high_hz: float | None = None
    dead_time_ms: float = 0.0


def check_rule(rule: DetectionRule, sampling_rate_hz: float) -> None:
    """Refuse a rule that is not defined.

    Raises
    ------
    ValueError
        Naming the option, what was found and what is allowed.
    """
    for name, choices in (("edge", EDGES), ("sd_estimator", SD_ESTIMATORS)):
        if getattr(rule, name) not in choices:
            raise ValueError(f"{name} is {getattr(rule, name)!r}, expected one of "
                             f"{', '.join(choices)}")
    positive = {"threshold_sd": rule.threshold_sd, "sampling_rate_hz": sampling_rate_hz}
    for name, value in positive.items():
        if not (math.isfinite(value) and value > 0):
            raise ValueError(f"{name} is {value}, expected a positive number")
    if not (math.isfinite(rule.dead_time_ms) and rule.dead_time_ms >= 0):
        raise ValueError(f"dead_time_ms is {rule.dead_time_ms}, expected 0 or more")
    _check_band(rule.band_pass_low_hz, rule.band_pass_high_hz, sampling_rate_hz)
    start_s = -math.inf if rule.sd_start_s is None else rule.sd_start_s
    end_s = math.inf if rule.sd_end_s is None else rule.sd_end_s
    if not start_s < end_s:
        raise ValueError(f"sd_start_s is {rule.sd_start_s} and sd_end_s {rule.sd_end_s}, expected "
                         "start < end")


def dead_samples(dead_time_ms: float, sampling_rate_hz: float) -> int:
    """Smallest number of samples that lasts a dead time."""
    # A millionth of a sample is rounding: 0.3 ms at 30 kHz are 9 samples.
    return math.ceil(dead_time_ms * sampling_rate_hz / 1e3 - 1e-6)


def thresholds(
    center: np.ndarray, sd: np.ndarray, rule: DetectionRule, dtype: np.dtype
) -> tuple[np.ndarray, np.ndarray]:
    """Range that a channel has to leave for a crossing, both ends included.

    Returns
    -------
    low, high : numpy.ndarray
        (n_channels,) of `dtype`. An edge that is not asked for lies where no voltage is. For
        integers v < x is v < ceil(x), and v > x is v > floor(x).
    """
    limits = np.iinfo(dtype) if dtype.kind == "i" else np.finfo(dtype)
    low = np.full(len(center), limits.min, dtype)
    high = np.full(len(center), limits.max, dtype)
    whole = (np.ceil, np.floor) if dtype.kind == "i" else (np.array, np.array)
    if rule.edge != "rising":
        low[:] = np.clip(whole[0](center - rule.threshold_sd * sd), limits.min, limits.max)
    if rule.edge != "falling":
        high[:] = np.clip(whole[1](center + rule.threshold_sd * sd), limits.min, limits.max)
    return low, high


def describe(rule: DetectionRule) -> dict[str, str | float]:
    """Attributes of a crossings file that say by which rule it was made."""
    low_hz, high_hz = rule.band_pass_low_hz, rule.band_pass_high_hz
    start = "start" if rule.sd_start_s is None else f"{float(rule.sd_start_s)}"
    end = "end" if rule.sd_end_s is None else f"{float(rule.sd_end_s)}"
    whole = (start, end) == ("start", "end")
    kind = "raw" if low_hz is None else "band-passed"
    return {
        "threshold_sd": rule.threshold_sd,
        "edge": rule.edge,
        "sign": EDGES[rule.edge],
        "threshold_unit": "uV",
        "sd_estimator": f"{SD_ESTIMATORS[rule.sd_estimator]}, of the {kind} voltage",
        "sd_segment": "whole session" if whole else f"{start} to {end} s",
        "band_pass_hz": "none" if low_hz is None else f"{low_hz:g} to {high_hz:g}",
        "dead_time_ms": rule.dead_time_ms,
    }


def _check_band(low_hz: float | None, high_hz: float | None, sampling_rate_hz: float) -> None:
    if low_hz is None and high_hz is None:
        return
    if low_hz is None or high_hz is None or not 0 < low_hz < high_hz < sampling_rate_hz / 2:
        raise ValueError(f"band_pass_low_hz is {low_hz} and band_pass_high_hz {high_hz}, expected "
                         f"0 < low < high < {sampling_rate_hz / 2:g} (half the sampling rate), or "
                         "neither")
