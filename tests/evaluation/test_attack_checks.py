"""An honest model passes every check; each kind of hidden gradients is flagged."""

import pytest
import torch
from torch import nn

from italign.evaluation.attack_checks import CHECKS, attack_checks, choose_images
from italign.evaluation.attack_passes import first_pass
from tests.evaluation.small_model import trained

LINF = {"norm": "linf", "epsilons": [0.01, 0.04], "n_steps": 5, "step_fraction": 0.25}


def check(model=None, settings=LINF, images=None, labels=None, n_images=120, n_tested=None,
          first=None):
    model, (_, shown, truth) = model or trained()[0], trained()
    images, labels = (shown[:120], truth[:120]) if images is None else (images, labels)
    n, found = attack_checks(model, images, labels, settings, n_images=n_images, batch_size=64,
                             huge_epsilon_255=128.0, seed=1, first=first)
    assert tuple(found) == CHECKS
    assert n_tested is None or n == n_tested
    return found


def flagged(found):
    return {name for name, (passed, _) in found.items() if passed is False}


@pytest.mark.parametrize("settings", [
    LINF, {**LINF, "norm": "l2", "epsilons": [0.4]}, {**LINF, "start": "uniform", "n_restarts": 2},
    {**LINF, "start": "corner", "project_once": True}, {**LINF, "epsilons": [1 / 255]},
    {**LINF, "n_steps": 1, "step_fraction": 1.0}])
def test_an_honest_model_passes_all(settings):
    found = check(settings=settings)
    assert all(passed for passed, _ in found.values()), found


def test_a_shared_first_pass_changes_nothing():
    model, images, labels = trained()
    first = first_pass(model, images[:120], labels[:120], 64)
    assert check(n_images=20, first=first) == check(n_images=20, n_tested=20)


class Noisy(nn.Module):
    def forward(self, images):
        return trained()[0](images + 0.05 * torch.randn_like(images))


def test_an_honest_model_with_noise_passes_all():
    found = check(Noisy().eval(), {**LINF, "n_noise_draws": 8})
    assert flagged(found) == set(), found


class Front(nn.Module):
    """The trained network behind something that changes its images, or its logits."""

    def __init__(self, front=None, back=None):
        super().__init__()
        self.network = trained()[0]
        self.front, self.back = front or (lambda x: x), back or (lambda x: x)

    def forward(self, images):
        return self.back(self.network(self.front(images)))


def test_quantised_images_have_no_gradient():
    found = check(Front(lambda images: (images * 16).round() / 16).eval())
    assert flagged(found) == set(CHECKS)
    assert "120 correctly" in found["gradient"][1] or "119 correctly" in found["gradient"][1]
    assert "not to be tested: the largest gradient" in found["huge_epsilon"][1]


def test_saturated_logits_have_no_gradient():
    found = check(Front(back=lambda logits: 1e4 * logits).eval())
    assert "gradient" in flagged(found) and "ascent" in flagged(found)


def staircase(n_correct):
    """A staircase that leans the other way, 120 images, and labels true of so many of them."""
    model = Front(lambda images: (images * 16).round() / 16 - 1e-4 * images).eval()
    images = trained()[1][:120]
    labels = model(images).argmax(1)
    labels[n_correct:] = (labels[n_correct:] + 1) % 4
    return model, images, labels


@pytest.mark.parametrize("n_correct", [120, 40, 10])
def test_a_staircase_that_leans_the_other_way_leads_attacks_astray(n_correct):
    model, images, labels = staircase(n_correct)
    found = check(model, {**LINF, "epsilons": [0.2]}, images, labels, 40, min(n_correct, 40))
    # Ten images are too few for noise to break two of them.
    noise = {"random_noise"} if n_correct > 10 else set()
    assert flagged(found) >= {"huge_epsilon", "ascent"} | noise, found
    assert "gradient" not in flagged(found)


@pytest.mark.parametrize("n_correct", [4, 0])
def test_too_few_correct_images_are_not_tested(n_correct):
    model, images, labels = staircase(n_correct)
    found = check(model, LINF, images, labels, 40, n_tested=n_correct)
    assert set(found.values()) == {
        (None, f"not tested: {n_correct} images are classified correctly, expected at least 5")}


class Constant(nn.Module):
    """Everything is category 0, but for the images' brightness, which never decides."""

    def forward(self, images):
        brightness = images.mean((1, 2, 3))
        return torch.stack([9 + brightness, brightness.square()], 1)


def test_one_category_says_nothing_about_a_huge_radius():
    """A model that gives one name only is no masked one."""
    found = check(Constant().eval(), labels=torch.zeros(120, dtype=torch.int64),
                  images=trained()[1][:120])
    assert flagged(found) == set()
    assert found["huge_epsilon"] == (
        None, "not tested: all 120 correctly classified images are of one category")


class RandomGradient(torch.autograd.Function):
    @staticmethod
    def forward(context, images):
        context.generator = torch.Generator().manual_seed(int(1e6 * float(images.sum())))
        return images.clone()

    @staticmethod
    def backward(context, gradient):
        return torch.randn(gradient.shape, generator=context.generator) * gradient.abs().mean()


def test_random_gradients_lead_nowhere():
    found = check(Front(RandomGradient.apply).eval())
    assert flagged(found) >= {"ascent", "huge_epsilon"}
    assert "against it in" in found["ascent"][1]


class Shell(nn.Module):
    """Wrong only where an image is 0.015 to 0.03 brighter than grey; brighter is always uphill."""

    def forward(self, images):
        brighter = images.mean((1, 2, 3)) - 0.5
        margin = torch.where((brighter > 0.015) & (brighter < 0.03), -2.0, 2.0)
        margin = margin - (brighter - brighter.detach())
        return torch.stack([margin, torch.zeros_like(margin)], 1)


def test_an_attack_that_can_be_outrun_is_flagged():
    """Two steps end in the shell; eight steps, or steps twice as long, beyond it."""
    images, labels = torch.full((20, 1, 4, 4), 0.5), torch.zeros(20, dtype=torch.int64)
    settings = {"norm": "linf", "epsilons": [0.04], "n_steps": 2, "step_fraction": 0.25}
    found = check(Shell().eval(), settings, images, labels)
    assert {"more_steps", "larger_epsilon"} <= flagged(found)
    assert found["more_steps"][1] == ("20 of 20 images are left by 4 times the steps, expected at "
                                      "most 0 + 1")


def test_chosen_images_are_spread_over_the_categories():
    labels = torch.tensor([0] * 50 + [1] * 50 + [2] * 3)
    chosen = choose_images(labels, 13, seed=0)
    assert torch.bincount(labels[chosen]).tolist() == [5, 5, 3]
    assert torch.equal(chosen, chosen.sort().values) and len(set(chosen.tolist())) == 13
    assert torch.equal(chosen, choose_images(labels, 13, seed=0))
    assert not torch.equal(chosen, choose_images(labels, 13, seed=1))
    assert torch.equal(choose_images(labels, 500, seed=0), torch.arange(103))
