"""Rows of similarity: joined by label, ceiled by the named rule, with chance and intervals."""

import numpy as np
import pytest
import xarray as xr

from italign.assemblies.ceilings import RULES
from italign.assemblies.halves import half_averages
from italign.evaluation.axes import held_out_axes
from italign.evaluation.chance import biased_cka_chance, cosine_chance
from italign.evaluation.columns import COHORT_COLUMNS
from italign.evaluation.measures import measure
from italign.evaluation.rows import of_run
from italign.evaluation.rsa import METRICS, correlation_rdm, rsa
from italign.evaluation.similarity import ESTIMATORS, linear_cka, linear_gram
from italign.evaluation.study import Look, Study

N_TEST = 24
IDS = np.array([f"hvm-{i}" for i in range(40)])
SELECTED = [0, 1, 3, 4, 5, 6, 7]
CEILINGS = {"split_half": (0.8, 0.5), "spearman_brown": (0.9, 0.6), "square_root": (0.7, 0.4),
            "attainable": (0.85, 0.55)}


@pytest.fixture
def stimuli():
    return xr.Dataset(coords={
        "stimulus_id": ("stimulus", IDS), "category": ("stimulus", ["bear", "dog"] * 20),
        "split": ("stimulus", ["train"] * 16 + ["test"] * N_TEST)}, attrs={"identifier": "hvm"})


@pytest.fixture
def axis_files():
    """Assembly in another order than the images, with one unselected site, and its ceiling."""
    rng = np.random.default_rng(0)
    order = rng.permutation(np.arange(16, 40))
    rate = rng.normal(size=(N_TEST, 1, 8)) + 0.5 * rng.normal(size=(N_TEST, 4, 8))
    rate[0, 2] = np.nan
    assembly = xr.Dataset(
        {"rate": (("stimulus", "repetition", "neuroid"), rate),
         "selected": ("neuroid", [1, 1, 0, 1, 1, 1, 1, 1])},
        coords={"stimulus_id": ("stimulus", IDS[order])},
        attrs={"animal": "sim4", "stimulus_set": "hvm"})
    values = np.broadcast_to([CEILINGS[rule] for rule in RULES], (2, 5, 4, 2))
    values = values.transpose(2, 3, 0, 1) * np.array([0.5, 1])[:, None]  # 2 drawn, all 4
    ceiling = xr.Dataset(
        {"cka": (("rule", "estimator", "n_drawn", "split"), values)},
        coords={"rule": list(RULES), "estimator": ["biased", "unbiased"], "n_drawn": [2, 4]},
        attrs=assembly.attrs)
    return assembly, ceiling, order


def study(stimuli, *axes):
    assemblies, ceilings = ([axis[k] for axis in axes] for k in range(2))
    return Study({"hvm": stimuli}, assemblies, ceilings, [], ("bear", "dog"), ("cat",), "base",
                 np.zeros(1, int), "IT", 3)


def look(features):
    """Of the test images; the images as they are would give something else."""
    return Look(True, {("hvm", "test"): {"IT": features[::-1]}},
                {("hvm", "test"): {"IT": features}}, np.zeros((1, 1)))


FEATURES = np.random.default_rng(1).normal(size=(N_TEST, 30)).astype(np.float32)


def scored(stimuli, *axes, features=FEATURES):
    return measure("similarity", study(stimuli, *axes), {"n_resamples": 50})(look(features))


def test_rows_are_joined_by_label_and_use_selected_sites(stimuli, axis_files):
    assembly, _, order = axis_files
    rows = scored(stimuli, axis_files)
    mean = np.nanmean(assembly.rate.values, axis=1)[:, SELECTED]
    shown = FEATURES[order - 16]
    assert all(set(row) == set(COHORT_COLUMNS) for row in of_run(rows, RUN, 30))
    assert all((row["n"], row["animal"]) == (N_TEST, "sim4") for row in rows)
    cka = {(row["estimator"], row["ceiling_rule"]): row for row in rows if row["metric"] == "cka"}
    assert len(cka) == 8 and len(rows) == 10
    chance = biased_cka_chance(linear_gram(shown), linear_gram(mean))
    for (estimator, rule), row in cka.items():
        assert row["raw"] == pytest.approx(linear_cka(shown, mean, estimator), rel=1e-9)
        assert row["ceiling"] == pytest.approx(CEILINGS[rule][ESTIMATORS.index(estimator)])
        assert row["ceiled"] == pytest.approx(row["raw"] / row["ceiling"])
        assert row["chance"] == pytest.approx(chance if estimator == "biased" else 0)
    rdms = correlation_rdm(shown), correlation_rdm(mean)
    found = {row["metric"]: row for row in rows if row["metric"] != "cka"}
    for metric in METRICS:
        row = found[f"rsa_{metric}"]
        assert row["raw"] == pytest.approx(rsa(*rdms, metric))
        assert row["chance"] == pytest.approx(cosine_chance(*rdms) if metric == "cosine" else 0)
        halves = half_averages(assembly.rate.values[:, :, SELECTED], 20, 3)
        ceiling = np.mean([rsa(*map(correlation_rdm, pair), metric) for pair in halves])
        assert row["ceiling"] == pytest.approx(ceiling) and row["ceiling_rule"] == "split_half"
        assert row["ceiled"] == pytest.approx(row["raw"] / ceiling)
    for row in rows:
        for unit in ("stimuli", "sites"):
            assert row[f"low_{unit}"] < row["raw"] < row[f"high_{unit}"]


RUN = {"model": "cka-true-labels-p1", "method": "cka", "target": "true", "labels": "on", "p": 1.0,
       "adversarial": "off", "seed": 1, "onset_step": 10}


def test_a_model_that_is_the_brain_scores_one(stimuli, axis_files):
    assembly, _, order = axis_files
    mean = np.nanmean(assembly.rate.values, axis=1)[:, SELECTED]
    brain = np.empty_like(mean)
    brain[order - 16] = 3 * mean
    for row in scored(stimuli, axis_files, features=brain):
        assert row["raw"] == pytest.approx(1)
        assert row["low_stimuli"] == pytest.approx(1, abs=1e-6)  # the same in every half
        assert row["low_sites"] < 1


def test_products_are_made_once_per_set(stimuli, axis_files):
    other = [ds.assign_attrs(animal="sim5") for ds in axis_files[:2]]
    score = measure("similarity", study(stimuli, axis_files, other), {"n_resamples": 50})
    shown = look(FEATURES)
    rows = score(shown)
    assert len(shown.cache) == 1
    assert [row["raw"] for row in rows[:10]] == [row["raw"] for row in rows[10:]]
    assert {row["animal"] for row in rows[10:]} == {"sim5"}


def test_few_sites_have_no_rsa_and_one_has_no_interval(stimuli, axis_files, caplog):
    assembly, ceiling, _ = axis_files
    alone = assembly.assign(selected=("neuroid", [1] + [0] * 7))
    rows = scored(stimuli, (alone, ceiling))
    assert {row["metric"] for row in rows} == {"cka"}
    assert "sim4, hvm: no RSA, for which 1 sites are too few" in caplog.text
    assert np.isnan([row["low_sites"] for row in rows]).all()
    assert np.isfinite([row["low_stimuli"] for row in rows]).all()
    five = assembly.assign(selected=("neuroid", [1] * 5 + [0] * 3))  # halves of two sites
    rows = {row["metric"]: row for row in scored(stimuli, (five, ceiling))}
    assert np.isnan([rows[f"rsa_{metric}"]["low_sites"] for metric in METRICS]).all()
    assert np.isfinite([rows["cka"]["low_sites"], rows["rsa_cosine"]["low_stimuli"]]).all()


def test_an_animal_that_saw_training_images_is_refused(stimuli, axis_files):
    assembly, ceiling, _ = axis_files
    seen = assembly.assign_coords(stimulus_id=("stimulus", IDS[:N_TEST]))
    with pytest.raises(ValueError, match=r"16 stimulus_id of the assembly, first 'hvm-0', are no"):
        held_out_axes(study(stimuli, (seen, ceiling)))


def test_ceilings_of_another_animal_or_of_noise_are_refused(stimuli, axis_files):
    assembly, ceiling, _ = axis_files
    with pytest.raises(ValueError, match=r"assembly has animal 'sim4', its ceiling 'sim5'"):
        held_out_axes(study(stimuli, (assembly, ceiling.assign_attrs(animal="sim5"))))
    ceiling.cka.loc[{"rule": "split_half", "estimator": "unbiased"}] = -0.01
    with pytest.raises(ValueError, match=r"sim4, hvm: the unbiased split_half ceiling is -0\.01"):
        held_out_axes(study(stimuli, (assembly, ceiling)))


def test_assemblies_that_cannot_be_compared_are_refused(stimuli, axis_files):
    assembly, ceiling, _ = axis_files
    missing = study(stimuli, axis_files)
    missing.ceilings.clear()
    with pytest.raises(ValueError, match="1 assemblies have 0 ceilings, expected one each"):
        held_out_axes(missing)
    coco = [ds.assign_attrs(stimulus_set="coco") for ds in (assembly, ceiling)]
    with pytest.raises(ValueError, match=r"assemblies show coco, expected sets .*\(hvm\)"):
        held_out_axes(study(stimuli, coco))
    none = assembly.assign(selected=("neuroid", [0] * 8))
    with pytest.raises(ValueError, match="sim4, hvm: none of 8 sites is selected"):
        held_out_axes(study(stimuli, (none, ceiling)))
    silent = assembly.copy(deep=True)
    silent.rate[3, :, 1] = np.nan
    with pytest.raises(ValueError, match=r"1 stimuli \(hvm-\d+\) have no repetition"):
        held_out_axes(study(stimuli, (silent, ceiling)))
    with pytest.raises(ValueError, match="sim4, hvm: 6 stimuli, expected at least 8"):
        scored(stimuli, (assembly.isel(stimulus=slice(6)), ceiling))


def test_dead_regions_and_other_images_are_refused(stimuli, axis_files):
    with pytest.raises(ValueError, match="constant over all 24 stimuli"):
        scored(stimuli, axis_files, features=np.zeros((N_TEST, 5)))
    with pytest.raises(ValueError, match="shown 23 test images of hvm, expected 24"):
        scored(stimuli, axis_files, features=FEATURES[1:])


def test_a_stimulus_without_a_pattern_costs_the_model_its_rsa_only(stimuli, axis_files, caplog):
    dark = FEATURES.copy()
    dark[2] = 0
    rows = scored(stimuli, axis_files, features=dark)
    raw = {metric: [row["raw"] for row in rows if row["metric"] == metric]
           for metric in ("cka", "rsa_spearman", "rsa_cosine")}
    assert np.isfinite(raw["cka"]).all()
    assert np.isnan(raw["rsa_spearman"] + raw["rsa_cosine"]).all()
    assert "sim4, hvm: no RSA, 1 stimuli have the same value in all features" in caplog.text


def test_an_animal_without_a_pattern_for_a_stimulus_has_no_rsa(stimuli, axis_files, caplog):
    axis_files[0]["rate"][3] = 0
    rows = scored(stimuli, axis_files)
    assert {row["metric"] for row in rows} == {"cka"}
    assert "sim4, hvm: no RSA, all sites answer 1 of the stimuli alike" in caplog.text
