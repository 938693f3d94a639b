"""One static page per world: figures first, then claims, gaps, versions and config.

It opens from disk or a mail and asks no network for anything: images, numbers and the charts'
script lie inside, and its content security policy forbids the rest.
"""

from italign.job import by_stem, job, keywords, listed

from collections.abc import Mapping, Sequence
from pathlib import Path

from markupsafe import Markup

from italign.evaluation.table import read_csv
from italign.figures.pages.captions import caption_html
from italign.figures.pages.page import (
    data_uri,
    embedded_kinds,
    figure_entry,
    fill_page,
    headlines,
    not_drawn_entry,
    verdicts,
)
from italign.figures.pages.provenance import config_yaml, versions_table
from italign.figures.reproduction_page import INTERVALS
from italign.figures.similarity_words import similarity_label
from italign.io import whole_file, write_table


def write_page(*, template: str, captions: Sequence[str], svgs: Sequence[str], pdfs: Sequence[str],
               tables: Sequence[str], not_drawn: str, page: str, versions: str, settings: str,
               figures: Mapping[str, Mapping], config: Mapping, statistics: Sequence[str] = (),
               reproduction: Sequence[str] = (), datasets: Sequence[str] = ()) -> None:
    """Write the page, and the versions and config that it shows.

    Parameters
    ----------
    template : str
        The page in jinja.
    captions : sequence of str
        As written by `write_captions`: ``<figure>.rst`` or ``<template>.rst`` of each figure, and
        ``workflow.rst``.
    svgs, pdfs, tables : sequence of str
        Figures and their numbers, ``<figure>.<suffix>``.
    not_drawn : str
        Table figure, reason.
    page, versions, settings : str
        HTML, CSV and YAML to write.
    figures : mapping of str to mapping
        Name -> label, template, source; in the order of the page.
    config : mapping
        The whole merged config.
    statistics, reproduction : sequence of str
        Claims of the cohort, and verdicts on those of the paper; one file or none.
    datasets : sequence of str
        netCDF files whose provenance is listed.
    """
    texts = {name: Path(path).read_text(encoding="utf-8")
             for name, path in by_stem(captions).items()}
    drawn = {suffix: by_stem(paths) for suffix, paths in
             ((".svg", svgs), (".pdf", pdfs), (".csv", tables))}
    files = {name: {suffix: paths[name] for suffix, paths in drawn.items()} for name in figures}
    kinds = embedded_kinds(files)
    region = config["assemblies"]["region"]
    similarity = similarity_label(region, config["evaluation"]["headline"]["ceiling_rule"])
    entries = [figure_entry(name, entry, {kind: files[name][kind] for kind in kinds},
                            texts.get(name) or texts[entry["template"]], similarity)
               for name, entry in figures.items()]
    made_with = versions_table(listed(datasets))
    filled = fill_page(
        Path(template).read_text(encoding="utf-8"), entries, world=config["world"],
        region=region,
        sources=sorted({entry["source"] for entry in figures.values() if entry["source"]}),
        headlines=headlines(next(map(read_csv, listed(statistics)), None), similarity),
        claims=[row for path in listed(reproduction) for row in verdicts(read_csv(path))],
        intervals=INTERVALS, about=Markup(caption_html(texts["workflow"])),
        config=config_yaml(config),
        tables=[{"file": Path(path).name, "uri": data_uri(path)}
                for path in [*listed(statistics), *listed(reproduction)]],
        not_drawn=[not_drawn_entry(*row) for row in read_csv(not_drawn).itertuples(index=False)],
        versions=made_with.to_dict("records"))
    write_table(made_with, versions)
    for path, text in ((settings, config_yaml(config)), (page, filled)):
        with whole_file(path) as temporary:
            temporary.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.rule, snakemake.config, snakemake.threads):
        write_page(**snakemake.input, **snakemake.output, **keywords(snakemake.params))
