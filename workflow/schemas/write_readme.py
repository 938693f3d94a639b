"""Write the tables of config/README.md: values, unit, default and meaning of every key.

What stands above the mark is written by hand and stays:

    python workflow/schemas/write_readme.py
"""

from collections.abc import Iterator
from pathlib import Path

import yaml
from violations import LIMITS

SCHEMA = Path(__file__).with_name("config.schema.yaml")
README = Path(__file__).parents[2] / "config" / "README.md"
DEFAULT = README.with_name("config.yaml")
MARK = "<!-- Below: written by workflow/schemas/write_readme.py from config.schema.yaml -->\n"
HEADER = "| key | values | unit | default | meaning |\n|---|---|---|---|---|"
KINDS = {"string": "text", "integer": "whole number", "number": "number",
         "boolean": "true, false", "object": "mapping", "null": "null"}
# What stands in a description's brackets where there is no unit.
NO_UNIT = ("1", "text", "section", "true or false", "on or off", "switch")
SHOWN_LIMITS = ("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum", "multipleOf")
LONGEST_DEFAULT = 40  # characters


def readme() -> str:
    """Give config/README.md with its tables written anew."""
    schema, default = (yaml.safe_load(file.read_text(encoding="utf-8"))
                       for file in (SCHEMA, DEFAULT))
    text = README.read_text(encoding="utf-8")
    by_hand, mark, _old = text.partition(MARK)
    if not mark:
        raise ValueError(f"{README}: no line {MARK.strip()!r}, expected one above the tables")
    lines = [line for path, node in sections(schema, schema) for line in table(path, node, default)]
    return by_hand + mark + "\n".join(lines) + "\n"


def sections(schema: dict, node: dict, path: str = "") -> Iterator[tuple[str, dict]]:
    """Give a section, then those inside it, each with its path."""
    node = resolved(schema, node)
    if "properties" in node:
        node["properties"] = {key: resolved(schema, child)
                              for key, child in node["properties"].items()}
        yield path, node
    for key, child in node.get("properties", {}).items():
        yield from sections(schema, child, f"{path}.{key}".removeprefix("."))
    for part, name in (("additionalProperties", ".<name>"), ("items", "[]")):
        if isinstance(node.get(part), dict):
            described = {"description": node.get("description", ""), **node[part]}
            yield from sections(schema, described, path + name)


def resolved(schema: dict, node: dict) -> dict:
    """Give a node with what its ``$ref`` names; of an if, the case in which there are keys."""
    if "$ref" in node:
        node = {**schema["$defs"][node["$ref"].rpartition("/")[2]], **node}
    if "then" in node:
        node = {**resolved(schema, node["then"]), **node}
    if isinstance(node.get("items"), dict):
        node = {**node, "items": resolved(schema, node["items"])}
    return dict(node)


def table(path: str, section: dict, default: dict) -> list[str]:
    """Lines of one section: heading, meaning, and a row for each key that is no section itself."""
    meaning = described(section)[0]
    heading = f"**`{path}`**: {meaning}" if "." in path else f"### {path or 'Top level'}"
    rows = []
    for key, node in section["properties"].items():
        if "properties" not in node:
            words, unit = described(node)
            value = default_of(f"{path}.{key}".removeprefix("."), default)
            rows.append(f"| `{key}` | {values(node)} | {unit} | {value} | {words} |")
    said = ["", meaning] if meaning and "." not in path else []
    return ["", heading, *said, *(["", HEADER, *rows] if rows else [])]


def described(node: dict) -> tuple[str, str]:
    """Meaning and unit in a description; < would be taken for HTML."""
    meaning, _, unit = node.get("description", "").rpartition(" [")
    unit = unit.removesuffix("]")
    return meaning.replace("<", "&lt;"), "" if unit in NO_UNIT else unit


def values(node: dict) -> str:
    """What a key may hold, in words."""
    if "anyOf" in node:
        return " or ".join(dict.fromkeys(values(choice) for choice in node["anyOf"]))
    if "enum" in node:
        return ", ".join(map(flow, node["enum"]))
    kinds = [node["type"]] if isinstance(node["type"], str) else node["type"]
    words = [listed(node) if kind == "array" else KINDS[kind] for kind in kinds]
    if "else" in node:
        words.append(values(node["else"]))
    limits = [LIMITS[name].format(node[name]) for name in SHOWN_LIMITS if name in node]
    return ", ".join([" or ".join(words), *limits])


def listed(node: dict) -> str:
    """What a list may hold."""
    entries = node.get("items", {})
    return "list of sections" if "properties" in entries else f"list of ({values(entries)})"


def default_of(path: str, default: dict) -> str:
    """Value of a key in config.yaml; nothing for sections and for entries of lists."""
    node = default
    for part in path.split("."):
        if not isinstance(node, dict) or part not in node:
            return ""
        node = node[part]
    text = "" if isinstance(node, dict) else flow(node)
    return text if len(text) <= LONGEST_DEFAULT else "in config.yaml"


def flow(value: object) -> str:
    """YAML of a value on one line."""
    text = yaml.safe_dump(value, default_flow_style=True, width=10_000)
    return text.removesuffix("...\n").strip()


if __name__ == "__main__":
    README.write_text(readme(), encoding="utf-8")
