"""The open world at toy size, from the real public files to its figures and page."""

import numpy as np
import pandas as pd
import pytest

from italign.assemblies.targets import target_blocks
from italign.io import read_dataset

pytestmark = [pytest.mark.world, pytest.mark.data]

CONFIG = "tests/config/open_tiny.yaml"
HELD_OUT = {("we", "natural_we"), ("ra", "natural_ra"), ("pe", "natural_pe"), ("pe", "hvm"),
            ("kar", "hvm")}


@pytest.fixture(scope="module")
def opened(empty_world, mirror):
    mirror("images_190923.zip")  # skips where the files are not at hand
    world = empty_world(CONFIG)
    world.command.insert(world.command.index(CONFIG), "config/open.yaml")
    answer = world.run()
    assert answer.returncode == 0, answer.stdout[-3000:] + answer.stderr[-6000:]
    return world


def test_images_that_models_train_on_are_no_test_images(opened):
    shared = pd.read_csv(opened.results / "stimuli/hvm-shared.csv")
    assert len(shared) == 8 * 4  # images 4 to 17 of each noun are tested, 0 to 7 are trained
    images = read_dataset(opened.results / "stimuli/hvm.nc", "stimuli")
    assert (images.split.values == "test").sum() == 112 - 32
    assert not set(shared["stimulus_id"]) & set(images.stimulus_id.values)


def test_three_sessions_are_three_blocks_of_the_target(opened):
    rate = read_dataset(opened.results / "assemblies/target-true-seed1.nc", "target").rate.values
    assert np.bincount(target_blocks(rate)).tolist() == [60, 60, 64]


def test_every_held_out_animal_is_compared_and_none_gets_a_ceiling_without_trials(opened):
    table = pd.read_csv(opened.results / "evaluation/cohort.csv")
    cka = table[(table["measure"] == "similarity") & (table["metric"] == "cka")]
    known = cka.groupby(["animal", "stimulus_set"])["ceiling"].count()
    assert set(known.index) == HELD_OUT and np.isfinite(cka["raw"]).all()
    assert set(known.index[known == 0]) == {("we", "natural_we"), ("ra", "natural_ra")}
    assert set(table.loc[table["measure"] == "behavior", "stimulus_set"]) == {"cifar10h"}
    assert set(table.loc[table["measure"] == "robustness", "stimulus_set"]) == {"hvm", "base"}


def test_every_comparison_is_made_by_both_estimators_and_apart(opened):
    table = pd.read_csv(opened.results / "evaluation/generalisation.csv")
    for name in ("similarity", "change", "against_shuffled", "against_random",
                 "against_adversarial"):
        rows = table[table["analysis"] == name]
        assert set(zip(rows["estimator"], rows["images"], strict=True)) == {
            (estimator, images) for estimator in ("biased", "unbiased")
            for images in ("all", "apart")}, name


def test_its_figures_say_where_the_data_come_from_and_that_there_is_no_ceiling(opened):
    figures = opened.results / "figures"
    drawn = {path.stem for path in figures.glob("*.svg")}
    assert {"figure_1b", "figure_2a", "figure_5b", "generalisation", "layers"} <= drawn
    text = (figures / "figure_1b.svg").read_text()
    assert "V4 similarity (CKA, no ceiling)" in text and "recorded V4 neurons" in text
    again = opened.run("--dry-run")
    assert "Nothing to be done" in again.stdout + again.stderr
