"""Shares of correct images with their interval."""

import numpy as np
import pytest
from scipy.stats import binomtest

from italign.evaluation.rows import share_row


@pytest.mark.parametrize("n_correct,n", [(0, 1), (0, 40), (7, 40), (40, 40), (299, 300)])
def test_the_interval_of_a_share_is_wilsons(n_correct, n):
    row = share_row("accuracy", "hvm", np.arange(n) < n_correct)
    expected = binomtest(n_correct, n).proportion_ci(method="wilson")
    assert row["raw"] == n_correct / n and row["n"] == n
    assert (row["low_stimuli"], row["high_stimuli"]) == pytest.approx(tuple(expected), abs=1e-12)
