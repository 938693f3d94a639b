"""Fill the caption of every figure, and list the figures that this world cannot draw.

A caption says the claim, what is drawn, the numbers, n, the ceiling and the settings; its template
is workflow/report/<template>.rst. Report and page show the same files.
"""

from italign.job import by_stem, job, keywords, listed

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from italign.evaluation.table import read_csv
from italign.figures.pages.caption_words import caption_variables
from italign.figures.pages.captions import render_caption
from italign.io import whole_file, write_table


def write_captions(*, templates: Sequence[str], captions: Sequence[str], not_drawn: str,
                   figures: Mapping[str, Mapping], reasons: Mapping[str, str], config: Mapping,
                   tables: Sequence[str] = (), statistics: Sequence[str] = ()) -> None:
    """Write one reStructuredText file per caption.

    Parameters
    ----------
    templates : sequence of str
        Files ``<template>.rst``.
    captions : sequence of str
        Files to write, ``<name>.rst``, each for one entry of `figures`.
    not_drawn : str
        Table to write: figure, reason.
    figures : mapping of str to mapping
        Name -> label, template, panel, source.
    reasons : mapping of str to str
        Figure that is not drawn -> why.
    config : mapping
        The whole merged config.
    tables : sequence of str
        Numbers of the figures, ``<name>.csv``; a name without one cannot use rows().
    statistics : sequence of str
        The claims of `summarise_cohort`, one file or none.
    """
    texts = {name: Path(path).read_text(encoding="utf-8")
             for name, path in by_stem(templates).items()}
    drawn = by_stem(tables)
    claims = next(map(read_csv, listed(statistics)), None)
    for name, path in by_stem(captions).items():
        table = read_csv(drawn[name]) if name in drawn else None
        variables = caption_variables(config, name, figures[name], claims, table)
        template = figures[name]["template"]
        try:
            text = render_caption(texts[template], variables)
        except ValueError as error:
            raise ValueError(f"caption of {name} (workflow/report/{template}.rst): {error}"
                             ) from error
        with whole_file(path) as temporary:
            temporary.write_text(text, encoding="utf-8")
    write_table(pd.DataFrame(reasons.items(), columns=["figure", "reason"]), not_drawn)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.rule, snakemake.config, snakemake.threads):
        write_captions(**snakemake.input, **snakemake.output, **keywords(snakemake.params))
