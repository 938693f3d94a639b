"""Blocks: stimuli with responses of the same sites, as those of one recording session.

A target of several sessions of one animal, each with its own sites and images, has rates in blocks
and NaN elsewhere. CKA compares populations over the same stimuli, so each step takes its batch from
one block and compares with the sites of that block.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from italign.training.schedule import batch_indices, drawn_block

if TYPE_CHECKING:
    from italign.training.step import StepOptions


@dataclass(frozen=True, eq=False)
class Block:
    """Stimuli with rates of the same sites.

    Parameters
    ----------
    rows : numpy.ndarray, (n_stimuli,)
        Places among the stimuli of a partition, ascending.
    sites : numpy.ndarray, (n_sites,)
        Places among the sites of the target, ascending.
    has_all_sites : bool
        Whether these are all sites of the target.
    """

    rows: np.ndarray
    sites: np.ndarray
    has_all_sites: bool

    def rates(self, targets: Tensor, rows: np.ndarray | Tensor) -> Tensor:
        """Rates of this block's sites to some stimuli of its, (n, n_sites)."""
        rates = targets[rows]
        if self.has_all_sites:
            return rates
        return rates[:, torch.from_numpy(self.sites).to(targets.device)]


def blocks_of(targets: Tensor) -> tuple[Block, ...]:
    """Sort stimuli by the sites that have rates for them.

    Parameters
    ----------
    targets : torch.Tensor, (n_stimuli, n_sites)
        NaN where a site has none.

    Returns
    -------
    tuple of Block
        In the order of their first stimuli; one of everything where nothing is NaN.
    """
    known = (~torch.isnan(targets)).cpu().numpy()
    patterns, first, block = np.unique(known, axis=0, return_index=True, return_inverse=True)
    return tuple(Block(np.flatnonzero(block.reshape(-1) == k), np.flatnonzero(patterns[k]),
                       bool(patterns[k].all())) for k in np.argsort(first))


def drawn_rows(
    blocks: Sequence[Block], options: "StepOptions", step: int
) -> tuple[Block, np.ndarray]:
    """Block of a step, and its batch as rows among all training stimuli.

    Parameters
    ----------
    blocks : sequence of Block
        Of the training stimuli.
    options : StepOptions
        ``seed`` and ``batch_size`` are used.
    step : int
        Gradient step, from 0.

    Raises
    ------
    ValueError
        If the block has fewer stimuli than a batch.
    """
    k, turn = drawn_block(options.seed, step, len(blocks))
    rows = blocks[k].rows
    places = batch_indices(options.seed, turn, "stimulus", len(rows), options.batch_size, k)
    return blocks[k], rows[places]
