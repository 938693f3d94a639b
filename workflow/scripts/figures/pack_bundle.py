"""Pack what a world's figures are redrawn from: tables, assemblies, examples, config, checksums.

Voltage, crossings, image sets and weights stay here. The images of the contact sheet and assemblies
that a figure reads go along: who holds private ones decides whom to send the bundle.
"""

from italign.job import job, keywords, listed

import json
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

from italign.figures.pages.bundle import CONFIG, PROVENANCE, write_bundle
from italign.figures.pages.portable import SHEET, portable_config, portable_sheet
from italign.figures.pages.provenance import config_yaml
from italign.figures.pages.redrawn import provenance


def pack_bundle(*, cached: Sequence[str] | str, figures: Sequence[str] | str, bundle: str,
                config: Mapping, source: str, sessions: Sequence[str] | str = ()) -> None:
    """Write the bundle.

    Parameters
    ----------
    cached : sequence of str
        Files of ``results/<world>/`` that figures are drawn from, relative to this folder.
    figures : sequence of str
        Files drawn; hashed, not packed.
    bundle : str
        Target, .tar.gz.
    config : mapping
        The merged config.
    source : str
        Where the data come from.
    sessions : sequence of str
        The session sheet, if the world has one.
    """
    folder = f"results/{config['world']}"
    drawn = provenance(config["world"], source, listed(figures))
    contents: dict[str, Path | bytes] = {path: Path(path) for path in listed(cached)}
    for sheet in listed(sessions):
        text, maps = portable_sheet(sheet, folder)
        contents |= {f"{folder}/{SHEET}": text.encode(), **maps}
    contents[f"{folder}/{CONFIG}"] = config_yaml(portable_config(config, folder)).encode()
    contents[f"{folder}/{PROVENANCE}"] = (json.dumps(drawn, indent=1) + "\n").encode()
    write_bundle(bundle, contents)
    logging.info("%s: %d files, %.1f MB; source: %s", bundle, len(contents),
                 Path(bundle).stat().st_size / 1e6, source)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.rule, snakemake.config, snakemake.threads):
        pack_bundle(**snakemake.input, **snakemake.output, **keywords(snakemake.params))
