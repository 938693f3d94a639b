"""One colour, marker and label per condition, the same in every figure.

Doses run from light to dark (seaborn's rocket_r, as in the paper's Figure 2); controls are blue,
as in the paper. Lightness alone orders the doses, so the order survives colour blindness and a
grey print; controls and adversarial training differ by line style and marker as well. Models
without labels have the colour and marker of those with labels, but open.
"""

import math

from matplotlib.colors import to_hex

from italign.figures.rocket import ROCKET

DOSE_MAP = ROCKET.reversed()
DOSE_RANGE = (0.15, 0.9)  # of the map: its ends are nearly white and nearly black
LOWEST_LOG2_DOSE = -6  # one octave below the paper's 1/32 sits where p = 0 does

RANDOM = "#6db3e8"
SHUFFLED = "#1f5fa8"
ADVERSARIAL = "#e68a00"
BASE = "#8c8c8c"
BASE_MEAN = "#000000"  # the cross: mean of the models at p = 0
SLIDING = "#0b2447"  # the deep line through checkpoints; darker than any control
LEAST_SQUARES = "#595959"  # the line through the models of Figure 1
PUBLISHED = "#6f6f6f"  # always hollow or a thin line: the paper's numbers beside ours
MARKERS = {"true": "o", "shuffled": "^", "random": "s"}
ADVERSARIAL_MARKER = "X"
THRESHOLD = "#444444"
# Okabe and Ito's colour-blind safe colours, for what is neither a dose nor a control.
STIMULUS_SETS = {"hvm": "#56606b", "coco": "#009e73", "objectome": "#cc79a7"}
UNKNOWN_SET = "#999999"
TRUTH = "#000000"
RAW = BASE
RULES = {"split_half": "#0072b2", "spearman_brown": "#009e73", "square_root": "#cc79a7",
         "attainable": "#d55e00"}
PAPER_AND_EXACT = ("split_half", "attainable")  # rules on pages that have room for two
DETECTION = {"precision": "#0072b2", "recall": "#d55e00"}
KEPT = "#0072b2"
DROPPED = "#d55e00"
EXTREMES = {"strongest": "#000000", "weakest": "#56606b"}
WINDOW = "#e8e4da"  # behind marks: the response window
LATENCY = "#e68a00"
HEAT_MAP = "Greys"
ARRAY_MAP = "cividis"
NO_VALUE = "#d9d9d9"


def dose_colour(p: float) -> str:
    """Colour of a dose.

    Parameters
    ----------
    p : float
        Probability that a step keeps the neural gradient, 0 to 1.

    Returns
    -------
    str
        Hex colour; light at 0, darkest at 1, even steps per doubling.

    Raises
    ------
    ValueError
        If p is outside 0 to 1.
    """
    if not 0 <= p <= 1:
        raise ValueError(f"dose p is {p}, expected a probability from 0 to 1")
    octaves = LOWEST_LOG2_DOSE if p == 0 else max(math.log2(p), LOWEST_LOG2_DOSE)
    low, high = DOSE_RANGE
    return to_hex(DOSE_MAP(low + (high - low) * (1 - octaves / LOWEST_LOG2_DOSE)))


def set_colour(stimulus_set: str) -> str:
    """Colour of a stimulus set, grey for one that is not of the paper."""
    return STIMULUS_SETS.get(stimulus_set, UNKNOWN_SET)


def condition_colour(target: str, p: float, adversarial: str) -> str:
    """Colour of a cohort condition: controls blue, adversarial training orange, else its dose."""
    if adversarial != "off":
        return ADVERSARIAL
    return {"random": RANDOM, "shuffled": SHUFFLED}.get(target) or dose_colour(p)


def condition_marker(target: str, adversarial: str) -> str:
    """Marker of a cohort condition: doses round, controls and adversarial training their own."""
    if adversarial != "off":
        return ADVERSARIAL_MARKER
    return MARKERS.get(target, MARKERS["true"])


def condition_fill(labels: str, colour: str) -> dict[str, str | float]:
    """Keywords of a scatter: filled for models trained with labels (``on``), open for others."""
    if labels == "on":
        return {"facecolors": colour, "edgecolors": "none", "linewidths": 0}
    return {"facecolors": "none", "edgecolors": colour, "linewidths": 0.7}


def condition_label(target: str, p: float, adversarial: str, labels: str = "on") -> str:
    """Words for the legend, e.g. ``p = 1/32``, ``shuffled target``, ``adversarially trained``.

    Parameters
    ----------
    target, p, adversarial, labels : str, float
        Columns of the condition; the words only tell models without labels (``off``) apart.

    Returns
    -------
    str
        Without a unit; p as a fraction where it is one.
    """
    words = f"p = {dose_text(p)}"
    if adversarial != "off":
        words = "adversarially trained"
    elif target in ("random", "shuffled"):
        words = f"{target} target"
    return words if labels == "on" else f"{words}, no labels"


def dose_text(p: float) -> str:
    """Write 0.03125 as 1/32; whole numbers and other decimals stay as they are."""
    if 0 < p < 1 and (1 / p).is_integer():
        return f"1/{round(1 / p)}"
    return f"{p:g}"
