"""Accuracy of a model's own outputs on held-out images: base task, and stimulus labels."""

import numpy as np

from italign.evaluation.rows import share_row
from italign.evaluation.study import NO_NOUN, Look, Study


def accuracy(study: Study):
    """Prepare the share of images whose largest logit is their label's.

    Parameters
    ----------
    study : Study
        Sets whose nouns are all stimulus labels are scored, for members that trained those, on
        their images that have a noun.

    Returns
    -------
    callable
        From a `Look` to rows: metric ``accuracy``, in [0, 1], chance 1 / number of outputs.
    """
    labels = {name: _labels(study, name) for name in study.stimuli
              if study.categories(name)
              and set(study.categories(name)) <= set(study.label_categories)}
    labels = {name: found for name, found in labels.items() if (found != NO_NOUN).any()}
    n_base = len(study.base_categories)

    def score(look: Look) -> list[dict]:
        rows = [base_row(study, look.base_logits)]
        for name in labels if look.has_labels else []:
            has_noun = labels[name] != NO_NOUN
            logits = look.moved[name, "test"]["logits"][has_noun, n_base:]
            rows.append(_row(name, logits, labels[name][has_noun]))
        return rows

    return score


def base_row(study: Study, logits: np.ndarray) -> dict:
    """Row of the base task's accuracy, from logits (n_base_images, n_base)."""
    return _row(study.base_set, logits, study.base_labels)


def _labels(study: Study, name: str) -> np.ndarray:
    """Output of each test image among those of the stimulus labels, `NO_NOUN` without one."""
    places = np.array([study.label_categories.index(noun) for noun in study.categories(name)])
    truth = study.truth(name, "test")
    return np.where(truth == NO_NOUN, NO_NOUN, places[truth])


def _row(stimulus_set: str, logits: np.ndarray, labels: np.ndarray) -> dict:
    return share_row("accuracy", stimulus_set, logits.argmax(1) == labels, readout="logits",
                     chance=1 / logits.shape[1])
