"""The cost model against planted seconds, and the table that it is fitted to."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from italign.planning.cost_model import fit_costs, held_out_errors, kind_of
from italign.planning.jobs import Job
from italign.planning.measured import (
    COLUMNS,
    gpu_rates,
    network_jobs,
    read_costs,
    refuse_unmeasured,
    seconds_of,
    with_sizes,
)

COSTS = Path(__file__).parents[2] / "resources" / "costs.csv"
START, LOOK, RATES = 4.0, 0.5, {"small": 1e-4, "large": 3e-4}


@pytest.fixture
def planted():
    """Jobs whose seconds are the model's own."""
    rows = []
    for network, rate in RATES.items():
        for mmacs in (1e4, 5e4, 2e5):
            rows.append(("training", network, mmacs, 0, START + rate * mmacs))
            looks = 3e5 / mmacs  # not in step with multiply-adds
            rows.append(("scores", network, mmacs, looks, START + LOOK * looks + 2e-5 * mmacs))
    return pd.DataFrame(rows, columns=["kind", "network", "mmacs", "looks", "seconds"])


@pytest.fixture
def costs():
    rows = [("", "one", "plot_figure_2a", "", 1, "", 0, 0, 3.0, 0.5, np.nan),
            ("", "two", "plot_figure_2a", "", 1, "", 0, 0, 5.0, 1.5, np.nan),
            ("", "one", "simulate_voltage", "", 4, "", 0, 0, 9.0, 6.0, 1800.0),
            ("", "one", "train_model", "a", 1, "small", 1e4, 0, 5.0, 9.0, np.nan),
            ("H100", "benchmark", "train_model", "slow", 1, "full", 100, 0, 4.0, np.nan, np.nan),
            ("H100", "benchmark", "train_model", "fast", 1, "full", 100, 0, 1.0, np.nan, np.nan)]
    return pd.DataFrame([("here", *row) for row in rows], columns=COLUMNS)


def test_planted_seconds_come_back(planted):
    model = fit_costs(planted)
    assert (model.start_s, model.s_per_look) == pytest.approx((START, LOOK), rel=1e-6)
    assert {key[1]: rate for key, rate in model.s_per_mmac.items()
            if key[0] == "training"} == pytest.approx(RATES)
    assert model.seconds("scores", "never seen", 1e4, 10) == pytest.approx(START + 5 + 0.2)


def test_a_job_that_took_twice_as_long_is_half_predicted_by_the_others(planted):
    assert held_out_errors(planted, None)["error"].abs().max() < 1e-6
    planted.loc[2, "seconds"] *= 2
    assert held_out_errors(planted, None)["error"][2] == pytest.approx(-0.5)


def test_a_network_that_is_left_out_has_the_others_speed(planted):
    """Three times as slow in truth, so that long jobs are predicted at a third."""
    training = planted[planted["kind"] == "training"].assign(mmacs=lambda rows: 1e6 * rows["mmacs"])
    training["seconds"] = START + training["mmacs"] * training["network"].map(RATES)
    errors = held_out_errors(training, "network")["error"].to_numpy()
    assert errors == pytest.approx([2] * 3 + [-2 / 3] * 3, rel=1e-3)


def test_what_was_never_measured_has_no_error(planted):
    alone = planted.assign(kind=["attacks"] + ["training"] * 11)
    assert "attacks" not in set(held_out_errors(alone, None)["kind"])


def test_nothing_measured_is_refused(planted):
    with pytest.raises(ValueError, match="no measured job"):
        fit_costs(planted[:0])


def test_a_gpu_changes_multiply_adds_alone(planted):
    model = fit_costs(planted).on_gpu({"scores": 1e-9})
    assert model.seconds("scores", "small", 1e6, 4) == pytest.approx(START + 4 * LOOK + 1e-3)


def test_kinds_are_those_of_networks():
    assert kind_of("train_base") == "training" and kind_of("plot_figure_2a") is None


def test_a_rule_takes_what_it_took_in_its_own_world_or_elsewhere(costs, planted):
    jobs = [Job("figure", "plot_figure_2a"), Job("odd", "of_tomorrow"),
            Job("train", "train_model", network="large", mmacs=1e5)]
    model = fit_costs(planted)
    own, other = (seconds_of(jobs, costs, world, model) for world in ("one", "three"))
    assert (own["figure"], other["figure"]) == (3, 4)
    assert own["train"] == pytest.approx(START + 30) and np.isnan(own["odd"])


def test_a_world_with_jobs_that_were_never_measured_is_refused(costs):
    refuse_unmeasured([Job("a", "train_base"), Job("b", "plot_figure_2a")], costs)
    with pytest.raises(ValueError, match=r"no measured job of run_autoattack.*record_costs\.py"):
        refuse_unmeasured([Job("a", "run_autoattack")], costs)


def test_speeds_on_a_gpu_are_those_measured_there(costs):
    assert gpu_rates(costs, "training") == [0.01, 0.04]
    with pytest.raises(ValueError, match="no row of attack_models with a gpu"):
        gpu_rates(costs, "AutoAttack")


def test_files_of_unknown_size_are_as_elsewhere(costs):
    nan = float("nan")
    [job] = with_sizes([Job("v", "simulate_voltage", files_mb={"raw": nan, "a": nan, "b": nan,
                                                               "known": 7.0},
                            temp=frozenset({"raw"}))], costs, "three")
    assert job.files_mb == {"raw": 1800, "a": 3, "b": 3, "known": 7}


@pytest.mark.parametrize(("edit", "words"), [
    (lambda costs: costs.drop(columns="mmacs"), r"columns \['mmacs'\] are missing"),
    (lambda costs: costs.assign(seconds=0), "not above 0"),
])
def test_a_broken_table_is_refused(tmp_path, costs, edit, words):
    edit(costs).to_csv(tmp_path / "costs.csv", index=False)
    with pytest.raises(ValueError, match=words):
        read_costs(tmp_path / "costs.csv")


def test_the_stored_table_predicts_jobs_it_was_not_fitted_to():
    """As docs/plan.md says: 13 % in training, 6 % in scores and attacks, in the median."""
    errors = held_out_errors(network_jobs(read_costs(COSTS)), None)
    median = errors["error"].abs().groupby(errors["kind"]).median()
    assert median["training"] < 0.2 and median["scores"] < 0.15 and median["attacks"] < 0.15
