import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from italign.assemblies.drift import session_drift, within_session_slope


def sessions(sites=(3, 3), n_stimuli=8, n_repetitions=6, seed=0):
    """Arguments of `session_drift`: every session shows every stimulus in random order."""
    rng = np.random.default_rng(seed)
    n_neuroids = max(sites)
    tuning = rng.gamma(4, 5, (n_stimuli, n_neuroids))
    rows = [rng.permutation(np.repeat(np.arange(n_stimuli), n_repetitions)) for _ in sites]
    onset_s = [np.cumsum(rng.uniform(0.2, 2, len(row))) for row in rows]
    rates_hz = [rng.poisson(tuning[row, :n] * 10) / 10 for row, n in zip(rows, sites, strict=True)]
    return {"rates_hz": rates_hz, "baselines_hz": [rate / 4 for rate in rates_hz], "rows": rows,
            "onset_s": onset_s, "columns": [np.arange(n) for n in sites],
            "n_stimuli": n_stimuli, "n_neuroids": n_neuroids}


@given(st.integers(0, 2**31), st.integers(2, 6), st.integers(2, 5))
@settings(max_examples=30, deadline=None)
def test_slope_is_the_regression_on_time_and_stimulus_indicators(seed, n_stimuli, n_repetitions):
    given_ = sessions((2,), n_stimuli, n_repetitions, seed)
    rate_hz, row, onset_s = (given_[name][0] for name in ("rates_hz", "rows", "onset_s"))
    design = np.column_stack([onset_s, row[:, None] == np.arange(n_stimuli)]).astype(float)
    coefficients, squares, *_ = np.linalg.lstsq(design, rate_hz)
    n_free = len(row) - design.shape[1]
    slope, slope_se = within_session_slope(rate_hz, row, onset_s)
    np.testing.assert_allclose(slope, coefficients[0], atol=1e-9)
    if n_free > 0:
        variance = np.linalg.inv(design.T @ design)[0, 0] * squares / n_free
        np.testing.assert_allclose(slope_se, np.sqrt(variance), atol=1e-9)
    else:
        assert np.isnan(slope_se).all()


def test_a_planted_trend_is_found_in_percent_of_the_mean_per_hour():
    given_ = sessions((2,), n_repetitions=40)
    onset_s, rate_hz = given_["onset_s"][0], given_["rates_hz"][0]
    mean_hz = rate_hz.mean(axis=0)
    slow_hz = mean_hz * 2.0 * (onset_s - onset_s.mean())[:, None] / 3600  # 200 % per hour
    still = session_drift(**given_)
    moving = session_drift(**given_ | {"rates_hz": [rate_hz + slow_hz]})
    added = moving.slope_percent_per_hour - still.slope_percent_per_hour
    np.testing.assert_allclose(added, 200)
    np.testing.assert_allclose(moving.slope_se, still.slope_se)
    assert (abs(still.slope_percent_per_hour) < 3 * still.slope_se).all()


def test_the_standard_error_is_the_spread_of_slopes_without_a_trend():
    z = [session_drift(**sessions((50,), 5, 4, seed)).eval("slope_percent_per_hour / slope_se")
         for seed in range(40)]
    assert np.std(z) == pytest.approx(np.sqrt(14 / 12), rel=0.05)  # t with 14 degrees of freedom


def test_gain_between_sessions_is_the_change_and_leaves_tuning_and_relative_slope():
    given_ = sessions()
    gain = np.array([1.5, 0.8, 1.0])
    drift = session_drift(**given_)
    scaled = session_drift(**given_ | {"rates_hz": [given_["rates_hz"][0],
                                                    given_["rates_hz"][1] * gain]})
    later = drift.session_index == 1
    expected = gain * (100 + drift.change_percent[later]) - 100
    np.testing.assert_allclose(scaled.change_percent[later], expected, atol=1e-9)
    assert (scaled.change_percent[~later] == 0).all()
    for name in ("slope_percent_per_hour", "slope_se", "tuning_correlation"):
        np.testing.assert_allclose(scaled[name], drift[name])


def test_order_of_presentations_and_names_of_stimuli_change_nothing():
    given_ = sessions()
    order = np.random.default_rng(3).permutation(len(given_["rows"][1]))
    shuffled = {name: [given_[name][0], given_[name][1][order]]
                for name in ("rates_hz", "baselines_hz", "rows", "onset_s")}
    renamed = {"rows": [7 - row for row in shuffled["rows"]]}
    drift = session_drift(**given_)
    again = session_drift(**given_ | shuffled | renamed)
    np.testing.assert_allclose(again.to_numpy(float), drift.to_numpy(float), rtol=1e-9)


def test_other_stimuli_are_no_drift():
    """Session 2 shows four more stimuli, of twice the rate: what it shares has not changed."""
    row = np.arange(8)
    rate_hz = np.array([10.0] * 4 + [20.0] * 4)[:, None] + np.array([0, 1, 2, 3] * 2)[:, None]
    drift = session_drift([rate_hz[:4], rate_hz], [rate_hz[:4], rate_hz], [row[:4], row],
                          [row[:4], row], [np.array([0])] * 2, 8, 1)
    assert drift.change_percent.tolist() == [0, 0]
    assert drift.mean_rate_hz.tolist() == [11.5, 16.5]
    np.testing.assert_allclose(drift.tuning_correlation, 1)
    assert drift.slope_percent_per_hour.isna().all()  # no stimulus is shown twice


def test_sessions_are_compared_by_site_not_by_column():
    given_ = sessions()
    swapped = np.array([2, 0, 1])
    moved = {name: [given_[name][0], given_[name][1][:, swapped]]
             for name in ("rates_hz", "baselines_hz")}
    drift = session_drift(**given_).set_index(["session_index", "site"]).sort_index()
    again = session_drift(**given_ | moved | {"columns": [np.arange(3), swapped]})
    again = again.set_index(["session_index", "site"]).sort_index()
    np.testing.assert_allclose(again, drift)


def test_tuning_correlation_is_numpys_with_the_average_of_the_others():
    given_ = sessions((3, 3, 3))
    means = np.array([[rate[row == stimulus].mean(axis=0) for stimulus in range(8)]
                      for rate, row in zip(given_["rates_hz"], given_["rows"], strict=True)])
    expected = [np.corrcoef(means[k, :, site], np.delete(means, k, 0).mean(0)[:, site])[0, 1]
                for k in range(3) for site in range(3)]
    np.testing.assert_allclose(session_drift(**given_).tuning_correlation, expected)


def test_a_site_of_one_session_and_a_silent_site_have_no_comparison():
    given_ = sessions((2, 3))
    given_["rates_hz"] = [rate * np.array([1, 0, 1])[: rate.shape[1]]
                          for rate in given_["rates_hz"]]
    drift = session_drift(**given_).set_index(["session_index", "site"])
    assert drift.tuning_correlation.isna().tolist() == [False, True, False, True, True]
    assert drift.change_percent.isna().tolist() == [False, True, False, True, False]
    assert drift.change_percent[1, 2] == 0  # first seen in the second session
    assert drift.slope_percent_per_hour.isna().tolist() == [False, True, False, True, False]
