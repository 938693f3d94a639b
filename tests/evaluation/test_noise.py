"""Accuracy under Gaussian noise: the closed form, common draws, clipping, guards."""

import pytest
import torch
from scipy.stats import norm
from torch import nn

from italign.evaluation.noise import noise_curve


class Sum(nn.Module):
    """Class 1 where the images' values exceed a bound on average."""

    def __init__(self, bound):
        super().__init__()
        self.bound = bound

    def forward(self, images):
        mean = images.flatten(1).mean(1)
        return torch.stack([self.bound - mean, mean - self.bound], 1)


def grey(n=4000, value=0.5):
    return torch.full((n, 1, 2, 2), value), torch.zeros(n, dtype=torch.int64)


def test_accuracy_is_the_normal_distributions():
    images, labels = grey()
    sds = [0.0, 0.02, 0.05, 0.1]
    correct = noise_curve(Sum(0.52).eval(), images, labels, sds=sds, batch_size=512, seed=1)
    assert correct.shape == (4, 4000) and correct.dtype == torch.bool
    for sd, row in zip(sds[1:], correct[1:], strict=True):  # four values: half the SD
        assert row.float().mean().item() == pytest.approx(norm.cdf(0.02 / (sd / 2)), abs=0.025)
    assert correct[0].all()


def test_all_models_and_sds_see_the_same_draws():
    images, labels = grey(200)
    found = noise_curve(Sum(0.52).eval(), images, labels, sds=[0.05, 0.1], batch_size=64, seed=1)
    # The same draw, scaled: nobody recovers as the noise grows.
    assert (found[1] <= found[0]).all() and found[1].sum() < found[0].sum()
    easier = noise_curve(Sum(0.53).eval(), images, labels, sds=[0.05, 0.1], batch_size=7, seed=1)
    assert (found <= easier).all()
    again, other = (noise_curve(Sum(0.52).eval(), images, labels, sds=[0.05, 0.1], batch_size=200,
                                seed=seed) for seed in (1, 2))
    assert torch.equal(found, again) and not torch.equal(found, other)


def test_noisy_images_stay_in_range():
    seen = []

    class Recorder(nn.Module):
        def forward(self, images):
            seen.append(images)
            return Sum(0.5)(images)

    noise_curve(Recorder().eval(), *grey(50, value=0.9), sds=[1.0], batch_size=50, seed=0)
    assert seen[-1].min() == 0 and seen[-1].max() == 1


def test_what_makes_no_sense_is_refused():
    images, labels = grey(4)

    def noisy(model=None, images=images, sds=(0.1,)):
        return noise_curve(model or Sum(0.5).eval(), images, labels, sds=sds, batch_size=4, seed=0)

    with pytest.raises(ValueError, match=r"noise SDs are \[-1\], expected 0 or more"):
        noisy(sds=[0.1, -1])
    with pytest.raises(ValueError, match="divide uint8 by"):
        noisy(images=255 * images)
    with pytest.raises(ValueError, match="training mode"):
        noisy(model=Sum(0.5).train())
