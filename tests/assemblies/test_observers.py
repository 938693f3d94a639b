"""In-silico people: the design of the task and the psychometrics that were planted."""

import numpy as np
import pytest
from scipy.stats import norm

from italign.assemblies import observers
from italign.assemblies.observers import assign_trials, simulate_choices


def test_an_observer_sees_an_image_once_and_distractors_are_balanced():
    image, distractor, observer = assign_trials(30, 9, 88, 40, seed=0)
    assert len(image) == 30 * 40
    assert len(np.unique(image * 88 + observer)) == len(image)
    counts = np.array([np.bincount(distractor[image == i], minlength=9) for i in range(30)])
    assert set(np.unique(counts)) == {4, 5}
    assert set(observer) == set(range(88))


def test_choices_follow_the_normal_integral(monkeypatch):
    monkeypatch.setattr(observers, "OBSERVER_LOG_SD", 0.0)
    for evidence in (-1.0, 0.0, 0.5, 3.0):
        n = 20_000
        correct = simulate_choices(np.full(n, evidence), np.arange(n) % 50, 1.5, 0.1, seed=1)
        expected = 0.9 * norm.cdf(evidence / 1.5) + 0.05
        assert correct.mean() == pytest.approx(expected, abs=0.012)


def test_observers_differ_and_stay_the_same_people():
    observer = np.repeat(np.arange(40), 2000)
    rates = [
        simulate_choices(np.full(observer.size, evidence), observer, 1.5, 0, seed=2)
        .reshape(40, 2000).mean(1)
        for evidence in (1.0, 1.5)
    ]
    assert rates[0].std() > 3 * np.sqrt(0.25 / 2000)
    assert np.corrcoef(*rates)[0, 1] > 0.9


def test_without_noise_and_lapses_the_evidence_decides():
    evidence = np.linspace(-1, 1, 20)
    assert np.array_equal(simulate_choices(evidence, np.zeros(20, int), 0, 0, 0), evidence > 0)


def test_impossible_designs_are_refused():
    with pytest.raises(ValueError, match="at least as many observers"):
        assign_trials(3, 2, 5, 6, 0)
    with pytest.raises(ValueError, match="at least one distractor"):
        assign_trials(3, 0, 5, 4, 0)
    with pytest.raises(ValueError, match="rate between 0 and 1"):
        simulate_choices(np.zeros(3), np.zeros(3, int), 1, 1.5, 0)
