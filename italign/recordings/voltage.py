"""Simulated raw voltage: spike waveforms + 1/f field potential + white noise, as ADC counts.

Made stretch by stretch, so that a session of any length fits in memory; the stretch length does
not change a single sample.
"""

from collections.abc import Iterator

import numpy as np
from scipy.fft import irfft, next_fast_len
from scipy.special import ndtri

WAVEFORM_MS, TROUGH_MS = 1.6, 0.5
# ASSUME: four shapes: SD of the trough (ms), then height, delay (ms) and SD (ms) of the hump.
WAVEFORMS = ((0.10, 0.25, 0.50, 0.20), (0.13, 0.35, 0.55, 0.22), (0.08, 0.45, 0.40, 0.15),
             (0.16, 0.15, 0.60, 0.25))


def waveform_bank(sampling_rate_hz: float) -> np.ndarray:
    """Spike templates, negative trough first.

    Parameters
    ----------
    sampling_rate_hz : float
        Of the voltage.

    Returns
    -------
    numpy.ndarray
        (4, 1.6 ms in samples); the minimum is -1, at sample `trough_sample(sampling_rate_hz)`.
    """
    n_samples = round(WAVEFORM_MS * sampling_rate_hz / 1e3)
    time_ms = (np.arange(n_samples) - trough_sample(sampling_rate_hz)) * 1e3 / sampling_rate_hz
    shapes = np.array([
        height * np.exp(-(((time_ms - delay) / hump_sd) ** 2) / 2)
        - np.exp(-((time_ms / trough_sd) ** 2) / 2)
        for trough_sd, height, delay, hump_sd in WAVEFORMS
    ])
    return -shapes / shapes[:, [trough_sample(sampling_rate_hz)]]


def trough_sample(sampling_rate_hz: float) -> int:
    """Index of a template's trough."""
    return round(TROUGH_MS * sampling_rate_hz / 1e3)


def field_potential(
    duration_ms: int, n_channels: int, sd: float, rng: np.random.Generator,
    band_hz: tuple[float, float] = (1.0, 300.0),
) -> np.ndarray:
    """Gaussian noise with a 1/f power spectrum between two frequencies, at 1 kHz.

    ASSUME: channels are independent; real field potentials are shared over millimetres.

    Parameters
    ----------
    duration_ms, n_channels : int
        Size.
    sd : float
        SD of the trace after linear interpolation to a finer grid, which smooths it a little.
    rng : numpy.random.Generator
        Source of the noise.
    band_hz : tuple of float
        Frequencies outside it have no power.

    Returns
    -------
    numpy.ndarray
        float32 (duration_ms + 1, n_channels), mean 0.
    """
    n = next_fast_len(duration_ms + 1, real=True)
    frequency_hz = np.fft.rfftfreq(n, 1e-3)
    inside = (frequency_hz >= band_hz[0]) & (frequency_hz <= band_hz[1])
    spectrum = np.zeros(len(frequency_hz), np.complex64)
    field = np.empty((duration_ms + 1, n_channels), np.float32)
    for channel in range(n_channels):
        phases = rng.standard_normal((2, inside.sum()), np.float32)
        spectrum[inside] = (phases[0] + 1j * phases[1]) / np.sqrt(frequency_hz[inside])
        trace = irfft(spectrum, n)
        # Variance of the straight line between neighbours, averaged over positions on it.
        variance = trace.var() * 2 / 3 + np.mean(trace[1:] * trace[:-1]) / 3
        field[:, channel] = (trace * (sd / np.sqrt(variance)))[: duration_ms + 1]
    return field


def simulate_chunks(
    spike_sample: np.ndarray,
    spike_channel: np.ndarray,
    templates: np.ndarray,
    trough: int,
    field: np.ndarray,
    white_sd: float,
    samples_per_ms: int,
    rng: np.random.Generator,
    chunk_ms: int = 500,
) -> Iterator[np.ndarray]:
    """Make the voltage of a session, stretch by stretch.

    Parameters
    ----------
    spike_sample, spike_channel : numpy.ndarray
        (n_spikes,) troughs, ascending in sample.
    templates : numpy.ndarray
        (n_channels, n_template) waveform of each channel, in counts.
    trough : int
        Index of the trough in a template.
    field : numpy.ndarray
        (duration_ms + 1, n_channels) field potential in counts, interpolated linearly.
    white_sd : float
        SD of the white noise, in counts.
    samples_per_ms : int
        Of the voltage.
    rng : numpy.random.Generator
        Source of the white noise.
    chunk_ms : int
        Length of a stretch. Four samples of noise come from one random word, so that the result
        is the same for all lengths whose number of samples divides by 4.

    Yields
    ------
    numpy.ndarray
        int16 (up to chunk_ms * samples_per_ms, n_channels), saturated at the ends of int16.
    """
    quantiles = white_sd * gaussian_quantiles()
    for first_ms in range(0, len(field) - 1, chunk_ms):
        knots = field[first_ms : first_ms + chunk_ms + 1]
        n_samples = (len(knots) - 1) * samples_per_ms
        voltage = _white_noise((n_samples, field.shape[1]), quantiles, rng)
        _add_field(voltage, knots, samples_per_ms)
        start = first_ms * samples_per_ms + trough
        first, last = np.searchsorted(
            spike_sample, [start - templates.shape[1], start + n_samples]
        )
        _add_spikes(voltage, spike_sample[first:last] - start, spike_channel[first:last], templates)
        np.clip(np.rint(voltage, out=voltage), -(2**15), 2**15 - 1, out=voltage)
        yield voltage.astype(np.int16)


def gaussian_quantiles() -> np.ndarray:
    """Standard normal quantiles of the midpoints of 2**16 equal probabilities.

    Looking random 16-bit words up here is five times as fast as a ziggurat. The noise ends at
    4.3 SD and moves in steps of 0.003 SD at 3 SD: nothing that a 3 SD threshold can tell.

    Returns
    -------
    numpy.ndarray
        float32 (65536,).
    """
    return ndtri((np.arange(2**16) + 0.5) / 2**16).astype(np.float32)


def _white_noise(
    shape: tuple[int, int], quantiles: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    n = shape[0] * shape[1]
    words = rng.integers(2**64, size=-(-n // 4), dtype=np.uint64)
    return quantiles.take(words.view(np.uint16)[:n]).reshape(shape)


def _add_field(voltage: np.ndarray, knots: np.ndarray, samples_per_ms: int) -> None:
    """Add the straight lines between 1 ms knots, one phase of all milliseconds at a time."""
    by_ms = voltage.reshape(len(knots) - 1, samples_per_ms, -1)
    line, step = knots[:-1].copy(), np.diff(knots, axis=0) / np.float32(samples_per_ms)
    for phase in range(samples_per_ms):
        by_ms[:, phase] += line
        line += step


def _add_spikes(
    voltage: np.ndarray, start: np.ndarray, channel: np.ndarray, templates: np.ndarray
) -> None:
    """Add the templates that start at these samples; parts outside the stretch are left out."""
    sample = start[:, None] + np.arange(templates.shape[1])
    inside = (sample >= 0) & (sample < len(voltage))
    place = sample * voltage.shape[1] + channel[:, None]
    values = templates[channel].astype(np.float32)
    np.add.at(voltage.reshape(-1), place[inside], values[inside])
