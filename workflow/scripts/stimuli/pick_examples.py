"""Pick the images that stand for every noun, stimulus set and variation level (paper 2.1).

The contact sheet and Figure 1A show these and no others, so that figures are redrawn without the
sets themselves.
"""

from italign.job import job, keywords

import logging
from collections.abc import Sequence

from italign.io import read_dataset, write_dataset
from italign.stimuli.sheet import gather_examples


def pick_examples(*, stimuli: Sequence[str] | str, examples: str) -> None:
    """Write the examples of all sets into one file.

    Parameters
    ----------
    stimuli : sequence of str
        netCDF files of the contract ``stimuli``.
    examples : str
        Target, as from `italign.stimuli.sheet.gather_examples`.
    """
    paths = [stimuli] if isinstance(stimuli, str) else stimuli
    ds = gather_examples([read_dataset(path, "stimuli") for path in paths])
    logging.info("%d images of %d sets (licence: %s)", ds.sizes["example"], len(paths),
                 ds.attrs["licence"])
    write_dataset(ds, examples)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.rule, snakemake.config, snakemake.threads):
        pick_examples(**snakemake.input, **snakemake.output, **keywords(snakemake.params))
