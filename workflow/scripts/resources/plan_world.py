"""What a world takes before it runs: jobs, hours, machines, disk (`make plan`, `make announce`).

    python workflow/scripts/resources/plan_world.py --configs config/paper.yaml
    python workflow/scripts/resources/plan_world.py --configs config/open.yaml --left --cores 2

Jobs and what waits for what are Snakemake's; seconds come from resources/costs.csv
(italign.planning), and days from a list scheduler. Nothing is run. What the numbers rest on and how
wrong they may be: docs/plan.md.
"""

import argparse
import sys

from snakemake.exceptions import WorkflowError
from world_jobs import ROOT, world_jobs

from italign.planning.measured import read_costs
from italign.planning.plan import needs_gpus, plan_world
from italign.planning.words import left_words, plan_words

COSTS = ROOT / "resources" / "costs.csv"


def at_least_one(text: str) -> int:
    """Whole number from 1."""
    if (number := int(text)) < 1:
        raise argparse.ArgumentTypeError(f"found {text}, expected at least 1")
    return number


def main() -> None:
    """Print the plan."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--configs", nargs="*", default=[])
    parser.add_argument("--left", action="store_true", help="only what a run would do now")
    parser.add_argument("--cores", type=at_least_one, default=2, help="of --left")
    parser.add_argument("--machines", type=at_least_one, nargs="+", default=[1, 8, 64],
                        help="GPUs to plan for; of a world of small networks, cores")
    parser.add_argument("--queue-minutes", type=float, default=5.0, help="of each job on GPUs")
    asked = parser.parse_args()
    world, jobs = world_jobs(asked.configs, is_whole=not asked.left)
    costs = read_costs(COSTS)
    if asked.left:
        print(left_words(plan_world(world, jobs, costs, [asked.cores], on_gpus=False)))
    else:
        print(plan_words(plan_world(world, jobs, costs, asked.machines,
                                    on_gpus=needs_gpus(jobs), queue_minutes=asked.queue_minutes)))


if __name__ == "__main__":
    try:
        main()
    except (OSError, ValueError, WorkflowError) as error:
        sys.exit(str(error))
