"""When a claim of the paper counts as confirmed in a world: by its interval, never by its sign."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

AGREES, DISAGREES, NOT_TESTABLE = "agrees", "disagrees", "not testable here"
# ASSUME: a change is none if it is small beside what full dose does; the paper gives no margin.
NO_CHANGE = 0.25  # of the world's own gain at full dose
ROUNDING = 1e-9  # differences of equal numbers are not always 0
RULE = (  # for readers, as Markdown
    "**Verdicts judge directions only, and by intervals only.** A claim *agrees* where the 95 % "
    "interval of the effect lies on the side of zero that the paper claims (for a claim on several "
    "animals or norms, on each), *disagrees* where it lies wholly on the other side, and is *not "
    "testable here* where it includes zero or the world lacks what it needs. The claim of no "
    "change (of models without neural gradient) *agrees* where the interval lies within a margin "
    f"of {100 * NO_CHANGE:g} % of the world's own gain at full dose on either side of zero, "
    "*disagrees* where it lies wholly outside, and is *not testable here* otherwise, or where the "
    "interval of that gain is not above zero; the margin is ours, the paper gives none. Effects "
    "are differences within seeds, bootstrapped over seeds, and so are rank correlations with the "
    "dose; correlations with similarity are bootstrapped over runs. **Few seeds make weak "
    "verdicts.** With one seed no claim is judged. Of 2 or 3 seeds the interval is their range; "
    "with 2, and no effect at all, a quarter of the claims would agree and a quarter disagree "
    "(with 3, an eighth each). The claims are not independent of one another.")
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


ONE_SEED = Verdict(NOT_TESTABLE, "one seed", "one seed has no interval: add seeds")


def judge(side: int, whole: Estimate, parts: Sequence[Estimate]) -> Verdict:
    """Compare an effect with the direction that the paper claims.

    For a claim of no change see `judge_absence`.

    Parameters
    ----------
    side : int
        1: the paper claims an effect above zero, -1: below.
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
    if _has_none(whole):
        return ONE_SEED
    found = _side(whole)
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


def judge_absence(change: Estimate, gain: Estimate) -> Verdict:
    """Judge a claim that nothing changes, by a margin on either side of zero.

    Parameters
    ----------
    change : Estimate
        Of what shall not change.
    gain : Estimate
        What full dose gains in the same measure: its `NO_CHANGE` is the margin.

    Returns
    -------
    Verdict
        By `RULE`; a small change may be well known and still count as none.
    """
    if _has_none(change) or _has_none(gain):
        return ONE_SEED
    if _side(gain) != 1:
        return Verdict(NOT_TESTABLE, "no gain to compare", "full dose has no gain whose interval "
                       "is above zero, so that there is no margin for a change to lie within")
    margin = NO_CHANGE * gain.value
    # A decimal more than elsewhere: the interval may end close to the margin.
    ours = f"interval [{change.low:+.4f}, {change.high:+.4f}]"
    words = f"the margin of ±{margin:.4f} ({100 * NO_CHANGE:g} % of the gain at full dose)"
    if -margin < change.low and change.high < margin:
        return Verdict(AGREES, f"within ±{margin:.3f}", f"{ours} within {words}")
    if change.low > margin or change.high < -margin:
        return Verdict(DISAGREES, f"beyond ±{margin:.3f}", f"{ours} outside {words}")
    return Verdict(NOT_TESTABLE, f"spans ±{margin:.3f}", f"{ours} partly outside {words}")


def _has_none(estimate: Estimate) -> bool:
    return bool(np.isnan([estimate.low, estimate.high]).any())


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
