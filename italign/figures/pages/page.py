"""The page of a world: its figures, captions and numbers as one HTML file that needs no network."""

import base64
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from italign.evaluation.table import read_csv
from italign.figures.pages.caption_words import claim_words
from italign.figures.pages.captions import caption_html, first_sentence
from italign.figures.pages.hover import has_chart, hover_chart
from italign.figures.reproduction_page import interval_text, number_text
from italign.figures.similarity_words import name_and_unit
from italign.figures.words import SIMILARITY_LABEL, figure_words

MIME = {".svg": "image/svg+xml", ".csv": "text/csv", ".pdf": "application/pdf"}
# Mail servers refuse much more. PDFs are left out first: they hold what the SVGs hold.
MOST_BYTES = 14_000_000
ENLARGED = 1.7  # times the size in print, where the window is wide enough
# Claims that head the page: words, name and further columns of the claim.
HEADLINES = {
    "Similarity rises with the dose (Spearman, mean of the held-out axes)":
        ("dose_similarity_spearman", {"animal": "mean"}),
    "Behavioral alignment goes with similarity (Pearson r, final step)":
        ("behavior_similarity_pearson", {}),
    "Accuracy under attack goes with similarity (Pearson r, final step)":
        ("robustness_similarity_pearson", {}),
    "{name} where the neural loss begins {unit}":
        ("similarity_base", {"animal": "mean"}),
}


def figure_entry(name: str, entry: Mapping, files: Mapping[str, str], caption: str,
                 similarity: str = SIMILARITY_LABEL) -> dict:
    """Collect what the page shows of one figure.

    Parameters
    ----------
    name : str
        Its file name without suffix.
    entry : mapping
        With its ``label``.
    files : mapping of str to str
        Suffix -> path: ``.svg`` and ``.csv``; ``.pdf`` where it is to be embedded.
    caption : str
        reStructuredText.
    similarity : str
        What it is, in words.

    Returns
    -------
    dict
        Of text; what is HTML or JSON already is marked as such.

    Raises
    ------
    ValueError
        If the SVG does not say its size.
    """
    table = read_csv(files[".csv"])
    return {
        "name": name, "label": entry["label"],
        "alt": f"{entry['label']}: {first_sentence(caption)}",
        "caption": Markup(caption_html(caption)), "image": data_uri(files[".svg"]),
        **svg_size(files[".svg"]),
        "downloads": [{"file": Path(files[suffix]).name, "uri": data_uri(files[suffix])}
                      for suffix in (".csv", ".pdf") if suffix in files],
        "chart": json_in_html(hover_chart(table, similarity)) if has_chart(table) else None,
    }


def data_uri(path: str | Path) -> str:
    """A file's bytes as the address of an image or of a download."""
    encoded = base64.b64encode(Path(path).read_bytes()).decode()
    return f"data:{MIME[Path(path).suffix]};base64,{encoded}"


def svg_size(path: str | Path) -> dict[str, int]:
    """Width and height of an SVG in CSS pixels, enlarged for the screen."""
    header = Path(path).read_text(encoding="utf-8")[:2000]
    found = re.search(r'<svg[^>]*? width="([\d.]+)pt" height="([\d.]+)pt"', header)
    if not found:
        raise ValueError(f"{path}: no width and height in pt in its first lines, expected an SVG "
                         "as save_figure writes it; draw the figure again")
    width, height = (round(float(points) * 4 / 3 * ENLARGED) for points in found.groups())
    return {"width": width, "height": height}


def json_in_html(text: str) -> Markup:
    """JSON for a script element, in which no ``</script>`` can end it."""
    return Markup(text.replace("<", r"\u003c").replace("&", r"\u0026"))


def headlines(statistics: pd.DataFrame | None,
              similarity: str = SIMILARITY_LABEL) -> list[dict[str, str]]:
    """Numbers that head the page, as far as this cohort has them: words and text."""
    rows, (name, unit) = [], name_and_unit(similarity)
    for words, (claim, columns) in HEADLINES.items():
        found = pd.DataFrame() if statistics is None else statistics[statistics["name"] == claim]
        for column, value in columns.items():
            found = found[found[column] == value] if len(found) else found
        told = words.format(name=name, unit=unit)
        rows += [{"words": told, "text": claim_words(row)} for _, row in found.iterrows()]
    return rows


def verdicts(reproduction: pd.DataFrame) -> list[dict[str, str]]:
    """Claims of the paper as text, in the words of the reproduction report."""
    words = [{"figure": figure_words(row.figure), "estimate": number_text(row.estimate, row.unit),
              "interval": interval_text(row.low, row.high, row.unit)}
             for row in reproduction.itertuples()]
    shown = reproduction.astype(object).where(reproduction.notna(), "").to_dict("records")
    return [row | text for row, text in zip(shown, words, strict=True)]


def not_drawn_entry(name: str, reason: str) -> dict[str, str]:
    """What the page says of a figure that the world cannot draw: label and reason."""
    words = figure_words(name)
    label = name.replace("_", " ").capitalize() if words == name else f"Figure {words}"
    return {"label": label, "reason": reason}


def embedded_kinds(files: Mapping[str, Mapping[str, str]]) -> tuple[str, ...]:
    """Suffixes that go into the page: PDFs only where the page stays small enough to be mailed."""
    size = {suffix: sum(Path(kinds[suffix]).stat().st_size for kinds in files.values())
            for suffix in MIME}
    # base64 writes 3 bytes as 4 characters.
    total = len(get_plotlyjs()) + sum(size.values()) * 4 / 3
    return tuple(MIME) if total < MOST_BYTES else (".svg", ".csv")


def fill_page(template: str, figures: Sequence[Mapping], **variables) -> str:
    """Fill the page's template; all but what is marked as HTML is escaped."""
    jinja = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True,
                        lstrip_blocks=True, keep_trailing_newline=True)
    script = Markup(get_plotlyjs()) if any(figure["chart"] for figure in figures) else None
    return jinja.from_string(template).render(sections=_sections(figures), script=script,
                                              **variables)


def _sections(figures: Sequence[Mapping]) -> list[dict]:
    """The paper's figures first, then ours, then the session pages; none that is empty."""
    def part(figure: Mapping) -> str:
        return figure["name"].split("-")[0].split("_")[0]

    parts = {"Figures of the paper": lambda each: part(each) == "figure",
             "More of this world": lambda each: part(each) not in ("figure", "session"),
             "Recording sessions": lambda each: part(each) == "session"}
    sections = [{"title": title, "figures": [each for each in figures if belongs(each)]}
                for title, belongs in parts.items()]
    return [section for section in sections if section["figures"]]
