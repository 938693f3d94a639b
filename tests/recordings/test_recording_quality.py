import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import maximum_bipartite_matching

from italign.recordings.quality import column_correlation, count_matches

TICKS = st.lists(st.integers(0, 40), min_size=1, max_size=15).map(sorted)


@given(TICKS, TICKS)
@settings(max_examples=100, deadline=None)
def test_matches_are_a_largest_one_to_one_pairing(planted, detected):
    planted_s, detected_s = np.array(planted) * 2e-4, np.array(detected) * 2e-4
    close = abs(np.subtract.outer(planted, detected)) <= 2  # 0.4 ms, safely within 0.5
    pairs = maximum_bipartite_matching(csr_matrix(close), perm_type="column")
    assert count_matches(planted_s, detected_s) == (pairs >= 0).sum()


def test_a_spike_is_matched_once_and_only_within_the_tolerance():
    assert count_matches(np.array([1.0]), np.array([0.9998, 1.0002])) == 1
    assert count_matches(np.array([1.0, 1.0001]), np.array([1.0])) == 1
    assert count_matches(np.array([1.0]), np.array([1.0006])) == 0
    assert count_matches(np.array([]), np.array([1.0])) == 0


def test_column_correlation_is_pearson_and_nan_for_a_constant():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(30, 3)), rng.normal(size=(30, 3))
    x[:, 2] = 1.0
    found = column_correlation(x, y)
    expected = [np.corrcoef(x[:, i], y[:, i])[0, 1] for i in range(2)]
    np.testing.assert_allclose(found[:2], expected)
    assert np.isnan(found[2])
