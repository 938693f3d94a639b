"""Random decisions of training: functions of (seed, step) alone."""

import numpy as np
import pytest

from italign.training.schedule import (
    STREAMS,
    batch_indices,
    cosine_factor,
    decay_factor,
    keeps_neural_gradient,
    step_generator,
    step_seed,
)


def kept(p, seed=1, n_steps=4000, onset_step=0):
    return np.array([keeps_neural_gradient(seed, step, p, onset_step) for step in range(n_steps)])


@pytest.mark.parametrize("p", [1 / 32, 1 / 4, 1 / 2])
def test_dropout_keeps_a_share_p_of_steps(p):
    share = kept(p).mean()
    assert abs(share - p) < 4 * np.sqrt(p * (1 - p) / 4000)


def test_dropout_limits_and_onset():
    assert not kept(0.0).any()
    assert kept(1.0).all()
    assert not kept(1.0, onset_step=100)[:100].any()
    assert kept(1.0, onset_step=100)[100:].all()


def test_low_doses_keep_a_subset_of_high_ones():
    assert (kept(0.25) <= kept(0.5)).all()
    assert not (kept(0.25, seed=2) <= kept(0.5, seed=1)).all()


def test_each_epoch_is_a_fresh_permutation_of_whole_batches():
    epochs = [
        np.concatenate([batch_indices(3, 4 * epoch + i, "base", 33, 8) for i in range(4)])
        for epoch in range(2)
    ]
    for epoch in epochs:
        assert len(set(epoch)) == 32  # 33 images: one is left out
    assert not np.array_equal(*epochs)


def test_streams_do_not_share_their_draws():
    assert not np.array_equal(batch_indices(1, 0, "base", 64, 32),
                              batch_indices(1, 0, "stimulus", 64, 32))
    first, second = (step_generator(1, 0, stream).initial_seed()
                     for stream in ("augment_base", "augment_stimulus"))
    assert first != second


def test_too_few_images_for_a_batch_names_the_key():
    with pytest.raises(ValueError, match=r"5 images .* batch of 8; lower training.batch_size"):
        batch_indices(1, 0, "stimulus", 5, 8)


def test_learning_rate_warms_up_and_falls_to_zero():
    factors = [cosine_factor(step, 100, 10) for step in range(100)]
    assert factors[0] == 0.1 and factors[9] == 1.0
    assert all(np.diff(factors[10:]) < 0) and factors[-1] < 1e-3


def test_learning_rate_is_constant_then_falls_towards_zero():
    factors = [decay_factor(step, 60, 100) for step in range(100)]
    assert factors[:61] == [1.0] * 61
    assert factors[80] == pytest.approx(0.5) and factors[99] == pytest.approx(1 / 40)
    assert [decay_factor(step, 100, 100) for step in range(100)] == [1.0] * 100


def test_draws_of_known_purposes_never_move():
    """A purpose draws from its place in the list; these seeds belong to finished runs."""
    assert STREAMS[:7] == ("neural", "base", "stimulus", "augment_base", "augment_stimulus",
                           "attack", "noise")
    assert STREAMS[7:] == ("network", "validation", "block")
    assert step_seed(1, 2, "attack") == 1022565703777970090
