"""Accuracy of a model's own outputs on held-out images: base task, and stimulus labels."""

import numpy as np

from italign.evaluation.rows import share_row
from italign.evaluation.study import Look, Study


def accuracy(study: Study):
    """Prepare the share of images whose largest logit is their label's.

    Parameters
    ----------
    study : Study
        Sets whose nouns are all stimulus labels are scored, for members that trained those.

    Returns
    -------
    callable
        From a `Look` to rows: metric ``accuracy``, in [0, 1], chance 1 / number of outputs.
    """
    labels = {
        name: np.searchsorted(study.label_categories, shown.category.values[is_test])
        for name, shown in study.stimuli.items()
        if set(study.categories(name)) <= set(study.label_categories)
        and (is_test := shown.split.values == "test").any()
    }
    n_base = len(study.base_categories)

    def score(look: Look) -> list[dict]:
        rows = [base_row(study, look.base_logits)]
        for name in labels if look.has_labels else []:
            logits = look.moved[name, "test"]["logits"][:, n_base:]
            rows.append(_row(name, logits, labels[name]))
        return rows

    return score


def base_row(study: Study, logits: np.ndarray) -> dict:
    """Row of the base task's accuracy, from logits (n_base_images, n_base)."""
    return _row(study.base_set, logits, study.base_labels)


def _row(stimulus_set: str, logits: np.ndarray, labels: np.ndarray) -> dict:
    return share_row("accuracy", stimulus_set, logits.argmax(1) == labels, readout="logits",
                     chance=1 / logits.shape[1])
