"""Recovery of the planted CKA, its standard error, and the validation script."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from italign.evaluation.recovery import chance_cka, grouped_jackknife, recover_cka
from italign.evaluation.similarity import linear_cka
from italign.io import write_dataset


def planted(seed, n_stimuli=60, n_repetitions=6, n_neuroids=12):
    rng = np.random.default_rng(seed)
    factors = rng.standard_normal((n_stimuli, 5))
    noiseless = 20 + factors @ rng.standard_normal((5, n_neuroids))
    model = factors @ rng.standard_normal((5, 30)) + 2 * rng.standard_normal((n_stimuli, 30))
    noise = 3 * rng.standard_normal((n_stimuli, n_repetitions, n_neuroids))
    return model, noiseless, noiseless[:, None] + noise


def test_jackknife_of_a_mean_is_its_standard_error():
    values = np.random.default_rng(0).standard_normal(50)
    exact = values.std(ddof=1) / np.sqrt(50)
    assert grouped_jackknife(lambda kept: values[kept].mean(), 50, 50, 0) == pytest.approx(exact)
    grouped = [grouped_jackknife(lambda kept: values[kept].mean(), 50, 10, s) for s in range(40)]
    assert np.sqrt(np.mean(np.square(grouped))) == pytest.approx(exact, rel=0.1)
    with pytest.raises(ValueError, match="10 groups of 5 items"):
        grouped_jackknife(np.mean, 5, 10, 0)


def test_standard_errors_cover_the_error_of_recovery():
    """Errors of ceiled CKA over their jackknife standard error have an SD near 1."""
    scores = []
    for seed in range(20):
        found = recover_cka(*planted(seed, n_stimuli=40), "unbiased", seed)
        scores.append(found["error_attainable"] / found["error_attainable_se"])
    assert abs(np.mean(scores)) < 0.7
    assert 0.5 < np.std(scores) < 1.6


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
             "noise_sd_uv": ("neuroid", np.ones(n_sites))},
            {"stimulus_id": ("stimulus", ids[order]), "channel": ("neuroid", channels[::-1])},
            {"session": f"{animal}-{stimulus_set}", **keys}),
        "assembly": xr.Dataset(
            {"rate": (("stimulus", "repetition", "neuroid"), responses),
             **{name: ("neuroid", np.ones(n_sites))
                for name in ("reliability", "snr", "visual_drive_dprime")},
             "selected": ("neuroid", selected.astype(np.int8))},
            {"stimulus_id": ("stimulus", ids), "channel": ("neuroid", channels),
             "neuroid_id": ("neuroid", [f"{animal}.{c}" for c in channels]), **sites},
            {"reliability_threshold": 0.5, **keys}),
    }
    paths = {}
    for contract, ds in datasets.items():
        paths[contract] = str(folder / f"{contract}-{animal}-{stimulus_set}.nc")
        write_dataset(ds, paths[contract], contract)
    direct = {e: recover_cka(model, noiseless[:, selected], responses[:, :, selected], e, 0)
              for e in ("biased", "unbiased")}
    return paths, direct


def test_the_table_joins_by_label(tmp_path, load_script):
    axes = {("sim4", "hvm"): 0, ("sim5", "coco"): 1}
    written = {axis: write_axis(tmp_path, *axis, seed) for axis, seed in axes.items()}
    estimate = load_script("assemblies", "estimate_ceiling").estimate_ceiling
    ceilings = []
    for paths, _ in written.values():
        ceilings.append(paths["assembly"].replace(".nc", "-ceiling.nc"))
        estimate(assembly=paths["assembly"], ceiling=ceilings[-1], ceiling_splits=20, seed=0)
    teachers, truths, assemblies = (
        [paths[contract] for paths, _ in written.values()]
        for contract in ("teacher", "truth", "assembly")
    )
    script = load_script("evaluation", "validate_similarity").validate_similarity
    settings = {"teachers": teachers, "assemblies": assemblies, "ceilings": ceilings[::-1],
                "truth_table": str(tmp_path / "t.csv"), "seed": 0}
    script(truths=truths[::-1], **settings)
    table = pd.read_csv(tmp_path / "t.csv").set_index(["animal", "stimulus_set", "estimator"])
    assert len(table) == 4
    assert np.allclose(table["self"], 1)
    assert (table["n_sites"] == 10).all()
    for axis, (_, direct) in written.items():
        for estimator, expected in direct.items():
            row = table.loc[(*axis, estimator)]
            assert row["cka_noiseless"] == pytest.approx(expected["cka_noiseless"], abs=1e-5)
            assert row["ceiled_attainable"] == pytest.approx(
                expected["ceiled_attainable"], rel=0.02)
    unbiased = table.xs("unbiased", level="estimator")
    assert (unbiased["error_attainable"].abs() < 4 * unbiased["error_attainable_se"]).all()
    assert (unbiased["independent"].abs() < 4 * unbiased["independent_se"]).all()
    biased = table.xs("biased", level="estimator")
    assert (biased["independent"] > 10 * biased["independent_se"]).all()
    with pytest.raises(ValueError, match="truths has no file of sim5, coco"):
        script(truths=truths[:1], **settings)
    with pytest.raises(ValueError, match="a second truth of sim4, hvm"):
        script(truths=truths[:1] * 2, **settings)
