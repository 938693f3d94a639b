"""Contradictions within `evaluation`: measures have files, attacks have radii and models exist."""

import ast
from collections.abc import Iterator
from pathlib import Path

from hints import hint

from italign.training.cohort import chosen_models, expand_conditions, original_switches

# Names of other files beside the measures' and of arguments of score_models; names of rows.
RESERVED = {"robustness", "autoattack", "checkpoints", "pretrained", "stimuli", "base",
            "assemblies", "ceilings", "behavior_trials", "members", "measures", "model",
            "trained_set", "decoded_sets", "overlapping", "batch_size", "base_set", "jitter",
            "seed", "base_folder", "code"}
OTHER_ATTACKS = {"gaussian_noise", "autoattack", "pgd_same_images", "none"}
MEASURES = Path(__file__).parents[2] / "italign/evaluation/measures"


def evaluation_problems(config: dict) -> Iterator[str]:
    """Find contradictions within `evaluation`, and models or measures that do not exist.

    Parameters
    ----------
    config : dict
        The merged config.

    Yields
    ------
    str
        One line per problem.
    """
    for check in (_measures, _radii, _corners, _overlapping, _models, _headline):
        yield from check(config)


def _measures(config: dict) -> Iterator[str]:
    """A measure is a file, and its options are the arguments of its function."""
    known = sorted(path.stem for path in MEASURES.glob("[!_]*.py"))
    for name, options in config["evaluation"]["measures"].items():
        key = f"evaluation.measures.{name}"
        if name in RESERVED:
            yield (f"{key}: the name is taken by a file or argument of the scoring jobs; call the "
                   "measure otherwise")
        elif name not in known:
            yield f"{key}: no italign/evaluation/measures/{name}.py; {hint(name, known)}"
        if name in RESERVED or name not in known:
            continue
        taken = {"checkpoints", *_options_of(MEASURES / f"{name}.py")}
        for option in sorted(set(options or taken) ^ taken):
            if option in taken:
                yield f"{key}.{option}: missing, expected for {name}"
            else:
                yield f"{key}: {name} has no option {option!r}; {hint(option, sorted(taken))}"


def _options_of(file: Path) -> list[str]:
    """Arguments after `study` of the function that has its file's name, without importing it."""
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef) and node.name == file.stem:
            arguments = node.args
            return [found.arg for found in (*arguments.args[1:], *arguments.kwonlyargs)]
    return []


def attacks_of(config: dict) -> dict[str, dict]:
    """Attacks by name; one that is null is not made."""
    attacks = config["evaluation"]["robustness"]["attacks"].items()
    return {name: attack for name, attack in attacks if attack is not None}


def _radii(config: dict) -> Iterator[str]:
    for name, attack in attacks_of(config).items():
        key = f"evaluation.robustness.attacks.{name}"
        if name in OTHER_ATTACKS:
            yield f"{key}: the name stands for other rows of the table; call the attack otherwise"
        given = [unit for unit in ("epsilon_255", "epsilon") if attack[unit] is not None]
        if len(given) == 2:
            yield f"{key}: epsilon_255 and epsilon are both given, expected one; set one to null"
        if not given:
            yield f"{key}: epsilon_255 and epsilon are both null, expected radii in one of them"
        for unit in given:
            if attack[unit] != sorted(attack[unit]):
                yield f"{key}.{unit}: found {attack[unit]}, expected ascending radii; sort them"


def _corners(config: dict) -> Iterator[str]:
    """An L-inf ball has corners."""
    switches = original_switches(config["paper_code"], config["original_code"])
    for name, attack in attacks_of(config).items():
        key = f"evaluation.robustness.attacks.{name}.norm"
        if attack["norm"] == "linf":
            continue
        if attack["start"] == "corner":
            yield f"{key}: found {attack['norm']} with start: corner, expected linf"
        elif attack["original_code"] and switches["corner_start"]:
            yield (f"{key}: found {attack['norm']}, expected linf with original_code.corner_start "
                   "(or paper_code): other balls have no corners")


def _overlapping(config: dict) -> Iterator[str]:
    """Nouns that stand for stimulus labels are nouns of their set."""
    for name, entry in config["stimuli"]["sets"].items():
        for i, noun in enumerate(entry.get("overlapping", [])):
            if noun not in entry["categories"]:
                yield (f"stimuli.sets.{name}.overlapping[{i}]: {noun!r} is no category of the set; "
                       f"{hint(noun, entry['categories'])}")


def _models(config: dict) -> Iterator[str]:
    """Attacks name members of the cohort that have outputs to attack."""
    cohort = expand_conditions(config["training"]["conditions"])
    robustness, headline = (config["evaluation"][part] for part in ("robustness", "headline"))
    named = {f"attacks.{name}": attack for name, attack in attacks_of(config).items()}
    named |= {"autoattack": robustness["autoattack"]} if robustness["autoattack"] else {}
    for place, attack in named.items():
        key = f"evaluation.robustness.{place}.models"
        if not isinstance(attack["models"], list):
            if not chosen_models(attack["models"], cohort, headline["method"]):
                yield (f"{key}: no model of method {headline['method']} has the true target and "
                       "labels, so there are no extremes; name models, or null for all")
            continue
        for i, model in enumerate(attack["models"]):
            if model not in cohort:
                yield (f"{key}[{i}]: no model {model!r} in training.conditions; "
                       f"{hint(model, cohort)}")
            elif cohort[model]["labels"] == "off":
                yield (f"{key}[{i}]: {model} is trained without labels and has no outputs to "
                       "attack; take it out")


def _headline(config: dict) -> Iterator[str]:
    """What the figures show is measured, of every model at every checkpoint; or not at all."""
    evaluation = config["evaluation"]
    headline, measures = evaluation["headline"], evaluation["measures"]
    yield from _headline_attack(headline, attacks_of(config), evaluation["robustness"])
    yield from _reference(config)
    if measures.get("similarity") is None:
        yield "evaluation.measures.similarity: found null, expected it: every figure rests on it"
    for name in ("similarity", "behavior", "probe", "accuracy"):
        if measures.get(name) is not None and measures[name]["checkpoints"] != "all":
            yield (f"evaluation.measures.{name}.checkpoints: found last, expected all: the figures "
                   "follow it over training")
    readouts = (measures.get("behavior") or {}).get("readouts", ["decoder"])
    if "decoder" not in readouts:
        yield (f"evaluation.measures.behavior.readouts: found {readouts}, expected decoder among "
               "them: the figures draw it")
    sets = (measures.get("behavior") or {}).get("sets", [])
    for name in headline["behavior_sets"]:
        if sets and name not in sets:
            yield (f"evaluation.headline.behavior_sets: found {name!r}, expected one of "
                   f"evaluation.measures.behavior.sets: {', '.join(sets)}")


def _reference(config: dict) -> Iterator[str]:
    """Every difference is to the member that never sees the neural loss."""
    method = config["evaluation"]["headline"]["method"]
    wanted = (method, "true", "on", 0, "off")
    members = expand_conditions(config["training"]["conditions"]).values()
    names = ("method", "target", "labels", "p", "adversarial")
    if config["assemblies"]["held_out"] and wanted not in [
            tuple(member[name] for name in names) for member in members]:
        yield (f"training.conditions: no model of method {method} with target true, labels on, p 0 "
               "and no attack, expected one as the reference of every difference; add 0 to its p")


def _headline_attack(headline: dict, attacks: dict, robustness: dict) -> Iterator[str]:
    name = headline["attack"]
    if name is None:
        # The stronger attack is compared with the headline's.
        made = {"attacks": attacks, "autoattack": robustness["autoattack"]}
        for key in [key for key, value in made.items() if value]:
            yield (f"evaluation.headline.attack: found null, but evaluation.robustness.{key} is "
                   f"not; name the attack that the figures show, or set {key} to null")
        return
    if name not in attacks:
        yield (f"evaluation.headline.attack: no attack {name!r} in evaluation.robustness.attacks; "
               f"{hint(name, attacks)}")
        return
    attack, key = attacks[name], f"evaluation.robustness.attacks.{name}"
    if headline["epsilon_255"] not in (attack["epsilon_255"] or []):
        yield (f"evaluation.headline.epsilon_255: found {headline['epsilon_255']}, expected one of "
               f"{key}.epsilon_255: {attack['epsilon_255']}")
    if attack["checkpoints"] != "all" or attack["models"] is not None:
        yield (f"{key}: the figures draw it for every checkpoint of every model, expected "
               "checkpoints: all and models: null")
