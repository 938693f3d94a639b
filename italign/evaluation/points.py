"""From the long cohort table to one row per checkpoint, and to trajectories over seeds."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from italign.evaluation.columns import CONDITION, FLOATS
from italign.evaluation.headline import NO_CEILING, similarity_axes, stored_rule
from italign.evaluation.statistics import bootstrap_mean, sample_sd

MEMBER = ["model", *CONDITION, "seed", "step", "steps_since_onset"]
TRAJECTORY = ["stimulus_set", "animal", "model", *CONDITION, "role", "steps_since_onset"]
# ASSUME: the ceiling of human choices is always that of random halves (Brain-Score, i2n).
BEHAVIOR_CEILING = "human_halves"


def headline_rows(frame: pd.DataFrame, headline: Mapping[str, str | float | None],
                  ) -> pd.DataFrame:
    """Keep one number per member, step, measure, set and subset: the one that the figures show.

    Checkpoints before the neural loss was switched on (the pretrained network) are left out.

    Parameters
    ----------
    frame : pandas.DataFrame
        The cohort's table, columns of `COHORT_COLUMNS`.
    headline : mapping
        ``estimator`` and ``ceiling_rule`` of the similarity, e.g. biased and split_half (the
        paper's; none: raw), ``attack`` and its radius ``epsilon_255`` (1/255) of the robustness,
        None where there is no attack; other keys are not read.

    Returns
    -------
    pandas.DataFrame
        The rows kept, with ``value``: ceiled CKA (raw by the rule none), ceiled i2n of the decoder,
        and raw accuracy: under the attack, of the decoder (``probe``) and of the model's own
        outputs. A measure that the cohort lacks has none; similarity must be there.

    Raises
    ------
    ValueError
        If there is no similarity, or a measure has no row of the headline, e.g. none with its
        estimator.
    """
    frame = frame[frame["steps_since_onset"] >= 0]
    if not (frame["measure"] == "similarity").any():
        raise ValueError("no similarity from the onset on, expected it of every model: every claim "
                         "rests on it; give evaluation.measures.similarity its options")
    cka = {"estimator": headline["estimator"],
           "ceiling_rule": stored_rule(headline["ceiling_rule"])}
    keep = pd.concat([
        _only(frame, "similarity", metric="cka", **cka),
        _only(frame, "behavior", metric="i2n", readout="decoder", ceiling_rule=BEHAVIOR_CEILING),
        *([] if headline["attack"] is None else
          [_only(frame, "robustness", attack=headline["attack"],
                 epsilon_255=headline["epsilon_255"])]),
        _only(frame, "probe", readout="decoder"),
        _only(frame, "accuracy"),
    ])
    ceiled = keep["measure"].isin(
        ["behavior"] if headline["ceiling_rule"] == NO_CEILING else ["similarity", "behavior"])
    return keep.assign(value=np.where(ceiled, keep["ceiled"], keep["raw"]))


def _only(frame: pd.DataFrame, measure: str, **wanted: str | float) -> pd.DataFrame:
    rows = frame[frame["measure"] == measure]
    for column, value in wanted.items():
        # Radii may come from either unit, 1/255 or 1, and then differ by rounding.
        matches = np.isclose(rows[column], value) if column in FLOATS else rows[column] == value
        if len(rows) and not matches.any():
            raise ValueError(f"no {measure} has {column} {value!r}, found "
                             f"{sorted(rows[column].unique())}; correct the config's evaluation")
        rows = rows[matches]
    return rows


def widen(rows: pd.DataFrame, behavior_sets: Sequence[str], robustness_sets: Sequence[str],
          alignment_method: str, axes: Sequence[tuple[str, str]] | None = None) -> pd.DataFrame:
    """Give every (model, seed, step) one row with all its measures.

    Parameters
    ----------
    rows : pandas.DataFrame
        As from `headline_rows`.
    behavior_sets, robustness_sets : sequence of str
        Stimulus sets that enter the mean ``behavior`` and ``robustness``.
    alignment_method : str
        The method whose cohort is the dose-response (`role`).
    axes : sequence of (str, str), optional
        Animal and set of those whose mean is ``similarity``; all by default.

    Returns
    -------
    pandas.DataFrame
        Condition columns, ``role``, ``similarity`` (the paper's validated IT similarity: plain
        mean over animal x set axes), ``behavior``, ``robustness``, and each of their parts
        as ``similarity_<animal>_<set>``, ``behavior_<set>``, ``robustness_<set>``,
        ``probe_<set>``, ``accuracy_<set>``; subsets of categories end in ``_overlapping`` and
        ``_novel``. A mean is NaN where one of its parts was not measured, and everywhere if the
        cohort lacks the measure.

    Raises
    ------
    ValueError
        If a set that was asked for has no rows although its measure has.
    """
    animal = ("_" + rows["animal"]).where(rows["measure"] == "similarity", "")
    subset = ("_" + rows["categories"]).where(rows["categories"] != "all", "")
    named = rows.assign(part=rows["measure"] + animal + "_" + rows["stimulus_set"] + subset)
    points = named.pivot(index=MEMBER, columns="part", values="value").reset_index()
    points.columns.name = None
    means = {
        "similarity": [f"similarity_{animal}_{name}" for animal, name in
                       (similarity_axes(rows) if axes is None else axes)],
        "behavior": [f"behavior_{name}" for name in behavior_sets],
        "robustness": [f"robustness_{name}" for name in robustness_sets],
    }
    for name, parts in means.items():
        points[name] = _mean_of(points, name, parts)
    points["role"] = roles(points, alignment_method)
    first = [*MEMBER, "role", *means]
    return points[first + sorted(set(points.columns) - set(first))]


def _mean_of(points: pd.DataFrame, name: str, parts: Sequence[str]) -> pd.Series:
    found = [column for column in points if column.startswith(f"{name}_")]
    if not found:
        return pd.Series(np.nan, index=points.index)
    absent = [part for part in parts if part not in points]
    if absent or not parts:
        raise ValueError(f"{name} is the mean over {list(parts)}, of which {absent} were never "
                         f"measured (found: {found}); correct the sets in the config")
    return points[list(parts)].mean(axis=1, skipna=False)


def roles(points: pd.DataFrame, alignment_method: str) -> np.ndarray:
    """Part that each condition plays in the headline analysis.

    Parameters
    ----------
    points : pandas.DataFrame
        With the condition columns.
    alignment_method : str
        The method under study.

    Returns
    -------
    array (n_rows,) of str
        ``dose`` (true target, with labels, no attack: the paper's Figure 1), ``shuffled``,
        ``random``, ``adversarial``, or ``other`` (another method, or without labels).
    """
    studied = (points["method"] == alignment_method) & (points["labels"] == "on")
    plain = studied & (points["adversarial"] == "off")
    choices = {
        "dose": plain & (points["target"] == "true"),
        "shuffled": plain & (points["target"] == "shuffled"),
        "random": plain & (points["target"] == "random"),
        "adversarial": studied & ~plain & (points["target"] == "true"),
    }
    return np.select(list(choices.values()), list(choices), default="other")


def trajectories(rows: pd.DataFrame, alignment_method: str, n_bootstrap: int,
                 seed: int) -> pd.DataFrame:
    """Similarity over training: mean and 95 % bootstrap interval over seeds (Figure 2).

    Parameters
    ----------
    rows : pandas.DataFrame
        As from `headline_rows`.
    alignment_method : str
        As in `roles`.
    n_bootstrap, seed : int
        Of the bootstrap over seeds.

    Returns
    -------
    pandas.DataFrame
        `TRAJECTORY`, mean, sd, low, high, n_seeds; from the onset on. Low, high and sd are NaN
        with one seed; mean is NaN where a seed's value is.
    """
    similarity = rows[rows["measure"] == "similarity"]
    similarity = similarity.assign(role=roles(similarity, alignment_method))
    found = []
    for key, group in similarity.groupby(TRAJECTORY):
        values = group["value"].to_numpy()
        low, high = bootstrap_mean(values, n_bootstrap, seed)
        found.append((*key, values.mean(), sample_sd(values), low, high, len(values)))
    return pd.DataFrame(found, columns=[*TRAJECTORY, "mean", "sd", "low", "high", "n_seeds"])
