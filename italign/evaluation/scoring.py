"""From the activations of one checkpoint to rows of the cohort table."""

from dataclasses import dataclass

import numpy as np
import xarray as xr

from italign.evaluation.behavior import i2n
from italign.evaluation.decoder import decoder_probabilities
from italign.evaluation.rows import score_row
from italign.evaluation.similarity import ESTIMATORS, cka_from_grams, linear_gram
from italign.evaluation.trials import Trials, index_trials


@dataclass(frozen=True)
class Axis:
    """One held-out animal and set: Gram matrix of its selected sites, and its ceilings.

    Parameters
    ----------
    animal, stimulus_set : str
        Names.
    rows : numpy.ndarray
        Where the animal's stimuli lie among the set's test images.
    gram : numpy.ndarray, (n_stimuli, n_stimuli)
        Of the mean responses.
    ceilings : dict of (str, str) to float
        (estimator, ceiling rule) -> mean over splits, with all repetitions; above 0.
    """

    animal: str
    stimulus_set: str
    rows: np.ndarray
    gram: np.ndarray
    ceilings: dict[tuple[str, str], float]


def held_out_axis(assembly: xr.Dataset, ceiling: xr.Dataset, stimuli: xr.Dataset) -> Axis:
    """Join an animal's responses to the test images of their set by stimulus_id.

    Parameters
    ----------
    assembly, ceiling, stimuli : xarray.Dataset
        Of those contracts, for the same animal and set.

    Raises
    ------
    ValueError
        If the files are of different animals or sets, a stimulus is not a test image, or a ceiling
        is not above 0.
    """
    for key in ("animal", "stimulus_set"):
        if assembly.attrs[key] != ceiling.attrs[key]:
            raise ValueError(f"assembly has {key} {assembly.attrs[key]!r}, its ceiling "
                             f"{ceiling.attrs[key]!r}; rebuild the ceiling")
    sites = assembly.isel(neuroid=assembly.selected.values == 1)
    return Axis(
        assembly.attrs["animal"], assembly.attrs["stimulus_set"],
        _test_rows(assembly.stimulus_id.values, stimuli),
        linear_gram(np.nanmean(sites.rate.values, axis=1)), _ceilings(ceiling),
    )


def similarity_rows(run: dict, step: int, axes: list[Axis], seen: dict, region: str) -> list[dict]:
    """CKA of a region with every held-out animal and set, both estimators and all ceiling rules.

    ``seen`` holds `activations.activations` of every (set, split).
    """
    rows = []
    for axis in axes:
        gram = linear_gram(seen[axis.stimulus_set, "test"][region].numpy()[axis.rows])
        raw_by = {estimator: float(cka_from_grams(gram, axis.gram, estimator))
                  for estimator in ESTIMATORS}
        for (estimator, rule), ceiling in axis.ceilings.items():
            raw = raw_by[estimator]
            rows.append(score_row(
                run, step, "similarity", axis.stimulus_set, raw, len(axis.rows), ceiling=ceiling,
                ceiled=raw / ceiling, animal=axis.animal, estimator=estimator, ceiling_rule=rule,
            ))
    return rows


@dataclass(frozen=True)
class Crowd:
    """People's trials on a set, and the labels that the decoder of a model is fitted to."""

    stimulus_set: str
    trials: Trials
    truth: np.ndarray
    train_labels: np.ndarray


def crowd(behavior: xr.Dataset, stimuli: xr.Dataset) -> Crowd:
    """Join people's trials to the test images of their set.

    Parameters
    ----------
    behavior, stimuli : xarray.Dataset
        Of those contracts, for the same set.
    """
    names = sorted(set(stimuli.category.values.tolist()))
    index = np.searchsorted(names, stimuli.category.values)
    test = stimuli.split.values == "test"
    trials = index_trials(behavior.stimulus_id.values, behavior.truth.values,
                          behavior.distractor.values, behavior.choice.values,
                          stimuli.stimulus_id.values[test], names)
    return Crowd(behavior.attrs["stimulus_set"], trials, index[test], index[~test])


def behavior_rows(
    run: dict, step: int, crowds: list[Crowd], seen: dict, inverse_regularisation: float
) -> list[dict]:
    """i2n of the decoder on penultimate features against people, for every set."""
    rows = []
    for people in crowds:
        name = people.stimulus_set
        train, test = (seen[name, split]["penultimate"].numpy() for split in ("train", "test"))
        probability = decoder_probabilities(train, people.train_labels, test,
                                            inverse_regularisation)
        score = i2n(probability, people.truth, people.trials)  # Brain-Score's seed, 0
        rows.append(score_row(run, step, "behavior", name, score.raw, score.n,
                              ceiling=score.ceiling, ceiled=score.ceiled,
                              ceiling_rule="human_halves"))
    return rows


def accuracy_row(
    run: dict, step: int, stimulus_set: str, logits: np.ndarray, labels: np.ndarray
) -> dict:
    """Share of images whose largest logit is their label's."""
    correct = float((logits.argmax(1) == labels).mean())
    return score_row(run, step, "accuracy", stimulus_set, correct, len(labels))


def _ceilings(ceiling: xr.Dataset) -> dict[tuple[str, str], float]:
    """Mean over splits, all repetitions drawn."""
    whole = ceiling.cka.sel(n_drawn=ceiling.n_drawn.max()).mean("split")
    ceilings = {(str(estimator), str(rule)): float(whole.sel(estimator=estimator, rule=rule))
                for estimator in ceiling.estimator.values for rule in ceiling.rule.values}
    for (estimator, rule), value in ceilings.items():
        if not value > 0:
            raise ValueError(f"{ceiling.attrs['animal']}, {ceiling.attrs['stimulus_set']}: the "
                             f"{estimator} {rule} ceiling is {value:.3g}, expected above 0: halves "
                             "of the trials share nothing; raise assemblies.selection or record "
                             "more repetitions")
    return ceilings


def _test_rows(stimulus_id: np.ndarray, stimuli: xr.Dataset) -> np.ndarray:
    ids = stimuli.stimulus_id.values[stimuli.split.values == "test"].tolist()
    place = {name: row for row, name in enumerate(ids)}
    missing = sorted(set(stimulus_id.tolist()) - set(place))
    if missing:
        raise ValueError(f"{len(missing)} stimulus_id of the assembly, first {missing[0]!r}, are "
                         f"no test images of {stimuli.attrs['identifier']!r}; held-out animals "
                         "must see the test split only")
    return np.array([place[name] for name in stimulus_id.tolist()])
