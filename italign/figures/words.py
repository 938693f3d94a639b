"""Words that several figures share: measures, images, attacks, losses, and what is missing."""

import re
from collections.abc import Mapping, Sequence

import pandas as pd

from italign.figures.similarity_words import similarity_label

SIMILARITY_LABEL = similarity_label("IT", "split_half")  # the paper's
MEASURES = {
    "similarity": SIMILARITY_LABEL,
    "behavior": "behavioral alignment (i2n / √ceiling)",
    "robustness": "accuracy under attack",
    "accuracy": "accuracy of the base task",
    "probe": "decoder accuracy",
}
SUBSETS = {"overlapping": "overlapping categories", "novel": "novel categories"}
NORMS = {"linf": r"$L_\infty$", "l2": "$L_2$"}
# Form of the loss cka -> formula; the first is the loss's own default (`italign.alignment.cka`,
# which imports torch).
CKA_FORMULAS = {"log_distance": "log(1 - CKA)", "distance": "1 - CKA", "minus_log": "-log(CKA)"}
MISSING = {  # mark, or condition of a model -> words for the foot of a figure
    "off": "models without labels",
    "aligned": "aligned models",
    "shuffled": "shuffled targets",
    "random": "random targets",
    "adversarial": "adversarially trained models",
    "base": "models at p = 0",
}


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
    return f"{MEASURES['robustness']} ({NORMS[norm]}, ε = {epsilon_255:g}/255)"


def loss_words(neural_loss: Mapping) -> str:
    """Formula of a neural loss, or its name with its options.

    Parameters
    ----------
    neural_loss : mapping
        ``name`` and ``options``, as ``alignment`` of a member of the cohort.

    Returns
    -------
    str
        For example ``log(1 - CKA)``; of the unbiased estimator with a second line that says so.
    """
    name, options = neural_loss["name"], dict(neural_loss["options"])
    form = options.get("form", next(iter(CKA_FORMULAS)))
    if name != "cka" or form not in CKA_FORMULAS:
        return "\n".join([name, *(f"{key} {value}" for key, value in sorted(options.items()))])
    unbiased = options.get("estimator", "biased") != "biased"
    return CKA_FORMULAS[form] + (f"\n{options['estimator']} CKA" if unbiased else "")


def missing_words(drawn: pd.DataFrame, wanted: Sequence[str]) -> list[str]:
    """Words for what a figure would show and its table lacks.

    Parameters
    ----------
    drawn : pandas.DataFrame
        Table of the figure: ``mark``, and of models ``target``, ``labels``, ``p``,
        ``adversarial``. Published marks do not count.
    wanted : sequence of str
        Keys of `MISSING`.

    Returns
    -------
    list of str
        In the order of `wanted`, for `italign.figures.style.finish_figure`.
    """
    ours = drawn[~drawn["mark"].str.startswith("published")]
    attacked = ours["adversarial"].fillna("off") != "off"
    aligned = (ours["p"] > 0) & ~attacked & (ours["target"] == "true")
    found = {*ours["mark"], *ours["target"], *ours["labels"]}
    found |= {name for name, rows in (("adversarial", attacked), ("aligned", aligned))
              if rows.any()}
    return [MISSING[name] for name in wanted if name not in found]


def figure_words(name: str) -> str:
    """Name of a figure as the paper prints it, of the name that files and tables have for it.

    Parameters
    ----------
    name : str
        ``1a``, ``figure_3a``, ``a1`` (of the appendix); anything else, e.g. ``text``, is no panel.

    Returns
    -------
    str
        ``1A``, ``3A``, ``A.1``; a name that is no panel as it is.
    """
    short = name.removeprefix("figure_")
    if re.fullmatch(r"\d+[a-z]?", short):
        return short.upper()
    if re.fullmatch(r"[a-z]\d+", short):
        return f"{short[0].upper()}.{short[1:]}"
    return name


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
        The set as `set_words` has it; the subset of its categories if it is one.
    """
    name, _, subset = column.partition("_")[2].rpartition("_")
    if subset not in SUBSETS:
        return f"{set_words(column.partition('_')[2])} images"
    return f"{set_words(name)} images{line_end}{SUBSETS[subset]}"


def set_words(stimulus_set: str) -> str:
    """Name of an image set in a figure, in capitals: most are abbreviations."""
    return stimulus_set.replace("_", " ").upper()
