"""Animals without trials, and with one site: raw values and chance, never a ceiling."""

import logging

import numpy as np
import pytest
import xarray as xr

from italign.assemblies.ceilings import RULES as CKA_RULES
from italign.evaluation.axes import held_out_axes
from italign.evaluation.chance import biased_cka_chance
from italign.evaluation.consistency import RULES
from italign.evaluation.measures import _rsa, measure
from italign.evaluation.predictivity import neural_predictivity
from italign.evaluation.similarity import ESTIMATORS, linear_cka, linear_gram
from italign.evaluation.study import Look, Study

N_TEST = 40
FEATURES = np.random.default_rng(1).normal(size=(N_TEST, 12)).astype(np.float32)
OPTIONS = {"regressions": ["ridge"], "n_components": 5, "ridge_alpha": 1.0, "n_splits": 4,
           "train_fraction": 0.9, "n_resamples": 20}


def natural_images():
    """No image shows a noun."""
    return xr.Dataset(coords={
        "stimulus_id": ("stimulus", np.array([f"190923-{i:04d}" for i in range(N_TEST)])),
        "category": ("stimulus", ["none"] * N_TEST), "split": ("stimulus", ["test"] * N_TEST)},
        attrs={"identifier": "natural"})


def recorded(n_sites=8, n_repetitions=1, ceiling=np.nan):
    """Sites linear in the features, by default an average of one response per image."""
    rng = np.random.default_rng(2)
    rate = (FEATURES @ rng.normal(size=(12, n_sites)))[:, None] + 0.5 * rng.normal(
        size=(N_TEST, n_repetitions, n_sites))
    attrs = {"animal": "we", "stimulus_set": "natural"}
    assembly = xr.Dataset(
        {"rate": (("stimulus", "repetition", "neuroid"), rate), "selected": ("neuroid",
                                                                             [1] * n_sites)},
        coords={"stimulus_id": ("stimulus", natural_images().stimulus_id.values)}, attrs=attrs)
    cka = np.full((len(CKA_RULES), 2, 1, 3), ceiling)
    ceilings = xr.Dataset(
        {"cka": (("rule", "estimator", "n_drawn", "split"), cka)}, attrs=attrs,
        coords={"rule": list(CKA_RULES), "estimator": list(ESTIMATORS), "n_drawn": [1]})
    if np.isnan(ceiling):
        ceilings.attrs["no_ceiling"] = "one response per stimulus and site"
    return assembly, ceilings


def study(assembly, ceiling):
    return Study({"natural": natural_images()}, [assembly], [ceiling], [], ("bear",), ("cat",),
                 "base", np.zeros(1, int), "V4", 3)


def scored(name, options, *recording):
    seen = {("natural", "test"): {"V4": FEATURES}}
    look = Look(True, seen, seen, np.zeros((1, 1)))
    return measure(name, study(*recording), options)(look)


def test_without_trials_similarity_is_raw_with_chance_and_intervals(caplog):
    assembly, ceiling = recorded()
    with caplog.at_level(logging.INFO):
        rows = scored("similarity", {"n_resamples": 30}, assembly, ceiling)
    assert "we, natural: no ceiling (one response per stimulus and site)" in caplog.text
    assert len(rows) == 2 * len(CKA_RULES) + 2
    assert np.isnan([[row["ceiling"], row["ceiled"]] for row in rows]).all()
    mean = assembly.rate.values[:, 0]
    chance = {"biased": biased_cka_chance(linear_gram(FEATURES), linear_gram(mean)), "unbiased": 0}
    for row in rows[:-2]:
        assert row["raw"] == pytest.approx(linear_cka(FEATURES, mean, row["estimator"]))
        assert row["chance"] == pytest.approx(chance[row["estimator"]])
        assert row["low_stimuli"] < row["raw"] < row["high_stimuli"]
        assert row["low_sites"] < row["raw"] < row["high_sites"]
    assert all(np.isfinite(row["raw"]) for row in rows)


def test_without_trials_predictivity_is_that_of_the_averages(caplog):
    assembly, ceiling = recorded()
    rows = scored("predictivity", OPTIONS, assembly, ceiling)
    assert [row["ceiling_rule"] for row in rows] == list(RULES)
    r = neural_predictivity(FEATURES, assembly.rate.values[:, 0], np.full(N_TEST, -1),
                            regression="ridge", n_splits=4)
    for row in rows:
        assert row["raw"] == pytest.approx(np.median(r, axis=1).mean()) and row["raw"] > 0.5
        assert row["low_sites"] < row["raw"] < row["high_sites"]
        assert np.isnan([row["ceiling"], row["ceiled"]]).all()


def test_one_neuron_has_a_similarity_and_a_predictivity_but_no_rsa(caplog):
    recording = recorded(n_sites=1, n_repetitions=6, ceiling=0.5)
    rows = scored("similarity", {"n_resamples": 30}, *recording)
    assert {row["metric"] for row in rows} == {"cka"}
    assert "no RSA, for which 1 sites are too few" in caplog.text
    assert all(row["ceiled"] == pytest.approx(row["raw"] / 0.5) for row in rows)
    assert np.isnan([row["low_sites"] for row in rows]).all()
    row, _ = scored("predictivity", OPTIONS, *recording)
    assert row["raw"] > 0.5 and 0 < row["ceiling"] <= 1
    assert row["ceiled"] == pytest.approx(row["raw"] ** 2 / row["ceiling"])


def test_ceilings_that_are_nan_for_no_stated_reason_are_refused():
    assembly, ceiling = recorded(n_repetitions=4)
    del ceiling.attrs["no_ceiling"]  # trials there were, but their halves are degenerate
    with pytest.raises(ValueError, match="we, natural: the biased split_half ceiling is nan"):
        held_out_axes(study(assembly, ceiling))


def test_some_ceilings_without_others_are_refused():
    assembly, ceiling = recorded(n_repetitions=4, ceiling=0.5)
    ceiling.cka[0, 0] = np.nan
    with pytest.raises(ValueError, match="we, natural: the biased split_half ceiling is nan, "
                                         "expected above 0"):
        held_out_axes(study(assembly, ceiling))


def test_many_stimuli_keep_fewer_halves_of_the_sites(monkeypatch, caplog):
    """The first of the same halves: the interval stays one of the same spread."""
    recording = recorded()
    def bounds(metric):
        row, = (row for row in scored("similarity", {"n_resamples": 400}, *recording)
                if row["metric"] == metric)
        return np.array([row["low_sites"], row["high_sites"]])
    whole = bounds("rsa_spearman")
    monkeypatch.setattr(_rsa, "MOST_PAIRS", 100 * N_TEST * (N_TEST - 1) // 2)
    with caplog.at_level(logging.INFO):
        fewer = bounds("rsa_spearman")
    assert "100 of 400 site halves for the interval of RSA" in caplog.text
    assert np.ptp(fewer) == pytest.approx(np.ptp(whole), rel=0.25)
    assert (fewer != whole).all()
