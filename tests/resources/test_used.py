"""Which image sets and files a world uses: its own, and no others."""

from copy import deepcopy
from pathlib import Path

import pytest
from check_config import merged_config

from italign.resources.used import used_datasets, used_folder, used_sets

ROOT = Path(__file__).parents[2]
SIMULATED = {"format": "simulated", "stimulus_set": "b"}


def world(**changes):
    """A made-up config; sets a to f, of which changes name some."""
    sets = {name: {"source": "x", "files": {"test": [f"{name}-1"]}} for name in "abcdef"}
    config = {
        "stimuli": {"sets": sets},
        "recordings": {"teacher": {"set": "f"}},
        "assemblies": {"prepared": [], "people": {"trials": {}}},
        "training": {"base_set": "a", "stimulus_set": "a", "pretrain": {"weights": None}},
        "evaluation": {"measures": {"similarity": None}, "robustness": {"sets": []}},
    }
    for path, value in changes.items():
        *parents, key = path.split("__")
        place = config
        for name in parents:
            place = place[name]
        place[key] = value
    return config


@pytest.mark.parametrize("changes, sessions, expected", [
    ({}, [], "a"),
    ({"training__base_set": "d"}, [], "ad"),
    ({}, [{"format": "intan", "stimulus_set": "c"}], "ac"),
    ({}, [SIMULATED], "abf"),
    ({"assemblies__prepared": [{"set": "e", "files": []}]}, [], "ae"),
    ({"evaluation__measures": {"behavior": {"sets": ["b", "c"]}, "probe": None}}, [], "abc"),
    ({"evaluation__robustness": {"sets": ["b"]}}, [], "ab"),
    ({"stimuli__sets__a__apart_from": "c", "stimuli__sets__b__apart_from": "d"}, [], "ac"),
])
def test_sets_are_those_that_something_reads_in_the_order_of_the_config(changes, sessions,
                                                                        expected):
    assert used_sets(world(**changes), sessions) == list(expected)


def test_every_list_of_files_counts_and_each_file_once():
    config = world(
        stimuli__sets__a__files={"train": ["t"], "hvm": ["h", "t"], "reference": ["r"]},
        assemblies__prepared=[{"set": "a", "files": ["s1", "s2"]}, {"set": "a", "files": ["s2"]}],
        assemblies__people={"trials": {"a": {"source": "cifar10h", "files": ["counts", "r"]}}},
        training__pretrain={"weights": "w"})
    before = deepcopy(config)
    assert used_datasets(config, []) == ["t", "h", "r", "s1", "s2", "counts", "w"]
    assert config == before


def test_a_rendered_set_has_no_files():
    config = world(stimuli__sets__a={"source": "rendered"})
    assert used_datasets(config, []) == [] and used_folder(config) is None
    assert used_folder(world(stimuli__sets__a={"source": "folder", "folder": "f"})) == "f"


@pytest.mark.parametrize("name, holds", [
    ("paper", {"study-majajhong", "study-coco", "cornet-s-weights", "kar2022-human-behavior"}),
    ("open", {"cowley2023-images-210325", "kar2019-sample-neuron", "cifar10-test-images",
              "imagenette-160", "cifar10h-counts", "efficientnet-lite0-weights"}),
    ("public_tito", {"majajhong2015-public", "hvm-public-images", "rajalingham2018-public"}),
])
def test_files_of_the_worlds_with_real_data(name, holds):
    assert holds <= set(used_datasets(merged_config(ROOT / "config" / f"{name}.yaml"), []))
