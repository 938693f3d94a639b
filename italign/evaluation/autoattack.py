"""AutoAttack (Croce & Hein 2020), an ensemble of parameter-free attacks, on some of the images.

The attacks are those of the package pyautoattack with the settings of its standard version: 100
iterations, one restart, Square 5,000 queries.

DEVIATION: targeted attacks aim at all other classes where a model has fewer than ten, instead of
at nine.
"""

import torch
from pyautoattack import AutoAttack

from italign.evaluation.attack_guards import check_attackable, furthest_change

NORMS = {"linf": "Linf", "l2": "L2"}
# The least number of classes that the attack's loss is defined for.
LEAST_CLASSES = {"apgd-ce": 2, "apgd-dlr": 3, "fab": 2, "square": 2, "apgd-t": 4, "fab-t": 2}
N_TARGETS = 9


def autoattack_survivors(model, images, labels, *, norm, epsilon, attacks, batch_size, seed):
    """Which images a model still classifies correctly after all attacks of the ensemble.

    Parameters
    ----------
    model, images, labels, norm, epsilon
        As `pgd`; epsilon is above 0.
    attacks : sequence of str
        Run one after the other on what is left, of `LEAST_CLASSES`.
    batch_size : int
        Images attacked at once; the attacks' random draws depend on it.
    seed : int
        Of the attacks.

    Returns
    -------
    torch.Tensor of bool, (2, n)
        Correct without attack, and after all of them.

    Raises
    ------
    ValueError
        As `pgd` for images, labels and models; if an attack is unknown, or needs more classes than
        the model has; if a changed image leaves the ball or [0, 1].
    """
    check_attackable(model, images, labels=labels)
    with torch.no_grad():
        outputs = [model(part) for part in images.split(batch_size)]
        correct = torch.cat(outputs).argmax(1) == labels
    n_classes = outputs[0].shape[1]
    _check(attacks, n_classes, norm, epsilon)
    if not bool(correct.any()):
        return torch.stack([correct, correct])
    with torch.random.fork_rng([images.device] if images.is_cuda else []):
        ensemble = _ensemble(_with_empty(model, n_classes), n_classes, norm, epsilon, attacks,
                             images.device, seed)
        # Contiguous: the package reshapes images as if they were.
        changed, _ = ensemble.run_standard_evaluation(images.contiguous(), labels,
                                                      batch_size=batch_size)
    _check_changes(changed, images, norm, epsilon)
    with torch.no_grad():
        after = torch.cat([model(part) for part in changed.split(batch_size)]).argmax(1)
    return torch.stack([correct, correct & (after == labels)])


def _with_empty(model, n_classes):
    """The model, also for batches of no image: the package makes them, not every network can."""
    return lambda images: model(images) if len(images) else images.new_zeros(0, n_classes)


def _ensemble(model, n_classes, norm, epsilon, attacks, device, seed):
    ensemble = AutoAttack(model, attacks=list(attacks), version="custom", norm=NORMS[norm],
                          eps=epsilon, seed=seed, device=device)
    # The custom version restarts five times, the standard one once.
    ensemble.apgd.n_restarts = ensemble.fab.n_restarts = 1
    n_targets = min(N_TARGETS, n_classes - 1)
    ensemble.apgd_targeted.n_target_classes = ensemble.fab.n_target_classes = n_targets
    return ensemble


def _check(attacks, n_classes, norm, epsilon):
    if norm not in NORMS or not epsilon > 0:
        raise ValueError(f"norm {norm!r}, epsilon {epsilon}: expected a norm of "
                         f"{', '.join(NORMS)} and an epsilon above 0")
    unknown = [name for name in attacks if name not in LEAST_CLASSES]
    if unknown or not attacks:
        raise ValueError(f"attacks are {list(attacks)}, expected some of "
                         f"{', '.join(LEAST_CLASSES)}: correct evaluation.robustness.autoattack")
    if few := [name for name in attacks if LEAST_CLASSES[name] > n_classes]:
        raise ValueError(f"the model has {n_classes} classes, but {', '.join(few)} need at least "
                         f"{max(LEAST_CLASSES[name] for name in few)}: take them out of "
                         "evaluation.robustness.autoattack.attacks")


def _check_changes(changed, images, norm, epsilon):
    furthest, is_inside = furthest_change(changed, images, norm, epsilon)
    low, high = (float(bound) for bound in torch.aminmax(changed))
    if not (is_inside and low >= 0 and high <= 1):
        raise ValueError(f"the package's images lie in [{low:.3g}, {high:.3g}] and up to "
                         f"{furthest:.3g} from the originals in {norm}, expected [0, 1] and "
                         f"{epsilon:.3g}: its accuracy is not to be trusted")
