from dataclasses import astuple

import numpy as np
import pytest

from italign.recordings.sites import draw_sites, site_drive

OPTIONS = {
    "units_per_site": 12, "n_waveforms": 4, "baseline_hz": (5, 20), "driven_hz": (40, 120),
    "latency_ms": (60, 90), "amplitude_uv": (40, 140),
}
NAMES = [f"sim1.left.A.{channel:03d}" for channel in range(6)]


@pytest.fixture
def features():
    return np.random.default_rng(0).gamma(1.0, 1.0, (200, 50))


def test_a_site_is_the_same_whatever_else_is_recorded(features):
    few = draw_sites(NAMES[4:1:-2], features, 7, **OPTIONS)
    many = draw_sites(NAMES, features, 7, **OPTIONS)
    for found, expected in zip(astuple(few), astuple(many), strict=True):
        np.testing.assert_array_equal(found, expected[..., [4, 2]])


def test_sites_differ_between_channels_animals_and_seeds(features):
    arrays = [(NAMES[0], 7), (NAMES[1], 7), ("sim2.left.A.000", 7), (NAMES[0], 8)]
    amplitudes = {draw_sites([name], features, seed, **OPTIONS).amplitude_uv[0]
                  for name, seed in arrays}
    assert len(amplitudes) == 4


def test_parameters_stay_in_their_ranges_and_mixtures_are_sparse(features):
    names = [f"site {i}" for i in range(300)]
    sites = draw_sites(names, features, 7, **OPTIONS)
    for name in ("baseline_hz", "driven_hz", "latency_ms", "amplitude_uv"):
        low, high = OPTIONS[name]
        values = getattr(sites, name)
        assert low <= values.min() < values.max() <= high
        assert values.mean() == pytest.approx((low + high) / 2, rel=0.05)
    assert ((sites.weights > 0).sum(axis=0) == 12).all()
    assert sites.weights.min() == 0
    assert set(sites.waveform) == {0, 1, 2, 3}


def test_units_that_never_vary_are_not_mixed_in(features):
    features[:, ::2] = 0.0
    sites = draw_sites(NAMES, features, 7, **OPTIONS)
    assert not sites.weights[::2].any()
    features[:, :40] = 1.0
    with pytest.raises(ValueError, match=r"5 of 50 teacher units vary.* units_per_site = 12"):
        draw_sites(NAMES, features, 7, **OPTIONS)


def test_drive_does_not_depend_on_the_units_of_teacher_features(features):
    scale = np.random.default_rng(1).uniform(0.1, 10, 50)
    plain = site_drive(features, features, draw_sites(NAMES, features, 7, **OPTIONS).weights)
    scaled = features * scale
    again = site_drive(scaled, scaled, draw_sites(NAMES, scaled, 7, **OPTIONS).weights)
    np.testing.assert_allclose(again, plain, rtol=1e-9)


def test_drive_of_a_stimulus_does_not_depend_on_the_set_it_is_shown_with(features):
    weights = draw_sites(NAMES, features, 7, **OPTIONS).weights
    whole = site_drive(features, features, weights)
    np.testing.assert_allclose(site_drive(features[30:40], features, weights), whole[30:40])
    assert whole.min() == 0
    assert whole.max() <= 1
    # Between the cuts the drive is linear in the mixture: slope 1/3 per SD, 1/3 at the mean.
    z = (features @ weights - (features @ weights).mean(0)) / (features @ weights).std(0)
    inside = (z > -1) & (z < 2)
    np.testing.assert_allclose(whole[inside], (z[inside] + 1) / 3)
