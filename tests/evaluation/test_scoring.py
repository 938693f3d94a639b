"""From activations to rows: joined by label, ceiled by the named rule."""

import numpy as np
import pytest
import torch
import xarray as xr

from italign.assemblies.ceilings import RULES
from italign.evaluation.activations import activations
from italign.evaluation.checkpoints import walk_checkpoints
from italign.evaluation.scoring import (
    accuracy_row,
    behavior_rows,
    crowd,
    held_out_axis,
    similarity_rows,
)
from italign.evaluation.similarity import ESTIMATORS, linear_cka
from italign.evaluation.table import COHORT_COLUMNS
from italign.models import build
from italign.training.state import checkpoint, write_tensors

RUN = {"model": "cka-true-labels-p1", "method": "cka", "target": "true", "labels": "on", "p": 1.0,
       "adversarial": "off", "seed": 1, "onset_step": 10}
N_TEST = 24
IDS = np.array([f"hvm-{i}" for i in range(40)])


@pytest.fixture
def stimuli():
    return xr.Dataset(coords={
        "stimulus_id": ("stimulus", IDS), "category": ("stimulus", ["bear", "dog"] * 20),
        "split": ("stimulus", ["train"] * 16 + ["test"] * N_TEST)}, attrs={"identifier": "hvm"})


@pytest.fixture
def axis_files():
    """Assembly in another order than the images, with one unselected site, and its ceiling."""
    rng = np.random.default_rng(0)
    order = rng.permutation(np.arange(16, 40))
    rate = rng.normal(size=(N_TEST, 3, 5))
    rate[0, 2] = np.nan
    assembly = xr.Dataset(
        {"rate": (("stimulus", "repetition", "neuroid"), rate),
         "selected": ("neuroid", [1, 1, 0, 1, 1])},
        coords={"stimulus_id": ("stimulus", IDS[order])},
        attrs={"animal": "sim4", "stimulus_set": "hvm"})
    values = np.broadcast_to([[0.8, 0.5], [0.9, 0.6], [0.7, 0.4], [0.85, 0.55]], (2, 5, 4, 2))
    values = values.transpose(2, 3, 0, 1) * np.array([0.5, 1])[:, None]  # 2 drawn, all 3
    ceiling = xr.Dataset(
        {"cka": (("rule", "estimator", "n_drawn", "split"), values)},
        coords={"rule": list(RULES), "estimator": ["biased", "unbiased"], "n_drawn": [2, 3]},
        attrs=assembly.attrs)
    return assembly, ceiling, order


def test_similarity_joins_by_label_and_uses_selected_sites(stimuli, axis_files):
    assembly, ceiling, order = axis_files
    axis = held_out_axis(assembly, ceiling, stimuli)
    features = np.random.default_rng(1).normal(size=(40, 7))
    seen = {("hvm", "test"): {"IT": torch.from_numpy(features[16:])}}
    rows = similarity_rows(RUN, 30, [axis], seen, "IT")
    mean = np.nanmean(assembly.rate.values, axis=1)[:, [0, 1, 3, 4]]
    for row in rows:
        assert set(row) == set(COHORT_COLUMNS)
        expected = linear_cka(features[order], mean, estimator=row["estimator"])
        assert row["raw"] == pytest.approx(expected, rel=1e-9)
        assert row["ceiled"] == pytest.approx(expected / row["ceiling"])
        assert row["n"] == N_TEST and row["steps_since_onset"] == 20
    ceilings = {(row["estimator"], row["ceiling_rule"]): row["ceiling"] for row in rows}
    expected = dict(zip(RULES, [(0.8, 0.5), (0.9, 0.6), (0.7, 0.4), (0.85, 0.55)], strict=True))
    assert ceilings == {(estimator, rule): pytest.approx(value) for rule, pair in expected.items()
                        for estimator, value in zip(ESTIMATORS, pair, strict=True)}


def test_an_animal_that_saw_training_images_is_refused(stimuli, axis_files):
    assembly, ceiling, _ = axis_files
    seen = assembly.assign_coords(stimulus_id=("stimulus", IDS[:N_TEST]))
    with pytest.raises(ValueError, match=r"16 stimulus_id of the assembly, first 'hvm-0', are no"):
        held_out_axis(seen, ceiling, stimuli)


def test_a_ceiling_of_another_animal_is_refused(stimuli, axis_files):
    assembly, ceiling, _ = axis_files
    with pytest.raises(ValueError, match=r"assembly has animal 'sim4', its ceiling 'sim5'"):
        held_out_axis(assembly, ceiling.assign_attrs(animal="sim5"), stimuli)


def test_a_ceiling_of_noise_is_refused(stimuli, axis_files):
    assembly, ceiling, _ = axis_files
    ceiling.cka.loc[{"rule": "split_half", "estimator": "unbiased"}] = -0.01
    with pytest.raises(ValueError, match=r"sim4, hvm: the unbiased split_half ceiling is -0\.01, "
                                         r"expected above 0"):
        held_out_axis(assembly, ceiling, stimuli)


def test_people_who_agree_with_the_model_are_told_from_others(stimuli):
    rng = np.random.default_rng(2)
    signs = np.where(np.arange(40) % 2, 1.0, -1.0)  # dog on odd images
    features = signs[:, None] * 1.0 + rng.normal(size=(40, 4))
    evidence = 3 * features.mean(1)[16:] * signs[16:]
    n_trials = 60
    image = np.repeat(np.arange(N_TEST), n_trials)
    correct = rng.random(len(image)) < 1 / (1 + np.exp(-evidence[image]))
    truth = np.where((image + 16) % 2, "dog", "bear")
    other = np.where((image + 16) % 2, "bear", "dog")
    people = xr.Dataset({"choice": ("trial", np.where(correct, truth, other))}, coords={
        "stimulus_id": ("trial", IDS[16 + image]), "truth": ("trial", truth),
        "distractor": ("trial", other)}, attrs={"stimulus_set": "hvm"})
    crowds = [crowd(people, stimuli)]
    scores = {}
    others = signs[:, None] + rng.normal(size=(40, 4))  # as accurate, but other images are hard
    for name, shown in (("like people", features), ("unlike", others)):
        tensor = torch.from_numpy(shown)
        seen = {("hvm", "train"): {"penultimate": tensor[:16]},
                ("hvm", "test"): {"penultimate": tensor[16:]}}
        (row,) = behavior_rows(RUN, 30, crowds, seen, 1e-3)
        assert row["n"] == N_TEST and row["ceiling_rule"] == "human_halves"
        scores[name] = row["ceiled"]
    assert scores["like people"] > 0.7 > 0.4 > scores["unlike"]


def test_accuracy_counts_hits():
    row = accuracy_row(RUN, 30, "base", np.array([[2.0, 1.0], [0.0, 1.0], [3.0, 0.0]]),
                       np.array([0, 1, 1]))
    assert row["raw"] == pytest.approx(2 / 3) and row["n"] == 3


def test_activations_do_not_depend_on_the_batch_size():
    network = build("cornet_s", 3, width=0.0625, bottleneck=1)
    images = torch.randint(0, 256, (7, 32, 32, 3), dtype=torch.uint8)
    whole, parts = (activations(network, images, ("IT", "penultimate"), size) for size in (7, 3))
    for name, values in whole.items():
        torch.testing.assert_close(values, parts[name], rtol=1e-4, atol=1e-5)


def test_checkpoints_are_walked_in_order_from_the_onset(tmp_path):
    entry = {"name": "cornet_s", "width": 0.0625, "bottleneck": 1, "region": "IT"}
    network = build("cornet_s", 3, width=0.0625, bottleneck=1)
    stored = {}
    for step in (5, 10, 15):
        with torch.no_grad():
            network.decoder.linear.bias.fill_(step)
        stored.update(checkpoint(network, step))
    write_tensors(stored, tmp_path / "checkpoints.safetensors")
    walked = [(step, found.decoder.linear.bias[0].item(), found.training) for step, found in
              walk_checkpoints([tmp_path / "checkpoints.safetensors"], entry, 3, first_step=10)]
    assert walked == [(10, 10.0, False), (15, 15.0, False)]
