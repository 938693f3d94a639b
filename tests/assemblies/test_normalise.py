import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from italign.assemblies.normalise import zscore_sessions

RATES = arrays(np.float64, (7, 3), elements=st.integers(0, 50).map(lambda count: 10.0 * count))


@given(RATES, st.integers(1, 8), st.integers(-50, 50))
def test_gain_and_offset_of_a_session_vanish(rate_hz, gain, offset_hz):
    plain, changed = zscore_sessions([rate_hz, rate_hz * gain + offset_hz])
    np.testing.assert_allclose(changed, plain, atol=1e-9)


def test_every_varying_site_has_mean_zero_and_sd_one_in_each_session():
    rng = np.random.default_rng(0)
    sessions = [rng.gamma(2, 10, (n, 5)) for n in (4, 300)]
    for z in zscore_sessions(sessions):
        np.testing.assert_allclose(z.mean(axis=0), 0, atol=1e-12)
        np.testing.assert_allclose(z.std(axis=0), 1)


def test_missing_presentations_stay_missing_and_change_no_other():
    rate_hz = np.random.default_rng(0).gamma(2, 10, (20, 2))
    holed = np.insert(rate_hz, [3, 11], np.nan, axis=0)
    (z,), (expected,) = zscore_sessions([holed]), zscore_sessions([rate_hz])
    np.testing.assert_array_equal(np.isnan(z), np.isnan(holed))
    np.testing.assert_allclose(np.delete(z, [3, 12], axis=0), expected)


def test_a_site_that_never_varies_is_zero_and_one_never_recorded_is_missing():
    (z,) = zscore_sessions([np.array([[0.1, np.nan, 0.0]] * 3)])
    np.testing.assert_array_equal(z, [[0, np.nan, 0]] * 3)
