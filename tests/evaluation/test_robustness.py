"""PGD: closed forms, constraints, monotonicity, and the guards."""

import pytest
import torch
from torch import nn

from italign.evaluation.robustness import adversarial_accuracy, pgd

SHAPE = (3, 4, 4)


def linear_model(seed=0):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Flatten(), nn.Linear(48, 2)).eval()


def batch(n=8, seed=1, low=0.3, high=0.7):
    """Images away from 0 and 1, so that clipping stays out of closed forms."""
    generator = torch.Generator().manual_seed(seed)
    images = low + (high - low) * torch.rand((n, *SHAPE), generator=generator)
    return images, torch.randint(2, (n,), generator=generator)


@pytest.fixture(scope="module")
def trained():
    """A small network that has learnt which quadrant is brightest."""
    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.Flatten(), nn.Linear(32, 4)
    )
    images = torch.rand(400, *SHAPE)
    labels = nn.functional.avg_pool2d(images, 2).sum(1).flatten(1).argmax(1)
    optimiser = torch.optim.Adam(model.parameters(), 0.01)
    for _ in range(100):
        optimiser.zero_grad()
        nn.functional.cross_entropy(model(images), labels).backward()
        optimiser.step()
    optimiser.zero_grad()
    return model.eval(), images[:100], labels[:100]


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_linear_models_have_a_closed_form(norm):
    model, (images, labels) = linear_model(), batch()
    epsilon = 0.05
    attacked = pgd(model, images, labels, norm, epsilon, n_steps=8, step_size=epsilon / 4,
                   random_start=False, seed=0)
    difference = model[1].weight[1] - model[1].weight[0]
    towards_other = (1 - 2 * labels)[:, None] * difference
    unit = towards_other.sign() if norm == "linf" else towards_other / towards_other.norm(
        dim=1, keepdim=True)
    expected = images + epsilon * unit.reshape(images.shape)
    torch.testing.assert_close(attacked, expected.detach(), atol=1e-5, rtol=0)


@pytest.mark.parametrize("norm", ["linf", "l2"])
@pytest.mark.parametrize("random_start", [False, True])
def test_never_leaves_the_ball_or_the_image_range(norm, random_start, trained):
    model, images, labels = trained
    images = images.clone()
    images[0], images[1] = 0, 1
    attacked = pgd(model, images, labels, norm, 0.3, 5, 0.4, random_start, seed=3)
    change = (attacked - images).flatten(1)
    sizes = change.abs().amax(1) if norm == "linf" else change.norm(dim=1)
    assert sizes.max() <= 0.3 + 1e-6
    assert sizes.max() > 0.25
    assert attacked.min() >= 0 and attacked.max() <= 1


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_more_steps_and_larger_balls_never_raise_accuracy(norm, trained):
    scale = 1 if norm == "linf" else 4
    by_steps = [accuracy(trained, norm, 0.05 * scale, n) for n in (1, 2, 4, 8, 16)]
    by_epsilon = [accuracy(trained, norm, e * scale, 8) for e in (0, 0.01, 0.03, 0.1)]
    assert by_steps == sorted(by_steps, reverse=True)
    assert by_epsilon == sorted(by_epsilon, reverse=True)
    assert by_epsilon[0] - by_epsilon[-1] > 0.3


def accuracy(trained, norm, epsilon, n_steps, random_start=False, batch_size=100):
    model, images, labels = trained
    return adversarial_accuracy(model, images, labels, norm, epsilon, n_steps,
                                max(epsilon, 1e-3) / 4, random_start, batch_size, seed=0)


def test_no_epsilon_is_clean_and_batches_do_not_matter(trained):
    model, images, labels = trained
    clean = (model(images).argmax(1) == labels).float().mean().item()
    assert accuracy(trained, "linf", 0, 5) == pytest.approx(clean)
    assert torch.equal(pgd(model, images, labels, "l2", 0, 5, 0.1), images)
    assert accuracy(trained, "l2", 0.2, 5, batch_size=7) == accuracy(trained, "l2", 0.2, 5)


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_random_starts_fill_the_ball_and_follow_the_seed(norm):
    from italign.evaluation.attack_balls import draw_in_ball

    images = torch.full((4000, 1, 1, 2), 0.5)
    draw = draw_in_ball(images, norm, 0.1, seed=0).flatten(1)
    assert torch.equal(draw, draw_in_ball(images, norm, 0.1, seed=0).flatten(1))
    assert not torch.equal(draw, draw_in_ball(images, norm, 0.1, seed=1).flatten(1))
    size = draw.abs().amax(1) if norm == "linf" else draw.norm(dim=1)
    # In two dimensions a quarter of a uniform ball lies within half of its radius.
    assert size.max() <= 0.1 + 1e-7
    assert (size < 0.05).float().mean().item() == pytest.approx(0.25, abs=0.03)


def test_the_model_is_left_alone(trained):
    model, images, labels = trained
    before = {name: value.clone() for name, value in model.state_dict().items()}
    attacked = pgd(model, images, labels, "linf", 0.1, 3, 0.05)
    assert all(p.grad is None for p in model.parameters())
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())
    assert not attacked.requires_grad
    with torch.no_grad():  # evaluation code often runs so
        assert torch.equal(pgd(model, images, labels, "linf", 0.1, 3, 0.05), attacked)


def test_tiny_gradients_still_attack(trained):
    """A confident model, whose gradients vanish when squared in fp32."""
    model, (images, labels) = linear_model(), batch()
    labels = model(images).argmax(1)
    with torch.no_grad():
        model[1].weight *= 1e-25
    attacked = pgd(model, images, labels, "l2", 0.1, 1, 0.1)
    assert torch.allclose((attacked - images).flatten(1).norm(dim=1), torch.tensor(0.1), rtol=1e-4)


class Noisy(nn.Module):
    def forward(self, images):
        return images.flatten(1)[:, :2] + torch.rand(len(images), 2)


class Flat(nn.Module):
    def forward(self, images):
        return images.flatten(1)[:, :2].round()


def test_guards():
    model, (images, labels) = linear_model(), batch()

    def attack(model=model, images=images, norm="linf", epsilon=0.1, n_steps=2, step_size=0.05):
        return pgd(model, images, labels, norm, epsilon, n_steps, step_size)

    with pytest.raises(ValueError, match=r"\[0, 1\]: divide uint8 by"):
        attack(images=images * 255)
    with pytest.raises(ValueError, match="expected floats"):
        attack(images=(images * 255).to(torch.uint8))
    with pytest.raises(ValueError, match=r"call model\.eval"):
        attack(model=linear_model().train())
    with pytest.raises(ValueError, match="two passes"):
        attack(model=Noisy().eval())
    with pytest.raises(ValueError, match=r"gives probabilities .* expected logits"):
        attack(model=torch.nn.Sequential(linear_model(), torch.nn.Softmax(1)).eval())
    with pytest.raises(ValueError, match="hides or breaks gradients"):
        attack(model=Flat().eval())
    with pytest.raises(ValueError, match="linf, l2"):
        attack(norm="l1")
    with pytest.raises(ValueError, match="at least 1 step"):
        attack(n_steps=0)
