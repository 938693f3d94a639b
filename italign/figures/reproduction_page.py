"""The reproduction report as Markdown: claims, numbers, and what was assumed or done otherwise."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from italign.evaluation.verdicts import RULE
from italign.figures.similarity_words import NO_CEILING
from italign.figures.words import figure_words

PAPER_REGION = "IT"
IN_SILICO = "in silico"
VERDICTS = {"agrees": "agree", "disagrees": "disagree",
            "not testable here": "cannot be tested here"}
SIMULATED = (
    "**This world is simulated.** Its animals, people and networks are small models with planted "
    "truth: an agreement says that the method does in simulation what the paper reports of "
    "macaques, a disagreement that it does not do so there. Neither is evidence about real "
    "brains.")
INTERVALS = "Intervals are 95 % bootstrap intervals; of 2 or 3 seeds, the range of the seeds."
VALUES = {
    True: "This world has the paper's data: *inside* says whether the published value, give or "
          "take the precision at which it was read, meets our interval.",
    False: "This world does not have the paper's data: our values are shown for scale, and not "
           "judged.",
}


def reproduction_page(claims: pd.DataFrame, values: pd.DataFrame, world: str, source: str,
                      is_paper: bool, training: Mapping,
                      assumptions: Iterable[Sequence[str]], notes: Sequence[str] = ()) -> str:
    """Write the report of one world.

    Parameters
    ----------
    claims, values : pandas.DataFrame
        As written by `compare_published`.
    world, source : str
        Name of the world, and where its neural data come from.
    is_paper : bool
        Whether values are judged.
    training : mapping
        Of the config's ``training``: ``conditions``, ``seeds``, and whatever else the report shall
        name.
    assumptions : iterable of (path, kind, about, words)
        As from `italign.figures.assumptions.assumptions_of`.
    notes : sequence of str
        In which the world's brains differ from the paper's: `world_notes`.

    Returns
    -------
    str
        Markdown, the same for the same tables.
    """
    counts = claims["verdict"].value_counts()
    told = ", ".join(f"{counts.get(verdict, 0)} {words}" for verdict, words in VERDICTS.items())
    parts = [
        f"# The paper's claims in the world `{world}`",
        f"Written by the rule `write_reproduction`, with `make WORLD={world}`: do not edit. "
        "Paper: Dapello, Kar et al., ICLR 2023. Its numbers: `resources/published/`.",
        f"Data: {source}. {SIMULATED}" if source == IN_SILICO else f"Data: {source}.",
        *notes,
        f"**{len(claims)} claims: {told}.**",
        RULE,
        "Models of this world:\n\n" + training_words(training),
        "## Claims", INTERVALS, _claims(claims),
        "## Numbers", f"{VALUES[is_paper]} {INTERVALS}", _values(values, is_paper),
        "## Assumptions and deviations",
        "As marked in code and configs: *assumed* where no source settles a choice, *deviation* "
        "where we knowingly do otherwise than the paper or the code we follow.",
        _assumptions(assumptions),
    ]
    return "\n\n".join(parts) + "\n"


def world_notes(region: str, ceiling_rule: str) -> list[str]:
    """Say where a world's similarity is another than the paper's: in region, or without ceiling."""
    notes = []
    if region != PAPER_REGION:
        notes.append(f"**Similarity is to {region} here.** The paper's claims are on "
                     f"{PAPER_REGION}, and stand in its words; what is tested is the same claim on "
                     f"recordings of {region}.")
    if ceiling_rule == NO_CEILING:
        notes.append("**Similarity is raw CKA here.** Without trials no ceiling of the recordings "
                     "is known, so that its effects cannot be compared in size with the paper's, "
                     "which are of CKA / ceiling; directions can.")
    return notes


def training_words(training: Mapping) -> str:
    """Settings of a world's models as a list in Markdown, as in its config."""
    lines = []
    for key, value in training.items():
        several = isinstance(value, Sequence) and any(isinstance(one, Mapping) for one in value)
        words = [json.dumps(one) for one in (value if several else [value])]
        lines += [f"- `training.{key}`: `{word}`" for word in words]
    return "\n".join(lines)


def _claims(claims: pd.DataFrame) -> str:
    header = ("claim", "figure", "paper", "this world", "interval", "n", "verdict", "why")
    return _table(header, [
        (f"{claim.claim}<br>*{claim.statistic}*", figure_words(claim.figure), claim.published,
         number_text(claim.estimate, claim.unit), interval_text(claim.low, claim.high, claim.unit),
         _count(claim.n, claim.unit_of_resampling),
         f"**{claim.verdict}**", claim.why)
        for claim in claims.itertuples(index=False)])


def _count(n: int, unit: str) -> str:
    """Words for n, e.g. ``14 runs``; of one seed nothing is resampled (``none``)."""
    if not n:
        return ""
    unit = "seed" if unit == "none" else unit
    return f"{n} {unit}" if n == 1 else f"{n} {unit}s"


def number_text(value: float, unit: str) -> str:
    """A claim's estimate with its unit, e.g. ``+0.069 accuracy`` or ``0.89``; empty for NaN."""
    if np.isnan(value):
        return ""
    return f"{value:.2f}" if unit == "correlation" else f"{value:+.3f} {unit}"


def interval_text(low: float, high: float, unit: str) -> str:
    """A claim's interval with as many decimals as its estimate; empty for NaN."""
    if np.isnan(low):
        return ""
    form = ".2f" if unit == "correlation" else "+.3f"
    return f"[{low:{form}}, {high:{form}}]"


def _values(values: pd.DataFrame, is_paper: bool) -> str:
    """Numbers that have one of ours; the others are counted by reason."""
    found, missing = values[values["ours"].notna()], values[values["ours"].isna()]
    header = ("figure", "quantity", "condition", "paper", "read", "this world", "interval",
              "seeds, runs or points", *(("inside",) if is_paper else ()))
    rows = [(figure_words(row.figure), f"{row.quantity.replace('_', ' ')}, {row.mark}",
             _condition(row),
             f"{row.published:.4g}", f"{row.read_from}, ± {row.precision:g}", _short(row.ours),
             "" if np.isnan(row.low) else f"[{_short(row.low)}, {_short(row.high)}]",
             str(row.n), *((row.inside,) if is_paper else ()))
            for row in found.itertuples(index=False)]
    reasons = [f"- {count}: {why}" for why, count
               in missing["why"].value_counts().sort_index().items()]
    table = f"{_table(header, rows)}\n\n" if rows else ""
    return (f"{table}{len(missing)} of {len(values)} published numbers have none of ours beside "
            "them (all: `evaluation/published_values.csv`):\n\n" + "\n".join(reasons))


def _short(value: float) -> str:
    return f"{value:.0f}" if float(value).is_integer() else f"{value:.3f}"


def _condition(row: tuple) -> str:
    """Words of a published number's condition, less what does not apply."""
    words = [f"{row.target} targets" if row.target not in ("", "true") else "",
             "" if np.isnan(row.p) else f"p = {row.p:g}",
             "without labels" if row.labels == "off" else "",
             row.animal, row.stimulus_set if row.stimulus_set != "mean" else "",
             row.categories if row.categories not in ("", "all") else "",
             f"{row.steps_since_onset:.0f} steps since the onset"
             if row.mark in ("trajectory", "final") and row.steps_since_onset > 0 else "",
             f"at similarity {row.x:g}" if row.mark == "line" else ""]
    return ", ".join(word for word in words if word)


def _assumptions(assumptions: Iterable[Sequence[str]]) -> str:
    lines, last = [], None
    for path, kind, about, words in assumptions:
        if path != last:
            lines.append(f"- `{path}`")
            last = path
        name = f"`{about}`: " if about else ""
        kind = {"ASSUME": "assumed", "DEVIATION": "deviation"}[kind]
        lines.append(f"  - *{kind}*: {name}{escaped(words)}")
    return "\n".join(lines)


def escaped(text: str) -> str:
    """Text that Markdown shows as it is, but for code in backquotes."""
    return re.sub(r"`[^`]*`|[\\*_<>|\[\]]",
                  lambda match: match[0] if match[0][0] == "`" else f"\\{match[0]}", text)


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |"
                     for line in lines)
