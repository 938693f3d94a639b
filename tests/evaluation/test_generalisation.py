"""Generalisation: planted effects are found, absent ones are not, intervals and p values hold."""

import numpy as np
import pytest

from italign.evaluation.chance import biased_cka_chance
from italign.evaluation.generalisation import (
    Similarity,
    mean_similarity,
    p_value,
    shuffled_hsic,
    similarity_of,
)
from italign.evaluation.generalisation_grams import apart
from italign.evaluation.generalisation_intervals import dose_trend, joint_interval
from italign.evaluation.generalisation_rows import COLUMNS, generalisation_table
from italign.evaluation.half_samples import half_samples
from italign.evaluation.similarity import ESTIMATORS, linear_cka, linear_gram, linear_hsic

N, DOSES = 120, (0.0, 0.25, 0.5, 1.0)
NAMES = {"animal": "we", "stimulus_set": "natural"}


def cohort(gain, seed=0, n_seeds=3):
    """Runs and features: the share of a brain's factors grows with the dose by `gain`."""
    rng = np.random.default_rng(seed)
    factors, other = rng.standard_normal((2, N, 8))
    sites = factors @ rng.standard_normal((8, 20)) + rng.standard_normal((N, 20))
    conditions = [("true", p, "off") for p in DOSES] + [("shuffled", 1.0, "off"),
                                                        ("random", 1.0, "off"),
                                                        ("true", 0.0, "linf-2")]
    runs, features = [], []
    for run_seed in range(n_seeds):
        mix = rng.standard_normal((8, 60))
        for target, p, adversarial in conditions:
            dose = p if target == "true" else 0
            shared = (0.4 + gain * dose) * factors + (1 - gain * dose) * other
            features.append(shared @ mix + 0.3 * rng.standard_normal((N, 60)))
            runs.append({"model": f"{target}{p}{adversarial}", "method": "cka", "target": target,
                         "labels": "on", "p": p, "adversarial": adversarial, "seed": run_seed})
    return runs, features, sites


def compared(features, sites, is_apart=None, n_resamples=100, n_permutations=99, seed=3):
    is_apart = np.arange(N) >= 30 if is_apart is None else is_apart
    grams = np.stack([linear_gram(one) for one in features]).astype(np.float32)
    return similarity_of(grams, linear_gram(sites), is_apart, NAMES, n_resamples, n_permutations,
                         seed)


def table_of(gain, **options):
    runs, features, sites = cohort(gain, **options)
    one = compared(features, sites)
    return generalisation_table(runs, [one, mean_similarity([one])], {"natural": "30 of 120"}, 3)


@pytest.fixture(scope="module")
def aligned():
    return table_of(0.6)


@pytest.fixture(scope="module")
def unaligned():
    return table_of(0.0, seed=1)


def rows(table, analysis, estimator="unbiased", images="all", animal="we"):
    found = table[(table["analysis"] == analysis) & (table["estimator"] == estimator)
                  & (table["images"] == images) & (table["animal"] == animal)]
    return found.reset_index(drop=True)


def test_values_are_those_of_the_definition():
    _, features, sites = cohort(0.6)
    is_apart = np.random.default_rng(0).permutation(N) >= 30
    found = compared(features, sites, is_apart)
    assert found.n_images == (N, 90)
    for k, kept in enumerate((np.ones(N, bool), is_apart)):
        for e, estimator in enumerate(ESTIMATORS):
            expected = [linear_cka(one[kept], sites[kept], estimator) for one in features]
            np.testing.assert_allclose(found.value[e, k], expected, atol=1e-5)
        chance = [biased_cka_chance(linear_gram(one[kept]), linear_gram(sites[kept]))
                  for one in features]
        np.testing.assert_allclose(found.chance[0, k], chance, rtol=1e-4)
    assert (found.chance[1] == 0).all()


def test_spread_is_that_of_half_samples():
    _, features, sites = cohort(0.6)
    found = compared(features[:2], sites, n_resamples=20)
    kept = half_samples(N, 20, 3)
    expected = np.array([[[linear_cka(one[row], sites[row], name) for row in kept]
                          for one in features[:2]] for name in ESTIMATORS])
    expected -= expected.mean(-1, keepdims=True)
    np.testing.assert_allclose(found.spread[:, 0], expected, atol=1e-5)


def test_shuffled_is_hsic_of_the_moved_matrix():
    rng = np.random.default_rng(0)
    grams = np.stack([linear_gram(rng.standard_normal((30, 50))) for _ in range(3)])
    brain = linear_gram(rng.standard_normal((30, 7)))
    orders = rng.permuted(np.tile(np.arange(30), (20, 1)), axis=1)  # more than one chunk
    found = shuffled_hsic(grams, brain, orders)
    expected = [[[linear_hsic(gram, brain[np.ix_(order, order)], name) for order in orders]
                 for gram in grams] for name in ESTIMATORS]
    np.testing.assert_allclose(found, expected, atol=1e-9)
    single = shuffled_hsic(grams.astype(np.float32), brain, orders)
    np.testing.assert_allclose(single, expected, atol=1e-4 * np.abs(expected).max())


def test_an_aligned_cohort_rises_with_the_dose_and_beats_controls(aligned):
    assert list(aligned.columns) == list(COLUMNS)
    for estimator in ESTIMATORS:
        for images in ("all", "apart"):
            trend = rows(aligned, "dose_spearman", estimator, images).iloc[0]
            assert trend["value"] == 1 and trend["low"] <= 1 and trend["p_value"] < 0.01
            changes = rows(aligned, "change", estimator, images)
            full = changes[(changes["target"] == "true") & (changes["p"] == 1)].iloc[0]
            assert full["low"] > 0 and full["n_seeds"] == 3
            for name in ("shuffled", "random", "adversarial"):
                against = rows(aligned, f"against_{name}", estimator, images).iloc[0]
                assert against["low"] > 0, name
    assert (rows(aligned, "similarity")["p_value"] == 0.01).all()
    assert rows(aligned, "similarity", images="apart")["n_images"].eq(90).all()


def test_a_cohort_that_is_not_aligned_shows_no_effect(unaligned):
    changes = rows(unaligned, "change")
    assert ((changes["low"] < 0) & (changes["high"] > 0)).mean() >= 4 / 6
    assert rows(unaligned, "dose_spearman")["p_value"].iloc[0] > 0.05
    assert rows(unaligned, "against_shuffled")["low"].iloc[0] < 0


def test_the_mean_of_one_axis_is_that_axis(aligned):
    own = aligned[aligned["animal"] == "we"].drop(columns=["animal", "stimulus_set", "note"])
    mean = aligned[aligned["animal"] == "mean"].drop(columns=["animal", "stimulus_set", "note"])
    assert own.reset_index(drop=True).equals(mean.reset_index(drop=True))


def test_means_over_axes_are_run_by_run_and_count_images_once():
    one, other, third = (Similarity(name, shown, (10, 8), *(np.full((2, 2, 3), value)
                                                            for value in (k, k, k, k)))
                         for k, (name, shown) in enumerate(
                             (("a", "hvm"), ("b", "hvm"), ("b", "coco"))))
    mean = mean_similarity([one, other, third])
    assert mean.n_images == (20, 16) and (mean.value == 1).all() and mean.animal == "mean"


def test_notes_say_what_limits_a_row(aligned):
    apart_note = rows(aligned, "similarity", images="apart")["note"]
    assert apart_note.eq("30 of 120").all()
    assert rows(aligned, "change")["note"].eq("p cannot fall below 0.25 with 3 seeds").all()
    single = table_of(0.6, n_seeds=1)
    notes = rows(single, "change")["note"]
    assert notes.eq("one seed: the interval is over images alone").all()
    assert rows(single, "change")["p_value"].isna().all()


def test_too_few_images_apart_are_refused():
    _, features, sites = cohort(0.6)
    with pytest.raises(ValueError, match=r"we, natural: 10 of 120 images are apart .* at least 16"):
        compared(features[:1], sites, np.arange(N) < 10)


@pytest.mark.parametrize("n_seeds", [2, 3, 5])
def test_joint_intervals_cover_the_mean_over_few_seeds(n_seeds):
    """Images add next to nothing: what a bootstrap of seeds gets wrong."""
    rng = np.random.default_rng(1)
    spread = np.tile(1e-9 * rng.standard_normal(2000), (n_seeds, 1))
    bounds = np.array([joint_interval(0.3 + rng.standard_normal(n_seeds), spread, i)
                       for i in range(400)])
    covered = ((bounds[:, 0] < 0.3) & (0.3 < bounds[:, 1])).mean()
    assert 0.92 < covered < 0.98


@pytest.mark.parametrize(("n_seeds", "least"), [(1, 0.88), (3, 0.93), (5, 0.91)])
def test_joint_intervals_cover_the_mean_over_seeds_and_images(n_seeds, least):
    """Every image, and every seed, moves the value; so does an image for one seed alone."""
    rng, covered = np.random.default_rng(0), []
    kept = half_samples(100, 200, 0)
    for _ in range(400):
        image = rng.standard_normal(100) + 0.5 * rng.standard_normal((n_seeds, 100))
        between = 0.08 * rng.standard_normal(n_seeds) if n_seeds > 1 else np.zeros(1)
        halves = image @ kept.T / 50
        spread = halves - halves.mean(-1, keepdims=True)
        low, high = joint_interval(0.3 + between + image.mean(1), spread, 1)
        covered.append(low < 0.3 < high)
    assert least < np.mean(covered) < 0.995


def test_differences_keep_what_images_do_to_both():
    rng = np.random.default_rng(0)
    shared = rng.standard_normal((1, 500))
    spread = shared + 0.01 * rng.standard_normal((6, 500))
    alone = joint_interval(np.full(3, 0.5), spread[:3], 1)
    paired = joint_interval(np.full(3, 0.1), spread[:3] - spread[3:], 1)
    assert alone[1] - alone[0] > 50 * (paired[1] - paired[0])


def test_an_undefined_half_leaves_the_interval_open():
    assert np.isnan(joint_interval(np.ones(2), np.array([[0.1, np.nan], [0, 0]]), 0)).all()


def test_p_values_are_uniform_without_any_relation():
    """Of the order of images, and of doses within seeds: as often below 0.1 as that says."""
    rng, orders, doses = np.random.default_rng(0), [], []
    for _ in range(120):
        gram, brain = (linear_gram(rng.standard_normal((24, k))) for k in (30, 6))
        found = similarity_of(gram[None], brain, np.arange(24) >= 4, NAMES, 2, 59, int(
            rng.integers(1e6)))
        orders.append(p_value(found.value[1, 0, 0], found.shuffled[1, 0, 0]))
        doses.append(dose_trend(np.arange(7), rng.standard_normal((3, 7)), np.zeros((3, 7, 2)),
                                int(rng.integers(1e6))).p_value)
    for p in (np.array(orders), np.array(doses)):
        assert abs(p.mean() - 0.5) < 0.08
        assert 0.03 < (p <= 0.1).mean() < 0.18
        assert p.min() > 0


def test_a_p_value_counts_itself():
    assert p_value(1.0, np.zeros(99)) == 0.01 and p_value(-1.0, np.zeros(99)) == 1


def test_dose_trend_is_the_mean_rank_correlation():
    value = np.array([[0.1, 0.2, 0.3, 0.4], [0.1, 0.2, 0.4, 0.3]])
    trend = dose_trend(np.array(DOSES), value, np.zeros((2, 4, 50)), 0)
    assert trend.rho == pytest.approx((1 + 0.8) / 2)
    assert trend.low == pytest.approx(0.8) and trend.high == pytest.approx(1)
    assert np.isnan(dose_trend(np.array(DOSES[:2]), value[:, :2], np.zeros((2, 2, 5)), 0)).all()
    noisy = dose_trend(np.array(DOSES), value, np.random.default_rng(0).normal(size=(2, 4, 50)), 0)
    assert noisy.low < 0 and noisy.low <= noisy.rho <= noisy.high


def test_images_like_a_training_image_are_left_out():
    rng = np.random.default_rng(0)
    train = rng.integers(0, 255, (10, 16, 16, 3), dtype=np.uint8)
    test = rng.integers(0, 255, (12, 16, 16, 3), dtype=np.uint8)
    test[[2, 7, 9]] = (train[[1, 4, 5]] * 0.8 + 10).astype(np.uint8)  # darker twins
    is_apart, words = apart(test, train, 0.25)
    assert np.flatnonzero(~is_apart).tolist() == [2, 7, 9]
    assert words.startswith("3 of 12 images left out") and "by 1.00 or more" in words
