"""Consistency of a model's choices with people's: i2n, i2, i1n, i1 and o2 (paper 2.3, 3.2)."""

from collections.abc import Sequence

import numpy as np
import xarray as xr

from italign.evaluation.behavior import model_response
from italign.evaluation.category_subsets import subsets_of_set
from italign.evaluation.decoder import decoded, from_outputs
from italign.evaluation.people import BehaviorScore, behavior_scores, prepare_people
from italign.evaluation.rows import score_row
from italign.evaluation.study import NO_NOUN, Look, Study
from italign.evaluation.trials import Trials, index_trials

READOUTS = ("decoder", "logits")


def behavior(study: Study, *, sets: Sequence[str], readouts: Sequence[str],
             inverse_regularisation: float, n_resamples: int, n_halves: int):
    """Prepare people's patterns on every set, which no checkpoint changes.

    Parameters
    ----------
    study : Study
        With people's choices on every set.
    sets : sequence of str
        Stimulus sets to score.
    readouts : sequence of str
        ``decoder``: logistic regression on penultimate features; ``logits``: the model's own
        outputs, on sets whose nouns they name.
    inverse_regularisation : float
        C of the decoder.
    n_resamples : int
        Of the images, behind the interval over stimuli.
    n_halves : int
        Random halves of the trials behind the SD over splits, 2 or more.

    Returns
    -------
    callable
        From a `Look` to rows: raw and ceiling are Pearson r in [-1, 1], higher is more human.

    Raises
    ------
    ValueError
        If a set has no choices, a readout is unknown, or people's trials do not fit their set.
    """
    if unknown := sorted(set(readouts) - set(READOUTS)):
        raise ValueError(f"unknown readouts {unknown}, expected some of {list(READOUTS)}")
    trials = {name: _trials(study, name) for name in sets}
    people = {
        name: prepare_people(
            trials[name], study.truth(name, "test"), subsets_of_set(study, name), n_halves,
            n_resamples, study.seed)
        for name in sets
    }

    def score(look: Look) -> list[dict]:
        rows = []
        for name in sets:
            for readout in readouts:
                probabilities = (decoded(look, study, name, inverse_regularisation)
                                 if readout == "decoder" else from_outputs(look, study, name))
                if probabilities is not None:
                    response = model_response(probabilities, study.truth(name, "test"))
                    rows += [_row(name, readout, one)
                             for one in behavior_scores(response, people[name])]
        return rows

    return score


def _trials(study: Study, stimulus_set: str) -> Trials:
    choices = {ds.attrs["stimulus_set"]: ds for ds in study.behavior}
    if stimulus_set not in choices:
        raise ValueError(f"there are no choices of people on set {stimulus_set!r}, only on "
                         f"{sorted(choices)}: record some, or take it out of "
                         "evaluation.measures.behavior.sets")
    _check_images(study, stimulus_set)
    ds: xr.Dataset = choices[stimulus_set]
    return index_trials(ds.stimulus_id.values, ds.truth.values, ds.distractor.values,
                        ds.choice.values, study.stimulus_ids(stimulus_set, "test"),
                        study.categories(stimulus_set))


def _check_images(study: Study, stimulus_set: str) -> None:
    nouns = np.array(study.categories(stimulus_set))
    if n_without := int((study.truth(stimulus_set, "test") == NO_NOUN).sum()):
        raise ValueError(f"set {stimulus_set!r} has {n_without} test images without a noun, "
                         "expected one on each: people chose among nouns; leave these images out "
                         "of its blocks, or take it out of evaluation.measures.behavior.sets")
    without = np.delete(nouns, np.unique(study.truth(stimulus_set, "test"))).tolist()
    if without:
        raise ValueError(f"set {stimulus_set!r} has no test image of {', '.join(without)}, "
                         f"expected at least one of each of its {len(nouns)} nouns: add images, or "
                         "drop the noun")


def _row(stimulus_set: str, readout: str, score: BehaviorScore) -> dict:
    # Chance: the expected r of patterns that have nothing to do with one another.
    return score_row(
        "behavior", score.metric, stimulus_set, score.raw, score.n, categories=score.categories,
        readout=readout, ceiling_rule="human_halves", chance=0.0, ceiling=score.ceiling,
        ceiled=score.ceiled, low_stimuli=score.low_stimuli, high_stimuli=score.high_stimuli,
        sd_splits=score.sd_splits,
    )
