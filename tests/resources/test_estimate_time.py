"""The estimate that `make open` prints: from Snakemake's own words and a table of seconds."""

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

SCRIPT = Path(__file__).parents[2] / "workflow/scripts/resources/estimate_time.py"
PLAN = """Building DAG of jobs...
Job stats:
job                count
---------------  -------
score_models_0         3
score_models_1         1
train_model           37
all                    1
total                 42
"""


@pytest.fixture
def estimate(load_script):
    return load_script("resources", "estimate_time")


def test_jobs_are_counted_from_a_dry_run(estimate):
    assert estimate.jobs_left(PLAN.splitlines()) == {
        "score_models_0": 3, "score_models_1": 1, "train_model": 37}


def test_minutes_are_seconds_of_all_jobs_shared_by_the_cores(estimate):
    costs = pd.DataFrame({"rule": ["score_models", "train_model"], "seconds": [297.5, 57.5]})
    left = estimate.jobs_left(PLAN.splitlines())
    assert estimate.minutes_left(left, costs, 2) == pytest.approx((4 * 300 + 37 * 60) / 2 / 60)
    assert estimate.minutes_left(left, costs, 100) == pytest.approx(5)  # the longest job
    assert "is not known" in estimate.say(left, estimate.minutes_left(left, costs[:0], 2), 2, "")


def test_seconds_come_from_the_logs_of_a_run(estimate, tmp_path):
    for name, seconds in (("a", 10), ("b", 20)):
        (tmp_path / f"{name}.log").write_text(f"2026 end train_model after {seconds}.0 s\n")
    [row] = estimate.measured(tmp_path, "open", "2 cores").to_dict("records")
    assert (row["rule"], row["jobs"], row["seconds"]) == ("train_model", 2, 15.0)


@pytest.mark.parametrize(("said", "code", "words"), [
    (PLAN, 0, "41 jobs are left"),
    ("Nothing to be done (all requested files are present).", 0, "nothing is left to do"),
    ("MissingInputException in rule a", 1, "no plan of Snakemake:\nMissingInput"),
])
def test_what_is_no_plan_is_not_taken_for_a_finished_world(said, code, words):
    answer = subprocess.run([sys.executable, SCRIPT, "open", "--cores", "2"], input=said,
                            capture_output=True, text=True, check=False)
    assert answer.returncode == code
    assert words in answer.stdout + answer.stderr
