"""Which images a model still classifies correctly under attacks of growing radius.

An image is broken at a radius once any iterate inside the ball, the start included, of any restart
is misclassified, or once it was broken at a smaller radius, whose ball lies in this one.

DEVIATION: ART, foolbox and the original code judge the last iterate alone, and each radius apart.
Every iterate is an image of the ball, so that theirs is an upper bound of this accuracy. With
`project_once` only the last, projected iterate counts: the others may lie outside of the ball.
"""

from dataclasses import dataclass, replace

import numpy as np
import torch

from italign.evaluation.attack_balls import climb_, project, project_
from italign.evaluation.attack_guards import check_attackable, check_gradients
from italign.evaluation.attack_passes import first_pass, look, seeded, wrong
from italign.evaluation.robustness import check_settings, random_starts

STARTS = ("image", "uniform", "corner")


@dataclass(frozen=True)
class _Climb:
    """One run of the attack: see `attack_curve`; judge_last: only the last iterate counts."""

    norm: str
    epsilon: float
    step_size: float
    n_steps: int
    n_noise_draws: int
    project_once: bool
    judge_last: bool
    early_stop: bool
    batch_size: int


def attack_curve(model, images, labels, *, norm, epsilons, n_steps, step_fraction, start="image",
                 n_restarts=1, n_noise_draws=1, project_once=False, last_iterate=False,
                 early_stop=True, batch_size, seed, first=None):
    """Which images survive PGD at each of several radii.

    Parameters
    ----------
    model, images, labels, norm, n_steps
        As `pgd`.
    epsilons : sequence of float
        Radii in pixel units of [0, 1] images, above 0, ascending.
    step_fraction : float
        Step size / radius.
    start : {"image", "uniform", "corner"}
        First iterate; corners (`linf` only) are clipped to [0, 1] unless `project_once`.
    n_restarts : int
        Runs per radius. Those after the first start at random: uniformly where `start` is `image`.
    n_noise_draws : int
        Passes over each iterate of a model with noise: gradients are averaged, the decision is that
        of the mean softmax. 1 refuses such a model.
    project_once : bool
        As `pgd`.
    last_iterate : bool
        Judge the last iterate only, as ART and foolbox do.
    early_stop : bool
        Whether broken images leave the batch; others take their place. Changes no decision but for
        rounding, unless the model has noise: who is left decides which draws an image meets.
    batch_size : int
        Images of a pass; changes nothing else, as early_stop.
    seed : int
        Of starts and noise. Starts are drawn for all images at once, so that an image's does not
        depend on which others are left, and are the same, scaled, at every radius.
    first : FirstPass, optional
        From `first_pass` with the same model, images, labels and n_noise_draws.

    Returns
    -------
    torch.Tensor of bool, (n_epsilons + 1, n)
        Row 0: correct without attack; then correct under it. Never rises along a column.

    Raises
    ------
    ValueError
        As `pgd`, or if radii do not ascend or a start is unknown.
    """
    _check_curve(norm, epsilons, n_steps, step_fraction, start, n_restarts, n_noise_draws)
    images = images.detach()
    if first is None:
        first = first_pass(model, images, labels, batch_size, n_noise_draws, seed)
    rule = _Climb(norm, 0.0, 0.0, n_steps, n_noise_draws, project_once,
                  project_once or last_iterate, early_stop, batch_size)
    standing, rows = first.correct, [first.correct]
    with seeded(seed, images.device):
        check_attackable(model, images, n_noise_draws, labels)
        for epsilon in epsilons:
            rule = replace(rule, epsilon=epsilon, step_size=step_fraction * epsilon)
            for restart in range(n_restarts):
                starts = _starts(images, rule, start, restart, seed)
                standing = _attack(model, images, labels, standing, starts, first.gradient, rule)
            rows.append(standing)
    return torch.stack(rows)


def curve_settings(attack):
    """Turn an attack of the config into arguments of `attack_curve`.

    Parameters
    ----------
    attack : dict
        ``norm``, ``n_steps``, ``step_fraction``, ``start``, ``n_restarts``, ``n_noise_draws``, and
        radii as ``epsilon_255`` in 1/255 or as ``epsilon`` in pixel units, the other None or
        missing; ``project_once`` if it is to be so. Other keys are passed over.

    Returns
    -------
    settings : dict
        Keyword arguments.
    epsilons_255 : list of float
        The radii in 1/255, exactly as given where they are.

    Raises
    ------
    ValueError
        If radii are given in both units or in none.
    """
    in_255, in_pixels = attack.get("epsilon_255"), attack.get("epsilon")
    if (in_255 is None) == (in_pixels is None):
        raise ValueError(f"epsilon_255 is {in_255} and epsilon {in_pixels}, expected one of them: "
                         "give the radii in one unit and null for the other")
    epsilons = in_pixels if in_255 is None else [radius / 255 for radius in in_255]
    names = ("norm", "n_steps", "step_fraction", "start", "n_restarts", "n_noise_draws")
    settings = {name: attack[name] for name in names} | {"epsilons": epsilons}
    settings["project_once"] = bool(attack.get("project_once"))
    return settings, in_255 or [255 * radius for radius in epsilons]


def _attack(model, images, labels, standing, starts, gradient, rule):
    """Which images stand after one more run; `starts` None: from the images, gradients known."""
    chosen = (standing if rule.early_stop else torch.ones_like(standing)).nonzero()[:, 0]
    originals, n_steps = images[chosen], rule.n_steps
    if starts is None:
        # The first step needs no pass: at the image, the gradient is that of every radius.
        attacked = climb_(originals.clone(), gradient[chosen], rule.norm, rule.step_size)
        n_steps -= 1
        if not rule.project_once:
            project_(attacked, originals, rule.norm, rule.epsilon)
    else:
        attacked = starts[chosen]
    broken = _climb_all(model, attacked, originals, labels[chosen], n_steps, rule)
    standing = standing.clone()
    standing[chosen] &= ~broken
    return standing


def _climb_all(model, attacked, originals, labels, n_steps, rule):
    """Attack images, each at its own pace; whether an iterate that counts was misclassified."""
    broken = torch.zeros_like(labels, dtype=torch.bool)
    left = torch.full_like(labels, n_steps)
    largest = [left.new_ones(1, dtype=attacked.dtype)]
    while len(active := (left > 0).nonzero()[:, 0]):
        # The first that are not done: whoever leaves is replaced, so that batches stay full.
        now = active[: rule.batch_size]
        moved = attacked[now]
        is_wrong, gradient = look(model, moved, labels[now], rule.n_noise_draws)
        largest.append(torch.linalg.vector_norm(gradient, float("inf"))[None])
        climb_(moved, gradient, rule.norm, rule.step_size)
        if not rule.project_once:
            project_(moved, originals[now], rule.norm, rule.epsilon)
        attacked[now] = moved
        left[now] -= 1
        if not rule.judge_last:
            broken[now] |= is_wrong
            if rule.early_stop:
                left[now[is_wrong]] = 0
    check_gradients(torch.cat(largest), len(labels), may_vanish=True)
    for now in (~broken).nonzero()[:, 0].split(rule.batch_size):
        if not len(now):  # split gives one empty part of nothing, which not every network takes
            break
        ends = attacked[now]
        if rule.project_once:
            project_(ends, originals[now], rule.norm, rule.epsilon)
        broken[now] = wrong(model, ends, labels[now], rule.n_noise_draws)
    return broken


def _starts(images, rule, start, restart, seed):
    """First iterates of all images, None for the images themselves."""
    if start == "image" and restart == 0:
        return None
    if restart:
        seed = int(np.random.default_rng([seed, restart]).integers(2**62))
    drawn = random_starts(images, rule.norm, rule.epsilon, seed, corner=start == "corner")
    return drawn if rule.project_once else project(drawn, images, rule.norm, rule.epsilon)


def _check_curve(norm, epsilons, n_steps, step_fraction, start, n_restarts, n_noise_draws):
    if not len(epsilons) or sorted({0.0, *epsilons}) != [0.0, *epsilons]:
        raise ValueError(f"radii are {list(epsilons)}, expected at least one, above 0, ascending")
    check_settings(norm, epsilons[0], n_steps, step_fraction)
    if start not in STARTS:
        raise ValueError(f"start is {start!r}, expected one of {', '.join(STARTS)}")
    if n_restarts < 1 or n_noise_draws < 1:
        raise ValueError(f"n_restarts {n_restarts}, n_noise_draws {n_noise_draws}: expected at "
                         "least 1 of each")
