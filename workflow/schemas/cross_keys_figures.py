"""Contradictions within `figures`: panels name image sets, curves name attacks, values a file.

What exists but is not measured in this world leaves its figure out, with the reason; only what
exists nowhere is a mistake.
"""

from collections.abc import Iterator
from pathlib import Path

from hints import hint

SUBSETS = ("_overlapping", "_novel")
PUBLISHED = Path(__file__).parents[2] / "resources" / "published"


def figure_problems(config: dict) -> Iterator[str]:
    """Find panels of sets, curves of attacks, and published values that do not exist.

    Parameters
    ----------
    config : dict
        The merged config.

    Yields
    ------
    str
        One line per problem.
    """
    figures, sets = config["figures"], config["stimuli"]["sets"]
    for key, name in _panels(figures):
        if name is not None and set_of_panel(name, sets) not in sets:
            yield f"figures.{key}: no image set {name!r} in stimuli.sets; {hint(name, sets)}"
    attacks = config["evaluation"]["robustness"]["attacks"]
    for i, name in enumerate(figures["figure_5_attacks"]):
        if name not in attacks:
            yield (f"figures.figure_5_attacks[{i}]: no attack {name!r} in "
                   f"evaluation.robustness.attacks; {hint(name, attacks)}")
    if "examples" in sets:
        yield ("stimuli.sets.examples: the name is taken by the images that figures show; call the "
               "set otherwise")
    known = sorted(path.stem for path in PUBLISHED.glob("*.csv"))
    if figures["published"] is not None and figures["published"] not in known:
        yield (f"figures.published: no resources/published/{figures['published']}.csv; "
               f"{hint(figures['published'], known)}")


def set_of_panel(name: str, sets: dict) -> str:
    """Image set that a panel is about: its name less the subset of nouns."""
    subset = next((end for end in SUBSETS if name.endswith(end)), "")
    return name if name in sets else name.removesuffix(subset)


def _panels(figures: dict) -> Iterator[tuple[str, str | None]]:
    for number in (2, 3, 4, 5):
        for panel, name in figures[f"figure_{number}"].items():
            yield f"figure_{number}.{panel}", name
    for i, name in enumerate(figures["figure_a1"]):
        yield f"figure_a1[{i}]", name
    for panel, names in figures["claims"].items():
        for name in names if isinstance(names, list) else [names]:
            yield f"claims.{panel}", name
