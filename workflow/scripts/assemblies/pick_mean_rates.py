"""Mean rates of some sites of one animal to some images, for Figure 1A.

With these the figure is redrawn without the assembly.
"""

from italign.job import job, keywords

from italign.assemblies.mean_rates import mean_rates
from italign.io import read_dataset, write_dataset


def pick_mean_rates(*, assembly: str, rates: str) -> None:
    """Write the mean rates.

    Parameters
    ----------
    assembly : str
        netCDF file of the contract of the same name.
    rates : str
        Target, as from `italign.assemblies.mean_rates.mean_rates`.
    """
    write_dataset(mean_rates(read_dataset(assembly, "assembly")), rates)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.rule, snakemake.config, snakemake.threads):
        pick_mean_rates(**snakemake.input, **snakemake.output, **keywords(snakemake.params))
