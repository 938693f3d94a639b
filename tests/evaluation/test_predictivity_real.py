"""Predictivity and consistency on published recordings, and published scores.

IT: 168 sites of two macaques, averages over repetitions, 640 images of variation 6 (Majaj, Hong et
al. 2015). V4: trials and images of Cowley et al. 2023. Values without a source were measured here,
with scikit-learn used directly.
"""

import io
import json
import zipfile

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from italign.evaluation.consistency import ceiled_predictivity, internal_consistency
from italign.evaluation.predictivity import neural_predictivity, summarise
from tests.evaluation.test_predictivity import direct

pytestmark = pytest.mark.data


@pytest.fixture
def it_sites(mirror):
    """Responses (640, 168), objects and pose."""
    rates = mirror("data_subset.npy")
    images = pd.read_csv(rates.with_name("hvm_meta_rows_of_data_subset_640.csv"))
    pose = images[["rxy", "rxz", "ryz", "ty", "tz", "s"]].to_numpy(float)
    return np.load(rates).astype(float), images["obj"].to_numpy(), pose


def predicted(features, responses, groups, regression="pls"):
    return summarise(neural_predictivity(features, responses, groups, regression=regression), 200,
                     0)


@pytest.mark.parametrize(("regression", "expected"), [("pls", 0.7235), ("ridge", 0.7159)])
def test_sites_predict_other_sites_as_by_scikit_learn(it_sites, regression, expected):
    responses, objects, _ = it_sites
    source, target = responses[:, ::2], responses[:, 1::2]
    found = neural_predictivity(source, target, objects, regression=regression)
    np.testing.assert_allclose(found, direct(source, target, objects, regression), rtol=0,
                               atol=1e-10)
    score = summarise(found, 200, 0)
    assert score.raw == pytest.approx(expected, abs=1e-3)
    assert score.low_sites < score.raw < score.high_sites
    shuffled = source[np.random.default_rng(0).permutation(len(source))]
    assert abs(predicted(shuffled, target, objects, regression).raw) < 0.05


def test_sites_predict_themselves(it_sites):
    """Brain-Score tests 0.8234 (0.001) for all 2,560 images of variation 6, of which these are."""
    responses, objects, _ = it_sites
    assert predicted(responses, responses, objects).raw == pytest.approx(0.823, abs=2e-3)
    assert predicted(responses, responses, objects, "ridge").raw > 0.999


def test_objects_and_pose_predict_sites_better_together(it_sites):
    responses, objects, pose = it_sites
    pose = (pose - pose.mean(axis=0)) / pose.std(axis=0)
    one_hot = pd.get_dummies(objects).to_numpy(float)
    of_object, of_pose, of_both = (
        predicted(features, responses, objects).raw
        for features in (one_hot, pose, np.hstack([one_hot, pose])))
    assert (of_object, of_pose) == (pytest.approx(0.213, abs=2e-3), pytest.approx(0.248, abs=2e-3))
    assert of_both == pytest.approx(0.336, abs=2e-3)


def test_published_scores_are_the_older_rule(mirror):
    beside = mirror("data_subset.npy").with_name("brainscore_reference_scores.json")
    published = json.loads(beside.read_text())
    models = {name: score for name, score in published.items() if isinstance(score, dict)}
    assert len(models) == 3
    for name, score in models.items():
        found = ceiled_predictivity(score["raw_median_pearson"], published["ceiling"],
                                    "squared_r_over_ceiling")
        assert found == pytest.approx(score["ceiled_score"], abs=1e-4), name


@pytest.mark.parametrize(("session", "reliability"), [("201016", 0.745), ("210325", 0.762)])
def test_consistency_of_v4_with_missing_trials(mirror, session, reliability):
    """Near the median over sites of their mean reliability: only the order of means differs."""
    trials = np.load(mirror(f"responses_raw_{session}.npy")).transpose(1, 2, 0)
    assert np.isnan(trials).any()
    assert internal_consistency(trials) == pytest.approx(reliability, abs=0.006)


def test_pixels_predict_v4_a_little(mirror):
    """Brain-Score's pixels reach r = 0.23 in IT."""
    trials = np.load(mirror("responses_raw_210325.npy")).transpose(1, 2, 0)
    responses, objects = np.nanmean(trials, axis=1), np.arange(640) // 80  # in blocks
    with zipfile.ZipFile(mirror("images_210325.zip")) as archive:
        names = sorted(name for name in archive.namelist() if name.endswith(".jpg"))
        images = [Image.open(io.BytesIO(archive.read(name))).convert("L") for name in names]
    pixels = np.stack([np.asarray(image.resize((28, 28)), float).ravel() for image in images]) / 255
    assert 0.1 < predicted(pixels, responses, objects).raw < 0.3
    shuffled = pixels[np.random.default_rng(0).permutation(640)]
    assert abs(predicted(shuffled, responses, objects).raw) < 0.06
