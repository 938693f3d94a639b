"""Contradictions between the keys of a config are named, each in a line of its own."""

import copy
import re
from functools import reduce
from operator import getitem

import cross_keys
import pytest
from check_config import DEFAULT, merged_config
from cross_keys_recordings import RANGES
from cross_keys_sets import known_nouns
from session_sheet import read_sessions

from italign.stimuli.objects import NOUNS


@pytest.fixture
def config():
    return copy.deepcopy(merged_config(DEFAULT))


@pytest.fixture
def sessions():
    return read_sessions(DEFAULT.with_name("sessions.tsv"))


def cross_key_problems(config: dict) -> list[str]:
    """Contradictions of a config with the default sheet."""
    sheet = DEFAULT.with_name("sessions.tsv")
    return cross_keys.cross_key_problems(config, read_sessions(sheet))


def changed(config: dict, path: str, value: object) -> dict:
    """Set one key, given as in the messages: ``training.conditions[0].p``."""
    *parents, last = [int(p) if p.isdigit() else p for p in re.findall(r"\w+", path)]
    reduce(getitem, parents, config)[last] = value
    return config


NOISE_ATTACK = {"norm": "linf", "epsilon_255": [1.0], "epsilon": None, "n_steps": 1,
                "step_fraction": 1.0, "start": "image", "n_restarts": 1, "n_noise_draws": 1,
                "checkpoints": "last", "models": None, "original_code": False}
CONTRADICTIONS = [
    ("training.decay_start_step", 100_000, "decay_start_step: found 100000, expected at most"),
    ("training.conditions[6].labels", False, "attacks need the stimulus labels; set labels: on"),
    ("training.base_set", "bass", "no image set 'bass' in stimuli.sets; did you mean 'base'?"),
    ("recordings.teacher.set", "x", "recordings.teacher.set: no image set 'x'"),
    ("evaluation.measures.behavior.sets", ["hvm", "coca"],
     "measures.behavior.sets[1]: no image set 'coca'"),
    ("assemblies.train_animals", ["sim1", "sim4"],
     "assemblies.held_out: 'sim4' with set 'hvm' is also in train_animals; keep it in one of them"),
    ("assemblies.train_animals", ["sim1", "sim6"],
     "evaluation.headline.axes: 'sim6' is in train_animals, expected only animals that no model"),
    ("evaluation.headline.axes", [{"animal": "sim4", "set": "objectome"}],
     "evaluation.headline.axes[0]: sim4, objectome is not in assemblies.held_out; add it there"),
    ("training.conditions[0].seeds", [1, 7],
     "training.conditions[0].seeds: 7 is not in training.seeds (1, 2); add it there"),
    ("stimuli.sets.hvm.apart_from", "bass",
     "stimuli.sets.hvm.apart_from: no image set 'bass' in stimuli.sets; did you mean 'base'?"),
    ("stimuli.sets.hvm.apart_from", "hvm", "apart_from: found 'hvm', expected another set"),
    ("stimuli.sets.hvm.apart_from", "base", "set 'hvm' is not from files"),
    ("stimuli.sets.hvm.categories[0]", "none",
     "stimuli.sets.hvm.categories[0]: 'none' stands for images without a noun"),
    ("stimuli.sets.base.outputs", {"count": 9, "places": {"bear": 0, "dog": 9}},
     "stimuli.sets.base.outputs.places: found bear, dog, expected the set's categories"),
    ("stimuli.sets.base.outputs", {"count": 9, "places": {"bear": 0, "dog": 9}},
     "outputs.places: expected different numbers below count = 9"),
    ("figures.claims", {"2a": "hvn"}, "figures.claims.2a: no image set 'hvn' in stimuli.sets"),
    ("assemblies.people.trials", {"hvm": {"source": "brainscor", "files": ["study-coco"]}},
     "trials.hvm.source: no italign/assemblies/choices/brainscor.py; did you mean 'brainscore'?"),
    ("assemblies.people.trials", {"hvn": {"source": "cifar10h", "files": ["study-coco"]}},
     "assemblies.people.trials.hvn: no image set 'hvn' in stimuli.sets; did you mean 'hvm'?"),
    ("assemblies.held_out[0].animal", "ape", "assemblies.held_out: no session of animal 'ape'"),
    ("training.stimulus_set", "coco", "found 'coco', expected one of assemblies.train_set: hvm"),
    ("evaluation.headline.behavior_sets", ["base"], "found 'base', expected one of"),
    ("evaluation.headline.epsilon_255", 77,
     "found 77, expected one of evaluation.robustness.attacks.in_training.epsilon_255: [1.0]"),
    ("evaluation.headline.method", "cca", "found 'cca', expected one of training.conditions: cka"),
    ("evaluation.headline.attack", "figure_5", "no attack 'figure_5' in evaluation.robustness"),
    ("evaluation.headline.attack", "figure_5_linf",
     "figure_5_linf: the figures draw it for every checkpoint of every model"),
    ("evaluation.measures.similarity", None, "similarity: found null, expected it: every figure"),
    ("evaluation.measures.behavior.checkpoints", "last",
     "behavior.checkpoints: found last, expected all"),
    ("evaluation.measures.saliency", {"checkpoints": "all"},
     "no italign/evaluation/measures/saliency.py; "),
    ("evaluation.measures.robustness", {"checkpoints": "all"},
     "measures.robustness: the name is taken by a file or argument of the scoring jobs"),
    ("evaluation.measures.behavior.readouts", ["logits"],
     "behavior.readouts: found ['logits'], expected decoder among them"),
    ("evaluation.robustness.attacks.gaussian_noise", NOISE_ATTACK,
     "attacks.gaussian_noise: the name stands for other rows of the table"),
    ("evaluation.robustness.attacks.pgd_same_images", NOISE_ATTACK,
     "attacks.pgd_same_images: the name stands for other rows of the table"),
    ("evaluation.robustness.attacks.figure_5_l2.epsilon", None,
     "figure_5_l2: epsilon_255 and epsilon are both null, expected radii in one of them"),
    ("evaluation.robustness.attacks.figure_5_l2.epsilon_255", [1.0],
     "figure_5_l2: epsilon_255 and epsilon are both given, expected one; set one to null"),
    ("evaluation.robustness.attacks.figure_5_linf.epsilon_255", [2.0, 1.0],
     "figure_5_linf.epsilon_255: found [2.0, 1.0], expected ascending radii"),
    ("evaluation.robustness.attacks.figure_5_l2.start", "corner",
     "figure_5_l2.norm: found l2 with start: corner, expected linf"),
    ("evaluation.robustness.attacks.figure_5_l2.models", ["cka-true-labels-p2"],
     "figure_5_l2.models[0]: no model 'cka-true-labels-p2' in training.conditions; did you mean"),
    ("evaluation.robustness.autoattack.models", ["cka-true-labels-p2"],
     "evaluation.robustness.autoattack.models[0]: no model 'cka-true-labels-p2'"),
    ("stimuli.sets.objectome.overlapping", ["bear", "aple"],
     "objectome.overlapping[1]: 'aple' is no category of the set; did you mean 'table'?"),
    ("figures.figure_2.b", "cocoo",
     "figures.figure_2.b: no image set 'cocoo' in stimuli.sets; did you mean 'coco'?"),
    ("figures.figure_3.c", "objectom_overlapping", "figures.figure_3.c: no image set"),
    ("figures.figure_a1", ["objectome", "hwm"], "figures.figure_a1[1]: no image set 'hwm'"),
    ("figures.figure_5_attacks", ["figure_5_l3"],
     "figures.figure_5_attacks[0]: no attack 'figure_5_l3' in evaluation.robustness.attacks"),
    ("figures.published", "dapelo2023",
     "no resources/published/dapelo2023.csv; did you mean 'dapello2023'?"),
    ("training.conditions[0].p", [0.5, 1],
     "no model of method cka with target true, labels on, p 0"),
    ("evaluation.headline.attack", None,
     "headline.attack: found null, but evaluation.robustness.attacks is not"),
    ("training.batch_size", 100_000, "training.batch_size: found 100000, expected at most the"),
    ("training.pretrain.batch_size", 100_000, "training.pretrain.batch_size: found 100000"),
    ("recordings.teacher.optimisation.batch_size", 100_000, "images to train the teacher on"),
    ("training.conditions[0].method", "cca", "no italign/alignment/cca.py; did you mean 'cka'?"),
    ("training.model.name", "cornet_z", "a network of torchvision; did you mean 'cornet_s'?"),
    ("training.model.name", "resnet19", "a network of torchvision; did you mean 'resnet18'?"),
    ("training.model.name", "_outputs", "'_outputs', neither a file of italign/models nor a"),
    ("training.model.name", "resnet18",
     "training.model.width: found 0.125, expected null: torchvision's resnet18 has one size"),
    ("training.model.name", "swin_t",
     "training.model.layers: swin_t has no map of regions here, expected {IT: <module>}"),
    ("training.model.name", "googlenet", "training.model.name: googlenet"),
    ("training.model.name", "vit_b_16", "stimuli.image_px: found 48, expected 224 for vit_b_16"),
    ("training.model.layers", {"IT": "IT"}, "layers: found {'IT': 'IT'}, expected null: cornet_s"),
    ("training.model.width", None, "width: found null, expected a number for cornet_s"),
    ("training.conditions[0].options", {"fom": "distance"},
     "training.conditions[0].options: cka has no option 'fom'; did you mean 'form'?"),
    ("training.conditions[0].options", {"form": "distanse"},
     "options.form: found 'distanse'; did you mean 'distance'?"),
    ("training.conditions[0].options", {"estimator": "biased"},
     "options.estimator: 'biased' is the default; leave it out"),
    ("training.pretrain.weights", "cornet-weights",
     "no 'cornet-weights' in resources/datasets.tsv; did you mean 'cornet-s-weights'?"),
    ("stimuli.sets.hvm.source", "studdy",
     "no italign/stimuli/sources/studdy.py; did you mean 'study'?"),
    ("stimuli.sets.hvm.blocks", [], "sets.hvm: expected two or more categories, and blocks"),
    ("stimuli.sets.hvm.source", "study", "stimuli.sets.hvm.files: nothing for test, expected"),
    ("stimuli.sets.more", {
        "source": "study", "style": "grey", "categories": ["bear", "dog"],
        "files": {"test": ["study-coco"], "tset": ["study-coco"]},
        "blocks": [{"variation": 0, "split": "test", "n_images": 8}]},
     "stimuli.sets.more.files.tset: no block reads it, expected test"),
    ("stimuli.sets.hvm.blocks[0]", {"variation": 0, "split": "train", "n_images": 80},
     "hvm.blocks[0]: found n_images, expected per_category (source: rendered)"),
    ("stimuli.sets.hvm.source", "folder", "stimuli.sets.hvm.folder: missing, expected the folder"),
    ("stimuli.sets.hvm.source", "folder", "is a folder, which only training.base_set can be"),
    ("stimuli.sets.base.source", "folder",
     "training.pretrain.weights: found null, expected registered weights"),
    ("assemblies.prepared", [{"animal": "nano", "set": "hvm", "source": "studdy",
                              "files": ["study-coco"]}],
     "assemblies.prepared[0].source: no italign/assemblies/sources/studdy.py; did you mean"),
    ("assemblies.prepared", [{"animal": "sim4", "set": "hvm", "source": "study",
                              "files": ["study-coco"]}],
     "animal 'sim4' with set 'hvm' is there twice, or also in the session sheet; keep one"),
    ("recordings.teacher.model.name", "alexnet",
     "recordings.teacher.model.name: no italign/models/alexnet.py; allowed: cornet_s"),
    ("recordings.teacher.model.region", "V4",
     "sim1-hvm, region: found IT, expected the simulated recordings.teacher.model.region = V4"),
    ("assemblies.region", "V4", "with set 'hvm', split train and region V4; add one to the"),
    ("assemblies.region", "V4", "found V4, expected a region of the session sheet: IT"),
    ("assemblies.held_out", [], "one of train_animals and held_out is empty; name animals"),
    ("recordings.detection.band_pass_low_hz", 300, "found 300 with band_pass_high_hz = None"),
    ("recordings.rates.psth_end_ms", 50, "found 50, expected more than window_start_ms = 70"),
    ("recordings.rates.psth_bin_ms", 7, "found 7, expected to divide psth_end_ms - psth_start_ms"),
    ("assemblies.people.n_observers", 39,
     "n_observers: found 39, expected at least responses_per_image = 40 (each observer sees"),
    ("stimuli.sets.hvm.categories", ["bear", "elefant"],
     "stimuli.sets.hvm.categories[1]: no noun 'elefant' in italign/stimuli/objects.py; "
     "did you mean 'elephant'?"),
    ("stimuli.sets.hvm.blocks[1].variation", 0,
     "stimuli.sets.hvm.blocks: found several with split train and variation 0; merge them"),
    ("evaluation.robustness.sets", ["hvm", "objectome"],
     "evaluation.robustness.sets[1]: set 'objectome' shows camel, spider, guitar, knife, boat, "
     "table, mug, lamp, hanger, hammer, which training.stimulus_set = 'hvm' lacks; add to"),
    ("stimuli.sets.brain.categories", ["bear", "zebra"],
     "session sim1-hvm, stimulus_set: set 'hvm' shows elephant, face, apple, car, dog, chair, "
     "plane, bird, which recordings.teacher.set = 'brain' lacks; add to stimuli.sets.brain"),
    ("recordings.teacher.set", "hvm",
     "measures.behavior.sets[2]: set 'objectome' shows camel, spider, guitar, knife, boat, "
     "table, mug, lamp, hanger, hammer, which recordings.teacher.set = 'hvm' lacks"),
    ("stimuli.sets.base.blocks", [{"variation": 3, "split": "train", "per_category": 90}],
     "training.base_set: set 'base' has no block with split test"),
]


@pytest.mark.parametrize(("path", "value", "message"), CONTRADICTIONS)
def test_contradiction_is_named(config, path, value, message):
    problems = cross_key_problems(changed(config, path, value))
    assert any(message in problem for problem in problems), problems


STEPS = {"decay_start_step": 100, "validation_every": 50, "onset_step": 100, "n_steps": 400,
         "segment_steps": 150}


@pytest.mark.parametrize(("change", "messages"), [
    ({}, []),
    ({"onset_step": 0}, []),
    ({"onset_step": 130}, []),  # members part at the checkpoint before
    ({"segment_steps": 160}, ["segment_steps: found 160"]),
    ({"n_steps": 410}, ["n_steps: found 410"]),
    ({"onset_step": 400}, ["onset_step: found 400, expected less than n_steps = 400"]),
])
def test_steps_are_multiples_of_the_validation_interval(config, change, messages):
    config["training"].update(STEPS | change)
    problems = cross_key_problems(config)
    assert len(problems) == len(messages)
    for problem, message in zip(problems, messages, strict=True):
        assert problem.startswith(f"training.{message}")


@pytest.mark.parametrize(("section", "lower", "upper", "may_equal"), RANGES)
def test_ranges_run_upwards(config, section, lower, upper, may_equal):
    values = config["recordings"][section]
    values[lower] = values[upper]
    assert bool(cross_key_problems(config)) != may_equal
    values[lower] = values[upper] + 1
    problems = cross_key_problems(config)
    assert any(p.startswith(f"recordings.{section}.{lower}: found") for p in problems), problems


def test_a_condition_may_not_repeat_another(config):
    conditions = config["training"]["conditions"]
    conditions.append({**conditions[0], "target": "true", "p": [1.0]})
    assert cross_key_problems(config) == [
        f"training.conditions[{len(conditions) - 1}].p: 1.0 repeats conditions[0]; "
        "remove it from one of them"]


def test_an_animal_sees_a_set_in_one_split(config, sessions):
    other = "test" if sessions[0]["split"] == "train" else "train"
    sessions.append({**sessions[0], "session": "again", "split": other})
    (problem,) = cross_keys.cross_key_problems(config, sessions)
    assert f"{sessions[0]['animal']!r} saw set 'hvm' in both splits" in problem


@pytest.mark.parametrize(("row", "column", "value", "message"), [
    (5, "stimulus_set", "coco", "assemblies.held_out: no session of animal 'sim5' with set 'hvm'"),
    (1, "animal", "ape", "assemblies.train_animals: no session of animal 'sim2' with set 'hvm'"),
    (0, "stimulus_set", "hvn", "session sim1-hvm, stimulus_set: no image set 'hvn' in stimuli"),
    (0, "region", "V4", "session sim1-hvm, region: found V4, expected the simulated"),
])
def test_the_sheet_has_what_the_config_uses(config, sessions, row, column, value, message):
    sessions[row][column] = value
    problems = cross_keys.cross_key_problems(config, sessions)
    assert any(message in problem for problem in problems), problems


def test_a_recorded_session_may_show_images_that_the_world_lacks(config, sessions):
    recorded = {**sessions[0], "session": "lab", "animal": "lab", "format": "intan", "split": None}
    sessions.append(recorded | {"stimulus_set": "things", "region": "V4"})
    assert cross_keys.cross_key_problems(config, sessions) == []


def test_a_world_may_end_at_assemblies(config, sessions):
    config["assemblies"] |= {"train_animals": [], "held_out": []}
    assert cross_keys.cross_key_problems(config, sessions[:1]) == []


def test_nouns_are_those_that_can_be_rendered():
    assert known_nouns() == list(NOUNS)


def test_every_observer_may_see_every_image(config):
    changed(config, "assemblies.people.n_observers", 40)
    assert cross_key_problems(changed(config, "assemblies.people.responses_per_image", 40)) == []


def test_base_set_may_show_what_the_brain_does_not_know(config):
    config["stimuli"]["sets"]["brain"]["categories"].remove("hammer")
    config["stimuli"]["sets"]["objectome"]["categories"].remove("hammer")
    changed(config, "stimuli.sets.base.categories", ["hammer", "bear"])
    assert cross_key_problems(config) == []


@pytest.mark.parametrize(("switch", "value"), [("paper_code", True),
                                               ("original_code.mixed_batch_norm", True)])
def test_separate_statistics_and_the_original_code_exclude_each_other(config, switch, value):
    changed(config, switch, value)["training"]["model"]["batch_norm"] = "separate"
    assert any("which keeps one set of statistics" in line for line in cross_key_problems(config))
    config["original_code"]["mixed_batch_norm"] = False
    assert not cross_key_problems(config)


@pytest.mark.parametrize("measure", ["behavior", "probe", "predictivity", "accuracy"])
def test_a_world_may_leave_a_measure_out(config, measure):
    config["evaluation"]["measures"][measure] = None
    assert not cross_key_problems(config)


def test_a_world_may_make_no_attack(config):
    evaluation = config["evaluation"]
    evaluation["headline"] |= {"attack": None, "epsilon_255": None}
    evaluation["robustness"]["autoattack"] = None
    evaluation["robustness"]["attacks"] = dict.fromkeys(evaluation["robustness"]["attacks"])
    assert not cross_key_problems(config)


def test_a_set_may_not_be_called_as_the_images_of_figures(config):
    sets = config["stimuli"]["sets"]
    sets["examples"] = sets["coco"]
    (problem,) = cross_key_problems(config)
    assert problem.startswith("stimuli.sets.examples: the name is taken")


def test_corners_belong_to_one_norm(config):
    config["original_code"]["corner_start"] = True
    assert not cross_key_problems(config)
    attack = config["evaluation"]["robustness"]["attacks"]["in_training"]
    attack["norm"] = "l2"
    (problem,) = cross_key_problems(config)
    assert problem.startswith("evaluation.robustness.attacks.in_training.norm: found l2")
    attack["original_code"] = False
    assert not cross_key_problems(config)  # nothing starts in a corner then
    config["training"]["conditions"][6]["adversarial"]["norm"] = "l2"
    (problem,) = cross_key_problems(config)
    assert problem.startswith("training.conditions[6].adversarial.norm: found l2")
    config["training"]["attack"]["random_start"] = False
    assert not cross_key_problems(config)  # nothing starts in a corner then
