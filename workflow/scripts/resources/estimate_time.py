"""How long the rest of a world takes, from what is left to do and what its rules took elsewhere.

A command, because it runs before Snakemake (make open):

    snakemake --dry-run --quiet rules ... | python <this file> open --cores 2
    python <this file> open --record "2 cores of ..."    after a whole run

Seconds are those of resources/costs.csv: the mean of a rule's jobs in a whole run of the world.
"""

import argparse
import re
import sys
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

COSTS = Path(__file__).parents[3] / "resources" / "costs.csv"
COLUMNS = ["world", "rule", "jobs", "seconds", "measured_on"]
JOB_COUNT = re.compile(r"^(\w+)\s+(\d+)$")
LOGGED = re.compile(r"end (\w+) after ([0-9.]+) s")
NOTHING = "Nothing to be done"
START_S = 2.5  # of a job, before its log begins: Python and imports


def jobs_left(lines: Iterable[str]) -> dict[str, int]:
    """Jobs by rule, as a dry run counts them; empty where nothing is left."""
    counts = dict(match.groups() for match in map(JOB_COUNT.match, lines) if match)
    return {rule: int(n) for rule, n in counts.items() if rule not in ("total", "all")}


def minutes_left(left: dict[str, int], costs: pd.DataFrame, cores: int) -> float:
    """Minutes of wall time: all seconds shared by the cores; no less than the longest job.

    Parameters
    ----------
    left : dict of str to int
        From `jobs_left`.
    costs : pandas.DataFrame
        Rows of one world, columns of `COLUMNS`.
    cores : int
        Jobs at a time.

    Returns
    -------
    float
        NaN where no rule was ever measured. A rule that was not counts with its start only.
    """
    if costs.empty:
        return float("nan")
    seconds = costs.set_index("rule")["seconds"].to_dict()
    # score_models_0 and score_models_1 are one rule, made of groups of models.
    each = {rule: seconds.get(re.sub(r"_\d+$", "", rule), 0.0) + START_S for rule in left}
    total = sum(n * each[rule] for rule, n in left.items())
    return max([total / cores, *each.values()], default=0.0) / 60


def measured(logs: Path, world: str, measured_on: str) -> pd.DataFrame:
    """Mean seconds of the jobs of each rule, from the logs of a run."""
    ends = [match.groups() for path in sorted(logs.rglob("*.log"))
            for match in LOGGED.finditer(path.read_text(encoding="utf-8", errors="replace"))]
    found = pd.DataFrame(ends, columns=["rule", "seconds"]).astype({"seconds": float})
    means = found.groupby("rule")["seconds"].agg(["count", "mean"]).reset_index()
    return means.set_axis(["rule", "jobs", "seconds"], axis=1).assign(
        world=world, measured_on=measured_on)[COLUMNS].round({"seconds": 1})


def say(left: dict[str, int], minutes: float, cores: int, measured_on: str) -> str:
    """The plan in words, one line and the longest rules."""
    n_jobs = sum(left.values())
    if not n_jobs:
        return "nothing is left to do"
    names = sorted(left, key=left.get, reverse=True)
    jobs = ", ".join(f"{left[name]} {name}" for name in names[:6])
    more = f" and {len(names) - 6} other rules" if len(names) > 6 else ""
    time = ("how long is not known: no run of this world was measured" if minutes != minutes else
            f"about {minutes:.0f} minutes on {cores} cores like those it was measured on "
            f"({measured_on})")
    return (f"{n_jobs} jobs are left: {jobs}{more}\n{time}\nCtrl-C stops it; the same command goes "
            "on where it stopped")


def main() -> None:
    """Print the estimate, or record a run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("world")
    parser.add_argument("--cores", type=int, default=1)
    parser.add_argument("--record", metavar="MACHINE")
    asked = parser.parse_args()
    costs = pd.read_csv(COSTS) if COSTS.exists() else pd.DataFrame(columns=COLUMNS)
    own = costs[costs["world"] == asked.world]
    if asked.record:
        new = measured(Path("results") / asked.world / "logs", asked.world, asked.record)
        pd.concat([costs.drop(own.index), new]).to_csv(COSTS, index=False)
        return
    plan = sys.stdin.read()
    left = jobs_left(plan.splitlines())
    if not left and NOTHING not in plan:
        sys.exit(f"this is no plan of Snakemake:\n{plan}")
    print(say(left, minutes_left(left, own, asked.cores), asked.cores,
              next(iter(own["measured_on"]), "")))


if __name__ == "__main__":
    main()
