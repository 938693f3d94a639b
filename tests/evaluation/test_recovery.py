"""Recovery of the planted CKA, its standard error, and the validation script."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from italign.assemblies.ceilings import RULES, cka_ceilings
from italign.assemblies.halves import drawn_averages
from italign.evaluation.recovery import chance_cka, grouped_jackknife, recover_cka
from italign.evaluation.similarity import ESTIMATORS, linear_cka, linear_gram, linear_hsic
from italign.evaluation.subsets import subset_gram, subset_hsic
from italign.io import write_dataset

PER_SITE = ("reliability", "reliability_low", "reliability_high", "snr", "visual_drive_dprime",
            "latency_ms", "fano_factor")


def planted(seed, n_stimuli=60, n_repetitions=6, n_neuroids=12):
    rng = np.random.default_rng(seed)
    factors = rng.standard_normal((n_stimuli, 5))
    noiseless = 20 + factors @ rng.standard_normal((5, n_neuroids))
    model = factors @ rng.standard_normal((5, 30)) + 2 * rng.standard_normal((n_stimuli, 30))
    noise = 3 * rng.standard_normal((n_stimuli, n_repetitions, n_neuroids))
    return model, noiseless, noiseless[:, None] + noise


@given(st.integers(0, 2**31), st.integers(8, 30))
@settings(max_examples=30, deadline=None)
def test_hsic_of_subsets_is_that_of_the_submatrices(seed, n):
    rng = np.random.default_rng(seed)
    x, y = (linear_gram(3 + rng.standard_normal((n, 4))) for _ in range(2))
    kept = np.zeros((3, n), bool)
    for row in kept:
        row[rng.choice(n, rng.integers(4, n + 1), replace=False)] = True
    found = subset_hsic(subset_gram(x, kept), subset_gram(y, kept))
    for k, row in enumerate(kept):
        part = np.ix_(row, row)
        expected = [linear_hsic(x[part], y[part], estimator) for estimator in ESTIMATORS]
        assert found[:, k] == pytest.approx(np.array(expected), rel=1e-7, abs=1e-10)


def test_jackknife_of_a_mean_is_its_standard_error():
    values = np.random.default_rng(0).standard_normal(50)

    def mean(kept):
        return kept @ values / kept.sum(1)

    found, error = grouped_jackknife(mean, 50, 50, 0)
    exact = values.std(ddof=1) / np.sqrt(50)
    assert (found, error) == (pytest.approx(values.mean()), pytest.approx(exact))
    grouped = [grouped_jackknife(mean, 50, 10, s)[1] for s in range(40)]
    assert np.sqrt(np.mean(np.square(grouped))) == pytest.approx(exact, rel=0.1)
    with pytest.raises(ValueError, match="10 groups of 5 items"):
        grouped_jackknife(mean, 5, 10, 0)


def test_recovery_is_made_of_ckas_and_ceilings():
    """Second formula for the values: `linear_cka` and `cka_ceilings` of the same splits."""
    model, noiseless, responses = planted(3)
    for n_drawn in (None, 3, 4):
        table = recover_cka(model, noiseless, responses, 5, 0, n_drawn)
        averages = [both for *_, both in drawn_averages(responses, 5, 0, n_drawn)]
        ceilings = cka_ceilings(responses, 5, 0, n_drawn).mean(-1)
        for row in table.itertuples():
            estimator = row.estimator
            raw = np.mean([linear_cka(model, average, estimator) for average in averages])
            truth = linear_cka(model, noiseless, estimator)
            ceiling = ceilings[RULES.index(row.rule), ESTIMATORS.index(estimator)]
            expected = (truth, raw, ceiling, raw / ceiling, raw / ceiling - truth)
            assert row[3:8] == pytest.approx(expected)


def test_standard_errors_cover_the_error_of_recovery():
    """Errors of ceiled CKA over their jackknife standard error have an SD near 1."""
    scores = []
    for seed in range(20):
        table = recover_cka(*planted(seed, n_stimuli=40), 20, seed).set_index(["rule", "estimator"])
        found = table.loc["attainable", "unbiased"]
        scores.append(found["error"] / found["error_se"])
    assert abs(np.mean(scores)) < 0.7
    assert 0.5 < np.std(scores) < 1.6


def tuned_population(rng, alignment, n_stimuli=150, n_sites=40, n_repetitions=12, n_factors=8):
    """Gaussian tuning to factors, Poisson counts; a model that shares part of the factors."""
    factors = rng.standard_normal((n_stimuli, n_factors))
    centre = rng.standard_normal((n_sites, n_factors))
    distance = ((factors[:, None] - centre) ** 2).mean(-1)
    noiseless = 1 + 12 * np.exp(-distance / 2)  # counts in the window
    own = rng.standard_normal((n_stimuli, n_sites)) * noiseless.std(axis=0)
    model = alignment * (noiseless - noiseless.mean(0)) + (1 - alignment) * own
    counts = rng.poisson(noiseless[:, None], (n_stimuli, n_repetitions, n_sites))
    return model, noiseless, counts.astype(float)


@pytest.mark.parametrize("alignment", [0.27, 0.4, 0.55])  # noiseless CKA 0.3 to 0.9
def test_the_ceiling_that_recovers_the_truth_is_unbiased_attainable(alignment):
    """Of all rules and numbers of repetitions drawn, against the planted noiseless CKA."""
    rng = np.random.default_rng(0)
    errors = {n_drawn: [] for n_drawn in (2, 4, 12)}
    for seed in range(12):
        arrays = tuned_population(rng, alignment)
        for n_drawn, found in errors.items():
            found.append(recover_cka(*arrays, 10, seed, n_drawn).set_index(["rule", "estimator"])
                         ["error"])
    for n_drawn, found in errors.items():
        found = np.array(found)
        mean, standard_error = found.mean(axis=0), found.std(axis=0, ddof=1) / np.sqrt(12)
        places = {name: k for k, name in enumerate(product(RULES, ESTIMATORS))}
        best = places["attainable", "unbiased"]
        # A ratio of estimates is right only up to their own variance, hence the 0.005.
        assert abs(mean[best]) < 3 * standard_error[best] + 0.005, n_drawn
        for rule in set(RULES) - {"attainable"}:  # too small a ceiling: ceiled too high
            other = places[rule, "unbiased"]
            assert mean[other] > 5 * standard_error[other], (n_drawn, rule)
            assert mean[other] > 2 * abs(mean[best]), (n_drawn, rule)


def test_chance_is_zero_only_if_unbiased():
    responses = planted(0)[1]
    mean, standard_error = chance_cka(responses, "unbiased", 0)
    assert abs(mean) < 4 * standard_error
    assert standard_error < 0.005
    assert chance_cka(responses, "biased", 0)[0] > 0.05
    rng = np.random.default_rng(1)
    draws = [linear_cka(responses, rng.standard_normal(responses.shape)) for _ in range(100)]
    mean, standard_error = chance_cka(responses, "biased", 0)
    assert mean == pytest.approx(np.mean(draws), abs=5 * standard_error)
    assert standard_error == pytest.approx(np.std(draws) / np.sqrt(200), rel=0.4)


def write_axis(folder, animal, stimulus_set, seed):
    model, noiseless, responses = planted(seed)
    n_stimuli, n_sites = noiseless.shape
    ids = np.array([f"{stimulus_set}{i}" for i in range(n_stimuli)])
    order, channels = np.random.default_rng(seed).permutation(n_stimuli), np.arange(n_sites)
    keys = {"animal": animal, "stimulus_set": stimulus_set, "source": "in silico"}
    sites = {name: ("neuroid", [animal] * n_sites)
             for name in ("animal", "hemisphere", "array", "region")}
    selected = channels < 10
    datasets = {
        "teacher": xr.Dataset(
            {"feature": (("stimulus", "unit"), model), "logit": (("stimulus", "category"),
                                                               np.zeros((n_stimuli, 1)))},
            {"stimulus_id": ("stimulus", ids), "truth": ("stimulus", ids), "category": ["dog"]},
            {"identifier": stimulus_set, "source": "in silico"}),
        "truth": xr.Dataset(
            {"spike_time_s": ("spike", np.zeros(1)), "spike_channel": ("spike", np.zeros(1, int)),
             "rate_hz": (("stimulus", "neuroid"), noiseless[order][:, ::-1]),
             "amplitude_uv": ("neuroid", np.ones(n_sites)),
             "latency_ms": ("neuroid", np.full(n_sites, 70)),
             "noise_sd_uv": ("neuroid", np.ones(n_sites))},
            {"stimulus_id": ("stimulus", ids[order]), "channel": ("neuroid", channels[::-1])},
            {"session": f"{animal}-{stimulus_set}", **keys}),
        "assembly": xr.Dataset(
            {"rate": (("stimulus", "repetition", "neuroid"), responses),
             "psth_hz": (("neuroid", "time_bin"), np.ones((n_sites, 1))),
             **{name: ("neuroid", np.ones(n_sites)) for name in PER_SITE},
             "selected": ("neuroid", selected.astype(np.int8)),
             "drop_reason": ("neuroid", np.where(selected, "kept", "reliability 0.1 < 0.5"))},
            {"stimulus_id": ("stimulus", ids), "channel": ("neuroid", channels),
             "time_bin_start_ms": ("time_bin", [70.0]), "time_bin_end_ms": ("time_bin", [170.0]),
             "neuroid_id": ("neuroid", [f"{animal}.{c}" for c in channels]), **sites},
            {"reliability_min": 0.5, "drive_reference": "baseline",
             "session_normalisation": "none", **keys}),
    }
    paths = {}
    for contract, ds in datasets.items():
        paths[contract] = str(folder / f"{contract}-{animal}-{stimulus_set}.nc")
        write_dataset(ds, paths[contract], contract)
    direct = recover_cka(model, noiseless[:, selected], responses[:, :, selected], 20, 0)
    return paths, direct.set_index(["rule", "estimator"])


def test_the_table_joins_by_label(tmp_path, load_script):
    axes = {("sim4", "hvm"): 0, ("sim5", "coco"): 1}
    written = {axis: write_axis(tmp_path, *axis, seed) for axis, seed in axes.items()}
    estimate = load_script("assemblies", "estimate_ceiling").estimate_ceiling
    ceilings = []
    for paths, _ in written.values():
        ceilings.append(paths["assembly"].replace(".nc", "-ceiling.nc"))
        estimate(assembly=paths["assembly"], ceiling=ceilings[-1], ceiling_splits=20,
                 ceiling_repetitions=[2, 4], seed=0)
    teachers, truths, assemblies = (
        [paths[contract] for paths, _ in written.values()]
        for contract in ("teacher", "truth", "assembly")
    )
    script = load_script("evaluation", "validate_similarity").validate_similarity
    settings = {"teachers": teachers, "assemblies": assemblies, "ceilings": ceilings[::-1],
                "truth_table": str(tmp_path / "t.csv"), "by_repetitions": str(tmp_path / "r.csv"),
                "seed": 0}
    script(truths=truths[::-1], **settings)
    table = pd.read_csv(tmp_path / "t.csv").set_index(["animal", "stimulus_set", "estimator"])
    assert len(table) == 4
    assert np.allclose(table["self"], 1)
    assert (table["n_sites"] == 10).all()
    written_rows = pd.read_csv(tmp_path / "r.csv")
    means = written_rows[written_rows["mark"] == "mean"]
    long = written_rows[written_rows["mark"] == "axis"].set_index(
        ["animal", "stimulus_set", "n_drawn"])
    assert len(means) == len(long) / len(axes) and (means["n_axes"] == len(axes)).all()
    assert len(long) == 2 * 3 * len(RULES) * len(ESTIMATORS)
    for axis, (_, direct) in written.items():
        everything = long.loc[(*axis, 6)].set_index(["rule", "estimator"])
        for (rule, estimator), expected in direct.iterrows():
            row = table.loc[(*axis, estimator)]
            assert row["cka_noiseless"] == pytest.approx(expected["noiseless"], abs=1e-5)
            assert row[rule] == pytest.approx(expected["ceiling"], rel=1e-4)  # of float32 rates
            assert row[f"error_{rule}_se"] == pytest.approx(expected["error_se"], rel=1e-3)
            assert row[f"z_{rule}"] * row[f"error_{rule}_se"] == pytest.approx(row[f"error_{rule}"])
            found = everything.loc[(rule, estimator)]
            for name in ("raw", "ceiling", "ceiled", "noiseless", "error", "error_se"):
                assert found[name] == pytest.approx(expected[name], rel=1e-3, abs=1e-4)
    ceiling = xr.open_dataset(ceilings[0])["cka"].mean("split")
    for row in long.loc[("sim4", "hvm", 4)].itertuples():
        assert row.ceiling == pytest.approx(float(
            ceiling.sel(rule=row.rule, estimator=row.estimator, n_drawn=4)))
        assert row.error == pytest.approx(row.raw / row.ceiling - row.noiseless)
    raw = long[long["estimator"] == "unbiased"].groupby("n_drawn")["raw"].mean()
    assert raw.is_monotonic_increasing  # fewer repetitions, more noise
    unbiased = table.xs("unbiased", level="estimator")
    assert (unbiased["error_attainable"].abs() < 4 * unbiased["error_attainable_se"]).all()
    assert (unbiased["independent"].abs() < 4 * unbiased["independent_se"]).all()
    biased = table.xs("biased", level="estimator")
    assert (biased["independent"] > 10 * biased["independent_se"]).all()
    with pytest.raises(ValueError, match="truths has no file of sim5, coco"):
        script(truths=truths[:1], **settings)
    with pytest.raises(ValueError, match="a second truth of sim4, hvm"):
        script(truths=truths[:1] * 2, **settings)
