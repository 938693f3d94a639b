"""Contradictions around networks: their files exist, their steps fit, no member is made twice."""

import ast
import json
import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from hints import hint

from italign.models._regions import REFUSED_NETWORKS, REGION_LAYERS
from italign.training.cohort import original_switches

VIT_PX = 224
PACKAGE = Path(__file__).parents[2] / "italign"


def training_problems(config: dict) -> Iterator[str]:
    """Find contradictions within `training`, and networks or methods without a file.

    Parameters
    ----------
    config : dict
        The merged config.

    Yields
    ------
    str
        One line per problem.
    """
    for check in (_missing_files, _network, _steps, _method_options, _repeated_conditions,
                  _attacks_without_labels, _corners, _seeds):
        yield from check(config)


def _missing_files(config: dict) -> Iterator[str]:
    """A network or a method is a file of a package; files with a leading _ are helpers."""
    named = [(f"training.conditions[{i}].method", condition["method"], "alignment")
             for i, condition in enumerate(config["training"]["conditions"])]
    named += [("recordings.teacher.model.name",
               config["recordings"]["teacher"]["model"]["name"], "models")]
    for key, name, package in named:
        files = _files(package)
        if name not in files:
            yield f"{key}: no italign/{package}/{name}.py; {hint(name, files)}"


def _files(package: str) -> list[str]:
    return sorted(path.stem for path in (PACKAGE / package).glob("[!_]*.py"))


def torchvision_networks() -> list[str]:
    """Names of torchvision's networks, read from its source: importing it takes seconds.

    Returns
    -------
    list of str
        Sorted; empty where torchvision is not installed, as beside environments made by conda.
    """
    found = find_spec("torchvision")
    if found is None:
        return []
    files = (Path(found.origin).parent / "models").glob("*.py")
    pattern = re.compile(r"@register_model\(\)\n(?:@.*\n)*def (\w+)\(")
    return sorted(name for file in files for name in pattern.findall(file.read_text()))


def _network(config: dict) -> Iterator[str]:
    """A network is a file of ours or one of torchvision's, which have no width to choose."""
    training = config["training"]
    model, theirs = training["model"], torchvision_networks()
    if model["name"] in _files("models"):
        yield from _own_network(model)
    elif theirs and model["name"] not in theirs:
        known = [*_files("models"), *theirs]
        yield (f"training.model.name: found {model['name']!r}, neither a file of italign/models "
               f"nor a network of torchvision; {hint(model['name'], known)}")
    else:
        yield from _torchvision_network(config, model)
    original = original_switches(config["paper_code"], config["original_code"])
    if model["batch_norm"] == "separate" and original["mixed_batch_norm"]:
        yield ("training.model.batch_norm: found separate with original_code.mixed_batch_norm (or "
               "paper_code), which keeps one set of statistics; choose one")
    folder = config["stimuli"]["sets"][training["base_set"]]["source"] == "folder"
    if folder and training["pretrain"]["weights"] is None:
        yield ("training.pretrain.weights: found null, expected registered weights: a base set "
               "from a folder is not pretrained here")


def _own_network(model: dict) -> Iterator[str]:
    """Options of a network of ours are the arguments of its function."""
    file = PACKAGE / "models" / f"{model['name']}.py"
    taken = next(ast.unparse(node.args) for node in ast.parse(file.read_text("utf-8")).body
                 if isinstance(node, ast.FunctionDef) and node.name == file.stem)
    for key in ("width", "bottleneck"):
        if (model[key] is None) == (f"{key}:" in taken):
            found, expected = ("null", "a number") if model[key] is None else (model[key], "null")
            yield f"training.model.{key}: found {found}, expected {expected} for {file.stem}"
    if model["layers"] is not None and "layers:" not in taken:
        yield (f"training.model.layers: found {model['layers']}, expected null: "
               f"{file.stem} names its regions itself")


def _torchvision_network(config: dict, model: dict) -> Iterator[str]:
    name = model["name"]
    if name in REFUSED_NETWORKS:
        yield f"training.model.name: {name} {REFUSED_NETWORKS[name]}; take another network"
        return
    for key in ("width", "bottleneck"):
        if model[key] is not None:
            yield (f"training.model.{key}: found {model[key]}, expected null: torchvision's {name} "
                   "has one size")
    if model["region"] not in {**REGION_LAYERS.get(name, {}), **(model["layers"] or {})}:
        yield (f"training.model.layers: {name} has no map of regions here, expected "
               f"{{{model['region']}: <module>}}; with a map: {', '.join(REGION_LAYERS)}")
    if name.startswith("vit_") and config["stimuli"]["image_px"] != VIT_PX:
        yield (f"stimuli.image_px: found {config['stimuli']['image_px']}, expected {VIT_PX} for "
               f"{name}, whose position codes belong to that size")


def _method_options(config: dict) -> Iterator[str]:
    """Options of a method are those of its file, and say more than the default."""
    for i, condition in enumerate(config["training"]["conditions"]):
        key, file = f"training.conditions[{i}].options", _method_file(condition)
        known = _choices_of(file) if file.exists() else {}
        for name, value in condition.get("options", {}).items() if file.exists() else ():
            if name not in known:
                yield f"{key}: {condition['method']} has no option {name!r}; {hint(name, known)}"
            elif value not in known[name]:
                yield f"{key}.{name}: found {value!r}; {hint(value, known[name])}"
            elif value == known[name][0]:
                yield f"{key}.{name}: {value!r} is the default; leave it out, it would be a name"


def _method_file(condition: dict) -> Path:
    return PACKAGE / "alignment" / f"{condition['method']}.py"


def _choices_of(file: Path) -> dict[str, tuple]:
    """Read the table OPTIONS of a method, the default first, without importing it."""
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "OPTIONS":
            return ast.literal_eval(node.value)
    return {}


def _steps(config: dict) -> Iterator[str]:
    training = config["training"]
    every, onset, n_steps = (training[k] for k in ("validation_every", "onset_step", "n_steps"))
    if onset >= n_steps:
        yield f"training.onset_step: found {onset}, expected less than n_steps = {n_steps}"
    if training["decay_start_step"] > n_steps:
        yield (f"training.decay_start_step: found {training['decay_start_step']}, expected at most "
               f"n_steps = {n_steps}")
    for key, steps in (("segment_steps", training["segment_steps"]), ("n_steps", n_steps)):
        if steps % every:
            yield (f"training.{key}: found {steps}, expected a multiple of validation_every = "
                   f"{every} (every segment ends with a checkpoint)")


def _repeated_conditions(config: dict) -> Iterator[str]:
    seen: dict[str, int] = {}
    for i, condition in enumerate(config["training"]["conditions"]):
        for p in condition["p"]:
            first = seen.setdefault(f"{float(p)} {_without_p(condition)}", i)
            if first != i:
                yield (f"training.conditions[{i}].p: {p} repeats conditions[{first}]; "
                       "remove it from one of them")


def _attacks_without_labels(config: dict) -> Iterator[str]:
    for i, condition in enumerate(config["training"]["conditions"]):
        if condition["adversarial"] and not condition["labels"]:
            yield (f"training.conditions[{i}].adversarial: attacks need the stimulus labels; set "
                   "labels: on, or adversarial: off")


def _seeds(config: dict) -> Iterator[str]:
    """A condition takes some of the seeds; every seed needs a model to compare others with."""
    training = config["training"]
    for i, condition in enumerate(training["conditions"]):
        for seed in condition.get("seeds", []):
            if seed not in training["seeds"]:
                yield (f"training.conditions[{i}].seeds: {seed} is not in training.seeds "
                       f"({', '.join(map(str, training['seeds']))}); add it there")


def _corners(config: dict) -> Iterator[str]:
    """An L-inf ball has corners, and an attack starts there only if it starts at random."""
    if not original_switches(config["paper_code"], config["original_code"])["corner_start"]:
        return
    attacks = {}
    for i, condition in enumerate(config["training"]["conditions"]):
        if condition["adversarial"] and config["training"]["attack"]["random_start"]:
            key = f"training.conditions[{i}].adversarial.norm"
            attacks[key] = condition["adversarial"]["norm"]
    for key, norm in attacks.items():
        if norm != "linf":
            yield (f"{key}: found {norm}, expected linf with original_code.corner_start (or "
                   "paper_code): other balls have no corners")


def _without_p(condition: dict) -> str:
    rest = {key: value for key, value in condition.items() if key != "p"}
    return json.dumps({**rest, "target": str(rest["target"]).lower()}, sort_keys=True)
