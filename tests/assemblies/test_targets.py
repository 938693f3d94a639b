"""Partition and controls: one partition per seed, controls in training rows only."""

import numpy as np
import pytest

from italign.assemblies.targets import TARGETS, control_target, partition_rows, target_blocks

RATES = np.random.default_rng(0).standard_normal((200, 7)).astype(np.float32) + 20


def test_partition_has_the_right_size_and_follows_the_seed():
    one, two, other = (partition_rows(3200, 0.1, seed) for seed in (1, 1, 2))
    assert one.sum() == 320
    assert np.array_equal(one, two)
    assert 0 < (one & other).sum() < 80  # 32 expected by chance


def test_controls_replace_training_rows_only():
    is_test = partition_rows(200, 0.1, 3)
    targets = {name: control_target(RATES, is_test, name, 3) for name in TARGETS}
    assert np.array_equal(targets["true"], RATES)
    for target in targets.values():
        assert np.array_equal(target[is_test], RATES[is_test])
    shuffled, random = targets["shuffled"][~is_test], targets["random"][~is_test]
    rows = {tuple(row) for row in RATES[~is_test]}
    assert {tuple(row) for row in shuffled} == rows
    assert (shuffled == RATES[~is_test]).all(1).mean() < 0.05
    assert abs(random.mean()) < 0.1
    assert random.std() == pytest.approx(1, abs=0.1)


def test_controls_follow_the_seed():
    is_test = partition_rows(200, 0.1, 3)
    for name in ("shuffled", "random"):
        one, two, other = (control_target(RATES, is_test, name, seed) for seed in (3, 3, 4))
        assert np.array_equal(one, two)
        assert not np.array_equal(one, other)


def test_bad_settings_are_refused():
    with pytest.raises(ValueError, match="leaves 0 of 5 stimuli"):
        partition_rows(5, 0.05, 0)
    with pytest.raises(ValueError, match=r"true, shuffled, random .*quote"):
        control_target(RATES, partition_rows(200, 0.1, 0), "True", 0)


def test_blocks_are_images_that_the_same_sites_saw():
    rates = np.full((6, 3), np.nan)
    rates[[1, 4], :2], rates[[0, 2], 2], rates[[3, 5]] = 1, 2, 3
    assert target_blocks(rates).tolist() == [0, 1, 0, 2, 1, 2]
    assert target_blocks(RATES).tolist() == [0] * 200


def test_controls_stay_within_blocks():
    rates = RATES.copy()
    rates[:120, :3], rates[120:, 3:] = np.nan, np.nan
    is_test = partition_rows(200, 0.1, 3)
    for name in TARGETS:
        target = control_target(rates, is_test, name, 3)
        assert np.array_equal(np.isnan(target), np.isnan(rates))
        assert np.array_equal(target[is_test], rates[is_test], equal_nan=True)
    shuffled = control_target(rates, is_test, "shuffled", 3)
    for rows, sites in ((slice(120), slice(3, 7)), (slice(120, 200), slice(3))):
        train = ~is_test[rows]
        found, true = (values[rows, sites][train] for values in (shuffled, rates))
        assert {tuple(row) for row in found} == {tuple(row) for row in true}
        assert (found == true).all(1).mean() < 0.1
