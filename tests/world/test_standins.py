"""The paper's world and the public one, at toy size, from native files to figures.

The files are stand-ins of the same format (tests/standins); all else is what a full run does.
"""

import shutil

import numpy as np
import pandas as pd
import pytest
import yaml
from check_config import merged_config
from snakemake.utils import update_config

from italign.io import read_dataset
from tests.standins.make_standins import MARK, WRITERS, make_standins, register_standins
from tests.standins.network_files import MODEL, write_imagenet
from tests.world.conftest import ROOT

pytestmark = pytest.mark.world

IT = {"method": "cka", "target": True, "labels": True, "p": [0, 1], "adversarial": False}
TOY = {
    "stimuli": {"image_px": 32},
    "assemblies": {"reliability_splits": 4, "ceiling_splits": 10},
    "training": {
        "seeds": [1], "model": MODEL, "base_test_images": 8, "batch_size": 16, "onset_step": 2,
        "n_steps": 4, "decay_start_step": 4, "validation_every": 2, "segment_steps": 2,
        "attack": {"n_steps": 1}, "precision": "fp32", "conditions": [IT]},
    "evaluation": {
        "members_per_job": 2, "n_bootstrap": 20, "sliding": {"window_points": 2},
        "measures": {"similarity": {"n_resamples": 20}, "predictivity": None,
                     "behavior": {"n_resamples": 10, "n_halves": 2}},
        "robustness": {
            "attacks": {"in_training": {"n_steps": 1},
                        "figure_5_linf": {"epsilon_255": [1.0, 4.0], "n_steps": 1},
                        "figure_5_l2": {"epsilon": [0.5, 2.0], "n_steps": 1}},
            "noise": {"sd_255": None}, "checks": {"n_images": 2}, "autoattack": None}},
}


# Animals that saw the same images are compared in the public world.
COMPARISONS = {
    "paper": {"generalisation": None, "layers": None, "animals": None},
    "public": {"generalisation": {"n_resamples": 20, "n_permutations": 19},
               "layers": {"n_resamples": 10}, "animals": {"n_resamples": 10}},
}


def block(n_images, split, variation=0, **options):
    return {"variation": variation, "split": split, "n_images": n_images, **options}


# A panel of each kind of figure from the paper's files; from the public ones, those that differ.
PANELS = {
    "paper": {"figure_3": {"b": None, "d": None},
              "figure_4": {"b": None}, "figure_5": {"b": None}},
    "public": {"figure_2": {"b": None}, "figure_3": {"c": None}, "figure_4": {"a": None},
               "figure_5": {"a": None}, "figure_a1": []},
}
PAPER_SETS = {
    "hvm": [block(16, "train"), block(48, "train", 3), block(32, "test", 6)],
    "coco": [block(24, "test")],
    "hvm640": [block(32, "train", 3), block(32, "test", 6)],
    "coco_behavior": [block(40, "train"), block(30, "test")],
    "objectome": [block(96, "train", 6), block(48, "test", 6)],
}
PUBLIC_SETS = {
    "hvm": [block(16, "train"), block(64, "train", 3, of_each_object=[0, 4])],
    "hvm_new": [block(32, "test", 3, of_each_object=[4, 6])],
    "hvm_seen": [block(32, "test", 3, of_each_object=[0, 2])],
    "objectome": [block(48, "train", 6, of_each_object=[0, 2]),
                  block(48, "test", 6, of_each_object=[2, 4])],
}


@pytest.fixture(scope="module")
def toy(empty_world, tmp_path_factory):
    """Give a function: world, blocks of its sets -> that world, run at toy size."""
    mirror = tmp_path_factory.mktemp("mirror")
    make_standins(WRITERS, ROOT / "resources/datasets.tsv", mirror)

    def run(name, blocks):
        config = merged_config(ROOT / f"config/{name}.yaml")
        update_config(config, TOY | {"world": name, "figures": PANELS[name],
                                     "resources": {"mirrors": [str(mirror)]}})
        update_config(config["evaluation"], COMPARISONS[name])
        for stimulus_set, chosen in blocks.items():
            config["stimuli"]["sets"][stimulus_set]["blocks"] = chosen
        world = empty_world(f"{name}.yaml")
        (world.folder / f"{name}.yaml").write_text(yaml.safe_dump(config))
        if not (world.folder / "resources/imagenet").exists():
            shutil.rmtree(world.folder / "resources/files", ignore_errors=True)
            register_standins(world.folder / "resources/datasets.tsv", mirror)
            write_imagenet(world.folder / "resources/imagenet")
        answer = world.run()
        assert answer.returncode == 0, answer.stdout[-3000:] + answer.stderr[-6000:]
        return world

    return run


def ids_of(world, name, split):
    ds = read_dataset(world.results / f"stimuli/{name}.nc", "stimuli")
    return set(ds["stimulus_id"].values[ds["split"].values == split].tolist())


def check_scores(world, axes, behavior_sets, attacked):
    """Every axis and set has numbers; ceilings are those of responses with signal and noise."""
    table = pd.read_csv(world.results / "evaluation/cohort.csv")
    cka = table[(table["metric"] == "cka") & (table["ceiling_rule"] == "split_half")]
    assert {*cka.groupby(["animal", "stimulus_set"]).groups} == axes
    assert cka["ceiling"].between(0.4, 0.95).all()
    assert np.allclose(cka["ceiled"], cka["raw"] / cka["ceiling"])
    choices = table[(table["metric"] == "i2n") & (table["categories"] == "all")]
    assert set(choices["stimulus_set"]) == behavior_sets
    assert np.isfinite(choices["raw"]).all() and (choices["ceiling"] > 0.05).all()
    assert set(table.loc[table["measure"] == "robustness", "stimulus_set"]) == attacked


def check_figures(world, panels):
    """Figures and page are there, a second run finds nothing to do."""
    drawn = {path.stem for path in (world.results / "figures").glob("*.svg")}
    assert {f"figure_{panel}" for panel in panels} <= drawn
    page = (world.results / "index.html").read_text()
    assert all(f"figure_{panel}" in page for panel in panels) and "recorded neurons" in page
    again = world.run("--dry-run")
    assert "Nothing to be done" in again.stdout + again.stderr


def test_the_papers_world_runs_from_native_files_to_figures(toy):
    world = toy("paper", PAPER_SETS)
    target = read_dataset(world.results / "assemblies/target-true-seed1.nc", "target")
    assert target.sizes["neuroid"] == 5 + 7 + 6 and target.sizes["stimulus"] == 16 + 48
    axes = {("nano", "hvm"), ("magneto", "hvm"), ("nano", "coco"), ("bento", "coco")}
    check_scores(world, axes, {"hvm640", "coco_behavior", "objectome"}, {"hvm", "coco"})
    check_figures(world, ["1a", "1b", "1c", "2a", "2b", "3a", "3c", "4a", "5a", "a1"])


def test_the_public_world_keeps_animals_images_and_decoders_apart(toy):
    world = toy("public", PUBLIC_SETS)
    trained, new, seen = (ids_of(world, name, split) for name, split in (
        ("hvm", "train"), ("hvm_new", "test"), ("hvm_seen", "test")))
    assert not trained & new and seen < trained
    assert not ids_of(world, "objectome", "train") & ids_of(world, "objectome", "test")
    assembly = read_dataset(world.results / "assemblies/tito-hvm_new.nc", "assembly")
    assert assembly["selected"].values.sum() == 6 and assembly.sizes["neuroid"] == 8
    assert set(assembly["animal"].values) == {"tito"} and MARK in assembly.attrs["source"]
    target = read_dataset(world.results / "assemblies/target-true-seed1.nc", "target")
    assert set(target["animal"].values) == {"chabo"} and target.sizes["neuroid"] == 6
    animals = pd.read_csv(world.results / "evaluation/animals.csv")
    direct = animals[animals["comparison"] == "direct"]
    new_images = direct[(direct["set_a"] == "hvm_new") & (direct["set_b"] == "hvm_new")]
    assert set(new_images["n_images"]) == {32} and (new_images["value"] > 0.1).all()
    check_scores(world, {("tito", "hvm_new"), ("tito", "hvm_seen"), ("chabo", "hvm_new")},
                 {"objectome"}, {"hvm_new"})
    check_figures(world, ["1a", "1b", "1c", "2a", "3d"])
