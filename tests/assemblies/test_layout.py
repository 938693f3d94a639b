"""Placement of presentations against a dictionary of lists."""

from collections import defaultdict

import numpy as np

from italign.assemblies.layout import (
    Placement,
    join_labels,
    rank_repetitions,
    stack_repetitions,
)


def test_repetitions_follow_the_order_within_a_stimulus():
    row, order = np.array([2, 0, 2, 2, 0]), np.array([7, 1, 3, 9, 0])
    assert rank_repetitions(row, order).tolist() == [1, 1, 0, 2, 0]


def test_sessions_are_stacked_like_lists():
    rng = np.random.default_rng(0)
    rows = [rng.integers(5, size=n) for n in (40, 30, 20)]
    columns = [np.array([2, 0]), np.array([1]), np.array([0, 2])]  # the third repeats sites
    orders = [rng.permutation(len(row)) for row in rows]
    shapes = [(len(row), len(column)) for row, column in zip(rows, columns, strict=True)]
    rates = [rng.random(shape).astype(np.float32) for shape in shapes]
    expected = defaultdict(list)
    for rate, row, column, order in zip(rates, rows, columns, orders, strict=True):
        for p in np.argsort(order):
            for k, site in enumerate(column):
                expected[row[p], site].append(rate[p, k])
    stacked = stack_repetitions(rates, Placement(rows, columns, orders, 5, 3))
    assert stacked.shape == (5, max(map(len, expected.values())), 3)
    for (stimulus, site), values in expected.items():
        found = stacked[stimulus, :, site]
        assert np.array_equal(found[: len(values)], values)
        assert np.isnan(found[len(values):]).all()


def test_labels_of_sessions_get_one_order():
    labels = [np.array(["dog", "ape", "dog"]), np.array(["bee"]), np.array([], dtype=str)]
    joined, places = join_labels(labels)
    assert joined.tolist() == ["ape", "bee", "dog"]
    for session, place in zip(labels, places, strict=True):
        assert joined[place].tolist() == session.tolist()
