"""Figures from cached results: what lacks is left out with the reason, what is lost is named."""

import tarfile

import pandas as pd
import pytest
import yaml

from italign.evaluation.table import dataset_to_table, table_to_dataset
from italign.io import read_dataset, write_dataset

pytestmark = pytest.mark.world

CACHED = ("--snakefile", "cached.smk")
ATTACKS = ("in_training", "figure_5_linf", "figure_5_l2")
# No behavior, attacks, controls, adversarially trained models, models without labels; one seed.
POOR = {
    "training": {"conditions": [
        {"method": "cka", "target": True, "labels": True, "p": [0, 1], "adversarial": False}]},
    "evaluation": {"measures": {"behavior": None},
                   "headline": {"attack": None, "epsilon_255": None},
                   "robustness": {"attacks": dict.fromkeys(ATTACKS), "autoattack": None}},
}
LEFT_OUT = {
    **dict.fromkeys(("figure_1b", "figure_3a", "figure_3b", "figure_3c", "figure_3d"),
                    "evaluation.measures.behavior is null"),
    **dict.fromkeys(("figure_1c", "figure_4a", "figure_4b"), "evaluation.headline.attack is null"),
    **dict.fromkeys(("figure_5a", "figure_5b"), "none of figures.figure_5_attacks is made "
                    "(evaluation.robustness.attacks)"),
}
DRAWN = {"figure_1a", "figure_2a", "figure_2b", "figure_a1", "dose_response", "claims",
         "generalisation", "layers",
         "recording_quality", "recovered_truth", "ceilings", "contact_sheet"}


@pytest.fixture
def poor_world(world):
    """The finished tiny world, less what `POOR` does not measure."""
    path = world.results / "evaluation" / "cohort.nc"
    frame = dataset_to_table(read_dataset(path))
    kept = frame[~frame["measure"].isin(["behavior", "robustness", "attack_check"])
                 & (frame["adversarial"] == "off") & (frame["target"] == "true")
                 & (frame["labels"] == "on")]
    write_dataset(table_to_dataset(kept.reset_index(drop=True)), path)
    (world.folder / "poor.yaml").write_text(yaml.safe_dump(POOR))
    world.command.insert(world.command.index("--configfile") + 2, "poor.yaml")
    for file in (world.results / "figures").glob("*.*"):
        file.unlink()
    return world


def test_a_world_that_measured_little_draws_the_rest_and_says_why(poor_world):
    answer = poor_world.run(*CACHED)
    assert answer.returncode == 0, answer.stdout[-3000:] + answer.stderr[-3000:]
    figures = poor_world.results / "figures"
    drawn = {path.stem for path in figures.glob("*.svg") if not path.stem.startswith("session-")}
    assert drawn == DRAWN
    reasons = pd.read_csv(figures / "not_drawn.csv").set_index("figure")["reason"].to_dict()
    assert reasons == LEFT_OUT
    page = (poor_world.results / "index.html").read_text()
    assert all(reason in page for reason in LEFT_OUT.values())
    assert "data: in silico</text>" in (figures / "dose_response.svg").read_text()
    assert "not in this world" in (figures / "figure_2a.svg").read_text()  # shuffled and random


def test_the_cohort_alone_draws_its_figures_and_says_what_the_others_lack(world):
    for file in (*world.results.glob("figures/*.*"), *world.results.glob("*/*.nc")):
        if file.name != "cohort.nc":
            file.unlink()
    answer = world.run(*CACHED)
    assert answer.returncode == 0, answer.stdout[-3000:] + answer.stderr[-3000:]
    reasons = pd.read_csv(world.results / "figures" / "not_drawn.csv").set_index("figure")["reason"]
    assert reasons["figure_1a"] == (
        "results/tiny/stimuli/examples.nc is not among the cached results")
    assert "session-sim1-hvm" in reasons and "figure_3a" not in reasons
    assert (world.results / "figures" / "figure_3a.svg").exists()


def test_all_that_this_world_is_redrawn_from_is_packed(world):
    """A table of a new analysis is one line in bundle.py, too."""
    answer = world.run("pack_bundle", *CACHED)
    assert answer.returncode == 0, answer.stdout[-3000:] + answer.stderr[-3000:]
    with tarfile.open(world.results / "bundle.tar.gz") as bundle:
        packed = set(bundle.getnames())
    assert {f"results/tiny/evaluation/{name}" for name in
            ("cohort.nc", "generalisation.csv", "layers.csv", "animals.csv")} <= packed


def test_lost_results_are_named_before_anything_is_drawn(world):
    (world.results / "evaluation" / "cohort.nc").unlink()
    answer = world.run(*CACHED)
    assert answer.returncode != 0
    said = answer.stdout + answer.stderr
    assert "no results/tiny/evaluation/cohort.nc: run the world (make WORLD=tiny)" in said
    assert "make figures FROM=" in said and "Traceback" not in said
