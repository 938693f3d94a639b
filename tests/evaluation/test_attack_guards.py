"""What would make an attack meaningless is refused, each with a line of its own."""

import pytest
import torch
from torch import nn

from italign.evaluation.attack_curves import attack_curve
from italign.evaluation.noise import noise_curve
from italign.evaluation.robustness import pgd
from tests.evaluation.small_model import trained


def curve(model=None, images=None, labels=None, batch_size=64):
    data = trained()
    chosen = [data[i] if given is None else given
              for i, given in enumerate((model, images, labels))]
    return attack_curve(*chosen, norm="linf", epsilons=[0.01, 0.03], n_steps=3, step_fraction=0.25,
                        batch_size=batch_size, seed=3)


class Flat(nn.Module):
    def forward(self, images):
        return 4 * images.flatten(1)[:, :4].round()


class Broken(nn.Module):
    def forward(self, images):
        return trained()[0](images) + 0 * (images - images.detach()).abs().sqrt().sum()


@pytest.mark.parametrize("model, scale, message", [
    (None, 255, r"expected \[0, 1\]: divide uint8 by"),
    (trained, -1, r"images lie in \[-.*expected \[0, 1\]"),
    ("train", 1, r"training mode .* call model\.eval"),
    (nn.Sequential(trained()[0], nn.Softmax(1)).eval(), 1, "gives probabilities .* logits"),
    (Flat().eval(), 1, "gradient over .* is 0, expected a finite value above 0"),
    (Broken().eval(), 1, "gradient over 240 images is nan, expected a finite value: .* breaks"),
])
def test_what_would_make_an_attack_meaningless_is_refused(model, scale, message):
    images = trained()[1]
    if model == "train":
        model = nn.Sequential(trained()[0], nn.Dropout())
        model.train()
        model[0].eval()
    chosen = model if isinstance(model, nn.Module) else None
    with pytest.raises(ValueError, match=message):
        curve(model=chosen, images=scale * images)
    assert not trained()[0].training


class BreaksLater(nn.Module):
    """Finite gradients at the images of the test, none that are numbers once they moved."""

    def forward(self, images):
        scale = torch.where((images - trained()[1][: len(images)]).abs().amax() > 0, torch.nan, 0.0)
        return trained()[0](images) + scale * (images - images.detach()).sum()


def test_a_gradient_that_breaks_on_the_way_is_refused_with_the_number_of_images():
    model, images, labels = trained()
    n_correct = int((model(images).argmax(1) == labels).sum())
    with pytest.raises(ValueError, match=f"over {n_correct} images is nan, expected a finite val"):
        curve(model=BreaksLater().eval(), batch_size=240)


@pytest.mark.parametrize("change, message", [
    (lambda labels: labels[:9], r"shape \(9,\), expected torch.int64 of shape \(240,\)"),
    (lambda labels: labels.float(), "labels are torch.float32"),
    (lambda labels: labels + 1, "labels lie in 1 to 4, expected 0 to 3: the model has 4 outputs"),
    (lambda labels: labels - 1, "labels lie in -1 to 2, expected 0 to 3"),
])
def test_labels_that_are_no_outputs_are_refused(change, message):
    model, images, labels = trained()
    for attack in (lambda labels: curve(labels=labels),
                   lambda labels: pgd(model, images, labels, "linf", 0.04, 1, 0.01),
                   lambda labels: noise_curve(model, images, labels, sds=[0.1], batch_size=64,
                                              seed=0)):
        with pytest.raises(ValueError, match=message):
            attack(change(labels))
