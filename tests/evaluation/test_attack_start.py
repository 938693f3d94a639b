"""The original code's attack: corner starts and one projection; and starts that are given."""

import pytest
import torch
from torch import nn

from italign.evaluation.robustness import adversarial_accuracy, pgd, random_starts

EPSILON = 0.04


class Recorder(nn.Module):
    """A linear model that keeps the images of each pass."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.linear = nn.Linear(48, 2)
        self.seen = []

    def forward(self, images):
        self.seen.append(images.detach().clone())
        return self.linear(images.flatten(1))


def batch(n=8, low=0.3, high=0.7):
    generator = torch.Generator().manual_seed(1)
    images = low + (high - low) * torch.rand((n, 3, 4, 4), generator=generator)
    return images, torch.randint(2, (n,), generator=generator)


def attack(images, labels, **options):
    """The original code's settings; the result, and the images of the five gradient passes."""
    model = Recorder().eval()
    attacked = pgd(model, images, labels, "linf", EPSILON, 5, EPSILON / 4, **options)
    return attacked, torch.stack(model.seen[-5:]), ascent(model, images, labels)


def ascent(model, images, labels):
    """Sign of the gradient, the same everywhere for a linear model of two classes."""
    weight = model.linear.weight.detach()
    return ((1 - 2 * labels)[:, None] * (weight[1] - weight[0])).sign().view_as(images)


def test_projected_once_iterates_leave_the_ball_and_the_result_does_not():
    images, labels = batch()
    start = random_starts(images, "linf", EPSILON, seed=0, corner=True)
    attacked, iterates, direction = attack(images, labels, start=start, project_once=True)
    reached = (iterates - images).abs().amax((1, 2, 3, 4)) / EPSILON
    # The step after the last pass goes on to 2.25.
    torch.testing.assert_close(reached, torch.tensor([1, 1.25, 1.5, 1.75, 2]), atol=1e-4, rtol=0)
    # Up the whole ball if the corner was uphill, else a quarter: -1 + 5/4.
    uphill = torch.sign(start - images) == direction
    expected = images + EPSILON * direction * torch.where(uphill, 1.0, 0.25)
    torch.testing.assert_close(attacked, expected, atol=1e-6, rtol=0)


def test_projected_at_every_step_iterates_stay():
    images, labels = batch()
    start = random_starts(images, "linf", EPSILON, seed=0, corner=True)
    attacked, iterates, direction = attack(images, labels, start=start)
    assert (iterates - images).abs().max() <= EPSILON + 1e-6
    uphill = torch.sign(start - images) == direction
    expected = images + EPSILON * direction * torch.where(uphill, 1.0, 0.25)
    torch.testing.assert_close(attacked, expected, atol=1e-6, rtol=0)


class Turning(nn.Module):
    """Class 1 within 0.3 of 1.2 epsilon beyond grey; an attack on class 0 goes there."""

    def forward(self, images):
        distance = (images - 0.5 - 1.2 * EPSILON).flatten(1).abs()
        return torch.cat([distance, torch.full_like(distance, 0.3 * EPSILON)], 1)


def test_what_was_overshot_is_missing_on_the_way_back():
    """Steps of 0.75 epsilon: 0, 0.75, 1, 1 when held; 0, 0.75, 1.5, 0.75 when not."""
    image, label = torch.full((1, 1, 1, 1), 0.5), torch.zeros(1, dtype=torch.int64)
    arguments = (Turning().eval(), image, label, "linf", EPSILON, 3, 0.75 * EPSILON)
    held, free = (
        (pgd(*arguments, project_once=once) - image).item() / EPSILON for once in (False, True))
    assert (held, free) == (pytest.approx(1, abs=1e-4), pytest.approx(0.75, abs=1e-4))
    assert [adversarial_accuracy(*arguments, False, 1, 0, project_once=once)
            for once in (False, True)] == [0, 1]


@pytest.mark.parametrize("norm, epsilon", [("linf", 0.3), ("l2", 1.5)])
def test_the_result_is_in_the_ball_and_the_image_range(norm, epsilon):
    images, labels = batch(low=0, high=1)
    images[0], images[1] = 0, 1
    model = Recorder().eval()
    attacked = pgd(model, images, labels, norm, epsilon, 5, epsilon / 4, project_once=True)
    change = (attacked - images).flatten(1)
    size = change.abs().amax(1) if norm == "linf" else change.norm(dim=1)
    assert 0.9 * epsilon < size.max() <= epsilon * (1 + 1e-5)
    assert attacked.min() >= 0 and attacked.max() <= 1
    assert not attacked.requires_grad
    outside = torch.cat(model.seen)
    assert outside.min() < 0 and outside.max() > 1


def test_corners_move_every_value_by_epsilon():
    images, _ = batch(n=64)
    images[0] = 1
    start = random_starts(images, "linf", EPSILON, seed=3, corner=True)
    sides = (start - images) / EPSILON
    torch.testing.assert_close(sides.abs(), torch.ones_like(sides), atol=1e-4, rtol=0)
    assert sides.mean().abs() < 4 / sides.numel() ** 0.5
    assert start.max() > 1  # clipped by the attack, not before
    assert torch.equal(start, random_starts(images, "linf", EPSILON, seed=3, corner=True))
    assert not torch.equal(start, random_starts(images, "linf", EPSILON, seed=4, corner=True))
    with pytest.raises(ValueError, match=r"norm 'l2', expected linf.* start to uniform"):
        random_starts(images, "l2", EPSILON, seed=3, corner=True)


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_a_given_start_is_the_random_start_of_its_seed(norm):
    (images, labels), model = batch(low=0, high=1), Recorder().eval()
    start = random_starts(images, norm, EPSILON, seed=7)
    assert start.min() >= 0 and start.max() <= 1
    drawn, given, without = (
        pgd(model, images, labels, norm, EPSILON, 3, EPSILON / 4, **options)
        for options in ({"random_start": True, "seed": 7}, {"start": start}, {}))
    assert torch.equal(drawn, given)
    assert not torch.equal(drawn, without)


def test_accuracy_passes_them_on_batch_by_batch():
    (images, _), model = batch(n=200), Recorder().eval()
    with torch.no_grad():  # half of the images on either side of the boundary
        model.linear.bias -= model(images).median(0).values
    labels = model(images).argmax(1)
    start = random_starts(images, "linf", EPSILON, seed=0, corner=True)
    arguments = (model, images, labels, "linf", EPSILON, 2, EPSILON / 4, False)
    plain = adversarial_accuracy(*arguments, 50, 0)
    started, in_parts = (
        adversarial_accuracy(*arguments, size, 0, start=start, project_once=True)
        for size in (200, 7))
    assert started == in_parts
    attacked = pgd(*arguments[:-1], start=start, project_once=True)
    assert started == pytest.approx((model(attacked).argmax(1) == labels).float().mean().item())
    assert started > plain + 0.05  # half of the corners are downhill


def test_starts_of_other_images_are_refused():
    images, labels = batch()
    with pytest.raises(ValueError, match=r"start has shape \(4, 3, 4, 4\), expected .* same batch"):
        attack(images, labels, start=images[:4])
    with pytest.raises(ValueError, match=r"lies up to 0\.08 .* at most epsilon, 0\.04"):
        attack(images, labels, start=images + 2 * EPSILON)
    with pytest.raises(ValueError, match="both given"):
        attack(images, labels, start=images.clone(), random_start=True)
