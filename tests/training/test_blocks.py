"""Several sessions in one target: batches of one session, compared with its sites alone."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import torch

from italign.evaluation.similarity import linear_cka
from italign.training.augmentation import to_unit
from italign.training.blocks import blocks_of, drawn_rows
from italign.training.measures import measure
from italign.training.parallel import SINGLE
from italign.training.run import training_data
from italign.training.schedule import DRAWS, batch_indices, drawn_block
from italign.training.step import Setting, add_terms

from .sessions import N_TRAIN, SITES, two_sessions


@pytest.fixture
def sessions(data):
    base, shown, _ = data
    return training_data(base, shown, two_sessions(shown), 4)


def test_blocks_are_the_stimuli_of_the_same_sites(sessions):
    train, test = sessions.blocks
    assert [block.rows.tolist() for block in train] == [
        list(range(0, 2 * N_TRAIN, 2)), list(range(1, 2 * N_TRAIN, 2))]
    assert [block.sites.tolist() for block in train] == list(SITES.values())
    assert [len(block.rows) for block in test] == [4, 4]
    assert not any(block.has_all_sites for block in train)
    rates = train[1].rates(sessions.targets[0], np.array([3, 1]))
    assert torch.equal(rates, sessions.targets[0][[3, 1], 3:])


def test_a_target_without_holes_is_one_block(joined):
    (block,), _ = joined.blocks
    assert block.rows.tolist() == list(range(16)) and block.has_all_sites
    assert block.rates(joined.targets[0], np.array([2])).shape == (1, 6)


def test_blocks_that_share_sites_stay_apart():
    rates = torch.tensor([[1.0, np.nan], [1.0, 2.0], [3.0, np.nan]])
    assert [block.rows.tolist() for block in blocks_of(rates)] == [[0, 2], [1]]


def test_a_turn_is_how_often_its_block_was_drawn_before():
    n_steps = 2 * DRAWS + 50
    turns = {step: drawn_block(4, step, 3) for step in reversed(range(n_steps))}  # any order
    seen = Counter()
    for step in range(n_steps):
        block, turn = turns[step]
        assert turn == seen[block]
        seen[block] += 1
    assert all(abs(count - n_steps / 3) < 4 * np.sqrt(n_steps * 2 / 9) for count in seen.values())
    assert [drawn_block(5, step, 3)[0] for step in range(99)] != [
        drawn_block(4, step, 3)[0] for step in range(99)]


def test_of_one_block_nothing_is_drawn(joined, options):
    for step in (0, 3, 17):
        assert drawn_block(1, step, 1) == (0, step)
        _, rows = drawn_rows(joined.blocks[0], options(), step)
        assert np.array_equal(rows, batch_indices(1, step, "stimulus", 16, 8))


def test_each_block_has_epochs_of_its_own(sessions, options):
    """12 stimuli in batches of 4: three turns show each once, in an order of the block's."""
    orders = {0: [], 1: []}
    for step in range(60):
        block, rows = drawn_rows(sessions.blocks[0], options(batch_size=4), step)
        assert set(rows) <= set(block.rows)
        orders[rows[0] % 2] += rows.tolist()
    for order in orders.values():
        epochs = [order[k : k + N_TRAIN] for k in range(0, len(order) - N_TRAIN, N_TRAIN)]
        assert len(epochs) > 3 and all(len(set(epoch)) == N_TRAIN for epoch in epochs)
        assert epochs[0] != epochs[1]
    assert [row // 2 for row in orders[0][:12]] != [row // 2 for row in orders[1][:12]]


def test_the_neural_loss_sees_the_sites_of_the_batch_s_session(sessions, fresh, options):
    seen = []

    def neural_loss(features, targets):
        seen.append(targets)
        return (features**2).mean()

    network = fresh(sessions).train()
    setting = Setting(network, network.forward_with, sessions, neural_loss,
                      options(batch_size=4, p=1.0, onset_step=0), SINGLE)
    base = sessions.base[0]
    for step in range(12):
        add_terms({}, setting, (to_unit(base.images[:4]), base.labels[:4]), step)
        block, rows = drawn_rows(sessions.blocks[0], setting.options, step)
        assert torch.equal(seen[-1], sessions.targets[0][rows][:, block.sites])
        assert torch.isfinite(seen[-1]).all()
    assert {targets.shape[1] for targets in seen} == {3, 4}


def test_a_run_of_two_sessions_cut_anywhere_ends_bit_identical(sessions, fresh, blank, run,
                                                               same_state, attack):
    changes = {"attack": attack, "p": 0.75, "onset_step": 1, "batch_size": 4}
    whole = run(sessions, fresh(sessions), "whole", range(5), **changes)
    for cut in range(1, 5):
        first = run(sessions, fresh(sessions), f"to-{cut}", range(cut), **changes)
        second = run(sessions, blank(sessions), f"from-{cut}", range(cut, 5),
                     previous=first["state"], **changes)
        assert same_state(whole, second), cut


def test_images_features_and_rates_stay_in_one_order(sessions, fresh, options):
    """Rates are features of the network, one for each site, so that the loss must get pairs."""
    network, targets = fresh(sessions).eval(), sessions.targets[0].clone()
    with torch.no_grad():
        images = to_unit(sessions.stimuli[0].images)
        features = network.forward_with(images, ("IT",))[1]["IT"]
    for block in sessions.blocks[0]:
        targets[np.ix_(block.rows, block.sites)] = features[np.ix_(block.rows, block.sites)]
    seen = []

    def neural_loss(features, rates):
        sites = SITES["first"] if rates.shape[1] == 3 else SITES["second"]
        torch.testing.assert_close(features[:, sites], rates, rtol=1e-3, atol=1e-3)
        seen.append(rates.shape[1])
        return (features**2).mean()

    still = {"translate_fraction": 0.0, "rotate_deg": 0.0, "scale": 0.0}
    planted = replace(sessions, targets=(targets, sessions.targets[1]))
    setting = Setting(network, network.forward_with, planted, neural_loss,
                      options(batch_size=4, p=1.0, onset_step=0, **still), SINGLE)
    base = sessions.base[0]
    for step in range(8):
        add_terms({}, setting, (to_unit(base.images[:4]), base.labels[:4]), step)
    assert set(seen) == {3, 4} and features[:, [0, 3]].std(0).min() > 1


def test_validation_is_the_mean_over_sessions(data, sessions, fresh, options):
    network = fresh(sessions).eval()

    def measured(joined):
        return measure(Setting(network, network.forward_with, joined, None, options(), SINGLE))

    with torch.no_grad():
        features = network.forward_with(to_unit(sessions.stimuli[1].images), ("IT",))[1]["IT"]
    by_session = [linear_cka(features[start::2], sessions.targets[1][start::2, sites]).item()
                  for start, sites in enumerate(SITES.values())]
    assert measured(sessions)["similarity_biased"] == pytest.approx(np.mean(by_session), rel=1e-5)
    # With 3 test stimuli of the second session, the first speaks alone.
    base, shown, _ = data
    fewer = training_data(base, shown, two_sessions(shown).isel(stimulus=slice(0, 31)), 4)
    assert measured(fewer)["similarity_biased"] == pytest.approx(by_session[0], rel=1e-5)


def test_a_stopped_run_names_stimuli_of_the_session(sessions, fresh, run, options):
    network = fresh(sessions)
    with torch.no_grad():
        network.decoder.linear.bias.fill_(float("nan"))
    _, rows = drawn_rows(sessions.blocks[0], options(batch_size=4), 0)
    with pytest.raises(ValueError) as error:
        run(sessions, network, "bad", range(1), batch_size=4)
    assert ", ".join(sessions.stimulus_ids[rows]) in str(error.value)


def test_a_session_smaller_than_a_batch_is_refused(data):
    base, shown, _ = data
    with pytest.raises(ValueError, match=r"12 training stimuli with rates of the same 3 of 7 sites "
                                         r"\(hvm-0, hvm-2, .* one batch of 13; .* one session"):
        training_data(base, shown, two_sessions(shown), 13)


def test_test_stimuli_of_a_session_that_was_not_trained_are_refused(data):
    base, shown, _ = data
    target = two_sessions(shown)
    target["rate"] = target.rate.copy()
    target.rate[24::2, 5] = 1.0
    with pytest.raises(ValueError, match=r"4 stimuli of partition 'test' have rates of 4 of 7 sit"):
        training_data(base, shown, target, 4)


def test_stimuli_without_any_rate_are_refused(data):
    base, shown, _ = data
    target = two_sessions(shown)
    target.rate[0] = np.nan
    with pytest.raises(ValueError, match=r"1 stimuli of partition 'train' have rates of 0 of 7 "):
        training_data(base, shown, target, 4)


def test_a_site_that_is_constant_in_its_session_is_refused(data):
    base, shown, _ = data
    target = two_sessions(shown)
    target.rate[1::2, 4] = 2.0
    with pytest.raises(ValueError, match=r"1 of 7 sites are constant .*session.*: n4; drop"):
        training_data(base, shown, target, 4)


def test_too_few_test_stimuli_in_every_session_are_refused(data):
    base, shown, _ = data
    with pytest.raises(ValueError, match=r"3 test stimuli in the largest session, .* least 4"):
        training_data(base, shown, two_sessions(shown).isel(stimulus=slice(0, 30)), 4)
