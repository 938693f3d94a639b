"""The paper's neural loss."""

import torch
from torch import Tensor

from italign.evaluation.similarity import linear_cka


def cka(features: Tensor, targets: Tensor) -> Tensor:
    """Log(1 - CKA), biased linear CKA over one batch (paper 2.5; braintree's logCKA).

    Parameters
    ----------
    features : torch.Tensor
        (n, p) activations of the model's region.
    targets : torch.Tensor
        (n, q) responses to the same stimuli.

    Returns
    -------
    torch.Tensor
        Scalar in (-inf, 0]; falls as the two become more alike.

    Raises
    ------
    ValueError
        If CKA reaches 1 - 1e-6, where the logarithm and its gradient run away.
    """
    similarity = linear_cka(features.flatten(1).float(), targets.float(), estimator="biased")
    if not similarity.item() < 1 - 1e-6:
        raise ValueError(f"CKA of the batch is {similarity.item():.8f}, expected below 1 - 1e-6: "
                         "the targets are degenerate or the features are not finite")
    return torch.log1p(-similarity)
