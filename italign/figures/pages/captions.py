"""Captions: templates in reStructuredText filled with config, claims and a figure's own numbers."""

import re
from collections.abc import Mapping
from typing import Any

from docutils import nodes
from docutils.core import publish_doctree, publish_parts
from docutils.utils import SystemMessage
from jinja2 import Environment, StrictUndefined, TemplateError

MARKUP = re.compile(r"[\\*`|_{}:<>\[\]]")
# Captions include nothing and hold no raw HTML, whatever their words; warnings are errors.
STRICT = {"halt_level": 2, "report_level": 2, "warning_stream": False, "raw_enabled": False,
          "file_insertion_enabled": False, "_disable_config": True}


def render_caption(template: str, variables: Mapping[str, Any]) -> str:
    """Fill a template and check what comes out.

    Parameters
    ----------
    template : str
        reStructuredText with jinja expressions; what they insert is plain text, never markup.
    variables : mapping of str to object
        As from `italign.figures.pages.caption_words.caption_variables`.

    Returns
    -------
    str
        reStructuredText that docutils reads without a warning, and that holds no jinja.

    Raises
    ------
    ValueError
        If the template names what is not there, or its text is not sound reStructuredText.
    """
    # Blocks leave no lines behind, as in Snakemake's own reports.
    jinja = Environment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
                        keep_trailing_newline=True, finalize=escape)
    jinja.filters["g"] = "{:g}".format  # 1.0 is written 1
    try:
        text = jinja.from_string(template).render(variables)
    except (TemplateError, TypeError) as error:  # of a name, or of what a filter is given
        raise ValueError(f"the template cannot be filled ({error}); it may name "
                         f"{sorted(variables)}: correct it in workflow/report") from error
    # The report fills what it reads once more.
    if re.search(r"\{[{%#]", text):
        raise ValueError("the filled caption still holds {{, {% or {#: take raw blocks out of it")
    check_caption(text)
    return text


def check_caption(text: str) -> None:
    """Raise ValueError, with docutils' own words, for text that is not sound reStructuredText."""
    try:
        publish_doctree(text, settings_overrides=STRICT)
    except SystemMessage as error:
        raise ValueError(f"the caption is not sound reStructuredText: {error}; correct its "
                         "template in workflow/report") from error


def caption_html(text: str) -> str:
    """Caption as HTML paragraphs, without the title that a caption may begin with."""
    settings = STRICT | {"initial_header_level": 3, "math_output": "MathML"}
    return publish_parts(text, writer="html5", settings_overrides=settings)["body"].strip()


def first_sentence(text: str) -> str:
    """First sentence of a caption, without markup and without the bold title it begins with."""
    paragraph = next(publish_doctree(text, settings_overrides=STRICT).findall(nodes.paragraph))
    title = paragraph.children[0]
    words = paragraph.astext()[len(title.astext()) if isinstance(title, nodes.strong) else 0:]
    return re.split(r"(?<=[.?!]) (?=[A-Z])", " ".join(words.split()), maxsplit=1)[0]


def escape(value: Any) -> str:
    """Write a value of config or data as text in which docutils and jinja find no markup."""
    text = MARKUP.sub(r"\\\g<0>", " ".join(str(value).split()))
    # A line may begin with it: a dash or a dot there would begin a list or a directive.
    plain_start = not text or text[0].isalnum() or text[0] == "\\"
    return text if plain_start else f"\\{text}"
