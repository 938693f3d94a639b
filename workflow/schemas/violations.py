"""What breaks a schema, one readable line per violation: key, what was found, what is allowed."""

import difflib
import math
from collections.abc import Iterator

import yaml
from hints import hint
from jsonschema import Draft202012Validator, validators
from jsonschema.exceptions import ValidationError

TYPES = {"object": "a mapping of keys", "array": "a list", "string": "text",
         "integer": "a whole number", "number": "a finite number", "boolean": "on or off"}
LIMITS = {
    "minimum": "at least {}", "exclusiveMinimum": "more than {}",
    "maximum": "at most {}", "exclusiveMaximum": "less than {}",
    "multipleOf": "a multiple of {}",
    "minItems": "at least {} entry", "minProperties": "at least {} entry",
    "uniqueItems": "entries that all differ",
    "pattern": "text that matches {}",
}


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
        allowed = error.validator_value  # of a list, the last is null: an optional cell
        kind = allowed if isinstance(allowed, str) else allowed[0]
        return TYPES[kind] + _type_cure(error.instance, kind)
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
