"""Stand-ins are what they stand for: every file has one, readers find in it what was planted."""

import csv
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from check_config import merged_config

from italign.assemblies.sources import SOURCES as RESPONSES
from italign.evaluation.similarity import linear_cka
from italign.models._published import load_published
from italign.models.cornet_s import cornet_s
from italign.resources.registry import read_registry
from italign.stimuli.folder import index_folder
from italign.stimuli.sources import SOURCES as IMAGES
from tests.standins import brainscore_files as brainscore
from tests.standins import network_files as network
from tests.standins import study_files as study
from tests.standins.make_standins import MARK, WRITERS, make_standins, register_standins
from tests.standins.pictures import pictures

ROOT = Path(__file__).parents[2]
REGISTRY = ROOT / "resources/datasets.tsv"


@pytest.fixture(scope="module")
def mirror(tmp_path_factory):
    """Give a function: registered name -> path of its stand-in."""
    folder, known = tmp_path_factory.mktemp("mirror"), read_registry(REGISTRY)
    make_standins(WRITERS, REGISTRY, folder)
    return lambda name: str(folder / known[name].filename)


def datasets_of(config):
    """Every registered name that a config holds in a list of files, or as weights."""
    used = [config["training"]["pretrain"]["weights"]]
    for one in config["assemblies"]["prepared"]:
        used += one["files"]
    for one in config["assemblies"]["people"]["trials"].values():
        used += one["files"]
    for one in config["stimuli"]["sets"].values():
        used += [name for names in one.get("files", {}).values() for name in names]
    return set(used)


@pytest.mark.parametrize("world", ["paper", "public", "public_tito"])
def test_every_file_of_a_world_has_a_standin(world):
    assert datasets_of(merged_config(ROOT / f"config/{world}.yaml")) <= set(WRITERS)


def test_a_file_without_standin_is_named(tmp_path):
    with pytest.raises(ValueError, match=r"no stand-in for kar2018-hvm .assy_dicarlo_Kar2018"):
        make_standins(["kar2018-hvm"], REGISTRY, tmp_path)


def test_only_standins_are_registered_anew_and_said_to_be_made_up(tmp_path):
    registry = Path(shutil.copy(REGISTRY, tmp_path))
    before = read_registry(registry)
    make_standins(["study-coco", "hvm-public-table"], registry, tmp_path / "mirror")
    register_standins(registry, tmp_path / "mirror")
    after = read_registry(registry)
    assert {name for name in after if after[name] != before[name]} == {"study-coco",
                                                                      "hvm-public-table"}
    table = after["hvm-public-table"]
    assert list(table.hashes) == ["sha256"] and table.citation.startswith(MARK)
    assert next(csv.reader(registry.open(), delimiter="\t")) == next(
        csv.reader(REGISTRY.open(), delimiter="\t"))


@pytest.mark.parametrize("name, set_name, nouns, is_colour", [
    ("study-majajhong", "majajhong", study.HVM, False),
    ("study-many-monkeys", "many-monkeys", study.NOUNS, False),
    ("study-coco", "coco", study.HVM, True)])
def test_images_of_the_study_come_back(mirror, name, set_name, nouns, is_colour):
    files = IMAGES["study"]([mirror(name)], nouns)
    found = np.stack(list(files.read(np.arange(len(files.labels)))))
    assert (found == pictures(set_name, files.labels["category"], is_colour)).all()
    assert (np.ptp(found, axis=-1) == 0).all() != is_colour


@pytest.mark.parametrize("name", brainscore.IMAGE_SETS)
def test_images_of_brainscore_come_back_by_old_and_later_names(mirror, name):
    files = IMAGES["brainscore"]([mirror(f"{name}-table"), mirror(f"{name}-images")],
                                 brainscore.IMAGE_SETS[name][0])
    ids, nouns = brainscore.labels_of(name)
    assert files.labels["stimulus_id"].tolist() == ids
    assert files.labels["category"].tolist() == nouns
    found = np.stack(list(files.read(np.arange(len(ids)))))
    assert (found == pictures(name, nouns, "coco" in name)).all()


def test_public_images_are_of_variation_0_and_3(mirror):
    labels = IMAGES["brainscore"]([mirror("hvm-public-table"), mirror("hvm-public-images")],
                                  study.HVM).labels
    assert Counter(labels["variation"]) == {0: 16, 3: 96}
    assert labels.groupby(["object", "variation"]).size().unstack().to_numpy().tolist() == [
        [1, 6]] * 16


@pytest.mark.parametrize("later_names", [False, True])
def test_public_responses_are_sites_by_images_with_their_repetitions(tmp_path, later_names):
    path = tmp_path / "assy.nc"
    brainscore.write_majajhong_public(path, later_names)
    found = RESPONSES["brainscore"](str(path), "tito", "IT")
    assert found.sites["array"].tolist() == ["A"] * 4 + ["M"] * 2 + ["A", "M"]
    listed = brainscore.SITES_FILE.read_text().split()
    assert sum(name.removeprefix("tito.") in listed for name in found.sites.neuroid_id) == 6
    present = np.isfinite(found.rate).sum(axis=1)
    assert Counter(present[:, 0].tolist()) == {6: 16, 4: 96}


def test_trial_halves_and_animals_agree_more_than_chance(mirror):
    nano = RESPONSES["study"](mirror("study-many-monkeys"), "nano", "IT").rate
    magneto = RESPONSES["study"](mirror("study-many-monkeys"), "magneto", "IT").rate
    assert nano.shape == (64, 6, 10) and np.isnan(nano[::2, 5]).all()
    halves = [np.nanmean(nano[:, part], axis=1) for part in (slice(0, 3), slice(3, 6))]
    other = np.nanmean(magneto, axis=1)
    shuffled = np.random.default_rng(0).permutation(other)
    ceiling, alike, chance = (linear_cka(halves[0], one) for one in (halves[1], other, shuffled))
    assert ceiling > alike > chance + 0.1


def test_averages_of_the_training_animals_differ_in_sites_only(mirror):
    for animal, n_sites in (("chabo", 5), ("tito", 7), ("solo", 6)):
        found = RESPONSES["study"](mirror("study-majajhong"), animal, "IT").rate
        assert found.shape == (96, 1, n_sites) and np.abs(found).max() < 6  # 9: not the window


def test_weights_and_folder_fit_a_network_of_their_size(mirror, tmp_path):
    network.write_imagenet(tmp_path)
    index = index_folder(tmp_path, 8, first_images=False)
    classes = sorted(set(index["category"]))
    assert Counter(index["split"]) == {"train": 32, "test": 8} and len(classes) == 4
    load_published(cornet_s(len(classes), **network.MODEL), mirror("cornet-s-weights"))
    with pytest.raises(ValueError, match=r"decoder\.linear\.weight is"):
        load_published(cornet_s(10, **network.MODEL), mirror("cornet-s-weights"))
