"""Train the shared trunk of a seed: from the pretrained network to the onset of the neural loss.

Until the onset all doses, targets and methods are the same run (paper 2.5; braintree switches the
neural loss on at step 2,500, to let the new label outputs settle). One trunk per seed, label
setting and adversarial setting.
"""

from italign.io import read_dataset
from italign.job import job, keywords
from italign.training.run import new_network, run_segment, training_data
from italign.training.segment import StepOptions


def train_base(*, pretrained: str, base: str, stimuli: str, target: str, checkpoints: str,
               state: str, log_csv: str, model: dict, options: dict, optimiser: dict,
               validation_every: int) -> None:
    """Train steps 0 to the onset; of the target only the partition and the log's CKA are used."""
    data = training_data(read_dataset(base, "stimuli"), read_dataset(stimuli, "stimuli"),
                         read_dataset(target, "target"))
    network = new_network(pretrained, model, data, options["seed"])
    run_segment(
        network, data, previous=None, method=None, options=StepOptions(**options, p=0.0),
        optimiser=optimiser, steps=range(options["onset_step"]), validation_every=validation_every,
        files={"checkpoints": checkpoints, "state": state, "log": log_csv},
    )


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.rule, snakemake.config, snakemake.threads):
        train_base(**snakemake.input, **snakemake.output, **keywords(snakemake.params))
