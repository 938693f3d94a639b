"""Train the shared trunk of a seed: from the pretrained network to the onset of the neural loss.

Until the onset all doses, targets and methods are the same run (paper 2.5; braintree switches the
neural loss on at step 2,500, to let the new label outputs settle). One trunk per seed, label
setting and adversarial setting; it ends at the last checkpoint that is not after the onset.
"""

from italign.job import job, keywords

from italign.training.base_task import configured_folder
from italign.training.jobs import train_on


def train_base(*, n_gpus: int, options: dict, **files_and_settings) -> None:
    """Train the trunk; of the target only the partition and the log's CKA are used.

    Parameters
    ----------
    n_gpus : int
        See `train_on`.
    options : dict
        Fields of `StepOptions` less ``p``.
    **files_and_settings
        Of `train_part`.
    """
    train_on(n_gpus, options={**options, "p": 0.0}, first_step=0, **files_and_settings)


if __name__ == "__main__":
    # Torch keeps to one thread, as their number moves the last bit; the others decode images.
    with job(snakemake.log[0], snakemake.rule, snakemake.config, threads=1):
        train_base(**snakemake.input, **snakemake.output, **keywords(snakemake.params),
                   base_folder=configured_folder(snakemake.config),
                   n_threads=snakemake.threads, n_gpus=snakemake.resources.gpu)
