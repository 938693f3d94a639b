"""Neural predictivity and its ceiling: plain scikit-learn, planted truth, refusals."""

import logging

import numpy as np
import pytest
from scipy import stats
from sklearn.cross_decomposition import PLSRegression
from sklearn.linear_model import Ridge
from sklearn.model_selection import ShuffleSplit, StratifiedShuffleSplit

from italign.evaluation.consistency import ceiled_predictivity, internal_consistency
from italign.evaluation.predictivity import REGRESSIONS, neural_predictivity, summarise
from italign.evaluation.reduction import fewest_coordinates

DIRECT = {"pls": lambda: PLSRegression(25, scale=False), "ridge": lambda: Ridge(1.0)}


def related(seed=0, n=80, n_features=300, n_sites=7, n_causes=30):
    """Rectified features and noisy responses with common causes, and categories."""
    rng = np.random.default_rng(seed)
    causes = rng.standard_normal((n, n_causes)) / np.sqrt(np.arange(1, n_causes + 1))
    noise = rng.standard_normal((n, n_features)), rng.standard_normal((n, n_sites))
    features = causes @ rng.standard_normal((n_causes, n_features)) + 0.3 * noise[0] + 1
    responses = 20 + causes @ rng.standard_normal((n_causes, n_sites)) + noise[1]
    return np.maximum(features, 0), responses, np.arange(n) % 4


def direct(features, responses, groups, regression):
    """What Brain-Score computes, in as few lines of scikit-learn and SciPy as it takes."""
    kind = ShuffleSplit if groups is None else StratifiedShuffleSplit
    split = kind(n_splits=10, train_size=0.9, random_state=1)
    r = []
    for fitted, held_out in split.split(features, groups):
        model = DIRECT[regression]().fit(features[fitted], responses[fitted])
        predicted = model.predict(features[held_out])
        r.append([stats.pearsonr(*pair).statistic
                  for pair in zip(predicted.T, responses[held_out].T, strict=True)])
    return np.array(r)


@pytest.mark.parametrize("regression", REGRESSIONS)
@pytest.mark.parametrize(("n_features", "stratified"), [(40, True), (300, True), (300, False)])
def test_equals_scikit_learn_on_all_features(regression, n_features, stratified):
    features, responses, groups = related(n_features=n_features)
    groups = groups if stratified else None
    found = neural_predictivity(features, responses, groups, regression=regression)
    expected = direct(features, responses, groups, regression)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-10)
    assert 0.4 < np.median(found) < 0.95  # neither trivial nor void


@pytest.mark.parametrize("regression", REGRESSIONS)
def test_rotation_shift_and_idle_features_change_nothing(regression):
    features, responses, groups = related(1, n_features=60)
    rotation = stats.ortho_group.rvs(60, random_state=2)
    changed = np.hstack([features @ rotation + 3, np.full((80, 5), 0.1)])
    before, after = (neural_predictivity(x, responses, groups, regression=regression)
                     for x in (features, changed))
    np.testing.assert_allclose(after, before, rtol=0, atol=1e-9)


def test_scale_matters_to_ridge_only():
    features, responses, groups = related(2)
    for regression, same in (("pls", True), ("ridge", False)):
        before, after = (neural_predictivity(x, responses, groups, regression=regression)
                         for x in (features, 0.01 * features))
        assert np.allclose(after, before, rtol=0, atol=1e-9) == same


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_coordinates_keep_distances_and_no_more_than_the_rank(dtype):
    rng = np.random.default_rng(0)
    features = (rng.standard_normal((50, 6)) @ rng.standard_normal((6, 400)) + 5).astype(dtype)
    reduced = fewest_coordinates(features)
    assert reduced.shape == (50, 6) and reduced.dtype == np.float64
    centred = features - features.mean(axis=0, dtype=np.float64)
    np.testing.assert_allclose(reduced @ reduced.T, centred @ centred.T, atol=1e-3 * (dtype == "f4")
                               + 1e-9)
    assert fewest_coordinates(rng.standard_normal((50, 400))).shape == (50, 49)


def test_components_beyond_the_rank_are_not_fitted():
    """scikit-learn divides by the rounding that deflation leaves, which here costs most of r."""
    rng = np.random.default_rng(3)
    causes = rng.standard_normal((200, 10))
    features = causes @ rng.standard_normal((10, 512))
    responses = causes @ rng.standard_normal((10, 20)) + rng.standard_normal((200, 20))
    found, ten = (neural_predictivity(features, responses, np.arange(200) % 8, n_components=n)
                  for n in (25, 10))
    np.testing.assert_allclose(found, ten, rtol=0, atol=1e-10)
    assert np.median(found) > 0.9
    unguarded = PLSRegression(25, scale=False).fit(features[:180], responses[:180])
    residual = unguarded.predict(features[180:]) - responses[180:]
    assert residual.std() > 2 * responses.std()


@pytest.mark.parametrize("regression", REGRESSIONS)
def test_a_perfect_model_reaches_the_ceiling(regression):
    """Noise of SD 2 in each of 8 repetitions leaves c = 1 / (1 + 4 / 8) = 2 / 3."""
    rng = np.random.default_rng(4)
    features = rng.standard_normal((1500, 12))
    weights = rng.standard_normal((12, 40))
    true = features @ (weights / np.linalg.norm(weights, axis=0))
    responses = true[:, None] + 2 * rng.standard_normal((1500, 8, 40))
    ceiling = internal_consistency(responses)
    assert ceiling == pytest.approx(2 / 3, abs=0.01)
    r = summarise(neural_predictivity(features, responses.mean(axis=1), np.arange(1500) % 10,
                                      regression=regression), 200, 0).raw
    assert ceiled_predictivity(r, ceiling, "r2_over_ceiling") == pytest.approx(1, abs=0.03)
    assert ceiled_predictivity(r, ceiling, "squared_r_over_ceiling") == pytest.approx(1.5, abs=0.05)


@pytest.mark.filterwarnings("ignore:Maximum number of iterations")  # of NIPALS, on noise
@pytest.mark.parametrize("regression", REGRESSIONS)
def test_unrelated_features_score_zero(regression):
    raws = []
    for seed in range(40):
        responses = related(seed, n=60)[1]
        other = related(seed + 1000, n=60, n_features=100)[0]
        found = neural_predictivity(other, responses, None, regression=regression, n_splits=4)
        raws.append(summarise(found, 10, 0).raw)
    assert abs(np.mean(raws)) < 4 * np.std(raws) / np.sqrt(len(raws))
    assert np.std(raws) < 0.15


def test_summary_is_mean_of_medians():
    r = np.array([[0.1, 0.5, 0.9, 0.2], [0.3, 0.3, 0.8, 0.4], [0.2, 0.6, 0.7, 0.9]])
    found = summarise(r, 500, 0)
    assert found.raw == pytest.approx(np.mean([0.35, 0.35, 0.65]))
    assert found.sd_splits == pytest.approx(np.std([0.35, 0.35, 0.65], ddof=1))
    assert found.low_sites < found.raw < found.high_sites
    assert np.isnan(summarise(r[:, :1], 10, 0).low_sites)


def test_interval_over_sites_covers_the_median_of_all_sites():
    rng = np.random.default_rng(5)
    covered = 0
    for seed in range(200):
        r = 0.5 + 0.2 * rng.standard_normal(40) + 0.02 * rng.standard_normal((10, 40))
        found = summarise(r, 200, seed)
        covered += found.low_sites < 0.5 < found.high_sites
    assert 0.9 <= covered / 200 <= 0.99


def test_sites_silent_among_the_held_out_are_passed_over_and_counted(caplog):
    features, responses, groups = related(6)
    responses[:, 2] = 0
    responses[0, 2] = 9  # fires for one stimulus
    found = neural_predictivity(features, responses, groups)
    undefined = np.isnan(found)
    assert undefined[:, 2].any() and not undefined[:, [0, 1, 3, 4, 5, 6]].any()
    with caplog.at_level(logging.WARNING):
        raw = summarise(found, 10, 0).raw
    assert f"{undefined.sum()} of 70 correlations" in caplog.text
    assert raw == pytest.approx(np.nanmedian(found, axis=1).mean())
    with pytest.raises(ValueError, match="1 of 2 splits have no site"):
        summarise(np.array([[0.1, 0.2], [np.nan, np.nan]]), 10, 0)


FEATURES, RESPONSES, GROUPS = related()


@pytest.mark.parametrize(("features", "responses", "groups", "options", "message"), [
    (np.full((80, 5), 0.1), RESPONSES, GROUPS, {}, "constant over all 80 stimuli"),
    (np.where(FEATURES > 2, np.nan, FEATURES), RESPONSES, GROUPS, {}, "features hold .* NaN"),
    (FEATURES[0], RESPONSES, GROUPS, {}, "flatten maps"),
    (FEATURES[:70], RESPONSES, GROUPS[:70], {}, r"expected \(70, n_sites\).*join"),
    (FEATURES, np.where(RESPONSES > 25, np.nan, RESPONSES), GROUPS, {}, "average over the repet"),
    (FEATURES[:20], RESPONSES[:20], None, {"train_fraction": 0.8}, "16 stimuli .* 25 PLS comp"),
    (FEATURES, RESPONSES, np.arange(80) // 79, {}, r"1 categories have one stimulus \(1\)"),
    (FEATURES, RESPONSES, np.arange(80) % 20, {}, "hold out 8, expected at least 20"),
    (FEATURES, RESPONSES, GROUPS, {"regression": "lasso"}, "expected pls or ridge"),
])
def test_bad_input_is_refused(features, responses, groups, options, message):
    with pytest.raises(ValueError, match=message):
        neural_predictivity(features, responses, groups, **options)
