"""Strength-accuracy curves: exact under early stop, sound across radii, each setting by its own."""

import pytest
import torch
from torch import nn

from italign.evaluation.attack_curves import attack_curve, curve_settings
from italign.evaluation.attack_passes import first_pass
from italign.evaluation.robustness import adversarial_accuracy, pgd, random_starts
from tests.evaluation.small_model import trained

LINF, L2 = [0.01, 0.03, 0.06], [0.1, 0.3, 0.6]
PGD = {"n_steps": 6, "step_fraction": 0.25, "batch_size": 64, "seed": 3}


def curve(norm="linf", model=None, images=None, labels=None, **changes):
    data = trained()
    chosen = [data[i] if given is None else given
              for i, given in enumerate((model, images, labels))]
    options = {"epsilons": LINF if norm == "linf" else L2, **PGD, **changes}
    return attack_curve(*chosen, norm=norm, **options)


class Counted(nn.Module):
    """A model that counts the images it is shown."""

    def __init__(self, model):
        super().__init__()
        self.model, self.n_seen, self.sizes = model, 0, []

    def forward(self, images):
        self.n_seen += len(images)
        self.sizes.append(len(images))
        return self.model(images)


@pytest.mark.parametrize("options", [
    {}, {"norm": "l2"}, {"start": "uniform", "n_restarts": 2}, {"n_restarts": 2},
    {"norm": "l2", "start": "uniform"}, {"start": "corner"}, {"last_iterate": True},
    {"start": "corner", "project_once": True, "n_restarts": 2}])
def test_early_stop_and_batch_size_change_nothing(options):
    kept, stopped, small = (curve(**options, **changes) for changes in (
        {"early_stop": False}, {}, {"batch_size": 7}))
    assert kept.dtype == torch.bool and kept.shape == (4, 240)
    assert torch.equal(kept, stopped) and torch.equal(kept, small)
    assert kept[-1].float().mean() < kept[0].float().mean() - 0.15


def test_broken_images_leave_and_others_take_their_place():
    kept, stopped = (Counted(trained()[0]).eval() for _ in range(2))
    curve(model=kept, early_stop=False, epsilons=[0.06, 0.12], n_steps=20)
    curve(model=stopped, epsilons=[0.06, 0.12], n_steps=20)
    assert stopped.n_seen < 0.6 * kept.n_seen
    passes = stopped.sizes[4 + 4:]  # after two pairs of the guard, and four of clean images
    full = sum(size == PGD["batch_size"] for size in passes) / len(passes)
    assert full > 0.5


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_larger_radii_more_steps_and_restarts_never_raise_accuracy(norm):
    assert (curve(norm).int().diff(dim=0) <= 0).all()
    few, many, restarted = (
        curve(norm, **changes) for changes in ({}, {"n_steps": 24}, {"n_restarts": 3}))
    assert (many <= few).all() and (restarted <= few).all()
    assert many.sum() < few.sum()


def test_the_first_row_is_clean_accuracy_and_a_huge_radius_leaves_at_most_chance():
    model, images, labels = trained()
    clean = model(images).argmax(1) == labels
    for norm, huge in (("linf", 0.5), ("l2", 7.0)):
        found = curve(norm, epsilons=[huge])
        assert torch.equal(found[0], clean)
        assert found[1].float().mean() <= 0.25


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_the_last_iterate_is_that_of_pgd(norm):
    model, images, labels = trained()
    epsilon = {"linf": 0.04, "l2": 0.4}[norm]
    attacked = pgd(model, images, labels, norm, epsilon, 6, epsilon / 4)
    by_pgd = (model(attacked).argmax(1) == labels) & (model(images).argmax(1) == labels)
    last = curve(norm, epsilons=[epsilon], last_iterate=True)[1]
    assert torch.equal(last, by_pgd)
    # Any iterate counts: never more images than by the last.
    assert (curve(norm, epsilons=[epsilon])[1] <= last).all()


def test_the_original_codes_attack_is_that_of_pgd():
    model, images, labels = trained()
    start = random_starts(images, "linf", 0.04, seed=3, corner=True)
    by_pgd = adversarial_accuracy(model, images, labels, "linf", 0.04, 5, 0.01, False, 240, 0,
                                  start=start, project_once=True)
    found = curve(epsilons=[0.04], n_steps=5, start="corner", project_once=True)
    assert found[1].float().mean().item() == pytest.approx(by_pgd, abs=1.5 / 240)


def test_a_shared_first_pass_changes_nothing():
    model, images, labels = trained()
    first = first_pass(model, images, labels, 64)
    for norm in ("linf", "l2"):
        assert torch.equal(curve(norm, first=first), curve(norm))


def test_one_step_from_the_image_needs_no_second_gradient():
    model = Counted(trained()[0]).eval()
    found = curve(model=model, epsilons=[0.04], n_steps=1, step_fraction=1.0)
    assert model.n_seen == 4 * 2 + 240 + int(found[0].sum())


class NoisyInput(nn.Module):
    def forward(self, images):
        return trained()[0](images + 0.05 * torch.randn_like(images))


def test_models_with_noise_are_attacked_by_their_mean():
    model = NoisyInput().eval()
    with pytest.raises(ValueError, match=r"random model .* set n_noise_draws above 1"):
        curve(model=model)
    torch.manual_seed(5)
    before = torch.random.get_rng_state()
    found, again, other = (
        curve(model=model, n_noise_draws=6, seed=seed, epsilons=[0.03, 0.06], n_steps=4)
        for seed in (3, 3, 4))
    assert torch.equal(found, again) and not torch.equal(found, other)
    assert torch.equal(before, torch.random.get_rng_state())
    plain = curve(epsilons=[0.03, 0.06], n_steps=4).float().mean(1)
    # Ten of 240 images: noise of 0.05 decides those at the boundary.
    torch.testing.assert_close(found.float().mean(1), plain, atol=10 / 240, rtol=0)
    assert (found.int().diff(dim=0) <= 0).all()


def test_draws_are_averaged():
    """Noise that turns the gradient round in every other pass cancels over two draws of it."""
    class Alternating(nn.Module):
        n = 0

        def forward(self, images):
            self.n += 1
            slope = 3.0 if self.n % 2 else -1.0
            return torch.stack([-slope * images.mean((1, 2, 3)), 0 * images[:, 0, 0, 0]], 1)

    images, labels = torch.full((4, 1, 2, 2), 0.5), torch.zeros(4, dtype=torch.int64)
    first = first_pass(Alternating().eval(), images, labels, 4, n_noise_draws=2)
    assert (first.gradient > 0).all()  # (3 p - q) / 4 > 0, as the mean slope is 1


@pytest.mark.parametrize("changes, message", [
    ({"epsilons": []}, "at least one, above 0, ascending"),
    ({"epsilons": [0.2, 0.1]}, r"radii are \[0.2, 0.1\]"),
    ({"epsilons": [0.0, 0.1]}, "above 0"),
    ({"start": "edge"}, "image, uniform, corner"),
    ({"n_restarts": 0}, "at least 1 of each"),
    ({"n_steps": 0}, "at least 1 step"),
    ({"norm": "l1"}, "linf, l2"),
    ({"norm": "l2", "start": "corner"}, "corner starts of norm 'l2'"),
])
def test_settings_out_of_range_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        curve(**changes)


def test_the_configs_attacks_are_arguments():
    attack = {"norm": "linf", "epsilon_255": [0.25, 1.0], "epsilon": None, "n_steps": 5,
              "step_fraction": 0.25, "start": "corner", "n_restarts": 1, "n_noise_draws": 1,
              "checkpoints": "all", "project_once": True, "jitter": None}
    settings, in_255 = curve_settings(attack)
    assert in_255 == [0.25, 1.0] and settings["epsilons"] == [0.25 / 255, 1 / 255]
    assert settings["project_once"] and "jitter" not in settings
    settings, in_255 = curve_settings(
        {**attack, "norm": "l2", "epsilon_255": None, "epsilon": [0.5], "start": "image"})
    assert settings["epsilons"] == [0.5] and in_255 == [127.5]
    for both in ({"epsilon": [0.5]}, {"epsilon_255": None}):
        with pytest.raises(ValueError, match="expected one of them"):
            curve_settings({**attack, **both})
