"""The cohort with planted effects, three seeds, and the claims made from it."""

import pytest

from tests.evaluation.synthetic_cohort import summarised, synthetic_cohort


@pytest.fixture(scope="module")
def cohort():
    return synthetic_cohort(n_seeds=3)


@pytest.fixture(scope="module")
def claims(cohort):
    return summarised(cohort)[1]
