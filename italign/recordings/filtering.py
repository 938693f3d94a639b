"""Zero-phase band-pass of a recording of any length, the same whatever is read at a time.

The recording is filtered in blocks at fixed places, each with a margin on both sides in which the
start of the filter dies away; beyond the ends of a segment its first and last values continue.

scipy.signal, which takes longer to import than all else here, is imported when something is
filtered: detection does without by default.
"""

import math
from collections.abc import Callable

import numpy as np

from italign.recordings.detection_kernels import filter_forward_backward
from italign.recordings.segments import Segments, segment_of

Read = Callable[[int, int], np.ndarray]

# ASSUME: fifth order, forward and backward, as in SpikeInterface: 6 dB down at both edges.
ORDER = 5
BLOCK_SAMPLES = 2**15
# The start of the filter has died away to this share at the end of the margin.
REMAINDER = 1e-9
# ASSUME: a low edge of sampling rate / 14,000 is low enough (1.4 Hz at 20 kHz).
MARGIN_SAMPLES_MAX = 150_000
# Filtered together, so that memory does not grow with the number of channels.
CHANNELS_AT_ONCE = 32


def band_pass_sections(
    low_hz: float, high_hz: float, sampling_rate_hz: float
) -> tuple[np.ndarray, int]:
    """Design the filter.

    Parameters
    ----------
    low_hz, high_hz : float
        Edges, 0 < low < high < half the sampling rate.
    sampling_rate_hz : float
        Of the voltage.

    Returns
    -------
    sections : numpy.ndarray
        (5, 6) second-order sections of a Butterworth band-pass.
    margin_samples : int
        After so many samples less than 1e-9 of the filter's start is left.

    Raises
    ------
    ValueError
        If the margin would pass 150,000 samples: the low edge is too near to 0.
    """
    from scipy.signal import butter

    zeros_poles = butter(ORDER, (low_hz, high_hz), "bandpass", output="zpk", fs=sampling_rate_hz)
    slowest = np.abs(zeros_poles[1]).max()
    margin_samples = math.ceil(math.log(REMAINDER) / math.log(slowest))
    if margin_samples > MARGIN_SAMPLES_MAX:
        raise ValueError(f"band_pass_low_hz is {low_hz}: the filter needs {margin_samples} samples "
                         f"to settle, expected at most {MARGIN_SAMPLES_MAX}; give a higher edge")
    sections = butter(ORDER, (low_hz, high_hz), "bandpass", output="sos", fs=sampling_rate_hz)
    return sections, margin_samples


def band_passed(read: Read, segments: Segments, low_hz: float, high_hz: float) -> Read:
    """Give a reader of the band-passed voltage.

    ASSUME: ADC counts stay ADC counts (rounded, cut at the ends of int16), so that all that
    follows is exact; rounding adds 0.29 counts (0.06 uV at 0.195 uV per count) of noise.

    Parameters
    ----------
    read : callable
        (start, stop) -> (stop - start, n_channels), int16 or float64.
    segments : Segments
        The filter starts anew in each.
    low_hz, high_hz : float
        Edges of the band.

    Returns
    -------
    callable
        Like `read`; the dtype stays. [start, stop) lies in one segment.
    """
    sections, margin = band_pass_sections(low_hz, high_hz, segments.sampling_rate_hz)

    def read_filtered(start: int, stop: int) -> np.ndarray:
        k = int(segment_of(segments, start))
        ends = int(segments.start_sample[k]), int(segments.stop_sample[k])
        origin = start - (start - ends[0]) % BLOCK_SAMPLES
        blocks = [_filter_block(read, first, ends, sections, margin)
                  for first in range(origin, stop, BLOCK_SAMPLES)]
        return np.concatenate(blocks)[start - origin : stop - origin]

    return read_filtered


def _filter_block(
    read: Read, first: int, ends: tuple[int, int], sections: np.ndarray, margin: int
) -> np.ndarray:
    from scipy.signal import sosfilt_zi

    last = min(first + BLOCK_SAMPLES, ends[1])
    start, stop = max(first - margin, ends[0]), min(last + margin, ends[1])
    rows = read(start, stop)
    before = start - (first - margin)
    filtered = np.empty((last - first, rows.shape[1]), rows.dtype)
    for channel in range(0, rows.shape[1], CHANNELS_AT_ONCE):
        group = slice(channel, channel + CHANNELS_AT_ONCE)
        work = _extended(rows[:, group], before, last - first + 2 * margin)
        filter_forward_backward(work, sections, sosfilt_zi(sections))
        inner = work[margin : margin + last - first]
        if rows.dtype == np.int16:
            np.clip(np.rint(inner, out=inner), -(2**15), 2**15 - 1, out=inner)
        filtered[:, group] = inner
    return filtered


def _extended(rows: np.ndarray, before: int, n_samples: int) -> np.ndarray:
    """Copy to float64 with the first row repeated in front and the last row behind."""
    work = np.empty((n_samples, rows.shape[1]))
    after = before + len(rows)
    work[before:after] = rows
    work[:before], work[after:] = rows[0], rows[-1]
    return work
