"""What is measured of every checkpoint, one file per measure, found by its name.

A measure is a function ``<name>(study, **options)``: it prepares what does not depend on the
checkpoint and returns a function from a `Look` to rows of `score_row`. Its options are its entry
in ``evaluation.measures`` of the config.
"""

import sys
from collections.abc import Callable

from italign.evaluation.study import Look, Study
from italign.plugins import functions_by_file, pick

Score = Callable[[Look], list[dict]]


def measure(name: str, study: Study, options: dict) -> Score:
    """Prepare a measure by name.

    Raises
    ------
    ValueError
        With near matches if there is none of that name.
    """
    return pick(functions_by_file(sys.modules[__name__]), name, "measure")(study, **options)
