"""Train one segment of a cohort member, from where the trunk or the segment before left it.

loss = CE(base) + labels * CE(stimulus labels) + keep(seed, step) * method(region, target)
(paper 2.5). The same segment gives the same weights to the last bit on one machine and thread
count: nothing random is carried between steps.
"""

from italign.io import read_dataset
from italign.job import job, keywords
from italign.training.run import resumed_network, run_segment, training_data
from italign.training.segment import StepOptions


def train_model(previous, base, stimuli, target, checkpoints, state, log_csv, model, method,
                options, optimiser, first_step, last_step, validation_every):
    """Train steps first_step (inclusive) to last_step (exclusive)."""
    data = training_data(read_dataset(base, "stimuli"), read_dataset(stimuli, "stimuli"),
                         read_dataset(target, "target"))
    network, state_before = resumed_network(previous, model, data)
    run_segment(
        network, state_before, data, method, StepOptions(**options), optimiser,
        range(first_step, last_step), validation_every,
        {"checkpoints": checkpoints, "state": state, "log": log_csv},
    )


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.rule, snakemake.config, snakemake.threads):
        train_model(**snakemake.input, **snakemake.output, **keywords(snakemake.params))
