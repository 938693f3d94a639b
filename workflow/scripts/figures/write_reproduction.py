"""The reproduction report of a world: the paper's claims and numbers beside ours, as Markdown.

Of the default world, `docs/reproduction.md` is a copy.
"""

from italign.job import job, keywords

from collections.abc import Mapping, Sequence

from italign.evaluation.published import read_compared
from italign.figures.reproduction_page import reproduction_page, world_notes
from italign.io import whole_file

PAPER = "paper"


def write_reproduction(*, reproduction: str, values: str, page: str, world: str, source: str,
                       training: Mapping, assumptions: Sequence[Sequence[str]],
                       region: str, ceiling_rule: str) -> None:
    """Write the report.

    Parameters
    ----------
    reproduction, values : str
        Tables of `compare_published`.
    page : str
        The report, Markdown.
    world : str
        Its name; values are judged in ``paper``.
    source : str
        Where the neural data come from.
    training : mapping
        ``conditions``, ``seeds`` and ``n_steps`` of the config's ``training``: a copy of the report
        that is older than the config can be told by them.
    assumptions : sequence of (path, kind, about, words)
        As from `italign.figures.assumptions.assumptions_of`.
    region, ceiling_rule : str
        Of the recorded brains, and of the headline's similarity.
    """
    text = reproduction_page(read_compared(reproduction), read_compared(values), world, source,
                             world == PAPER, training, assumptions,
                             world_notes(region, ceiling_rule))
    with whole_file(page) as temporary:
        temporary.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.rule, snakemake.config, snakemake.threads):
        write_reproduction(**snakemake.input, **snakemake.output, **keywords(snakemake.params))
