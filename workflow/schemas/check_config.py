"""Check a config against its schema and against itself; every problem is one readable line.

As a command, check files as Snakemake would see them (each override alone over the default):

    python workflow/schemas/check_config.py config/config.yaml tests/config/tiny.yaml
"""

import difflib
import math
import sys
from collections.abc import Iterator
from pathlib import Path

import yaml
from cross_keys import cross_key_problems
from hints import hint
from jsonschema import Draft202012Validator, validators
from jsonschema.exceptions import ValidationError
from snakemake.common.configfile import load_configfile
from snakemake.exceptions import WorkflowError
from snakemake.utils import update_config

SCHEMA = Path(__file__).with_name("config.schema.yaml")
DEFAULT = Path(__file__).parents[2] / "config" / "config.yaml"

TYPES = {"object": "a mapping of keys", "array": "a list", "string": "text",
         "integer": "a whole number", "number": "a finite number", "boolean": "on or off"}
LIMITS = {
    "minimum": "at least {}", "exclusiveMinimum": "more than {}",
    "maximum": "at most {}", "exclusiveMaximum": "less than {}",
    "multipleOf": "a multiple of {}",
    "minItems": "at least {} entry", "minProperties": "at least {} entry",
    "uniqueItems": "entries that all differ",
    "pattern": "a name of letters, digits and underscores (it becomes part of file names: {})",
}


def check_config(config: dict, source: str = "config") -> None:
    """Refuse a config that breaks the schema or contradicts itself.

    Parameters
    ----------
    config : dict
        The merged config, as Snakemake has it.
    source : str
        Put in front of every line.

    Raises
    ------
    ValueError
        With every problem, one line each: key, what was found, what is allowed. Contradictions
        between keys are looked for only once every single key is valid.
    """
    schema = yaml.safe_load(SCHEMA.read_text(encoding="utf-8"))
    problems = config_problems(config, schema) or cross_key_problems(config)
    if problems:
        raise ValueError("\n".join(f"{source}: {problem}" for problem in problems))


def config_problems(config: dict, schema: dict) -> list[str]:
    """List every violation of the schema.

    Parameters
    ----------
    config : dict
        The merged config.
    schema : dict
        JSON Schema, draft 2020-12.

    Returns
    -------
    list of str
        One line each, ordered by key; empty if the config is valid.
    """
    errors = _strict_validator()(schema).iter_errors(config)
    return sorted({line for error in errors for line in _lines(error, schema)})


def _strict_validator() -> type:
    """Numbers must be finite, and 8.0 is no integer: `range` and array sizes would fail later."""
    def is_number(_checker: object, value: object) -> bool:
        return type(value) in (int, float) and math.isfinite(value)

    checker = Draft202012Validator.TYPE_CHECKER.redefine_many(
        {"number": is_number, "integer": lambda _checker, value: type(value) is int})
    return validators.extend(Draft202012Validator, type_checker=checker)


def _lines(error: ValidationError, schema: dict) -> Iterator[str]:
    path = list(error.absolute_path)
    if error.validator == "additionalProperties":
        allowed = list(error.schema["properties"])
        for key in set(error.instance) - set(allowed):
            yield f"{_dotted([*path, key])}: unknown key; {hint(key, allowed)}"
    elif error.validator == "required":
        for key in set(error.validator_value) - set(error.instance):
            meaning = _description(schema, [*path, key])
            yield f"{_dotted([*path, key])}: missing; add it{meaning}"
    else:
        yield (f"{_dotted(path) or 'the config'}: found {_yaml(error.instance)}, "
               f"expected {_expected(error)}{_description(schema, path)}")


def _dotted(parts: list) -> str:
    dotted = "".join(f"[{part}]" if type(part) is int else f".{part}" for part in parts)
    return dotted.removeprefix(".")


def _expected(error: ValidationError) -> str:
    if error.validator == "enum":
        allowed = [_yaml(value) for value in error.validator_value]
        near = difflib.get_close_matches(_yaml(error.instance), allowed, n=1)
        return " or ".join(allowed) + (f"; did you mean {near[0]}?" if near else "")
    if error.validator == "type":
        return TYPES[error.validator_value] + _type_cure(error.instance, error.validator_value)
    template = LIMITS.get(error.validator)
    return template.format(error.validator_value) if template else error.message


def _type_cure(found: object, expected: str) -> str:
    """Name the two traps of YAML 1.1: bare words that are booleans, and 1e-3, which is text."""
    if isinstance(found, bool) and expected == "string":
        return " (YAML reads on, off, yes, no as true or false: put it in quotes)"
    if isinstance(found, str) and expected in ("number", "integer"):
        return " (no quotes; write 1e-3 as 0.001 or 1.0e-3)"
    return ""


def _description(schema: dict, path: list) -> str:
    """Find what the schema says about a key; an entry of a list has its list's description."""
    node, text = schema, ""
    for part in path:
        node = node.get("then", node)
        if "$ref" in node:
            node = schema["$defs"][node["$ref"].rpartition("/")[2]]
        if type(part) is int:
            node = node["items"]
        else:
            node = node.get("properties", {}).get(part) or node["additionalProperties"]
        text = node.get("description", text)
    return f" ({text})" if text else ""


def _yaml(value: object) -> str:
    text = yaml.safe_dump(value, default_flow_style=True, width=math.inf).strip()
    text = text.removesuffix("...").strip()
    return text if len(text) <= 80 else f"{text[:77]}..."


def merged_config(path: Path) -> dict:
    """Read a config file and merge it over the default as ``snakemake --configfile`` does.

    Returns
    -------
    dict
        Mappings merged, lists replaced.
    """
    config = load_configfile(DEFAULT)
    if path.resolve() != DEFAULT.resolve():
        update_config(config, load_configfile(path))
    return config


def main(paths: list[str]) -> int:
    """Check each file; return the number of files with problems."""
    n_bad = 0
    for path in paths:
        try:
            check_config(merged_config(Path(path)), source=path)
            print(f"{path}: valid")
        except (OSError, ValueError, WorkflowError) as error:
            print(error, file=sys.stderr)
            n_bad += 1
    return n_bad


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("usage: python workflow/schemas/check_config.py CONFIG.yaml [CONFIG.yaml ...]")
    sys.exit(min(main(sys.argv[1:]), 1))
