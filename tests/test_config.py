"""Every config is valid, and every kind of mistake in one is named in a line of its own."""

import copy
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from check_config import DEFAULT, SCHEMA, check_config, config_problems, merged_config
from cross_keys import RANGES, cross_key_problems
from jsonschema import Draft202012Validator

ROOT = Path(__file__).resolve().parents[1]
CONFIGS = [*sorted(ROOT.glob("config/*.yaml")), *sorted(ROOT.glob("tests/config/*.yaml"))]


@pytest.fixture(scope="module")
def schema():
    return yaml.safe_load(SCHEMA.read_text())


@pytest.fixture
def config():
    return copy.deepcopy(merged_config(DEFAULT))


def changed(config: dict, path: str, value: object) -> dict:
    """Set one key, given as in the messages: ``training.conditions[0].p``."""
    *parents, last = [int(p) if p.isdigit() else p for p in re.findall(r"\w+", path)]
    node = config
    for part in parents:
        node = node[part]
    node[last] = value
    return config


def objects(node: object):
    if isinstance(node, dict):
        yield node
        node = list(node.values())
    if isinstance(node, list):
        for child in node:
            yield from objects(child)


# --- what is there ------------------------------------------------------------------------------


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_config_is_valid(path):
    check_config(merged_config(path), source=str(path))


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_world_is_named_like_its_file(path):
    expected = "insilico" if path == DEFAULT else path.stem
    assert merged_config(path)["world"] == expected


def test_schema_is_strict_and_documented(schema):
    Draft202012Validator.check_schema(schema)
    for node in objects(schema):
        if node.get("type") == "object" and "properties" in node:
            assert node["additionalProperties"] is False
            assert set(node["required"]) == set(node["properties"])
            for key, rule in node["properties"].items():
                assert re.search(r"\w.* \[[^\]]+\]$", rule.get("description", "")), key


def test_schema_has_no_defaults(schema):
    assert not any("default" in node for node in objects(schema))


# --- single keys --------------------------------------------------------------------------------

BAD_VALUES = [
    ("world", "a/b", "world: found a/b, expected a name of letters"),
    ("world", "two words", "world: found two words, expected a name of letters"),
    ("seed", 1.0, "seed: found 1.0, expected a whole number"),
    ("seed", -1, "seed: found -1, expected at least 0"),
    ("stimuli.image_px", "64", "stimuli.image_px: found '64', expected a whole number (no quotes"),
    ("stimuli.sets.hvm.style", "gray", "expected grey or colour or mixed; did you mean grey?"),
    ("stimuli.sets.hvm.categories", ["bear", False], "categories[1]: found false, expected text"),
    ("stimuli.sets.hvm.blocks", [], "stimuli.sets.hvm.blocks: found [], expected at least 1 entry"),
    ("stimuli.sets.hvm.blocks[0].variation", 2, "found 2, expected 0 or 3 or 6"),
    ("recordings.sessions[0].animal", "sim-1", "found sim-1, expected a name of letters"),
    ("recordings.sessions[0].repetitions", 1, "found 1, expected at least 2"),
    ("recordings.simulation.gain_sd", float("nan"), "found .nan, expected a finite number"),
    ("recordings.protocol.aborted_fraction", 1, "found 1, expected less than 1"),
    ("training.learning_rate", "1e-3", "found 1e-3, expected a finite number (no quotes; write"),
    ("training.learning_rate", 0, "training.learning_rate: found 0, expected more than 0"),
    ("training.n_steps", 400.0, "training.n_steps: found 400.0, expected a whole number"),
    ("training.batch_size", None, "training.batch_size: found null, expected a whole number"),
    ("training.seeds", [1, 1], "training.seeds: found [1, 1], expected entries that all differ"),
    ("training.conditions[0].p", [0, 1.5], "p[1]: found 1.5, expected at most 1 (Probab"),
    ("training.conditions[0].labels", "yes", "labels: found 'yes', expected on or off"),
    ("training.conditions[0].target", "schuffled", "did you mean shuffled?"),
    ("training.conditions[0].target", 1, "target: found 1, expected true or 'true' or shuffled"),
    ("training.conditions[0].adversarial", True, "adversarial: found true, expected false"),
    ("evaluation", 3, "evaluation: found 3, expected a mapping of keys"),
    ("evaluation.robustness.epsilon_255", 1.0, "found 1.0, expected a list (Attack radii [1/255])"),
]


@pytest.mark.parametrize(("path", "value", "message"), BAD_VALUES)
def test_bad_value_is_one_line_with_key_found_and_allowed(config, schema, path, value, message):
    problems = config_problems(changed(config, path, value), schema)
    assert len(problems) == 1
    assert message in problems[0]


@pytest.mark.parametrize("target", [True, "true", "shuffled", "random"])
def test_target_may_be_written_with_or_without_quotes(config, schema, target):
    assert config_problems(changed(config, "training.conditions[0].target", target), schema) == []


def test_unknown_key_is_refused_with_the_nearest_one(config, schema):
    changed(config, "training.learnin_rate", 0.1)
    assert config_problems(config, schema) == [
        "training.learnin_rate: unknown key; did you mean 'learning_rate'?"]


def test_unknown_key_without_a_near_one_is_refused_with_all(config, schema):
    changed(config, "assemblies.held_out[0].zzz", 1)
    assert config_problems(config, schema) == [
        "assemblies.held_out[0].zzz: unknown key; allowed: animal, set"]


def test_missing_key_is_named_with_its_meaning(config, schema):
    del config["stimuli"]["image_px"]
    assert config_problems(config, schema) == [
        "stimuli.image_px: missing; add it (Side of the square images [px])"]


def test_all_problems_are_reported_at_once(config, schema):
    for path, value, _ in (BAD_VALUES[0], BAD_VALUES[2], BAD_VALUES[4], BAD_VALUES[14]):
        changed(config, path, value)
    keys = [problem.split(":")[0] for problem in config_problems(config, schema)]
    assert keys == ["seed", "stimuli.image_px", "training.learning_rate", "world"]


def test_adversarial_needs_norm_and_radius(config, schema):
    changed(config, "training.conditions[0].adversarial", {"norm": "l1"})
    problems = config_problems(config, schema)
    assert [problem.split(": ")[1] for problem in problems] == [
        "missing; add it (Attack radius [1/255])",
        "found l1, expected linf or l2 (Norm that bounds the attack [text])"]


# --- between keys -------------------------------------------------------------------------------

CONTRADICTIONS = [
    ("training.base_set", "bass", "no image set 'bass' in stimuli.sets; did you mean 'base'?"),
    ("recordings.teacher.set", "x", "recordings.teacher.set: no image set 'x'"),
    ("assemblies.people.sets", ["hvm", "coca"], "assemblies.people.sets[1]: no image set 'coca'"),
    ("recordings.sessions[1].session", "sim1-hvm", "2 sessions are called 'sim1-hvm'; rename"),
    ("recordings.sessions[1].animal", "ape", "no session of animal 'sim2' with set 'hvm' and"),
    ("assemblies.train_animals", ["sim1", "sim4"], "'sim4' is also in train_animals"),
    ("assemblies.held_out[0].animal", "ape", "assemblies.held_out: no session of animal 'ape'"),
    ("training.stimulus_set", "coco", "found 'coco', expected one of assemblies.train_set: hvm"),
    ("assemblies.people.sets", ["hvm", "coco"], "found 'objectome', expected one of"),
    ("evaluation.behavior.headline_sets", ["base"], "found 'base', expected one of"),
    ("evaluation.robustness.headline_epsilon_255", 77, "found 77, expected one of epsilon_255"),
    ("evaluation.headline_method", "cca", "found 'cca', expected one of training.conditions: cka"),
    ("figures.figure_2b_set", "base", "found 'base', expected one of assemblies.held_out"),
    ("training.batch_size", 100_000, "training.batch_size: found 100000, expected at most the"),
    ("training.pretrain.batch_size", 100_000, "training.pretrain.batch_size: found 100000"),
    ("recordings.teacher.batch_size", 100_000, "images to train the teacher on"),
    ("training.conditions[0].method", "cca", "no italign/alignment/cca.py; did you mean 'cka'?"),
    ("stimuli.sets.base.blocks", [{"variation": 3, "split": "train", "per_category": 90}],
     "training.base_set: set 'base' has no block with split test"),
]


@pytest.mark.parametrize(("path", "value", "message"), CONTRADICTIONS)
def test_contradiction_is_named(config, path, value, message):
    problems = cross_key_problems(changed(config, path, value))
    assert any(message in problem for problem in problems), problems


STEPS = {"validation_every": 50, "onset_step": 100, "n_steps": 400, "segment_steps": 150}


@pytest.mark.parametrize(("change", "messages"), [
    ({}, []),
    ({"onset_step": 0}, []),
    ({"onset_step": 130}, ["onset_step: found 130", "n_steps - training.onset_step: found 270"]),
    ({"segment_steps": 160}, ["segment_steps: found 160"]),
    ({"n_steps": 410}, ["n_steps - training.onset_step: found 310"]),
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


def test_an_animal_sees_a_set_in_one_split(config):
    sessions = config["recordings"]["sessions"]
    other = "test" if sessions[0]["split"] == "train" else "train"
    sessions.append({**sessions[0], "session": "again", "split": other})
    (problem,) = cross_key_problems(config)
    assert f"{sessions[0]['animal']!r} saw set {sessions[0]['set']!r} in both splits" in problem


# --- the command and the merge ------------------------------------------------------------------


def test_override_merges_mappings_and_replaces_lists(tmp_path):
    path = tmp_path / "world.yaml"
    path.write_text("training: {seeds: [9], model: {width: 0.5}}\n")
    default, merged = merged_config(DEFAULT), merged_config(path)
    assert merged["training"]["seeds"] == [9]
    assert merged["training"]["model"] == {**default["training"]["model"], "width": 0.5}
    assert merged["stimuli"] == default["stimuli"]


def test_check_config_puts_the_source_on_every_line(config):
    changed(config, "seed", -1)
    changed(config, "world", "a b")
    with pytest.raises(ValueError, match=r"^my\.yaml: seed: .*\nmy\.yaml: world: .*$"):
        check_config(config, source="my.yaml")


def test_command_checks_every_file_and_fails_without_a_traceback(tmp_path):
    bad = tmp_path / "bad.yaml"
    bad.write_text("training: {learnin_rate: 1}\n")
    files = [str(bad), str(tmp_path / "absent.yaml"), str(DEFAULT)]
    script = str(ROOT / "workflow" / "schemas" / "check_config.py")
    answer = subprocess.run([sys.executable, script, *files], capture_output=True, text=True)
    assert answer.returncode == 1
    assert f"{DEFAULT}: valid" in answer.stdout
    assert "did you mean 'learning_rate'?" in answer.stderr
    assert "absent.yaml" in answer.stderr
    assert "Traceback" not in answer.stderr
