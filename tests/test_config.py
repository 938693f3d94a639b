"""Every config is valid, and every wrong key or value in one is named in a line of its own."""

import copy
import re
import subprocess
import sys
from functools import reduce
from operator import getitem
from pathlib import Path

import pytest
import yaml
from check_config import DEFAULT, SCHEMA, check_config, config_problems, merged_config
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
    reduce(getitem, parents, config)[last] = value
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


# What only some entries of a list or of a mapping have; everything else stands in the default.
OPTIONAL = {"files", "folder", "overlapping", "per_category", "n_images", "options", "train",
            "test", "apart_from", "outputs", "labelled", "of_each_object", "region", "sites",
            "seeds"}


def test_schema_is_strict_and_documented(schema):
    Draft202012Validator.check_schema(schema)
    for node in objects(schema):
        if node.get("type") == "object" and "properties" in node:
            # A measure more is a file and an entry; its options are looked up in the file.
            open_to_new = node is schema["$defs"]["measures"]
            assert open_to_new or node["additionalProperties"] is False
            assert set(node["properties"]) - set(node.get("required", ())) <= OPTIONAL
            for key, rule in node["properties"].items():
                assert re.search(r"\w.* \[[^\]]+\]$", rule.get("description", "")), key


def test_schema_has_no_defaults(schema):
    assert not any("default" in node for node in objects(schema))


# --- single keys --------------------------------------------------------------------------------

BAD_VALUES = [
    ("world", "a/b", "world: found a/b, expected text that matches ^[A-Z"),
    ("world", "two words", "world: found two words, expected text that matches"),
    ("seed", 1.0, "seed: found 1.0, expected a whole number"),
    ("seed", -1, "seed: found -1, expected at least 0"),
    ("stimuli.image_px", "64", "stimuli.image_px: found '64', expected a whole number (no quotes"),
    ("stimuli.sets.hvm.style", "gray", "expected grey or colour or mixed; did you mean grey?"),
    ("stimuli.sets.hvm.categories", ["bear", False], "categories[1]: found false, expected text"),
    ("stimuli.sets.hvm.categories", ["bear", "bear"], "[bear, bear], expected entries that all"),
    ("stimuli.sets.hvm.blocks[0].variation", 2, "found 2, expected 0 or 3 or 6"),
    ("recordings.sessions", [], "recordings.sessions: found [], expected text (Session sheet"),
    ("assemblies.selection.reliability_min", 50, "found 50, expected at most 1 (Split-half"),
    ("assemblies.selection.snr_min", "none", "snr_min: found none, expected a finite number"),
    ("recordings.simulation.gain_sd", float("nan"), "found .nan, expected a finite number"),
    ("recordings.protocol.aborted_fraction", 1, "found 1, expected less than 1"),
    ("recordings.protocol.image_on_ms", 99.5, "found 99.5, expected a whole number (Image shown"),
    ("recordings.protocol.image_off_ms", 50.5, "image_off_ms: found 50.5, expected a whole number"),
    ("recordings.protocol.fixation_ms", 300.0, "fixation_ms: found 300.0, expected a whole number"),
    ("recordings.protocol.intertrial_ms", 0.5, "intertrial_ms: found 0.5, expected a whole number"),
    ("recordings.simulation.sampling_rate_hz", 24414,
     "sampling_rate_hz: found 24414, expected a multiple of 1000 (Samples per second, whole ones"),
    ("recordings.simulation.sampling_rate_hz", 20000.0, "20000.0, expected a whole number"),
    ("recordings.detection.edge", "fall", "found fall, expected falling or rising or both; did"),
    ("recordings.rates.window_start_ms", -1, "window_start_ms: found -1, expected at least 0"),
    ("recordings.rates.window_start_ms", 70.5, "window_start_ms: found 70.5, expected a whole num"),
    ("recordings.rates.window_end_ms", 170.5, "window_end_ms: found 170.5, expected a whole num"),
    ("recordings.rates.baseline_start_ms", -50.5, "baseline_start_ms: found -50.5, expected a who"),
    ("recordings.rates.baseline_end_ms", 0.5, "baseline_end_ms: found 0.5, expected a whole num"),
    ("recordings.teacher.attack.ramp_fraction", 0,
     "ramp_fraction: found 0, expected more than 0 (Steps"),
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
    ("evaluation.headline.behavior_sets", "hvm", "found hvm, expected a list (Averaged in"),
    ("evaluation.robustness.noise", None, "robustness.noise: found null, expected a mapping"),
    ("evaluation.members_per_job", 0, "members_per_job: found 0, expected at least 1 (Models"),
    ("evaluation.measures.predictivity.regressions", ["pls", "lasso"],
     "regressions[1]: found lasso, expected pls or ridge"),
]


@pytest.mark.parametrize(("path", "value", "message"), BAD_VALUES)
def test_bad_value_is_one_line_with_key_found_and_allowed(config, schema, path, value, message):
    problems = config_problems(changed(config, path, value), schema)
    assert len(problems) == 1
    assert message in problems[0]


@pytest.mark.parametrize("target", [True, "true", "shuffled", "random"])
def test_target_may_be_written_with_or_without_quotes(config, schema, target):
    assert config_problems(changed(config, "training.conditions[0].target", target), schema) == []


def test_baseline_may_lie_before_the_image(config, schema):
    changed(config, "recordings.rates.baseline_start_ms", -100)
    changed(config, "recordings.rates.baseline_end_ms", 0)
    assert config_problems(config, schema) == []


def test_the_figures_section_draws_image_sets(config, schema):
    del config["figures"]
    assert config_problems(config, schema) == [
        "figures: missing; add it (Which image sets the figures draw [section])"]


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
    bad = {"world": "a/b", "seed": -1, "stimuli.image_px": "64", "training.learning_rate": 0}
    for path, value in bad.items():
        changed(config, path, value)
    keys = [problem.split(":")[0] for problem in config_problems(config, schema)]
    assert keys == sorted(bad)


def test_adversarial_needs_norm_and_radius(config, schema):
    changed(config, "training.conditions[0].adversarial", {"norm": "l1"})
    problems = config_problems(config, schema)
    assert [problem.split(": ")[1] for problem in problems] == [
        "missing; add it (Attack radius [1/255])",
        "found l1, expected linf or l2 (Norm that bounds the attack [text])"]


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
