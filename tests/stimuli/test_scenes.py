"""Scenes and backgrounds: limits of the variation levels, styles, spectra, determinism."""

import numpy as np
import pytest
import torch

from italign.stimuli.backgrounds import SLOPES, make_backgrounds, pink_noise
from italign.stimuli.looks import sample_looks
from italign.stimuli.scenes import VARIATIONS, sample_poses, sample_scenes


def spectral_slope(images):
    """Log-log slope of the mean amplitude spectrum over orientations, images (n, px, px)."""
    px = images.shape[-1]
    amplitude = np.sqrt((np.abs(np.fft.fft2(images)) ** 2).mean(0))
    frequency = np.hypot(np.fft.fftfreq(px)[:, None], np.fft.fftfreq(px))
    band = (frequency > 1.5 / px) & (frequency < 0.4)
    return np.polyfit(np.log(frequency[band]), np.log(amplitude[band]), 1)[0]


@pytest.mark.parametrize("slope", [0.5, 1.0, 1.5])
def test_noise_has_the_stated_slope(slope):
    noise = pink_noise(np.full(200, slope), 64, np.random.default_rng(0)).numpy()
    assert spectral_slope(noise) == pytest.approx(-slope, abs=0.03)
    np.testing.assert_allclose(noise.std(axis=(1, 2), ddof=1), 1, rtol=1e-4)
    np.testing.assert_allclose(noise.mean(axis=(1, 2)), 0, atol=1e-4)


def test_grey_backgrounds_fall_as_natural_images():
    images = make_backgrounds(np.ones(200, bool), 64, np.random.default_rng(0))[..., 0] / 255
    assert -SLOPES[1] < spectral_slope(images - images.mean()) < -SLOPES[0]


def test_styles_differ_in_colour():
    grey = np.arange(40) % 2 == 0
    images = make_backgrounds(grey, 32, np.random.default_rng(0)).astype(int)
    chroma = (images.max(-1) - images.min(-1)).mean(axis=(1, 2))
    assert (chroma[grey] == 0).all()
    assert (chroma[~grey] > 5).all()


@pytest.mark.parametrize("variation", VARIATIONS)
def test_poses_fill_their_limits_and_no_more(variation):
    drawn = sample_poses(variation, 4000, np.random.default_rng(0))
    rotation, horizontal, vertical, sizes = VARIATIONS[variation]
    reached = [np.abs(drawn.rotation_deg).max(), *np.abs(drawn.position_deg).max(0),
               drawn.size.min(), drawn.size.max()]
    assert reached == pytest.approx([rotation, horizontal, vertical, *sizes], rel=0.01)
    assert (np.abs(drawn.rotation_deg) <= rotation).all()
    assert ((drawn.size >= sizes[0]) & (drawn.size <= sizes[1])).all()


def test_variation_6_is_twice_variation_3():
    three, six = VARIATIONS[3], VARIATIONS[6]
    assert [6 / 3 * limit for limit in three[:3]] == list(six[:3])


def test_exemplars_take_turns():
    scenes = sample_scenes(["car", "dog"], 3, 6, "grey", np.random.default_rng(0))
    assert scenes.objects.tolist() == [f"{noun}_{i}" for noun in ("car", "dog")
                                       for i in (1, 2, 3, 4, 1, 2)]
    assert scenes.categories.tolist() == ["car"] * 6 + ["dog"] * 6


@pytest.mark.parametrize(("style", "n_grey"), [("grey", 40), ("colour", 0), ("mixed", 20)])
def test_styles_have_their_share_of_grey(style, n_grey):
    looks = sample_looks(style, 40, np.random.default_rng(0))
    assert looks.grey.sum() == n_grey
    assert (looks.texture_amplitude[looks.grey] == 0).all()
    np.testing.assert_allclose(np.linalg.norm(looks.light_direction, axis=1), 1)


def test_mixed_style_greys_every_exemplar_in_turn():
    scenes = sample_scenes(["car"], 3, 80, "mixed", np.random.default_rng(0))
    for name in np.unique(scenes.objects):
        assert 0 < scenes.looks.grey[scenes.objects == name].mean() < 1


def test_unknown_variation_and_style_are_named():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match=r"variation 5.*\[0, 3, 6\]"):
        sample_poses(5, 2, rng)
    with pytest.raises(ValueError, match=r"'sepia'.*grey, colour, mixed"):
        sample_looks("sepia", 2, rng)


def test_backgrounds_come_from_the_generator_alone():
    first, again, other = (
        make_backgrounds(np.array([True, False]), 32, np.random.default_rng(seed))
        for seed in (1, 1, 2)
    )
    torch.testing.assert_close(first, again, rtol=0, atol=0)
    assert (first != other).mean() > 0.9
