"""A plan in words: one screen."""

from math import isinf

import pandas as pd

from italign.planning.plan import Outlook, Plan, hours_by_rule
from italign.planning.storage import unknown_sizes

N_RULES = 10  # listed one by one


def plan_words(plan: Plan) -> str:
    """Jobs per rule, days on machines, disk, and how far the seconds can be trusted."""
    table = hours_by_rule(plan)
    parts = [f"{plan.world}: {len(plan.jobs)} jobs, if nothing is there yet",
             _rule_lines(table, plan.on_gpus), _machine_lines(plan, table), _disk_lines(plan),
             _error_lines(plan)]
    return "\n\n".join(parts)


def left_words(plan: Plan) -> str:
    """What is left of a world and how long it takes on one machine."""
    if not plan.jobs:
        return "nothing is left to do"
    table = hours_by_rule(plan).sort_values("jobs", ascending=False)
    first = ", ".join(f"{row.jobs} {row.rule}" for row in table.head(6).itertuples())
    more = f" and {len(table) - 6} other rules" if len(table) > 6 else ""
    [outlook] = plan.outlooks
    return (f"{len(plan.jobs)} jobs are left: {first}{more}\n"
            f"about {outlook.wall_s / 60:.0f} minutes on {outlook.n} cores, as on the machines of "
            f"resources/costs.csv{_not_counted(plan)}\nCtrl-C stops it; the same command goes on "
            "where it stopped")


def _rule_lines(table: pd.DataFrame, on_gpus: bool) -> str:
    head = f"{'rule':<22}{'jobs':>6}{'min each':>10}{'hours':>9}" + "  GPU hours" * on_gpus
    first, rest = table.head(N_RULES), table.iloc[N_RULES:]
    rows = [_rule_line(row.rule, row.jobs, row.hours, row.gpu_hours, on_gpus)
            for row in first.itertuples()]
    if len(rest):
        rows.append(_rule_line(f"{len(rest)} others", rest["jobs"].sum(), rest["hours"].sum(),
                               rest["gpu_hours"].sum(), on_gpus))
    return "\n".join([head, *rows])


def _rule_line(rule: str, jobs: int, hours: float, gpu_hours: float, on_gpus: bool) -> str:
    line = f"{rule:<22}{jobs:>6}{60 * hours / jobs:>10.1f}{hours:>9.1f}"
    return line + f"{gpu_hours:>11.1f}" * on_gpus


def _machine_lines(plan: Plan, table: pd.DataFrame) -> str:
    unit = "GPUs" if plan.on_gpus else "cores"
    head = f"{unit:<8}{'wall time':>20}{'first figure of models':>25}{'peak on disk':>15}"
    rows = [f"{outlook.n:<8}{_range(outlook):>20}{_time(outlook.first_figure_s):>25}"
            f"{_size(outlook.peak_mb):>15}" for outlook in plan.outlooks]
    if plan.on_gpus:
        rows.append(f"GPU hours: {table['gpu_hours'].sum():.0f}, of training "
                    f"{_training(table, 'fastest_hours'):.0f} to {_training(table, 'hours'):.0f}")
    return "\n".join([head, *rows])


def _training(table: pd.DataFrame, column: str) -> float:
    return table.loc[table["rule"].isin(["train_base", "train_model"]), column].sum()


def _range(outlook: Outlook) -> str:
    slow, fast = _time(outlook.wall_s), _time(outlook.fastest_s)
    return slow if slow == fast else f"{fast} to {slow}"


def _disk_lines(plan: Plan) -> str:
    names = sorted(plan.kept_mb, key=plan.kept_mb.get, reverse=True)
    kept = ", ".join(f"{name} {_size(plan.kept_mb[name])}" for name in names[:2])
    other = sum(plan.kept_mb[name] for name in names[2:])
    temp = sorted({file.rsplit("/", 1)[-1] for job in plan.jobs for file in job.temp})
    unknown = unknown_sizes(plan.jobs)
    return "\n".join(filter(None, [
        f"kept on disk: {_size(sum(plan.kept_mb.values()))}: {kept}, others {_size(other)}",
        f"deleted on the way: {', '.join(temp) or 'nothing'}",
        f"of unknown size, counted as nothing: {len(unknown)} kinds of files" if unknown else ""]))


def _error_lines(plan: Plan) -> str:
    rows = [f"{kind:<22}{_errors(errors, 'job'):>20}{_errors(errors, 'network'):>20}"
            for kind, errors in plan.errors.groupby("kind", sort=False)]
    gpu = ["On GPUs: speeds of single steps on one NVIDIA H100; the table is of the slowest "
           "setting measured,\nranges reach to the fastest. Whole jobs and decoding were not "
           "measured there: docs/plan.md"]
    return "\n".join([
        "error of the model on processors, median (largest), at what it was not fitted to:",
        f"{'':<22}{'one job':>20}{'a whole network':>20}", *rows, *gpu * plan.on_gpus,
    ]) + _not_counted(plan)


def _errors(errors: pd.DataFrame, held_out: str) -> str:
    [row] = errors[errors["held_out"] == held_out].to_dict("records")
    return f"{100 * row['median']:.0f} % ({100 * row['largest']:.0f} %)" if row["n"] else "unknown"


def _not_counted(plan: Plan) -> str:
    return (f"\nmeasured nowhere, counted as nothing: {', '.join(plan.unmeasured)}"
            if plan.unmeasured else "")


def _time(seconds: float) -> str:
    if isinf(seconds):
        return "none"
    if seconds < 2 * 3600:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h" if seconds < 48 * 3600 else f"{seconds / 86400:.1f} days"


def _size(megabytes: float) -> str:
    for unit, length in (("TB", 1e6), ("GB", 1e3)):
        if megabytes >= length:
            return f"{megabytes / length:.2f} {unit}"
    return f"{megabytes:.0f} MB"
