"""132 IT neurons of Zhang et al. (2011): 7 objects at 3 positions, 20 trials each, 1 ms rasters.

The claim is the physiological range. Numbers marked measured were found with this code; they are
kept so that a change of it is seen.
"""

import csv
from functools import cache
from pathlib import Path

import numpy as np
import pyreadr
import pytest

from italign.assemblies.latency import half_height_latency
from italign.assemblies.layout import Placement, stack_repetitions
from italign.assemblies.preferred import mean_psth, pool_counts, preferred_psth, preferred_stimuli
from italign.assemblies.quality import fano_factor, reliability_interval, split_half_reliability

pytestmark = pytest.mark.data
REGISTRY = Path(__file__).parents[2] / "resources" / "datasets.tsv"
ONSET_MS = 500  # column of the rasters at which the object appears
BIN_MS = 10


@pytest.fixture
def rasters(mirror):
    """Spikes, bool (n_trials, 1000), and condition, str (n_trials,), of every neuron."""
    with REGISTRY.open(encoding="utf-8") as handle:
        names = [row["filename"] for row in csv.DictReader(handle, delimiter="\t")]
    return [_read(mirror(name)) for name in names if name.endswith("_raster_data.rda")]


@cache
def _read(path):
    table = pyreadr.read_r(path)["raster_data"]
    spikes = table.filter(like="time.").to_numpy() > 0
    return spikes, table["labels.combined_ID_position"].to_numpy().astype(str)


def placement_of(rasters):
    """Every neuron is a session of its own."""
    rows = [np.unique(condition, return_inverse=True)[1] for _, condition in rasters]
    columns = [np.array([neuron]) for neuron in range(len(rasters))]
    return Placement(rows, columns, [np.arange(len(row)) for row in rows], 21, len(rasters))


def responses_hz(rasters, start_ms, end_ms, onset_ms=ONSET_MS):
    """Rates in a window after onset, (21, n_repetitions, n_neurons), NaN where a trial lacks."""
    window = slice(onset_ms + start_ms, onset_ms + end_ms)
    rates = [spikes[:, window].sum(axis=1)[:, None] * 1e3 / (end_ms - start_ms)
             for spikes, _ in rasters]
    return stack_repetitions(rates, placement_of(rasters))


def latencies_ms(rasters, onset_ms, n_before_ms=200, n_after_ms=300):
    """Half-height latency after a moment of the raster."""
    window = slice(onset_ms - n_before_ms, onset_ms + n_after_ms)
    counts = (spikes[:, window].reshape(len(spikes), 1, -1, BIN_MS).sum(axis=-1)
              for spikes, _ in rasters)
    start_ms = np.arange(-n_before_ms, n_after_ms, float(BIN_MS))
    bin_ms = np.full(len(start_ms), BIN_MS)
    total, square, n = pool_counts(counts, placement_of(rasters))
    baseline_hz = mean_psth(total, n, bin_ms)[:, start_ms < 0].mean(axis=1)
    preferred = preferred_stimuli(responses_hz(rasters, 70, 170, onset_ms))
    psth = preferred_psth(total, square, n, preferred, bin_ms)
    return half_height_latency(*psth, baseline_hz, start_ms, start_ms + BIN_MS)


def test_neurons_tell_the_objects_apart_from_80_to_100_ms_on(rasters):
    """The latency of IT, in the tuning itself: reliability over conditions in 20-ms windows."""
    assert len(rasters) == 132
    start_ms = np.arange(-100, 300, 20)
    mean = np.array([
        split_half_reliability(responses_hz(rasters, start, start + 20), 10, 0).mean()
        for start in start_ms
    ])
    # The mean of 132 neurons has an SE of about 0.03 where there is no tuning.
    assert (np.abs(mean[start_ms < 80]) < 0.09).all()
    assert abs(mean[start_ms < 80].mean()) < 0.03
    assert (mean[start_ms >= 100] > 0.2).all()
    assert mean[start_ms >= 140].mean() == pytest.approx(0.33, abs=0.01)  # measured


def test_reliability_and_variability_in_the_response_window(rasters):
    responses = responses_hz(rasters, 100, 300)
    assert responses.shape == (21, 20, 132)
    reliability = split_half_reliability(responses, 50, 0)
    assert (reliability > 0.5).mean() > 0.5  # most tell the objects apart
    assert np.median(reliability) == pytest.approx(0.757, abs=0.01)  # measured, as is the next
    assert (reliability > 0.5).sum() == pytest.approx(107, abs=2)
    low, high = reliability_interval(responses, 50, 0)
    assert np.mean((low < reliability) & (reliability < high)) > 0.95  # few stimuli: wide, skewed
    fano = np.nanmedian(fano_factor(responses, 200))
    assert 1 < fano < 2  # cortical neurons vary somewhat more than a Poisson process
    assert fano == pytest.approx(1.41, abs=0.01)  # measured


def test_latencies_are_physiological_and_noise_has_none(rasters):
    found = latencies_ms(rasters, ONSET_MS)
    found = found[np.isfinite(found)]
    assert found.min() > 75 and found.max() < 210
    # Measured. The others have too few spikes in 100 trials with the objects that they prefer.
    assert len(found) == 22
    assert np.median(found) == pytest.approx(119, abs=1)
    before = np.concatenate([latencies_ms(rasters, onset_ms, n_before_ms=50, n_after_ms=250)
                             for onset_ms in (50, 100, 150, 200, 250)])  # nothing shown yet
    assert np.isfinite(before).mean() < 0.01
