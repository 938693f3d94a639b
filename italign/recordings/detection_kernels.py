"""Compiled inner loops of detection. They hold no lock, so that threads run them side by side.

Rows are samples, columns channels, as in the file: the inner loop runs over neighbours in memory,
which the compiler turns into vector instructions.
"""

import numpy as np
from numba import njit

# So many squares of int16, halved into 16-bit words, add up within int32.
MOMENT_ROWS = 4096
# Rows whose channels fit into the cache while each is counted in turn.
HISTOGRAM_ROWS = 512
HALF_RANGE = 2**15


@njit(nogil=True, cache=True)
def _crosses(now, before, low, high):
    return ((now < low) & (before >= low)) | ((now > high) & (before <= high))


@njit(nogil=True, cache=True)
def edges(voltage, low, high):
    """Find where channels leave the range [low, high].

    Parameters
    ----------
    voltage : numpy.ndarray
        (n_samples, n_channels), C order. The first row has no predecessor and cannot cross.
    low, high : numpy.ndarray
        (n_channels,) of the voltage's dtype, low <= high.

    Returns
    -------
    sample, channel : numpy.ndarray
        int64, sorted by sample, then channel.
    """
    n_samples, n_channels = voltage.shape
    sample = np.empty(1024, np.int64)
    channel = np.empty(1024, np.int64)
    # Flags as wide as the voltage keep the first loop in vector registers; four of them are
    # looked at together where a row has any.
    flag = np.zeros(-(-n_channels // 4) * 4, np.int16)
    four_flags = flag.view(np.int64)
    n = 0
    for row in range(1, n_samples):
        now, before = voltage[row], voltage[row - 1]
        found = np.int16(0)
        for c in range(n_channels):
            flag[c] = np.int16(_crosses(now[c], before[c], low[c], high[c]))
            found = np.int16(found | flag[c])
        if found == 0:
            continue
        if n + n_channels > sample.size:
            spare = np.empty(sample.size + n_channels, np.int64)
            sample, channel = np.append(sample, spare), np.append(channel, spare)
        for four in range(four_flags.size):
            if four_flags[four]:
                for c in range(4 * four, 4 * four + 4):
                    if flag[c]:
                        sample[n], channel[n] = row, c
                        n += 1
    return sample[:n], channel[:n]


@njit(nogil=True, cache=True)
def moments(counts):
    """Sum and sum of squares of each channel, exact.

    Parameters
    ----------
    counts : numpy.ndarray
        int16 (n_samples, n_channels).

    Returns
    -------
    total, total_of_squares : numpy.ndarray
        int64 (n_channels,), exact below 2**33 samples.
    """
    n_samples, n_channels = counts.shape
    totals = np.zeros((2, n_channels), np.int64)
    part = np.empty((3, n_channels), np.int32)
    for first in range(0, n_samples, MOMENT_ROWS):
        part[:] = 0
        for row in range(first, min(first + MOMENT_ROWS, n_samples)):
            for c in range(n_channels):
                value = np.int32(counts[row, c])
                square = np.uint32(value * value)
                # Casts keep the sums in 32 bits, twice as many to a vector as in 64.
                part[0, c] += value
                part[1, c] += np.int32(square & np.uint32(0xFFFF))
                part[2, c] += np.int32(square >> np.uint32(16))
        for c in range(n_channels):
            totals[0, c] += part[0, c]
            totals[1, c] += part[1, c] + (np.int64(part[2, c]) << 16)
    return totals[0], totals[1]


@njit(nogil=True, cache=True)
def count_values(counts, histogram):
    """Add each channel's values to its histogram.

    Parameters
    ----------
    counts : numpy.ndarray
        int16 (n_samples, n_channels).
    histogram : numpy.ndarray
        int64 (n_channels, 65536), column of value v is v + 32768; changed in place.
    """
    n_samples, n_channels = counts.shape
    for first in range(0, n_samples, HISTOGRAM_ROWS):
        for c in range(n_channels):
            for row in range(first, min(first + HISTOGRAM_ROWS, n_samples)):
                histogram[c, np.int64(counts[row, c]) + HALF_RANGE] += 1


@njit(nogil=True, cache=True)
def outside_dead_time(clock, channel, last_kept, dead_samples):
    """Mark crossings that come at least a dead time after the last one kept of their channel.

    Parameters
    ----------
    clock, channel : numpy.ndarray
        int64 (n_crossings,), clock in samples, ascending.
    last_kept : numpy.ndarray
        int64 (n_channels,) clock of the last crossing kept; changed in place.
    dead_samples : int
        Dead time.

    Returns
    -------
    numpy.ndarray
        bool (n_crossings,).
    """
    kept = np.zeros(clock.size, np.bool_)
    for i in range(clock.size):
        if clock[i] - last_kept[channel[i]] >= dead_samples:
            kept[i] = True
            last_kept[channel[i]] = clock[i]
    return kept


@njit(nogil=True, cache=True)
def filter_forward_backward(voltage, sections, steady_state):
    """Filter each channel forward, then backward, in place.

    Parameters
    ----------
    voltage : numpy.ndarray
        float64 (n_samples, n_channels).
    sections : numpy.ndarray
        (n_sections, 6) second-order sections as of `scipy.signal`.
    steady_state : numpy.ndarray
        (n_sections, 2) state after an endless 1, `scipy.signal.sosfilt_zi`; each pass starts as
        if its first value had always been there.
    """
    n_samples, n_channels = voltage.shape
    state = np.empty((len(sections), 2, n_channels))
    for backward in range(2):
        start = voltage[n_samples - 1] if backward else voltage[0]
        for s in range(len(sections)):
            for c in range(n_channels):
                state[s, 0, c] = steady_state[s, 0] * start[c]
                state[s, 1, c] = steady_state[s, 1] * start[c]
        for step in range(n_samples):
            row = voltage[n_samples - 1 - step if backward else step]
            for s in range(len(sections)):
                b0, b1, b2, _, a1, a2 = sections[s]
                for c in range(n_channels):
                    given = row[c]
                    made = b0 * given + state[s, 0, c]
                    state[s, 0, c] = b1 * given - a1 * made + state[s, 1, c]
                    state[s, 1, c] = b2 * given - a2 * made
                    row[c] = made
