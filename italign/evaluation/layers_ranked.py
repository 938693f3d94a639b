"""Which layer of a network is most like which animal, before any alignment."""

import logging

import pandas as pd

from italign.evaluation.layers_brains import TRAIN

COLUMNS = ("layer", "module", "time_step", "place", "n_features", "role", "animal", "stimulus_set",
           "sessions", "estimator", "raw", "low", "high", "chance", "ceiling", "n_images",
           "n_sites")


def ranked(rows: list[dict], compared: str) -> pd.DataFrame:
    """Mark the best layers of the ladder.

    Parameters
    ----------
    rows : list of dict
        `COLUMNS`, one per layer, population and estimator.
    compared : str
        Layer that training compares.

    Returns
    -------
    pandas.DataFrame
        The rows, with ``is_compared``; ``is_best``, the layer that the training animals alone
        choose: the highest unbiased CKA, mean over the animals of the mean over their sessions;
        and ``is_best_of_animal``, the same of the row's animal. A warning is logged where training
        compares another layer than the best.
    """
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    unbiased = table[table["estimator"] == "unbiased"]
    means = unbiased.groupby(["role", "animal", "layer"], sort=False)["raw"].mean()
    own = means.groupby(["role", "animal"]).idxmax().map(lambda key: key[2])
    trained = means[TRAIN].groupby("layer", sort=False).mean()
    best = trained.idxmax()
    if best != compared:
        logging.warning("training compares layer %s (unbiased CKA with the training animals %.3f), "
                        "but %s is the most alike (%.3f): see training.model.layers", compared,
                        trained[compared], best, trained[best])
    chosen = [own[key] for key in zip(table["role"], table["animal"], strict=True)]
    return table.assign(is_compared=table["layer"] == compared, is_best=table["layer"] == best,
                        is_best_of_animal=table["layer"] == chosen)
