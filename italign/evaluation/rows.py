"""One row of the cohort table."""

from math import nan


def score_row(
    run: dict, step: int, measure: str, stimulus_set: str, raw: float, n: int, *,
    ceiling: float = nan, ceiled: float = nan, animal: str = "none", estimator: str = "none",
    ceiling_rule: str = "none", epsilon_255: float = nan,
) -> dict:
    """Name a value by everything that tells it from others (`COHORT_COLUMNS`).

    Parameters
    ----------
    run : dict
        ``model``, ``method``, ``target``, ``labels``, ``p``, ``adversarial``, ``seed`` and
        ``onset_step``.
    step : int
        Gradient steps since the pretrained model.
    measure : str
        similarity, behavior, robustness or accuracy.
    stimulus_set : str
        Images behind the value.
    raw : float
        The value.
    n : int
        Number of images.
    ceiling, ceiled, animal, estimator, ceiling_rule, epsilon_255
        Where they apply.

    Returns
    -------
    dict
        One row.
    """
    condition = {key: value for key, value in run.items() if key != "onset_step"}
    return {
        **condition, "step": step, "steps_since_onset": step - run["onset_step"],
        "measure": measure, "stimulus_set": stimulus_set, "animal": animal,
        "estimator": estimator, "ceiling_rule": ceiling_rule, "epsilon_255": float(epsilon_255),
        "raw": float(raw), "ceiling": float(ceiling), "ceiled": float(ceiled), "n": int(n),
    }
