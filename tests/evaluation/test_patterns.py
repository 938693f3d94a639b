"""Patterns of behaviour: examples worked by hand, second formulas, category subsets."""

import numpy as np
import pytest

from italign.evaluation.agreement import check_people, pearson
from italign.evaluation.behavior import i2n, model_response
from italign.evaluation.behavior_patterns import i2n_pattern, patterns
from italign.evaluation.category_subsets import category_subsets
from italign.evaluation.people import behavior_scores, prepare_people
from italign.evaluation.trials import Trials, response_matrix
from tests.evaluation.behavior_reference import i2n_by_loops
from tests.evaluation.test_behavior import simulated

TRUTH = np.array([0, 0, 1, 1, 2, 2])
X = np.nan


def unanimous(wrong, n_each=400):
    """Everybody gives the same answer: wrong where `wrong` is 1."""
    image, distractor = (np.repeat(place, n_each) for place in np.nonzero(~np.isnan(wrong)))
    choice = np.where(wrong[image, distractor] == 1, distractor, TRUTH[image])
    return Trials(image, TRUTH[image], distractor, choice, 6, 3)


def test_three_by_three_by_hand():
    """Three categories against three, two images each.

    Every (truth, distractor) cell has one image that all get right and one that all get wrong:
    false alarms are 0.5 everywhere, Z = 0, d' = +-Z(1) clipped to +-5, cell means 0.
    The model's responses also pair to 0.5: d' = Z(1 - R) with Z(0.8) = 0.8416, Z(0.9) = 1.2816.

        truth, distractor   people (1st image)   model (1st image)   product
        0, 1                +5                   +0.8416             +4.208
        0, 2                -5                    0                   0
        1, 0                +5                   -0.8416             -4.208
        1, 2                +5                   +1.2816             +6.408
        2, 0                +5                   +0.8416             +4.208
        2, 1                -5                   +0.8416             -4.208

    Second images have the opposite signs, hence the same products: their sum is 2 x 6.408 = 12.816;
    sums of squares are 2 (4 x 0.70828 + 1.64248) = 8.95120 and 12 x 25 = 300, so
    r = 12.816 / sqrt(8.95120 x 300) = 0.24731. Halves are equal: ceiling 1, ceiled = raw.
    """
    people = np.array([[X, 0, 1], [X, 1, 0], [0, X, 0], [1, X, 1], [0, 1, X], [1, 0, X]])
    model = np.array([[X, .2, .5], [X, .8, .5], [.8, X, .1], [.2, X, .9], [.2, .2, X], [.8, .8, X]])
    z = np.array([[X, .8416, 0], [X, -.8416, 0], [-.8416, X, 1.2816], [.8416, X, -1.2816],
                  [.8416, .8416, X], [-.8416, -.8416, X]])
    assert np.allclose(i2n_pattern(people, TRUTH), 5 - 10 * people, equal_nan=True)
    assert np.allclose(i2n_pattern(model, TRUTH), z, atol=5e-5, equal_nan=True)
    odds = np.where(np.isnan(model), 1, model / (1 - model))  # p_c / p_truth
    trials = unanimous(people)
    score = i2n(odds, TRUTH, trials)
    assert score.raw == pytest.approx(0.24731, abs=1e-5)
    assert (score.ceiling, score.ceiled) == pytest.approx((1, score.raw))
    columns = trials.image, trials.truth, trials.distractor, trials.choice
    assert i2n_by_loops(odds, TRUTH, *columns, 3, 0) == pytest.approx(
        (score.raw, score.ceiling, score.ceiled), abs=1e-12)


def test_other_metrics_by_hand():
    """One image of each category: no image-level rest; d' = Z(1 - R[i, c]) - Z(R[c, i])."""
    one = np.array([[X, .1, .5], [.2, X, .5], [.2, .8, X]])
    z1, z2 = 1.28155, 0.84162  # Z(0.9), Z(0.8)
    d01, d02, d12 = z1 + z2, z2, -z2  # symmetric: Z(1 - x) = -Z(x)
    both = np.array([[X, d01, d02], [d01, X, d12], [d02, d12, X]])
    found = patterns(one, np.arange(3))
    assert np.allclose(found["i2"], both, atol=1e-5, equal_nan=True)
    assert np.allclose(found["o2"], both, atol=1e-5, equal_nan=True)
    assert np.allclose(found["i1"], [(d01 + d02) / 2, (d01 + d12) / 2, (d02 + d12) / 2], atol=1e-5)
    assert np.allclose(found["i2n"][~np.isnan(one)], 0)
    assert np.allclose(found["i1n"], 0)


def test_acceptance_of_a_human_matrix():
    truth, trials, _ = simulated(0)
    response = response_matrix(trials)
    own = i2n_pattern(response, truth)
    assert pearson(own, i2n_pattern(response, truth)) == pytest.approx(1)
    assert (np.isnan(own) == (np.arange(5) == truth[:, None])).all()
    for t in range(5):
        assert np.allclose(np.delete(own[truth == t], t, axis=1).mean(0), 0)


def test_two_equal_halves_have_ceiling_one():
    wrong = np.array([[X, 0, 1], [X, 1, 0], [0, X, 0], [1, X, 1], [0, 1, X], [1, 0, X]])
    [people] = prepare_people(unanimous(wrong), TRUTH, category_subsets("abc", []), 3, 0, 0)
    assert set(people.ceilings) == {"i2n", "i2", "i1n", "i1"}  # o2: all pairs 0, nothing varies
    assert np.allclose(list(people.ceilings.values()), 1)
    scores = behavior_scores(np.clip(wrong, 0.1, 0.9), [people])
    assert [score.sd_splits for score in scores] == pytest.approx([0] * 4, abs=1e-12)
    assert np.isnan(scores[0].low_stimuli)  # no resamples asked for


@pytest.mark.parametrize("n_trials", [300, 6000])  # with and without missing pairs
def test_other_metrics_from_the_i2_pattern(n_trials):
    truth, trials, _ = simulated(1, n_trials)
    response = response_matrix(trials)
    found = patterns(response, truth)
    for image_metric, metric in (("i1", "i2"), ("i1n", "i2n")):
        for i, row in enumerate(found[metric]):
            known = row[~np.isnan(row)]
            assert found[image_metric][i] == pytest.approx(known.mean() if known.size else X,
                                                           nan_ok=True)
    for t in range(5):
        for c in range(5):
            a, b = response[truth == t, c], response[truth == c, t]
            a, b = a[~np.isnan(a)], b[~np.isnan(b)]
            if t != c and 0 < a.mean() < 1 and 0 < b.mean() < 1:
                pair = np.array([a.mean(), b.mean()])
                from_images = patterns(pair[:, None] * [[0, 1], [1, 0]] + [[X, 0], [0, X]],
                                       np.arange(2))["i2"][0, 1]
                assert found["o2"][t, c] == pytest.approx(from_images)
                assert found["o2"][c, t] == pytest.approx(found["o2"][t, c])


def test_unequal_trial_counts_and_missing_pairs_are_scored():
    truth, trials, probabilities = simulated(2, 4000)
    rare = (trials.image % 3 == 0) & (np.arange(4000) % 10 > 0)
    never = (trials.truth == 1) & (trials.distractor == 2)
    kept = trials.take(np.flatnonzero(~rare & ~never))
    [people] = prepare_people(kept, truth, category_subsets("abcde", []), 5, 20, 0)
    scores = {s.metric: s for s in behavior_scores(model_response(probabilities, truth), [people])}
    assert set(scores) == {"i2n", "i2", "i1n", "i1", "o2"}
    for score in scores.values():
        assert 0 < score.raw < 1 and score.low_stimuli < score.raw < score.high_stimuli
    score = i2n(probabilities, truth, kept)
    assert (scores["i2n"].raw, scores["i2n"].ceiled) == (score.raw, score.ceiled)


def test_subsets_are_restrictions():
    """A pair's pattern depends on the images of its two nouns alone."""
    truth, trials, probabilities = simulated(3, 9000)
    subsets = category_subsets("abcde", {"b", "d", "e"})
    assert [(s.name, s.columns.tolist()) for s in subsets] == [
        ("all", [0, 1, 2, 3, 4]), ("overlapping", [1, 3, 4]), ("novel", [0, 2])]
    people = prepare_people(trials, truth, subsets, 4, 0, 0)
    response = model_response(probabilities, truth)
    model = patterns(response, truth)
    for subset, own in zip(subsets[1:], people[1:], strict=True):
        for metric in ("i2n", "i2"):
            assert np.allclose(own.patterns[metric][0],
                               subset.cells(people[0].patterns[metric][0], truth), equal_nan=True)
        objects = np.ix_(subset.columns, subset.columns)
        if "o2" in own.ceilings:
            assert np.allclose(own.patterns["o2"][0], people[0].patterns["o2"][0][objects],
                               equal_nan=True)
        [score] = [s for s in behavior_scores(response, [own]) if s.metric == "i2n"]
        first = [subset.cells(people[0].patterns["i2n"][k], truth) for k in range(2)]
        cells = subset.cells(model["i2n"], truth)
        assert score.raw == pytest.approx(np.mean([pearson(cells, one) for one in first]))
        assert score.n == subset.rows(truth).sum()
    assert "o2" not in people[2].ceilings  # one pair of nouns cannot correlate


@pytest.mark.parametrize(("trained", "names"), [
    ("abcde", ["all"]), ("xyz", ["all"]),
    ("a", ["all", "novel"]), ("bcde", ["all", "overlapping"]),
])
def test_subsets_need_both_kinds_and_two_nouns(trained, names):
    assert [subset.name for subset in category_subsets("abcde", trained)] == names


def test_rounding_is_no_pattern():
    """Two nouns have one pair, a category of one image no image-level rest, up to rounding."""
    truth, trials, probabilities = simulated(0)
    people = prepare_people(trials, truth, category_subsets("abcde", "ab"), 3, 20, 0)
    assert set(people[1].ceilings) == {"i2n", "i2", "i1n", "i1"}
    noise = 1e-15 * np.random.default_rng(0).standard_normal((2, 9))
    assert np.isnan(pearson(noise[0], np.arange(9)))
    with pytest.raises(ValueError, match="do not differ"):
        check_people(0.7 + noise[0])
    # Alike to all images of a category: cell means leave rounding alone.
    alike = np.array([probabilities[truth == t].mean(0) for t in range(5)])[truth]
    assert np.isnan(i2n(alike, truth, trials).raw)
    metrics = {s.metric: s.raw for s in behavior_scores(model_response(alike, truth), people[:1])}
    assert {metric for metric, raw in metrics.items() if np.isnan(raw)} == {"i2n", "i1n"}


def test_bad_input_to_people_is_refused():
    truth, trials, _ = simulated(5)
    everything = category_subsets("abcde", [])
    with pytest.raises(ValueError, match="n_halves is 1, expected 2 or more"):
        prepare_people(trials, truth, everything, 1, 0, 0)
    with pytest.raises(ValueError, match="name another category"):
        prepare_people(trials, np.roll(truth, 1), everything, 2, 0, 0)
    with pytest.raises(ValueError, match="values that do not differ"):
        prepare_people(trials.take([0, 1]), truth, everything, 2, 0, 0)
    people = prepare_people(trials, truth, everything, 2, 0, 0)
    with pytest.raises(ValueError, match="have no model value"):
        behavior_scores(np.full((30, 5), np.nan), people)
