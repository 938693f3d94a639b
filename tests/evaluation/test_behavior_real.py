"""Probabilities that Brain-Score ships of published models: 240 objectome images, 24 categories."""

import numpy as np
import pytest
import xarray as xr

from italign.evaluation.behavior import i2n, model_response
from italign.evaluation.behavior_patterns import i2n_pattern, patterns
from italign.evaluation.trials import Trials

pytestmark = [
    pytest.mark.data,
    pytest.mark.parametrize("model", ["alexnet", "resnet18", "resnet34"]),
]
# ASSUME: the files do not say which image is of which category. Any order of 10 images each does
# for the structure, and people who choose by these probabilities follow the same one.
TRUTH = np.repeat(np.arange(24), 10)


@pytest.fixture
def probabilities(model, mirror):
    with xr.open_dataset(mirror(f"{model}-probabilities.nc")) as ds:
        return next(iter(ds.data_vars.values())).transpose("presentation", "choice").values


def test_patterns_have_the_stated_structure(probabilities):
    response = model_response(probabilities.astype(float), TRUTH)
    pattern = i2n_pattern(response, TRUTH)
    assert pattern.shape == (240, 24)
    at_truth = np.arange(24) == TRUTH[:, None]
    assert (np.isnan(pattern) == at_truth).all()
    for category in range(24):
        cells = np.delete(pattern[TRUTH == category], category, axis=1)
        assert cells.shape == (10, 23)
        assert np.abs(cells.mean(0)).max() < 1e-12
        assert cells.std() > 0.1
    found = patterns(response, TRUTH)
    assert [found[name].shape for name in ("i2", "i1n", "i1", "o2")] == [
        (240, 24), (240,), (240,), (24, 24)]
    assert (np.isnan(found["o2"]) == np.eye(24, dtype=bool)).all()


def test_people_who_choose_by_them_are_reached(probabilities):
    rng = np.random.default_rng(0)
    image = np.repeat(np.arange(240), 23 * 40)
    other = np.tile(np.repeat(np.arange(23), 40), 240)
    distractor = other + (other >= TRUTH[image])
    p_truth, p_other = probabilities[image, TRUTH[image]], probabilities[image, distractor]
    wrong = rng.random(image.size) < p_other / (p_other + p_truth)
    choice = np.where(wrong, distractor, TRUTH[image])
    trials = Trials(image, TRUTH[image], distractor, choice, *probabilities.shape)
    score = i2n(probabilities, TRUTH, trials)
    assert 0.2 < score.ceiling < 1
    assert score.ceiled == pytest.approx(1, abs=0.05)
