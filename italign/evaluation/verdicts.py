"""When a claim of the paper counts as confirmed in a world: by its interval, never by its sign."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

AGREES, DISAGREES, NOT_TESTABLE = "agrees", "disagrees", "not testable here"
SIGNIFICANT = 0.05
ROUNDING = 1e-9  # differences of equal numbers are not always 0
RULE = (  # for readers, as Markdown
    "**Verdicts judge directions only.** A claim *agrees* where the 95 % interval of the effect "
    "lies on the side of zero that the paper claims (for a claim on several animals or norms, on "
    "each), *disagrees* where it lies wholly on the other side, and is *not testable here* where "
    "it includes zero or the world lacks what it needs. A claim of no change "
    "*disagrees* where the interval excludes zero, and never agrees: no interval shows an absence. "
    "Effects are differences within seeds, bootstrapped over seeds; correlations are bootstrapped "
    f"over runs, rank correlations tested by permutation (p < {SIGNIFICANT}). "
    "**Few seeds make weak verdicts.** Of 2 or 3 seeds the interval is their range; with 2, and "
    "no effect at all, a quarter of the claims would agree and a quarter disagree (with 3, an "
    "eighth each). The claims are not independent of one another.")
SIDES = {1: "above", -1: "below"}


class Estimate(NamedTuple):
    """An effect with its 95 % interval (NaN: none)."""

    name: str
    value: float
    low: float
    high: float


class Verdict(NamedTuple):
    """Verdict, its reason in a few words (for a figure) and in a sentence."""

    verdict: str
    reason: str
    why: str


def judge(side: int, whole: Estimate, parts: Sequence[Estimate]) -> Verdict:
    """Compare an effect with the direction that the paper claims.

    Parameters
    ----------
    side : int
        1: the paper claims an effect above zero, -1: below, 0: none.
    whole : Estimate
        The effect, mean over its parts.
    parts : sequence of Estimate
        The effect on each of several axes or attacks, for all of which the paper claims it; may
        be empty.

    Returns
    -------
    Verdict
        By `RULE`; a claim that disagrees does so as a whole, whatever its parts.
    """
    if np.isnan([whole.low, whole.high]).any():
        return Verdict(NOT_TESTABLE, "one seed", "one seed has no interval: add seeds")
    found = _side(whole)
    if side == 0:
        return _judge_absence(found)
    if found == -side:
        return Verdict(DISAGREES, "", f"interval {SIDES[found]} zero{_each(parts)}")
    if found == 0:
        return Verdict(NOT_TESTABLE, "interval spans 0",
                       f"interval includes zero{_each(parts)}")
    strays = [part.name for part in parts if _side(part) != side]
    if strays:
        return Verdict(NOT_TESTABLE, "not on all parts",
                       f"interval {SIDES[side]} zero, but not that of {', '.join(strays)}"
                       f"{_each(parts)}")
    return Verdict(AGREES, "", f"interval {SIDES[side]} zero{_each(parts)}")


def judge_ranks(side: int, p_values: dict[str, float], rho: dict[str, float]) -> Verdict:
    """Compare rank correlations, one per axis, with the claimed direction by their p values."""
    each = ", ".join(f"{axis} {rho[axis]:.2f} (p = {p:.2g})" for axis, p in p_values.items())
    if np.isnan(list(p_values.values())).any():
        return Verdict(NOT_TESTABLE, "too few doses",
                       "a rank correlation needs three doses and two different similarities")
    signs = {np.sign(rho[axis]) if p < SIGNIFICANT else 0 for axis, p in p_values.items()}
    if signs == {side}:
        return Verdict(AGREES, "", f"p < {SIGNIFICANT} on each axis: {each}")
    if signs == {-side}:
        return Verdict(DISAGREES, "", f"the opposite at p < {SIGNIFICANT} on each axis: {each}")
    return Verdict(NOT_TESTABLE, "p above 0.05", f"not p < {SIGNIFICANT} on each axis: {each}")


def _judge_absence(found: int) -> Verdict:
    if found:
        return Verdict(DISAGREES, "", f"interval {SIDES[found]} zero: there is a change")
    return Verdict(NOT_TESTABLE, "interval spans 0",
                   "interval includes zero, which does not show that there is no change; the "
                   "paper gives no margin")


def _side(estimate: Estimate) -> int:
    if estimate.low > ROUNDING:
        return 1
    return -1 if estimate.high < -ROUNDING else 0


def _each(parts: Sequence[Estimate]) -> str:
    """The parts with their intervals, if there are several."""
    if len(parts) < 2:
        return ""
    return ": " + ", ".join(f"{part.name} {part.value:+.3f} [{part.low:+.3f}, {part.high:+.3f}]"
                            for part in parts)
