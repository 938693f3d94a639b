"""Which sites are kept, and why the others are not."""

import numpy as np


def select_sites(
    quality: dict[str, np.ndarray], limits: dict[str, float | None], source: str
) -> tuple[np.ndarray, list[str]]:
    """Compare the quality of sites with the limits that are asked for.

    Parameters
    ----------
    quality : dict of str to numpy.ndarray, (n_neuroids,)
        Measures by name.
    limits : dict of str to float or None
        ``<measure>_min`` (kept at or above) or ``<measure>_max`` (kept at or below); None asks
        nothing. A measure that is NaN fails what is asked of it.
    source : str
        Named in the message.

    Returns
    -------
    selected : numpy.ndarray, (n_neuroids,), bool
        True where every limit is met.
    reasons : list of str
        ``kept``, or every limit that is not met, with numbers.

    Raises
    ------
    ValueError
        If a limit is not of a measure, or no site meets all limits.
    """
    asked = {name: limit for name, limit in limits.items() if limit is not None}
    failed = {name: _fails(quality, name, limit) for name, limit in asked.items()}
    n_neuroids = len(next(iter(quality.values())))
    reasons = [
        "; ".join(_reason(quality, name, limit, site) for name, limit in asked.items()
                  if failed[name][site]) or "kept"
        for site in range(n_neuroids)
    ]
    selected = ~np.any([np.zeros(n_neuroids, bool), *failed.values()], axis=0)
    if not selected.any():
        counts = ", ".join(f"{name} {limit:g} is not met by {failed[name].sum()} ("
                           f"{_best(quality, name)})" for name, limit in asked.items())
        raise ValueError(f"{source}: none of {n_neuroids} sites is selected: {counts}; "
                         "relax assemblies.selection or record more repetitions")
    return selected, reasons


def _measure(quality: dict, name: str) -> tuple[np.ndarray, bool]:
    """Values of the measure that a limit is of, and whether the limit is a lower one."""
    measure, _, bound = name.rpartition("_")
    if measure not in quality or bound not in ("min", "max"):
        raise ValueError(f"assemblies.selection.{name} is unknown, expected _min or _max after one "
                         f"of {', '.join(quality)}")
    return quality[measure], bound == "min"


def _fails(quality: dict, name: str, limit: float) -> np.ndarray:
    values, is_lower = _measure(quality, name)
    return ~(values >= limit if is_lower else values <= limit)  # NaN meets nothing


def _reason(quality: dict, name: str, limit: float, site: int) -> str:
    values, is_lower = _measure(quality, name)
    measure = name.rpartition("_")[0]
    if np.isnan(values[site]):
        return f"{measure} undefined, asked {'>=' if is_lower else '<='} {limit:g}"
    return f"{measure} {values[site]:.3g} {'<' if is_lower else '>'} {limit:g}"


def _best(quality: dict, name: str) -> str:
    values, is_lower = _measure(quality, name)
    defined = values[~np.isnan(values)]
    if not defined.size:
        return "undefined at all"
    return f"best {defined.max() if is_lower else defined.min():.3g}"
