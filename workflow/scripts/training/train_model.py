"""Train one segment of a cohort member, from where the trunk or the segment before left it.

loss = CE(base) + labels * CE(stimulus labels) + keep(seed, step) * method(region, target)
(paper 2.5). The same segment gives the same weights to the last bit on one machine and thread
count: nothing random is carried between steps.
"""

from italign.io import read_dataset
from italign.job import job, keywords
from italign.training.run import blank_network, run_segment, training_data
from italign.training.segment import StepOptions


def train_model(*, previous: str, base: str, stimuli: str, target: str, checkpoints: str,
                state: str, log_csv: str, model: dict, method: str, options: dict,
                optimiser: dict, first_step: int, last_step: int, validation_every: int) -> None:
    """Train steps first_step (inclusive) to last_step (exclusive)."""
    data = training_data(read_dataset(base, "stimuli"), read_dataset(stimuli, "stimuli"),
                         read_dataset(target, "target"))
    run_segment(
        blank_network(model, data), data, previous=previous, method=method,
        options=StepOptions(**options), optimiser=optimiser, steps=range(first_step, last_step),
        validation_every=validation_every,
        files={"checkpoints": checkpoints, "state": state, "log": log_csv},
    )


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.rule, snakemake.config, snakemake.threads):
        train_model(**snakemake.input, **snakemake.output, **keywords(snakemake.params))
