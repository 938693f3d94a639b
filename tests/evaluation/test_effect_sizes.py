"""Hedges' g of pairs: by hand, its bias and the coverage of its interval, and where it has none."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from italign.evaluation.claims import final_points
from italign.evaluation.effect_sizes import differences, effect_sizes, hedges_g
from tests.evaluation.synthetic_cohort import row_of, summarised, synthetic_cohort

A, B = np.array([3.0, 4.0, 5.0]), np.array([1.0, 2.0, 4.0])


def test_by_hand():
    effect = hedges_g(A, B)
    # Means 4 and 7/3, variances 1 and 7/3: d = (5/3) / sqrt(5/3); J(4) = 1 / (sqrt(2) 0.886227).
    assert effect.sd == pytest.approx(np.sqrt(5 / 3))
    assert effect.g == pytest.approx(np.sqrt(5 / 3) * 0.797885, rel=1e-6)
    # Differences 2, 2, 1: t = (5/3) / (1/3) with 2 degrees of freedom.
    limits = np.array([effect.low, effect.high]) / (1 / 3) * np.sqrt(5 / 3)
    np.testing.assert_allclose(stats.nct.cdf(5, 2, limits), [0.975, 0.025], atol=1e-5)


def test_signs_and_scale():
    effect, opposite = hedges_g(A, B), hedges_g(B, A)
    np.testing.assert_allclose(opposite[:3], [-effect.g, -effect.high, -effect.low], rtol=1e-5)
    np.testing.assert_allclose(hedges_g(10 * A + 3, 10 * B + 3)[:3], effect[:3])


def test_g_is_unbiased_and_its_interval_covers_the_truth():
    generator = np.random.default_rng(0)
    n, truth, n_studies = 5, 1.0, 1000
    unpaired = generator.standard_normal((n_studies, 2, n)) + [[truth], [0]]
    found = [hedges_g(a, b).g for a, b in unpaired]
    error = np.std(found) / np.sqrt(n_studies)
    assert np.mean(found) == pytest.approx(truth, abs=3 * error)
    paired = unpaired + generator.standard_normal((n_studies, 1, n))  # correlation 1/2
    covered = [e.low <= truth / np.sqrt(2) <= e.high for e in (hedges_g(a, b) for a, b in paired)]
    assert 0.93 < np.mean(covered) < 0.98


def test_far_effects_have_limits_too():
    # By the chi-square distribution alone: the limits are t sqrt(q / df).
    noise = np.array([-1.0, 0.0, 1.0])
    effect = hedges_g(1e5 + noise, 0.5 * noise)
    expected = np.sqrt(stats.chi2.ppf([0.025, 0.975], 2) / 2)
    np.testing.assert_allclose(np.array([effect.low, effect.high]) / (1e5 / effect.sd), expected,
                               rtol=1e-3)


def test_no_spread_has_no_effect_size():
    flat = np.full(4, 0.3)
    assert np.isnan(hedges_g(flat, flat + 0.1)).all()
    same = hedges_g(np.arange(4.0) + 2, np.arange(4.0))
    assert same.g > 0 and np.isnan([same.low, same.high]).all()
    assert np.isnan(hedges_g(A[:2], B[:2])).all()


def test_rows_of_the_claims(claims):
    where = {"model": "cka-shuffled-labels-p1", "stimulus_set": "mean", "animal": "mean"}
    g = row_of(claims, "similarity_hedges_g", **where)
    gain = row_of(claims, "similarity_difference", **where)
    assert g["estimate"] == pytest.approx(0.797885 * gain["estimate"] / g["sd"])
    assert g["low"] < g["estimate"] < g["high"] < 0
    assert (g["n"], g["unit_of_resampling"], g["n_resamples"]) == (3, "none", 0)
    assert "cka-shuffled-labels-p1 minus cka-true-labels-p0" in g["method"]
    sizes = claims[claims["name"].str.endswith("_hedges_g")]
    assert len(sizes) == 9 * 3  # models but the unaligned one, measures


@pytest.mark.parametrize(("n_seeds", "words"), [(1, "one seed"), (2, "two seeds")])
def test_one_or_two_seeds_say_so(n_seeds, words):
    claims = summarised(synthetic_cohort(n_seeds=n_seeds))[1]
    g = row_of(claims, "behavior_hedges_g", model="cka-true-labels-p1")
    assert np.isnan(g[["estimate", "sd", "low", "high"]].astype(float)).all()
    assert g["note"] == f"{words}: no effect size"


def test_no_spread_over_seeds_says_so(cohort):
    final = final_points(summarised(cohort)[0])
    values = final.groupby("model")["similarity"].transform("first")
    copies = pd.DataFrame(effect_sizes(final.assign(similarity=values)))
    row = row_of(copies, "similarity_hedges_g", model="cka-true-labels-p1")
    assert np.isnan(row["estimate"]) and row["note"] == "no spread over seeds: no effect size"
    shifted = pd.DataFrame(effect_sizes(final.assign(similarity=values + final["seed"])))
    row = row_of(shifted, "similarity_hedges_g", model="cka-true-labels-p1")
    assert row["estimate"] > 0 and np.isnan(row["low"])
    assert row["note"] == "the same difference in every seed: no interval"


def test_an_attacked_set_may_be_called_base(cohort, claims):
    final = final_points(summarised(cohort)[0])
    renamed = final.rename(columns={"robustness_coco": "robustness_base"})
    assert "robustness_base" in renamed
    gains = pd.DataFrame(differences(renamed, [], n_bootstrap=20, seed=0))
    mean = row_of(gains, "robustness_difference", model="cka-true-labels-p1")
    planted = row_of(claims, "robustness_difference", model="cka-true-labels-p1")
    assert mean["estimate"] == pytest.approx(planted["estimate"])
