import numpy as np
import pytest
from scipy.signal import welch
from scipy.stats import norm

from italign.recordings.voltage import (
    field_potential,
    gaussian_quantiles,
    simulate_chunks,
    trough_sample,
    waveform_bank,
)


def chunks(chunk_ms=500, white_sd=40.0, field_sd=60.0, seed=0, n_ms=3000, amplitude=400.0):
    rng = np.random.default_rng(seed)
    field = field_potential(n_ms, 3, field_sd, rng)
    spike = np.sort(rng.integers(n_ms * 20, size=200))
    templates = amplitude * waveform_bank(20_000)[:3]
    return np.concatenate(list(simulate_chunks(
        spike, rng.integers(3, size=200), templates, trough_sample(20_000), field, white_sd, 20,
        rng, chunk_ms,
    )))


def test_waveforms_last_1_6_ms_and_reach_minus_one_at_the_trough_only():
    bank = waveform_bank(20_000)
    assert bank.shape == (4, 32)
    np.testing.assert_array_equal(bank.argmin(axis=1), trough_sample(20_000))
    np.testing.assert_allclose(bank.min(axis=1), -1)
    assert (abs(bank[:, [0, -1]]) < 0.1).all()
    assert waveform_bank(30_000).shape == (4, 48)


@pytest.mark.parametrize("chunk_ms", [1, 7, 100, 5000])
def test_the_stretch_length_changes_no_sample(chunk_ms):
    np.testing.assert_array_equal(chunks(chunk_ms), chunks())


def test_spikes_add_up_where_they_overlap_and_are_cut_at_the_ends():
    templates = np.rint(100 * waveform_bank(20_000)[:1])
    silence = np.zeros((11, 1), np.float32)
    spike = np.array([3, 90, 95, 198])
    voltage = next(simulate_chunks(spike, np.zeros(4, int), templates, 10, silence, 0.0, 20,
                                   np.random.default_rng(0)))
    expected = np.zeros(300)
    for sample in spike + 50:
        expected[sample - 10 : sample + 22] += templates[0]
    np.testing.assert_array_equal(voltage[:, 0], expected[50:250])


def test_noise_has_the_sd_asked_for():
    quiet = chunks(amplitude=0.0, n_ms=20_000)
    np.testing.assert_allclose(quiet.std(axis=0), np.hypot(40, 60), rtol=0.02)
    white = chunks(amplitude=0.0, field_sd=0.0)
    np.testing.assert_allclose(white.std(axis=0), 40, rtol=0.02)
    neighbours = [np.corrcoef(white[1:, i], white[:-1, i])[0, 1] for i in range(3)]
    assert np.abs(neighbours).max() < 4 / np.sqrt(len(white))


def test_field_power_falls_as_one_over_frequency_inside_its_band_only():
    field = field_potential(120_000, 2, 12.0, np.random.default_rng(0))
    frequency, power = welch(field, 1000, nperseg=4000, axis=0)

    def between(low, high):
        return power[(frequency >= low) & (frequency < high)].mean()

    assert between(9, 11) / between(90, 110) == pytest.approx(10, rel=0.15)
    assert between(310, 500) / between(200, 290) < 1e-3
    assert between(0, 0.5) / between(2, 3) < 0.05


def test_quantiles_are_normal_to_beyond_the_threshold():
    values = gaussian_quantiles()
    assert values.std() == pytest.approx(1, abs=1e-4)
    for threshold in (-1, -2, -3, -4):
        assert np.mean(values < threshold) == pytest.approx(norm.cdf(threshold), abs=2**-16)


def test_voltage_saturates_instead_of_wrapping():
    voltage = chunks(amplitude=1e6)
    assert voltage.min() == -(2**15)
    assert voltage.dtype == np.int16
