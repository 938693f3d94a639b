"""Reliability of published recordings, against medians found with other code.

The medians of the V4 sessions (0.73 and 0.75) are those of equal halves, in which the odd
repetition of a stimulus is dropped for good. Ours are extended to all repetitions, 0.01 more.
"""

import h5py
import numpy as np
import pytest

from italign.assemblies.quality import reliability_interval, split_half_reliability

pytestmark = pytest.mark.data


@pytest.mark.parametrize(("session", "equal_halves", "all_repetitions", "n_sites"), [
    ("201016", 0.73, 0.745, 82),
    ("210325", 0.75, 0.762, 50),
])
def test_v4_sites_of_cowley_2023(mirror, session, equal_halves, all_repetitions, n_sites):
    trials = np.load(mirror(f"responses_raw_{session}.npy"))  # (site, image, repeat), counts
    responses = trials.transpose(1, 2, 0)
    assert responses.shape[2] == n_sites
    found = split_half_reliability(responses, 50, 0)
    assert np.median(found) == pytest.approx(all_repetitions, abs=0.002)
    low, high = reliability_interval(responses, 50, 0)
    assert ((low < found) & (found < high)).all()
    assert np.median(high - low) < 0.1
    n_repetitions = np.isfinite(responses[:, :, 0]).sum(axis=1)
    odd = np.flatnonzero(n_repetitions % 2)
    responses[odd, n_repetitions[odd] - 1] = np.nan
    assert np.median(split_half_reliability(responses, 50, 0)) == pytest.approx(equal_halves,
                                                                               abs=0.005)


def test_it_neuron_of_kar(mirror):
    with h5py.File(mirror("sample_neuron.h5")) as file:
        responses = file["rates"][:][:, :, None]  # (image, repetition, 1)
    assert responses.shape == (640, 63, 1)
    (found,) = split_half_reliability(responses, 50, 0)
    assert found == pytest.approx(0.85, abs=0.005)
    (low,), (high,) = reliability_interval(responses, 50, 0)
    assert (low, high) == (pytest.approx(0.83, abs=0.01), pytest.approx(0.87, abs=0.01))
