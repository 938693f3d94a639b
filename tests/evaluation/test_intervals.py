"""Intervals of resamples: quantiles, about a value, cut to a range."""

import numpy as np
import pytest

from italign.evaluation.intervals import about, interval


def test_the_central_95_percent_without_what_is_undefined():
    values = np.r_[np.arange(41.0), np.nan]
    assert interval(values) == pytest.approx([1, 39])
    assert np.isnan(interval(np.full(3, np.nan))).all()


def test_a_shift_of_the_resamples_does_not_move_the_interval():
    resamples = np.arange(41.0).reshape(1, -1) * [[1], [2]]
    low, high = about(np.array([5.0, 7.0]), resamples + [[100], [-30]])
    assert (low.tolist(), high.tolist()) == ([-14, -31], [24, 45])
    assert about(5.0, resamples[0], most=10, least=0) == (0, 10)
    assert np.isnan(about(0.5, np.array([0.1, np.nan]), -1, 1)).all()
