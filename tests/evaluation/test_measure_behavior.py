"""Rows of behavior and probe: what is scored, by which readout, fitted how often, and refusals."""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr
from scipy.stats import beta

from italign.evaluation import decoder
from italign.evaluation.behavior import i2n
from italign.evaluation.measures import measure
from italign.evaluation.study import Look, Study
from italign.evaluation.trials import index_trials

NOUNS = ("bear", "boat", "car", "dog")
BEHAVIOR = {"sets": ["toys"], "readouts": ["decoder", "logits"], "inverse_regularisation": 0.01,
            "n_resamples": 30, "n_halves": 5}
PROBE = {"sets": ["toys"], "inverse_regularisation": 0.01}
N_TRAIN, N_TEST, N_FEATURES = 80, 40, 6


def world(labels=("boat", "dog", "horse"), base=("bear", "boat", "car", "cat", "dog"), seed=0):
    """A set of four nouns, people who see it as the features do, and one checkpoint."""
    rng = np.random.default_rng(seed)
    truth = np.arange(N_TRAIN + N_TEST) % 4
    features = np.eye(4, N_FEATURES)[truth] * 1.5 + rng.standard_normal((len(truth), N_FEATURES))
    split = np.repeat(["train", "test"], [N_TRAIN, N_TEST])
    ids = np.array([f"toy{i:03d}" for i in range(len(truth))])
    stimuli = xr.Dataset(coords={
        "stimulus_id": ("stimulus", ids), "split": ("stimulus", split),
        "category": ("stimulus", np.array(NOUNS)[truth])}, attrs={"identifier": "toys"})
    image = rng.integers(N_TRAIN, len(truth), size=8000)
    other = (truth[image] + rng.integers(1, 4, size=8000)) % 4
    evidence = features[image, truth[image]] - features[image, other]
    chosen = np.where(evidence + rng.standard_normal(8000) > 0, truth[image], other)
    names = np.array(NOUNS)
    choices = xr.Dataset(
        {"choice": ("trial", names[chosen])},
        {"stimulus_id": ("trial", ids[image]), "truth": ("trial", names[truth[image]]),
         "distractor": ("trial", names[other])}, {"stimulus_set": "toys"})
    study = Study({"toys": stimuli}, [], [], [choices], labels, base, "base", np.zeros(1, int),
                  "IT", 0)
    logits = rng.standard_normal((len(truth), len(base) + len(labels)))
    for i, noun in enumerate((*base, *labels)):
        if noun in NOUNS:
            logits[:, i] += features[:, NOUNS.index(noun)]
    seen = {("toys", name): {"penultimate": features[split == name].astype(np.float32),
                             "logits": logits[split == name].astype(np.float32)}
            for name in ("train", "test")}
    return study, Look(True, seen, seen, np.zeros((1, len(base))))


def rows_by(rows, *names):
    return {tuple(row[name] for name in names): row for row in rows}


def test_rows_of_behavior():
    study, look = world()
    rows = rows_by(measure("behavior", study, BEHAVIOR)(look), "metric", "categories", "readout")
    subset_metrics = [(metric, subset) for subset in ("all", "overlapping", "novel")
                      for metric in ("i2n", "i2", "i1n", "i1", "o2")
                      if subset == "all" or metric != "o2"]  # two nouns make one pair
    assert set(rows) == {(*one, readout) for one in subset_metrics
                         for readout in ("decoder", "logits")}
    for (_, subset, _), row in rows.items():
        assert (row["measure"], row["stimulus_set"]) == ("behavior", "toys")
        assert (row["ceiling_rule"], row["chance"]) == ("human_halves", 0)
        assert row["n"] == (40 if subset == "all" else 20)
        assert -1 <= row["low_stimuli"] < row["raw"] < row["high_stimuli"] <= 1
        assert 0 < row["sd_splits"] < 0.2
    assert rows["i2n", "all", "decoder"]["ceiled"] > 0.8


def test_images_without_a_noun_are_refused():
    study, _ = world()
    nouns = study.stimuli["toys"].category.values.copy()
    nouns[-3:] = "none"
    unnamed = study.stimuli["toys"].assign_coords(category=("stimulus", nouns))
    with pytest.raises(ValueError, match="set 'toys' has 3 test images without a noun, expected "
                                         "one on each"):
        measure("behavior", replace(study, stimuli={"toys": unnamed}), BEHAVIOR)


def test_i2n_of_all_categories_is_the_plain_one():
    study, look = world()
    rows = rows_by(measure("behavior", study, BEHAVIOR)(look), "metric", "categories", "readout")
    ds = study.behavior[0]
    trials = index_trials(ds.stimulus_id.values, ds.truth.values, ds.distractor.values,
                          ds.choice.values, study.stimulus_ids("toys", "test"), list(NOUNS))
    truth = study.truth("toys", "test")
    features = [look.seen["toys", split]["penultimate"] for split in ("train", "test")]
    p = decoder.decoder_probabilities(features[0], study.truth("toys", "train"), features[1], 0.01)
    score, row = i2n(p, truth, trials), rows["i2n", "all", "decoder"]
    assert (row["raw"], row["ceiling"], row["ceiled"]) == (score.raw, score.ceiling, score.ceiled)


def test_logits_read_labels_before_base_outputs_and_only_where_they_name_all():
    logits = {}
    for labels, has_labels in ((NOUNS, True), (NOUNS, False), (("boat",), True)):
        study, look = world(labels=labels)
        look = Look(has_labels, look.seen, look.moved, look.base_logits)
        found = decoder.from_outputs(look, study, "toys")
        assert np.allclose(found.sum(1), 1)
        columns = [5, 6, 7, 8] if labels == NOUNS and has_labels else [0, 1, 2, 4]
        picked = np.exp(look.seen["toys", "test"]["logits"].astype(float)[:, columns])
        assert np.allclose(found, picked / picked.sum(1, keepdims=True), rtol=1e-9)
        logits[has_labels, labels] = found
    study, look = world(base=("bear", "boat"))
    assert decoder.from_outputs(look, study, "toys") is None
    rows = measure("behavior", study, BEHAVIOR)(look)
    assert {row["readout"] for row in rows} == {"decoder"}


def test_rows_of_probe():
    study, look = world()
    rows = rows_by(measure("probe", study, PROBE)(look), "categories")
    probabilities = decoder.decoded(look, study, "toys", 0.01)
    truth = study.truth("toys", "test")
    for subset, columns in (("all", [0, 1, 2, 3]), ("overlapping", [1, 3]), ("novel", [0, 2])):
        row = rows[subset,]
        kept = np.isin(truth, columns)
        named = np.array(columns)[probabilities[kept][:, columns].argmax(1)]
        assert row["raw"] == (named == truth[kept]).mean() > row["chance"] == 1 / len(columns)
        assert (row["measure"], row["metric"], row["readout"]) == ("probe", "accuracy", "decoder")
        assert row["n"] == kept.sum()
        # Second formula: Jeffreys' interval is close to Wilson's.
        hits = row["raw"] * row["n"]
        jeffreys = beta.ppf([0.025, 0.975], hits + 0.5, row["n"] - hits + 0.5)
        assert (row["low_stimuli"], row["high_stimuli"]) == pytest.approx(jeffreys, abs=0.05)


def test_one_kind_of_category_has_no_subsets(caplog):
    caplog.set_level("INFO", "italign.evaluation.category_subsets")
    study, look = world(labels=NOUNS)
    for name, options in (("behavior", BEHAVIOR), ("probe", PROBE)):
        assert {row["categories"] for row in measure(name, study, options)(look)} == {"all"}
    assert [record.getMessage() for record in caplog.records] == [
        "set 'toys' has no overlapping and novel categories to tell apart: 4 of its 4 nouns "
        "are trained ones"]


def test_trained_categories_may_have_other_names_in_a_set():
    """A set whose nouns are spelt otherwise than the stimulus labels, told by the config."""
    labels = ("vessel", "hound", "horse")
    study, look = world(labels=labels)
    told = replace(study, overlapping={"toys": ["boat", "dog"]})
    same_names, _ = world()
    for name, options in (("behavior", {**BEHAVIOR, "readouts": ["decoder"]}), ("probe", PROBE)):
        assert {row["categories"] for row in measure(name, study, options)(look)} == {"all"}
        found, expected = (measure(name, one, options)(look) for one in (told, same_names))
        assert {row["categories"] for row in found} == {"all", "overlapping", "novel"}
        assert found == expected


def test_the_decoder_is_fitted_once_for_both_measures(monkeypatch):
    study, look = world()
    fits = []
    monkeypatch.setattr(decoder, "decoder_probabilities",
                        lambda *given: fits.append(1) or np.full((N_TEST, 4), 0.25)
                        + np.arange(N_TEST * 4).reshape(N_TEST, 4) / 1e4)
    measure("behavior", study, BEHAVIOR)(look)
    measure("probe", study, PROBE)(look)
    assert len(fits) == 1


def test_bad_input_is_refused():
    study, _ = world()
    with pytest.raises(ValueError, match="no choices of people on set 'hvm', only on"):
        measure("behavior", study, {**BEHAVIOR, "sets": ["hvm"]})
    with pytest.raises(ValueError, match="unknown readouts"):
        measure("behavior", study, {**BEHAVIOR, "readouts": ["probe"]})
    toys = study.stimuli["toys"]
    study.stimuli["toys"] = toys.isel(
        stimulus=(toys.category.values != "car") | (toys.split.values == "train"))
    with pytest.raises(ValueError, match="'toys' has no test image of car, expected at least one"):
        measure("behavior", study, BEHAVIOR)
    study.stimuli["toys"] = toys.isel(stimulus=slice(0, -4))
    with pytest.raises(ValueError, match="stimulus_id has 4 unknown values"):
        measure("behavior", study, BEHAVIOR)
