"""A job of a world, as a plan sees it."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Job:
    """One job: what it waits for, what it takes and what it leaves.

    Parameters
    ----------
    name : str
        Unique in its world.
    rule : str
        Rules that differ in their group of models only (score_models_0) have one name.
    after : frozenset of str
        Names of the jobs that must end before it starts.
    network : str
        Of its network; empty without one.
    mmacs, looks : float
        Millions of multiply-adds; checkpoints scored.
    threads : int
        Cores.
    gpu_slots : int
        Of the four of one GPU; 0 for a job that needs no GPU.
    files_mb : mapping of str to float
        Output file to its size; NaN where it is not known.
    temp : frozenset of str
        Output files that are deleted when nothing needs them any more.
    inputs : frozenset of str
        Input files.
    benchmark : str
        Snakemake's file of what it took; empty without one.
    """

    name: str
    rule: str
    after: frozenset[str] = frozenset()
    network: str = ""
    mmacs: float = 0.0
    looks: float = 0.0
    threads: int = 1
    gpu_slots: int = 0
    files_mb: Mapping[str, float] = field(default_factory=dict)
    temp: frozenset[str] = frozenset()
    inputs: frozenset[str] = frozenset()
    benchmark: str = ""
