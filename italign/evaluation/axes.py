"""Held-out animals and sets that models are compared with, joined to the images by their names."""

import logging
from dataclasses import dataclass

import numpy as np
import xarray as xr

from italign.evaluation.similarity import linear_gram
from italign.evaluation.study import Study
from italign.messages import first_names


@dataclass(frozen=True)
class Axis:
    """One held-out animal and set: responses of its selected sites, and its ceilings.

    Parameters
    ----------
    animal, stimulus_set : str
        Names.
    rows : numpy.ndarray, int (n_stimuli,)
        Where the animal's stimuli lie among the set's test images.
    responses : numpy.ndarray, (n_stimuli, n_repetitions, n_sites)
        Of selected sites; NaN where a repetition is missing.
    gram : numpy.ndarray, (n_stimuli, n_stimuli)
        Of the mean responses.
    ceilings : dict of (str, str) to float
        (estimator, ceiling rule) -> mean over splits, with all repetitions; above 0. All NaN for
        an animal without trials: nobody knows its ceiling.
    """

    animal: str
    stimulus_set: str
    rows: np.ndarray
    responses: np.ndarray
    gram: np.ndarray
    ceilings: dict[tuple[str, str], float]

    @property
    def has_ceiling(self) -> bool:
        """Whether trials tell what a perfect model would reach."""
        return not np.isnan(list(self.ceilings.values())).all()

    @property
    def mean_responses(self) -> np.ndarray:
        """Average over the repetitions that exist, (n_stimuli, n_sites)."""
        return np.nanmean(self.responses, axis=1)


def held_out_axes(study: Study) -> list[Axis]:
    """Join the responses of every held-out animal to the test images of their set.

    Parameters
    ----------
    study : Study
        With at least the stimulus sets that its assemblies name.

    Returns
    -------
    list of Axis
        In the order of ``study.assemblies``.

    Raises
    ------
    ValueError
        As `held_out_axis`, or if an assembly has no ceiling beside it or no stimulus set.
    """
    if len(study.assemblies) != len(study.ceilings):
        raise ValueError(f"{len(study.assemblies)} assemblies have {len(study.ceilings)} ceilings, "
                         "expected one each, in the same order")
    absent = {assembly.attrs["stimulus_set"] for assembly in study.assemblies} - set(study.stimuli)
    if absent:
        raise ValueError(f"the assemblies show {first_names(sorted(absent))}, expected sets of the "
                         f"study ({first_names(sorted(study.stimuli))}): add their stimuli")
    return [held_out_axis(assembly, ceiling, study.stimuli[assembly.attrs["stimulus_set"]])
            for assembly, ceiling in zip(study.assemblies, study.ceilings, strict=True)]


def held_out_axis(assembly: xr.Dataset, ceiling: xr.Dataset, stimuli: xr.Dataset) -> Axis:
    """Join an animal's responses to the test images of their set by stimulus_id.

    Parameters
    ----------
    assembly, ceiling, stimuli : xarray.Dataset
        Of those contracts, for the same animal and set.

    Returns
    -------
    Axis
        Stimuli in the order of the assembly.

    Raises
    ------
    ValueError
        If the files are of different animals or sets, a stimulus is not a test image, no site is
        selected or one lacks a stimulus, or a ceiling is not above 0 (all may be NaN: no trials).
    """
    for key in ("animal", "stimulus_set"):
        if assembly.attrs[key] != ceiling.attrs[key]:
            raise ValueError(f"assembly has {key} {assembly.attrs[key]!r}, its ceiling "
                             f"{ceiling.attrs[key]!r}; rebuild the ceiling")
    selected = assembly.isel(neuroid=assembly.selected.values == 1).rate
    responses = selected.transpose("stimulus", "repetition", "neuroid").values.astype(np.float64)
    _check_responses(responses, assembly)
    return Axis(
        assembly.attrs["animal"], assembly.attrs["stimulus_set"],
        _test_rows(assembly.stimulus_id.values, stimuli), responses,
        linear_gram(np.nanmean(responses, axis=1)), _ceilings(ceiling),
    )


def _check_responses(responses: np.ndarray, assembly: xr.Dataset) -> None:
    name = f"{assembly.attrs['animal']}, {assembly.attrs['stimulus_set']}"
    if not responses.shape[2]:
        raise ValueError(f"{name}: none of {assembly.sizes['neuroid']} sites is selected, expected "
                         "one at least; lower the limits of assemblies.selection")
    silent = ~np.isfinite(responses).any(axis=1)
    if silent.any():
        ids = assembly.stimulus_id.values[silent.any(axis=1)]
        raise ValueError(f"{name}: {len(ids)} stimuli ({first_names(ids)}) have no repetition at "
                         "some selected site, expected one at least; drop these stimuli or sites")


def _ceilings(ceiling: xr.Dataset) -> dict[tuple[str, str], float]:
    """Mean over splits, all repetitions drawn; all NaN where the file says why there is none."""
    name = f"{ceiling.attrs['animal']}, {ceiling.attrs['stimulus_set']}"
    whole = ceiling.cka.sel(n_drawn=ceiling.n_drawn.max()).mean("split")
    ceilings = {(str(estimator), str(rule)): float(whole.sel(estimator=estimator, rule=rule))
                for estimator in ceiling.estimator.values for rule in ceiling.rule.values}
    if "no_ceiling" in ceiling.attrs:
        logging.info("%s: no ceiling (%s); similarity is raw", name, ceiling.attrs["no_ceiling"])
        return ceilings
    for (estimator, rule), value in ceilings.items():
        if not value > 0:
            raise ValueError(f"{name}: the {estimator} {rule} ceiling is {value:.3g}, expected "
                             "above 0: halves of the trials share nothing; raise "
                             "assemblies.selection or record more repetitions")
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
