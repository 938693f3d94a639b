"""Measures of sites that need rates in Hz and counts over time, from joined sessions."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import xarray as xr

from italign.assemblies.latency import half_height_latency
from italign.assemblies.layout import Placement, stack_repetitions
from italign.assemblies.preferred import mean_psth, pool_counts, preferred_psth, preferred_stimuli
from italign.assemblies.quality import fano_factor, visual_drive_dprime
from italign.assemblies.sessions import BIN_EDGES, WINDOW


def quality_in_hz(
    shown: list[xr.Dataset], blanks: list[xr.Dataset], counts: Iterable[np.ndarray],
    placement: Placement,
) -> tuple[np.ndarray, str, dict[str, np.ndarray]]:
    """Mean response over time, and the measures that need rates in Hz.

    Parameters
    ----------
    shown, blanks : list of xarray.Dataset
        As from `italign.assemblies.sessions.split_blanks`.
    counts : iterable of numpy.ndarray, (n_presentations, n_session_neuroids, n_bins) each
        Crossings per bin of the presentations in `shown`.
    placement : Placement
        As from `italign.assemblies.sessions.place_sessions`; every site has at least two
        repetitions of every stimulus.

    Returns
    -------
    psth_hz : numpy.ndarray, (n_neuroids, n_bins)
        Over presentations with an image; 0 or more.
    reference : {"blank", "baseline"}
        What visual drive is against.
    quality : dict of str to numpy.ndarray, (n_neuroids,)
        visual_drive_dprime, latency_ms (after image onset, of the response to preferred stimuli),
        fano_factor, rate_hz; as defined in `italign.assemblies.quality`, `preferred` and `latency`.

    Raises
    ------
    ValueError
        If too few time bins start at or after image onset.
    """
    driven_hz, baseline_hz = (stack_repetitions([s[name].values for s in shown], placement)
                              for name in ("rate_hz", "baseline_hz"))
    reference, undriven_hz = _undriven(blanks, baseline_hz, placement)
    before_hz = np.nanmean(baseline_hz, axis=(0, 1), dtype=np.float64)
    edges_ms = tuple(shown[0][name].values for name in BIN_EDGES)
    psth_hz, latency_ms = _over_time(counts, edges_ms, driven_hz, before_hz, placement)
    start_ms, end_ms = (shown[0].attrs[name] for name in WINDOW)
    return psth_hz, reference, {
        "visual_drive_dprime": visual_drive_dprime(driven_hz, undriven_hz),
        "latency_ms": latency_ms,
        "fano_factor": fano_factor(driven_hz, end_ms - start_ms),
        "rate_hz": np.nanmean(driven_hz, axis=(0, 1), dtype=np.float64),
    }


def _undriven(
    blanks: list[xr.Dataset], baseline_hz: np.ndarray, placement: Placement
) -> tuple[str, np.ndarray]:
    """Rates of blanks, (1, n_repetitions, n_neuroids), or else those of the baseline window."""
    of_blanks = replace(placement, n_stimuli=1,
                        rows=[np.zeros(blank.sizes["presentation"], int) for blank in blanks],
                        orders=[blank["repetition"].values for blank in blanks])
    blank_hz = stack_repetitions([blank["rate_hz"].values for blank in blanks], of_blanks)
    # One reference for all sites: d' against different ones cannot be compared.
    has_blanks = np.isfinite(blank_hz).sum(axis=(0, 1)).min() >= 2
    return ("blank", blank_hz) if has_blanks else ("baseline", baseline_hz)


def _over_time(
    counts: Iterable[np.ndarray], edges_ms: tuple[np.ndarray, np.ndarray], driven_hz: np.ndarray,
    before_hz: np.ndarray, placement: Placement,
) -> tuple[np.ndarray, np.ndarray]:
    """Mean response, (n_neuroids, n_bins), and latency of that to preferred stimuli, in ms."""
    start_ms, end_ms = edges_ms
    pooled, bin_ms = pool_counts(counts, placement), end_ms - start_ms
    psth = preferred_psth(*pooled, preferred_stimuli(driven_hz), bin_ms)
    latency_ms = half_height_latency(*psth, before_hz, start_ms, end_ms)
    total, _, n_presentations = pooled
    return mean_psth(total, n_presentations, bin_ms), latency_ms
