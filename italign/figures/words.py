"""Words on axes: what a column of the points is, and on which images it was measured."""

MEASURES = {
    "behavior": "behavioral alignment (i2n / √ceiling)",
    "probe": "decoder accuracy",
}
SUBSETS = {"overlapping": "overlapping categories", "novel": "novel categories"}
NORMS = {"linf": r"$L_\infty$", "l2": "$L_2$"}


def measure_words(column: str) -> str:
    """Name of a column's measure, with its unit, e.g. of ``probe_hvm``: ``decoder accuracy``.

    Raises
    ------
    ValueError
        If there are no words for the measure.
    """
    measure = column.partition("_")[0]
    if measure not in MEASURES:
        raise ValueError(f"column {column!r} is of measure {measure!r}, expected one of "
                         f"{list(MEASURES)}; give it words in italign/figures/words.py")
    return MEASURES[measure]


def attack_words(norm: str, epsilon_255: float) -> str:
    """Name of the accuracy under an attack, with its norm and its radius in 1/255."""
    return f"accuracy under attack ({NORMS[norm]}, ε = {epsilon_255:g}/255)"


def image_words(column: str, line_end: str = ", ") -> str:
    """Images behind a column, e.g. ``OBJECTOME images, overlapping categories``.

    Parameters
    ----------
    column : str
        ``<measure>_<set>`` or ``<measure>_<set>_<subset>``, as made by `italign.evaluation.points`.
    line_end : str
        Between images and subset.

    Returns
    -------
    str
        The set in upper case, as in all figures; the subset of its categories if it is one.
    """
    name, _, subset = column.partition("_")[2].rpartition("_")
    if subset not in SUBSETS:
        return f"{_upper(column.partition('_')[2])} images"
    return f"{_upper(name)} images{line_end}{SUBSETS[subset]}"


def _upper(stimulus_set: str) -> str:
    return stimulus_set.replace("_", " ").upper()
