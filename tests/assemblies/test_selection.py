"""Sites meet every limit that is asked, and the reasons say which they fail."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from italign.assemblies.selection import select_sites

QUALITY = {"reliability": np.array([0.31, 0.5, 0.9, np.nan]),
           "latency_ms": np.array([80.0, 180.0, 90.0, 70.0])}


def test_reasons_name_every_failed_limit_with_numbers():
    limits = {"reliability_min": 0.5, "latency_ms_max": 150.0}
    selected, reasons = select_sites(QUALITY, limits, "sim1, hvm")
    assert selected.tolist() == [False, False, True, False]
    assert reasons == ["reliability 0.31 < 0.5", "latency_ms 180 > 150", "kept",
                       "reliability undefined, asked >= 0.5"]
    quality = QUALITY | {"snr": np.array([0.5, 2, 2, 2])}
    _, reasons = select_sites(quality, limits | {"snr_min": 1}, "")
    assert reasons[0] == "reliability 0.31 < 0.5; snr 0.5 < 1"


def test_limits_are_met_by_their_own_value_and_none_asks_nothing():
    selected, reasons = select_sites(QUALITY, {"reliability_min": None, "latency_ms_max": 180}, "")
    assert selected.all() and reasons == ["kept"] * 4


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 9)), min_size=1), st.floats(0, 1),
       st.floats(0, 9))
def test_a_site_is_kept_exactly_if_no_reason_is_given(sites, low, high):
    reliability, fano_factor = np.array(sites).T
    quality = {"reliability": np.append(reliability, 1), "fano_factor": np.append(fano_factor, 0)}
    selected, reasons = select_sites(quality, {"reliability_min": low, "fano_factor_max": high}, "")
    expected = (quality["reliability"] >= low) & (quality["fano_factor"] <= high)
    assert np.array_equal(selected, expected)
    n_failed = (quality["reliability"] < low).astype(int) + (quality["fano_factor"] > high)
    for kept, reason, n in zip(selected, reasons, n_failed, strict=True):
        assert kept == (reason == "kept")
        assert kept or reason.count(";") == n - 1


def test_nobody_left_is_refused_with_counts():
    with pytest.raises(ValueError, match=r"sim1, hvm: none of 4 sites is selected: reliability_min "
                                         r"0\.95 is not met by 4 \(best 0\.9\), latency_ms_max 60 "
                                         r"is not met by 4 \(best 70\); relax assemblies"):
        select_sites(QUALITY, {"reliability_min": 0.95, "latency_ms_max": 60}, "sim1, hvm")
    undefined = {"snr": np.full(2, np.nan)}
    with pytest.raises(ValueError, match=r"snr_min 1 is not met by 2 \(undefined at all\)"):
        select_sites(undefined, {"snr_min": 1}, "")


def test_unknown_limits_are_refused():
    for name in ("dprime_min", "reliability", "snr_least"):
        with pytest.raises(ValueError, match=f"assemblies.selection.{name} is unknown"):
            select_sites(QUALITY, {name: 1}, "")
