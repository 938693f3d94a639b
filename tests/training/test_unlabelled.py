"""Images of no noun: no label, no output, no attack, but a neural term."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

from italign.contracts import NO_CATEGORY
from italign.training import adversarial
from italign.training.augmentation import to_unit
from italign.training.blocks import drawn_rows
from italign.training.images import NO_LABEL, category_index, category_names
from italign.training.measures import measure
from italign.training.parallel import SINGLE, Replicas
from italign.training.run import training_data
from italign.training.step import Setting, _label_loss, add_terms


def without_labels(shown, places):
    category = shown.category.values.astype(object)
    category[places] = NO_CATEGORY
    return shown.assign_coords(category=("stimulus", category.astype(str)))


@pytest.fixture
def mixed(data):
    """Every second training stimulus has a label."""
    base, shown, target = data
    return training_data(base, without_labels(shown, slice(0, 24, 2)), target, 8)


@pytest.fixture
def setting(mixed, fresh, options):
    network = fresh(mixed).train()
    return Setting(network, network.forward_with, mixed, None, options(p=0.0), SINGLE)


def terms_of(setting, step=0):
    terms, base = {}, setting.data.base[0]
    part = setting.replicas.part(8)
    add_terms(terms, setting, (to_unit(base.images[:8])[part], base.labels[:8][part]), step)
    return terms


def test_no_category_is_no_output(data, mixed):
    _, shown, _ = data
    shown = without_labels(shown, slice(0, 4))
    assert category_names(shown) == ["x", "y"] and mixed.n_labels == 2
    labels = category_index(shown, ["x", "y"]).tolist()
    assert labels[:6] == [NO_LABEL] * 4 + [0, 1]
    with pytest.raises(ValueError, match=r"has categories \['y'\] that were not trained; .*only x"):
        category_index(shown, ["x"])


def test_the_label_loss_is_the_mean_over_labelled_images(setting):
    seen = {}

    def forward(images, regions):
        logits, activation = setting.model.forward_with(images, regions)
        seen["logits"] = logits[8:, setting.data.n_base :].detach()
        return logits, activation

    found = terms_of(replace(setting, forward=forward))["label_loss"]
    _, rows = drawn_rows(setting.data.blocks[0], setting.options, 0)
    labels = setting.data.stimuli[0].labels[rows]
    has = labels != NO_LABEL
    assert 0 < has.sum() < 8
    torch.testing.assert_close(found.detach(), cross_entropy(seen["logits"][has], labels[has]))


def test_a_batch_without_labels_has_no_label_term_and_no_attack(data, fresh, options, attack, run):
    base, shown, target = data
    joined = training_data(base, without_labels(shown, slice(0, 32)), target, 8)
    network = fresh(joined).train()
    assert joined.n_labels == 0
    setting = Setting(network, network.forward_with, joined, lambda x, y: (x**2).mean(),
                      options(p=1.0, onset_step=0, attack=attack), SINGLE)
    assert terms_of(setting).keys() == {"base_loss", "neural_loss"}
    assert np.isnan(measure(setting)["stimulus_accuracy"])
    files = run(joined, fresh(joined), "run", range(4), attack=attack)
    assert files["log"].exists()


@pytest.mark.parametrize("random_start", [True, False])
def test_only_labelled_images_are_attacked(setting, options, attack, random_start):
    attack = {**attack, "random_start": random_start}
    setting = replace(setting, options=options(p=0.0, attack=attack))
    images, has = torch.rand(8, 3, 32, 32), np.array([True, False] * 4)
    labels = torch.where(torch.from_numpy(has), 1, NO_LABEL)
    moved = adversarial.attacked(setting, images, labels, has, 0)
    change = (moved - images).abs().amax((1, 2, 3))
    assert setting.model.training and (change[~has] == 0).all()
    assert (change[has] > 0).all() and change.max() <= 4 / 255 + 1e-6
    alone = adversarial.attacked(setting, images, torch.ones(8, dtype=torch.long), has | True, 0)
    torch.testing.assert_close(moved[has], alone[has], atol=4 / 255, rtol=0)
    plain = replace(setting, options=options(p=0.0))
    assert torch.equal(adversarial.attacked(plain, images, labels, has, 0), images)


@pytest.mark.parametrize("labelled", [
    [True] * 8, [True, False] * 4, [False] * 4 + [True] * 4, [True] + [False] * 7])
def test_terms_of_replicas_average_to_that_of_one_process(labelled):
    """Whatever the replicas' shares of the labelled images, none included."""
    generator, labelled = torch.Generator().manual_seed(1), np.array(labelled)
    labels = torch.randint(3, (8,), generator=generator)
    labels[torch.from_numpy(~labelled)] = NO_LABEL
    weights = torch.randn(5, 3, generator=generator, dtype=torch.double, requires_grad=True)
    inputs = torch.randn(8, 5, generator=generator, dtype=torch.double)

    def loss(replicas):
        part = replicas.part(8)
        return _label_loss(inputs[part] @ weights, labels[part], labelled, replicas)

    whole = loss(SINGLE)
    halves = [loss(Replicas(rank, 2)) for rank in range(2)]
    expected = cross_entropy((inputs @ weights)[labelled], labels[torch.from_numpy(labelled)])
    for found in (whole, sum(halves) / 2):
        torch.testing.assert_close(found, expected)
        torch.testing.assert_close(*(torch.autograd.grad(value, weights, retain_graph=True)[0]
                                     for value in (found, expected)))


def test_accuracy_counts_labelled_images_only(data, fresh, options):
    base, shown, target = data
    accuracy = []
    for places in (slice(0, 0), slice(16, 20)):
        joined = training_data(base, without_labels(shown, places), target, 8)
        network = fresh(joined).eval()
        setting = Setting(network, network.forward_with, joined, None, options(), SINGLE)
        accuracy.append(measure(setting)["stimulus_accuracy"])
        with torch.no_grad():
            hits = network(to_unit(joined.stimuli[1].images))[:, 3:].argmax(1)
        counted = slice(4, 8) if places.stop else slice(0, 8)
        assert accuracy[-1] == (hits == joined.stimuli[1].labels)[counted].float().mean()


def test_outputs_of_published_weights_are_the_base_task_s(data):
    base, shown, target = data
    names = ["output 0000", "b", "output 0002", "c", "a"]
    base = base.assign_attrs(outputs="\n".join(names))
    assert category_names(base) == names
    joined = training_data(base, shown, target, 8)
    assert joined.n_base == 5 and joined.n_labels == 2
    found = [names[label] for label in joined.base[0].labels]
    assert found == base.category.values[base.split.values == "train"].tolist()
    with pytest.raises(ValueError, match=r"has categories \['a'\] that were not trained"):
        training_data(base.assign_attrs(outputs="b\nc"), shown, target, 8)
