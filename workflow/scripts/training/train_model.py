"""Train one segment of a cohort member, from where the trunk or the segment before left it.

loss = CE(base) + labels * CE(stimulus labels) + keep(seed, step) * method(region, target)
(paper 2.5). The same segment gives the same weights to the last bit on one machine and thread
count: nothing random is carried between steps.
"""

from italign.job import job, keywords

from italign.training.base_task import configured_folder
from italign.training.jobs import train_on


def train_model(*, n_gpus: int, **files_and_settings) -> None:
    """Train steps first_step (inclusive) to last_step (exclusive).

    Parameters
    ----------
    n_gpus : int
        See `train_on`.
    **files_and_settings
        Of `train_part`.
    """
    train_on(n_gpus, **files_and_settings)


if __name__ == "__main__":
    # Torch keeps to one thread, as their number moves the last bit; the others decode images.
    with job(snakemake.log[0], snakemake.rule, snakemake.config, threads=1):
        train_model(**snakemake.input, **snakemake.output, **keywords(snakemake.params),
                    base_folder=configured_folder(snakemake.config),
                    n_threads=snakemake.threads, n_gpus=snakemake.resources.gpu)
