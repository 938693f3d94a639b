"""A claim of the paper in words: what its number is in a world, its short name, its unit."""

from collections.abc import Sequence

from italign.evaluation.contrasts import CONDITIONS, Study, sets_of
from italign.evaluation.paper_claims import CKA, Claim

RAW = "CKA"  # unit of a similarity that is not ceiled
QUANTITIES = {"behavior": "ceiled i2n", "robustness": "accuracy under attack",
              "probe": "accuracy of the decoder", "accuracy": "clean accuracy",
              "curve": "accuracy under attack, mean over radii and norms"}


def describe(claim: Claim, study: Study) -> str:
    """Say what a claim's number is in a world."""
    sets = [" and ".join(sets_of(study.panels.get(panel, f"Figure {panel.upper()}")))
            for panel in (claim.panel, claim.beyond)]
    if claim.quantity == "pearson":
        return f"Pearson r of {claim.panel} and similarity, final step, all doses"
    if claim.quantity == "spearman":
        return (f"Spearman correlation of dose and {study.quantity} (mean over seeds), mean of the "
                f"axes of {sets[0]}")
    place = _mean_words(claim, study) if claim.panel == "mean" else sets[0]
    beyond = f" minus the same on {sets[1]}" if claim.beyond else ""
    reference = ", change since the onset of the neural loss" if claim.when == "onset" else (
        f" minus {CONDITIONS[claim.reference][0]}")
    quantities = QUANTITIES | {"similarity": study.quantity}
    return (f"{quantities[claim.quantity]}, {place}: {CONDITIONS[claim.model][0]}"
            f"{reference}{beyond}")


def _mean_words(claim: Claim, study: Study) -> str:
    """What a mean is over; of similarity perhaps some of the axes."""
    if claim.quantity != "similarity" or study.averaged is None:
        return "mean of all sets"
    return "mean of " + " and ".join(" on ".join(axis) for axis in study.averaged)


def claim_label(claim: Claim, study: Study) -> str:
    """Short name of a claim, for a figure, with the sets that it is tested on."""
    shown, beyond = (_sets_label(study.panels.get(panel, panel))
                     for panel in (claim.panel, claim.beyond))
    return claim.label.format(shown=shown, beyond=beyond)


def _sets_label(shown: str | Sequence[str]) -> str:
    """Sets on a figure: several by the word that they begin with, if they share one."""
    sets = sets_of(shown)
    first = {name.partition("_")[0] for name in sets}
    words = " + ".join(first if len(first) == 1 and len(sets) > 1 else sets)
    return words.upper().replace("_", " ")


def claim_unit(claim: Claim, study: Study) -> str:
    """Unit of a claim's effect in this world."""
    return RAW if claim.unit == CKA and not study.is_ceiled else claim.unit
