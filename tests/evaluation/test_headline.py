"""The headline's similarity: of some axes, raw where there are no ceilings; some seeds only."""

import numpy as np
import pandas as pd
import pytest

from italign.evaluation.claims import all_claims
from italign.evaluation.headline import mean_axes, similarity_quantity
from italign.evaluation.levels import levels
from italign.evaluation.points import headline_rows, widen
from tests.evaluation.synthetic_cohort import (
    BASE,
    HEADLINE,
    RESAMPLING,
    SETS,
    row_of,
    synthetic_cohort,
)

RAW = HEADLINE | {"ceiling_rule": "none"}
TWO = [("sim4", "hvm"), ("sim5", "hvm")]
CHOSEN = {"axes": [{"animal": animal, "set": name} for animal, name in reversed(TWO)]}


@pytest.fixture(scope="module")
def cohort():
    return synthetic_cohort(n_seeds=3, every=150, unlabelled=True)


@pytest.fixture(scope="module")
def unceiled(cohort):
    """The same without trials of any animal."""
    neural = cohort["measure"].isin(["similarity", "predictivity"])
    return cohort.assign(**{name: cohort[name].mask(neural) for name in ("ceiling", "ceiled")})


def points_and_claims(frame, headline):
    rows = headline_rows(frame, headline)
    points = widen(rows, SETS, SETS, "cka", mean_axes(rows, headline))
    return points, all_claims(points, frame, sorted(BASE), SETS, **RESAMPLING,
                              quantity=similarity_quantity(headline["ceiling_rule"]))


def test_raw_values_stand_where_there_is_no_ceiling(cohort, unceiled):
    raw, claims = points_and_claims(unceiled, RAW)
    ceiled, _ = points_and_claims(cohort, HEADLINE)
    columns = [name for name in raw if name.startswith("similarity")]
    np.testing.assert_allclose(raw[columns], 0.8 * ceiled[columns])  # the planted ceiling
    pd.testing.assert_series_equal(raw["behavior"], ceiled["behavior"])
    dose = row_of(claims, "dose_similarity_spearman", animal="mean")
    assert dose["estimate"] == 1.0 and "of raw CKA (no ceiling);" in dose["method"]
    gain = row_of(claims, "similarity_difference", model="cka-true-labels-p1", animal="mean")
    assert 0 < gain["low"] < gain["estimate"] < gain["high"]


def test_raw_values_are_the_same_whether_there_are_ceilings_or_not(cohort, unceiled):
    pd.testing.assert_frame_equal(points_and_claims(cohort, RAW)[0],
                                  points_and_claims(unceiled, RAW)[0])


def test_the_mean_is_over_the_axes_that_are_named(cohort):
    points, claims = points_and_claims(cohort, HEADLINE | CHOSEN)
    parts = [f"similarity_{animal}_{name}" for animal, name in TWO]
    np.testing.assert_allclose(points["similarity"], points[parts].mean(axis=1))
    every = {row["animal"] for _, row in claims[claims["name"] == "similarity_base"].iterrows()}
    assert every == {"sim4", "sim5", "sim6", "mean"}  # the others have claims of their own


def test_axes_that_cannot_be_are_refused(cohort, unceiled):
    rows = headline_rows(cohort, HEADLINE)
    with pytest.raises(ValueError, match=r"evaluation.headline.axes: we on hvm is not measured, "
                                         "found sim4 on coco, sim4 on hvm"):
        mean_axes(rows, HEADLINE | {"axes": [{"animal": "we", "set": "hvm"}]})
    lost = unceiled["animal"] == "sim6"
    mixed = headline_rows(pd.concat([cohort[cohort["animal"] != "sim6"], unceiled[lost]]), HEADLINE)
    with pytest.raises(ValueError, match=r"similarity is to be ceiled \(split_half\), but sim6 on "
                                         "coco is without trials, .* set ceiling_rule to none"):
        mean_axes(mixed, HEADLINE)
    assert mean_axes(mixed, HEADLINE | CHOSEN) == TWO


def predictivity(animal, raw, ceiling):
    row = {name: "none" for name in ("norm", "attack", "estimator", "readout")}
    return row | {"model": "a", "measure": "predictivity", "metric": "pls", "stimulus_set": "hvm",
                  "categories": "all", "animal": animal, "ceiling_rule": "r2_over_ceiling",
                  "epsilon_255": np.nan, "seed": 1, "step": 9, "raw": raw, "ceiling": ceiling,
                  "ceiled": raw**2 / ceiling}


def test_levels_are_ceiled_where_there_is_a_ceiling():
    frame = pd.DataFrame([predictivity("we", 0.5, np.nan), predictivity("kar", 0.4, 0.8),
                          predictivity("ra", 0.3, np.nan)])
    rows = levels(frame, 200, 1, axes=[("we", "hvm"), ("ra", "hvm")], ceiled=False)
    found = rows.set_index("animal")
    assert found["estimate"].to_dict() == pytest.approx(
        {"we": 0.5, "ra": 0.3, "kar": 0.2, "mean": 0.4})
    assert found.loc["kar", "method"] == "mean over seeds of ceiled predictivity, final step"
    assert {found.loc[name, "method"] for name in ("we", "ra", "mean")} == {
        "mean over seeds of raw predictivity, final step"}


def test_models_of_one_seed_are_compared_at_that_seed(cohort):
    """As in a world whose models without labels have one seed, the others three."""
    some = cohort[(cohort["labels"] == "on") | (cohort["seed"] == 2)]
    points, claims = points_and_claims(some, HEADLINE)
    model = "cka-true-nolabels-p1"
    row = row_of(claims, "similarity_difference", model=model, animal="mean")
    last = points[points["step"] == points["step"].max()].set_index(["model", "seed"])["similarity"]
    assert row["estimate"] == pytest.approx(last[model, 2] - last["cka-true-labels-p0", 2])
    assert row["n_seeds"] == 1 and np.isnan(row["low"]) and "one seed" in row["note"]
    _, whole = points_and_claims(cohort[cohort["labels"] == "on"], HEADLINE)
    same = claims.merge(whole, on=["name", "model", "stimulus_set", "animal", "categories",
                                   "attack", "metric", "norm", "epsilon_255", "method"])
    assert len(same) == len(whole)
    pd.testing.assert_series_equal(same["estimate_x"], same["estimate_y"], check_names=False)


def test_doses_of_different_seeds_are_ranked_at_those_they_share(cohort):
    """A seed with a high level must not pass for an effect of the doses that it has."""
    lifted = cohort.assign(ceiled=cohort["ceiled"] + (cohort["seed"] == 3))
    low_doses_of_three = (lifted["seed"] < 3) | (lifted["p"] < 0.3)
    row = row_of(points_and_claims(lifted[low_doses_of_three], HEADLINE)[1],
                 "dose_similarity_spearman", animal="mean")
    assert row["estimate"] == 1.0 and row["n_seeds"] == 2
    assert "seeds not at every dose left out: 3" in row["note"]
