"""Contradictions between keys of a config, which a schema of single keys cannot see."""

from collections.abc import Iterator
from functools import reduce
from operator import getitem

from cross_keys_evaluation import evaluation_problems
from cross_keys_figures import figure_problems
from cross_keys_files import file_problems
from cross_keys_recordings import recording_problems
from cross_keys_sets import set_problems, unknown_sets
from cross_keys_training import training_problems

from italign.training.cohort import method_label


def cross_key_problems(config: dict, sessions: list[dict]) -> list[str]:
    """List every contradiction between keys, and between keys and the session sheet.

    Parameters
    ----------
    config : dict
        The merged config; each key alone already satisfies the schema.
    sessions : list of dict
        Rows of the session sheet, each valid by itself.

    Returns
    -------
    list of str
        One line each: key, what was found, what to do; empty if there is none.
    """
    unknown = list(unknown_sets(config, sessions))
    if unknown:  # the other checks look images up by set
        return unknown
    problems = [*set_problems(config, sessions), *recording_problems(config, sessions)]
    problems += [*file_problems(config), *training_problems(config), *figure_problems(config)]
    if not problems:  # attacks name members of a cohort that can be made
        problems += evaluation_problems(config)
    return [*problems, *_choices(config)]


def _choices(config: dict) -> Iterator[str]:
    """Find keys that name what another key does not list."""
    assemblies = config["assemblies"]
    methods = [method_label(condition) for condition in config["training"]["conditions"]]
    choices = {
        "training.stimulus_set": ("assemblies.train_set", [assemblies["train_set"]]),
        "evaluation.headline.method": ("training.conditions", methods),
    }
    for path, (where, listed) in choices.items():
        value = reduce(getitem, path.split("."), config)
        for found in value if isinstance(value, list) else [value]:
            if found not in listed:
                yield (f"{path}: found {found!r}, expected one of {where}: "
                       f"{', '.join(map(str, dict.fromkeys(listed)))}")
