"""Rows of neural predictivity: joined by label, ceiled by the animal's own repetitions."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from italign.assemblies.ceilings import RULES as CKA_RULES
from italign.evaluation.columns import KEY
from italign.evaluation.consistency import RULES, ceiled_predictivity, internal_consistency
from italign.evaluation.measures import measure
from italign.evaluation.predictivity import REGRESSIONS, neural_predictivity
from italign.evaluation.rows import of_run
from italign.evaluation.study import Look, Study
from italign.evaluation.table import table_to_dataset

RUN = {"model": "cka-true-labels-p1", "method": "cka", "target": "true", "labels": "on", "p": 1.0,
       "adversarial": "off", "seed": 1, "onset_step": 10}
OPTIONS = {"regressions": list(REGRESSIONS), "n_components": 25, "ridge_alpha": 1.0, "n_splits": 10,
           "train_fraction": 0.9, "n_resamples": 200}
N_TRAIN, N_TEST, N_SITES = 20, 80, 9
NOUNS = np.array(["bear", "car", "dog", "face"])


def stimuli():
    n = N_TRAIN + N_TEST
    return xr.Dataset(coords={
        "stimulus_id": ("stimulus", np.array([f"hvm-{i:03d}" for i in range(n)])),
        "category": ("stimulus", NOUNS[np.arange(n) % 4]),
        "split": ("stimulus", ["train"] * N_TRAIN + ["test"] * N_TEST)},
        attrs={"identifier": "hvm"})


def recorded(animal, features, order, noise_sd):
    """Assembly and CKA ceiling of sites that are linear in the features; two are not selected."""
    rng = np.random.default_rng(len(order))
    weights = rng.standard_normal((features.shape[1], N_SITES)) / np.sqrt(features.shape[1])
    rate = (features @ weights)[order, None] + noise_sd * rng.standard_normal(
        (len(order), 6, N_SITES))
    rate[3, 4:] = np.nan
    assembly = xr.Dataset(
        {"rate": (("stimulus", "repetition", "neuroid"), rate.astype(np.float32)),
         "selected": ("neuroid", [1] * (N_SITES - 2) + [0, 0])},
        coords={"stimulus_id": ("stimulus", stimuli().stimulus_id.values[N_TRAIN + order])},
        attrs={"animal": animal, "stimulus_set": "hvm"})
    cka = np.full((len(CKA_RULES), 2, 1, 2), 0.8)
    ceiling = xr.Dataset(
        {"cka": (("rule", "estimator", "n_drawn", "split"), cka)},
        coords={"rule": list(CKA_RULES), "estimator": ["biased", "unbiased"], "n_drawn": [6]},
        attrs=assembly.attrs)
    return assembly, ceiling


def study_and_look(noise_sd=0.5):
    rng = np.random.default_rng(0)
    features = rng.standard_normal((N_TEST, 15))
    # The second animal saw fewer images; either saw them in an order of its own.
    orders = {"sim4": rng.permutation(N_TEST), "sim5": rng.permutation(N_TEST)[:72]}
    pairs = [recorded(animal, features, order, noise_sd) for animal, order in orders.items()]
    study = Study(stimuli={"hvm": stimuli()}, assemblies=[pair[0] for pair in pairs],
                  ceilings=[pair[1] for pair in pairs], behavior=[], label_categories=tuple(NOUNS),
                  base_categories=(), base_set="base", base_labels=np.zeros(0, int), region="IT",
                  seed=3)
    shown = np.hstack([features, np.zeros((N_TEST, 4))]).astype(np.float32)
    seen = {("hvm", "test"): {"IT": shown}}
    look = Look(has_labels=True, seen=seen, moved=seen, base_logits=np.zeros((0, 0)))
    return study, look, orders


def test_rows_join_by_label_and_hold_both_rules():
    study, look, orders = study_and_look()
    rows = measure("predictivity", study, OPTIONS)(look)
    assert len(rows) == len(orders) * len(REGRESSIONS) * len(RULES)
    for assembly in study.assemblies:
        responses = assembly.rate.values[:, :, :-2].astype(float)
        order = orders[assembly.animal]
        for regression in REGRESSIONS:
            r = neural_predictivity(look.seen["hvm", "test"]["IT"][order],
                                    np.nanmean(responses, axis=1), order % 4,
                                    regression=regression)
            medians = np.median(r, axis=1)
            for row in rows:
                if (row["animal"], row["metric"]) == (assembly.animal, regression):
                    assert row["raw"] == pytest.approx(medians.mean(), abs=1e-10)
                    assert row["sd_splits"] == pytest.approx(medians.std(ddof=1), abs=1e-10)
                    assert row["ceiling"] == pytest.approx(internal_consistency(responses))
                    assert row["ceiled"] == ceiled_predictivity(row["raw"], row["ceiling"],
                                                                row["ceiling_rule"])
                    assert row["n"] == len(order) and row["chance"] == 0
                    assert row["low_sites"] <= row["raw"] <= row["high_sites"]


def test_a_perfect_model_is_near_the_ceiling_and_an_unrelated_one_far():
    study, look, _ = study_and_look()
    score = measure("predictivity", study, OPTIONS)
    rule = "r2_over_ceiling"
    found = [row["ceiled"] for row in score(look) if row["ceiling_rule"] == rule]
    assert np.mean(found) == pytest.approx(1, abs=0.06)
    unrelated = np.random.default_rng(1).standard_normal((N_TEST, 15)).astype(np.float32)
    look.seen["hvm", "test"]["IT"] = unrelated
    assert max(row["ceiled"] for row in score(look) if row["ceiling_rule"] == rule) < 0.15


def test_rows_fit_the_table_of_the_cohort():
    study, look, _ = study_and_look()
    frame = pd.DataFrame(of_run(measure("predictivity", study, OPTIONS)(look), RUN, 30))
    assert not frame.duplicated(list(KEY)).any()
    assert table_to_dataset(frame).sizes["row"] == 8


def test_unrepeatable_responses_are_refused():
    study, *_ = study_and_look()
    study.assemblies[0].rate[:, 1] = -0.5 * study.assemblies[0].rate[:, 0]
    study.assemblies[0].rate[:, 2:] = np.nan
    with pytest.raises(ValueError, match="sim4, hvm: internal consistency is -"):
        measure("predictivity", study, OPTIONS)


@pytest.mark.parametrize(("options", "message"), [
    ({"n_components": 50, "train_fraction": 0.6}, "sim4, hvm: 48 stimuli are fitted by 50 PLS"),
    ({"train_fraction": 0.96}, "sim4, hvm: 80 stimuli .* hold out 4, expected at least 5"),
    ({"regressions": ["lasso"]}, "sim4, hvm: regression is 'lasso', expected pls or ridge"),
])
def test_what_no_model_could_pass_is_refused_before_one_is_shown(options, message):
    study, *_ = study_and_look()
    study.stimuli["hvm"]["category"][N_TRAIN:N_TRAIN + 5] = "egg"
    with pytest.raises(ValueError, match=message):
        measure("predictivity", study, OPTIONS | options)


def test_a_category_with_one_image_is_refused_before_a_model_is_shown():
    study, *_ = study_and_look()
    study.stimuli["hvm"]["category"][N_TRAIN] = "egg"
    with pytest.raises(ValueError, match="1 categories have one stimulus"):
        measure("predictivity", study, OPTIONS)


def test_more_resamples_steady_the_interval():
    study, look, _ = study_and_look()
    widths = [[row["high_sites"] - row["low_sites"] for row in
               measure("predictivity", study, OPTIONS | {"n_resamples": n})(look)]
              for n in (1, 500)]
    assert max(widths[0]) == 0 and min(widths[1]) > 0
