"""The paper's neural loss, and the other forms in which the original code offers it."""

import torch
from torch import Tensor

from italign.evaluation.similarity import linear_cka

# Choices of the options, the default first; the check of a config reads them here.
OPTIONS = {"form": ("log_distance", "distance", "minus_log"), "estimator": ("biased", "unbiased")}
MAX_SIMILARITY = 1 - 1e-6  # float32 resolves 1 - CKA to about 1e-7


def cka(
    features: Tensor, targets: Tensor, *, form: str = "log_distance", estimator: str = "biased"
) -> Tensor:
    """Linear CKA over one batch as a loss; by default log(1 - CKA) (paper 2.5; braintree's logCKA).

    Parameters
    ----------
    features : torch.Tensor
        (n, ...) activations of the model's region, flattened to (n, p). 16 bits are raised to 32.
    targets : torch.Tensor
        (n, q) responses to the same stimuli, computed with in the precision of the features.
    form : {"log_distance", "distance", "minus_log"}
        ``log(1 - CKA)``, ``1 - CKA`` or ``-log(CKA)``.
    estimator : {"biased", "unbiased"}
        Of CKA; `biased` is the paper's.

    Returns
    -------
    torch.Tensor
        Scalar that falls as the two become more alike: `log_distance` in (-inf, 0], `distance` in
        [0, 1], `minus_log` in [0, inf). An `unbiased` CKA can be below 0, which takes
        `log_distance` above 0 and `distance` above 1.

    Raises
    ------
    ValueError
        If the form is unknown, CKA reaches 1 - 1e-6 (degenerate targets; log(1 - CKA) and its
        gradient run away there) or is not above 0 under `minus_log`, or it is undefined (see
        `linear_cka`: constant or non-finite features, fewer than 4 stimuli).
    """
    if form not in OPTIONS["form"]:
        raise ValueError(f"form of cka is {form!r}, expected one of {', '.join(OPTIONS['form'])}: "
                         "change options.form of the condition")
    features = features.flatten(1)
    if features.dtype.itemsize < 4:
        features = features.float()
    similarity = linear_cka(features, targets.to(features.dtype), estimator=estimator)
    _check_similarity(similarity.item(), form)
    if form == "distance":
        return 1 - similarity
    return torch.log1p(-similarity) if form == "log_distance" else -torch.log(similarity)


def _check_similarity(similarity: float, form: str) -> None:
    # Comparisons are written so that NaN fails them too.
    if not abs(similarity) < float("inf"):
        raise ValueError(f"CKA of the batch is {similarity}, expected a finite number: features or "
                         "targets are too large for their precision")
    if not similarity < MAX_SIMILARITY:
        raise ValueError(f"CKA of the batch is {similarity:.8f}, expected below 1 - 1e-6: "
                         "the targets are degenerate or the features are not finite")
    if form == "minus_log" and not similarity > 0:
        raise ValueError(f"CKA of the batch is {similarity:.8f}, expected above 0: -log(CKA) has "
                         "no value there; the unbiased estimator is about 0 for unrelated data, so "
                         "set options.estimator to biased, or options.form to log_distance or "
                         "distance")
