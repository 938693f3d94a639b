"""Dimensionality of the aligned region: participation ratio, and components of most variance."""

from italign.evaluation.dimensionality import components_for, participation_ratio
from italign.evaluation.products import shown_products
from italign.evaluation.rows import score_row
from italign.evaluation.study import Look, Study


def dimensionality(study: Study, variance_fraction: float):
    """Prepare the dimensionality of the region over the test images of every set.

    Parameters
    ----------
    study : Study
        Names the region.
    variance_fraction : float
        Above 0 and below 1; 0.9 gives the metric ``components_90``.

    Returns
    -------
    callable
        From a `Look` to rows: metrics ``participation_ratio`` and ``components_<percent>`` per set,
        of the same images as similarity; from 1 to n - 1, higher is spread over more dimensions.

    Raises
    ------
    ValueError
        If the fraction is not between 0 and 1.
    """
    if not 0 < variance_fraction < 1:
        raise ValueError(f"measures.dimensionality.variance_fraction is {variance_fraction}, "
                         "expected above 0 and below 1")
    components = f"components_{100 * variance_fraction:g}"

    def score(look: Look) -> list[dict]:
        rows = []
        for name, split in sorted(look.moved):
            if split != "test" or study.region not in look.moved[name, split]:
                continue
            gram = shown_products(look, name, study.region).gram()
            for metric, value in (("participation_ratio", participation_ratio(gram)),
                                  (components, components_for(gram, variance_fraction))):
                rows.append(score_row("dimensionality", metric, name, value, len(gram)))
        return rows

    return score
