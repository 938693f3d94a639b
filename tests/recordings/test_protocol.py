import numpy as np
import pytest

from italign.recordings.protocol import schedule_trials

PROTOCOL = {
    "image_on_ms": 100, "image_off_ms": 100, "fixation_ms": 300, "intertrial_ms": 500,
    "images_per_trial_min": 5, "images_per_trial_max": 10, "aborted_fraction": 0.2,
}
IMAGES = np.array([f"image-{i:02d}" for i in range(40)])


def schedule(seed=0, images=IMAGES, n_repetitions=6, **changed):
    rng = np.random.default_rng(seed)
    return schedule_trials(images, n_repetitions, rng, **PROTOCOL | changed)


@pytest.mark.parametrize("seed", range(20))
def test_every_stimulus_gets_exactly_its_valid_presentations(seed):
    table, _ = schedule(seed)
    valid = table[table.aborted == 0].stimulus_id.value_counts()
    assert valid.to_dict() == dict.fromkeys(IMAGES, 6)


@pytest.mark.parametrize("seed", range(20))
def test_trials_have_5_to_10_images_and_broken_ones_end_at_the_break(seed):
    trials = schedule(seed)[0].groupby("trial")
    for _, trial in trials:
        assert trial.position.tolist() == list(range(len(trial)))
        assert trial.aborted.iloc[:-1].sum() == 0
        assert len(trial) <= 10
        assert len(trial) >= (1 if trial.aborted.iloc[-1] else 5)


def test_images_follow_every_200_ms_and_trials_are_800_ms_apart():
    table, duration_ms = schedule()
    step_ms = np.rint(np.diff(table.onset_s) * 1e3)
    same_trial = np.diff(table.trial) == 0
    assert set(step_ms[same_trial]) == {200}
    assert set(step_ms[~same_trial]) == {200 + 500 + 300}
    assert table.onset_s[0] == 0.3
    assert duration_ms / 1e3 == pytest.approx(table.onset_s.iloc[-1] + 0.2 + 0.5)


def test_the_share_of_broken_trials_is_the_one_asked_for():
    table, _ = schedule(n_repetitions=300)
    broken = table.groupby("trial").aborted.max()
    error = np.sqrt(0.2 * 0.8 / len(broken))
    assert broken.mean() == pytest.approx(0.2, abs=4 * error)
    assert schedule(aborted_fraction=0.0)[0].aborted.sum() == 0


def test_each_unbroken_block_shows_every_image_once_in_another_order():
    table, _ = schedule(aborted_fraction=0.0)
    blocks = table.stimulus_id.to_numpy().reshape(6, 40)
    assert all(set(block) == set(IMAGES) for block in blocks)
    assert len({tuple(block) for block in blocks}) == 6


def test_too_few_presentations_for_a_trial_are_refused():
    with pytest.raises(ValueError, match="3 presentations cannot be divided into trials of 5 to"):
        schedule(images=IMAGES[:3], n_repetitions=1)
