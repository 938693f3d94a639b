"""Choices of people on CIFAR-10 photographs: counts come back, and halves agree."""

import numpy as np
import pytest

from italign.assemblies.choices.cifar10h import CLASSES, cifar10h
from italign.evaluation.behavior import i2n, model_response
from italign.evaluation.category_subsets import category_subsets
from italign.evaluation.people import behavior_scores, prepare_people
from italign.evaluation.trials import index_trials

pytestmark = pytest.mark.data
FILES = ("cifar10h-counts.npy", "cifar10_test_set_original_labels.npy")


@pytest.fixture(scope="module")
def choices(request):
    """Function of the images taken of each class -> trials, truth, and rows of the counts."""
    from tests.conftest import _mirrored

    table = cifar10h([str(_mirrored(name)) for name in FILES])
    labels = np.load(_mirrored(FILES[1])).astype(int)
    ids = table["stimulus_id"].unique()

    def take(start, stop):
        number = np.array([int(name[-4:]) for name in ids])
        row = np.flatnonzero((number >= start) & (number < stop))
        kept = table[table["stimulus_id"].isin(ids[row])]
        columns = (kept[name] for name in ("stimulus_id", "truth", "distractor", "choice"))
        return index_trials(*columns, ids[row], CLASSES), labels[row], row

    return take


def test_counts_come_back(choices, mirror):
    trials, truth, _ = choices(0, 1000)
    counts = np.load(mirror(FILES[0]))
    assert len(trials.image) == 511_000 == counts.sum()
    found = np.zeros_like(counts)
    np.add.at(found, (trials.image, trials.choice), 1)
    assert np.array_equal(found, counts)
    assert (trials.choice == trials.truth).mean() == pytest.approx(0.952, abs=0.001)
    assert (counts.argmax(1) == truth).mean() == pytest.approx(0.9921, abs=0.0001)


@pytest.mark.parametrize(("images", "ceiling", "n"), [
    ((50, 200), 0.524, 1500), ((0, 1000), 0.595, 10_000)])
def test_halves_of_people_agree(choices, mirror, images, ceiling, n):
    trials, truth, row = choices(*images)
    # A model that knows everybody's choices knows the first half's, too: above the ceiling.
    knowing = np.load(mirror(FILES[0]))[row] + 0.1
    score = i2n(knowing, truth, trials)
    assert score.ceiling == pytest.approx(ceiling, abs=0.001) and score.n == n
    assert score.ceiling < score.raw < 1
    assert 1 < score.ceiled < 1.25
    shuffled = knowing.copy()
    rng = np.random.default_rng(0)
    for category in range(10):  # images of a class change places: its confusions stay
        own = np.flatnonzero(truth == category)
        shuffled[own] = knowing[rng.permutation(own)]
    assert abs(i2n(shuffled, truth, trials).raw) < 0.05


def test_every_metric_of_people_is_defined(choices, mirror):
    trials, truth, row = choices(50, 200)
    [people] = prepare_people(trials, truth, category_subsets(CLASSES.tolist(), []), 4, 50, 0)
    knowing = np.load(mirror(FILES[0]))[row] + 0.1
    scores = {score.metric: score
              for score in behavior_scores(model_response(knowing, truth), [people])}
    assert set(scores) == {"i2n", "i2", "i1n", "i1", "o2"}
    for score in scores.values():
        assert 0.5 < score.ceiling < 1 and score.low_stimuli < score.raw < score.high_stimuli
