"""Exact resume of every kind of step at every cut; terms, passes and attacks of one step."""

import random
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from italign.training import adversarial
from italign.training.augmentation import to_unit
from italign.training.parallel import SINGLE, Replicas
from italign.training.schedule import keeps_neural_gradient
from italign.training.segment import seed_network
from italign.training.step import Setting, add_terms, total

N_STEPS = 5


class Dropping(nn.Module):
    """A small network that draws in training: dropout, and a path that is skipped at random."""

    def __init__(self, n_outputs):
        super().__init__()
        self.conv, self.norm = nn.Conv2d(3, 4, 3, stride=4), nn.BatchNorm2d(4)
        self.path, self.dropout = nn.Conv2d(4, 4, 1), nn.Dropout(0.5)
        self.linear = nn.Linear(4 * 64, n_outputs)

    def forward(self, images):
        return self.forward_with(images, ())[0]

    def forward_with(self, images, regions):
        hidden = torch.relu(self.norm(self.conv(images)))
        if self.training and random.random() < 0.5:
            hidden = hidden + self.path(hidden) * np.random.rand()  # noqa: NPY002
        activation = self.dropout(hidden.flatten(1))
        return self.linear(activation), {region: activation for region in regions}


KINDS = {
    "fp32": {},
    "bf16": {"precision": "bf16"},
    "fp16": {"precision": "fp16"},
    "separate": {"batch_norm": "separate"},
    "mixed": {"batch_norm": "mixed"},
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_cut_at_any_step_ends_bit_identical_to_an_uncut_one(
    kind, joined, fresh, blank, run, same_state, attack
):
    """With SGD, augmentation, gradient dropout and adversarial training."""
    changes = {"attack": attack, "p": 0.75, "onset_step": 1, **KINDS[kind]}
    entry = {"batch_norm": "separate"} if kind == "separate" else {}
    whole = run(joined, fresh(joined, **entry), "whole", range(N_STEPS), **changes)
    for cut in range(1, N_STEPS):
        first = run(joined, fresh(joined, **entry), f"to-{cut}", range(cut), **changes)
        torch.manual_seed(99)  # nothing may hang on the global generator
        second = run(joined, blank(joined, **entry), f"from-{cut}", range(cut, N_STEPS),
                     previous=first["state"], **changes)
        assert same_state(whole, second), cut


def test_a_network_that_draws_resumes_bit_identical(joined, run, same_state):
    def network(seed):
        torch.manual_seed(seed)
        return Dropping(joined.n_base + joined.n_labels)

    whole = run(joined, network(0), "whole", range(N_STEPS))
    for cut in range(1, N_STEPS):
        first = run(joined, network(0), f"to-{cut}", range(cut))
        second = run(joined, network(7), f"from-{cut}", range(cut, N_STEPS),
                     previous=first["state"])
        assert same_state(whole, second), cut


def test_global_generators_are_functions_of_seed_and_step():
    def draw(seed, step, rank=0):
        seed_network(seed, step, rank)
        return random.random(), np.random.rand(), torch.rand(1).item()  # noqa: NPY002

    draws = [draw(1, 0), draw(1, 1), draw(2, 0), draw(1, 0, rank=1)]
    assert len(set(draws)) == 4 and draw(1, 0) == draws[0]


@pytest.fixture
def setting(joined, fresh, options):
    network = fresh(joined).train()
    return Setting(network, network.forward_with, joined, None, options(p=0.0), SINGLE)


def terms_of(setting, step=0):
    terms = {}
    base = setting.data.base[0]
    part = setting.replicas.part(setting.options.batch_size)
    add_terms(terms, setting, (to_unit(base.images[:8])[part], base.labels[:8][part]), step)
    return terms


@pytest.mark.parametrize(("mode", "sizes"), [("shared", [16]), ("separate", [8, 8]),
                                             ("mixed", [8, 8])])
def test_every_image_passes_once_for_all_terms(setting, options, mode, sizes):
    """One pass gives both the neural term's features and the label term's logits."""
    seen = []

    def forward(images, regions):
        seen.append(len(images))
        return setting.model.forward_with(images, regions)

    setting = replace(setting, forward=forward, neural_loss=lambda x, y: (x**2).mean(),
                      options=options(p=1.0, onset_step=0, batch_norm=mode))
    assert terms_of(setting).keys() == {"base_loss", "label_loss", "neural_loss"}
    assert seen == sizes


def test_mixed_statistics_are_updated_by_base_images_first(setting, options):
    """Momentum 0.1 twice: 9 % of the base batch, 10 % of the stimulus batch (the original code)."""
    norm, inputs = setting.model.V1.norm1, []
    norm.register_forward_hook(lambda module, args, output: inputs.append(args[0].detach()))
    before = norm.running_mean.clone()
    terms_of(replace(setting, options=options(p=0.0, batch_norm="mixed")))
    base, shown = (values.mean((0, 2, 3)) for values in inputs)
    torch.testing.assert_close(norm.running_mean, 0.81 * before + 0.09 * base + 0.1 * shown)


def test_separate_statistics_see_their_own_images_only(joined, fresh, options):
    network, inputs = fresh(joined, batch_norm="separate").train(), []
    norm = network.V1.norm1
    norm.register_forward_hook(lambda module, args, output: inputs.append(args[0].detach()))
    before = norm.running_mean.clone()
    terms_of(Setting(network, network.forward_with, joined, None,
                     options(p=0.0, batch_norm="separate"), SINGLE))
    for found, values in zip((norm.base_running_mean, norm.running_mean), inputs, strict=True):
        torch.testing.assert_close(found, 0.9 * before + 0.1 * values.mean((0, 2, 3)))


def test_one_eighth_of_the_terms_is_kept_within_binomial_error():
    """Facts of the original code: a term is kept with probability p at each step."""
    n, p = 26_400 - 2_500, 1 / 8
    kept = sum(keeps_neural_gradient(5, step, p, 2_500) for step in range(26_400))
    assert abs(kept - n * p) < 3 * np.sqrt(n * p * (1 - p))


def test_the_attack_gets_the_configured_settings(setting, options, attack, monkeypatch):
    seen = {}

    def pgd(model, images, labels, **settings):
        assert not model.training
        seen.update(settings, n=len(images))
        return images

    monkeypatch.setattr(adversarial, "pgd", pgd)
    changed = {**attack, "n_steps": 5, "step_fraction": 0.25, "corner_start": True,
               "project_once": True}
    terms_of(replace(setting, options=options(p=0.0, attack=changed)))
    assert setting.model.training
    assert seen["epsilon"] == 4 / 255 and seen["step_size"] == 1 / 255 and seen["n_steps"] == 5
    assert seen["project_once"] and seen["norm"] == "linf" and seen["n"] == 8
    terms_of(replace(setting, options=options(p=0.0, attack={**changed, "random_start": False})))
    assert seen["start"] is None


def test_an_attacked_batch_is_harder(setting, options, attack):
    clean = terms_of(setting)["label_loss"]
    hard = {**attack, "epsilon_255": 32.0, "n_steps": 4, "step_fraction": 0.5}
    assert terms_of(replace(setting, options=options(p=0.0, attack=hard)))["label_loss"] > clean


def test_parts_of_two_replicas_add_up_to_one_process(joined, options):
    """Gradients of the summed terms, averaged; the network is linear in eval mode."""
    torch.manual_seed(3)
    network = Dropping(joined.n_base + joined.n_labels).double().eval()

    class Halves(Replicas):
        """Other rows come from a pass of the whole batch, as constants."""

        def gather(self, features):
            rows = list(whole.detach().chunk(2))
            rows[self.rank] = features
            return torch.cat(rows)

    def forward(images, regions):
        return network.forward_with(images.double(), regions)

    def gradient(replicas):
        setting = Setting(network, forward, joined, lambda x, y: ((x @ x.T) ** 2).mean().log(),
                          options(p=1.0, onset_step=0, batch_norm="mixed"), replicas)
        network.zero_grad()
        total(terms_of(setting), replicas).backward()
        return network.conv.weight.grad.clone()

    features = []
    hook = network.linear.register_forward_hook(lambda m, args, out: features.append(args[0]))
    expected, whole = gradient(SINGLE), features[1]
    hook.remove()
    halves = [gradient(Halves(rank, 2)) for rank in range(2)]
    torch.testing.assert_close(sum(halves) / 2, expected, rtol=1e-9, atol=0)
