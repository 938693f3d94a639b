"""Claims made from the cohort's long table: accuracy before and after, and trust in the attacks."""

import numpy as np
import pandas as pd

from italign.evaluation.claim_rows import claim_row, join_notes, measured, over_seeds, run_names

SAME_IMAGES = ["pgd_same_images", "autoattack"]  # rows of the job that runs AutoAttack


def accuracy_changes(frame: pd.DataFrame, n_bootstrap: int, seed: int) -> list[dict]:
    """Accuracy of the model's own outputs before and after, and the change, paired by seed.

    Of the base task a run's first row is that of the pretrained network (step 0), if it was scored:
    the change is what alignment cost. Outputs of the stimulus labels start at the onset.
    """
    rows = []
    accuracies = frame[frame["measure"] == "accuracy"]
    for (model, name), scores in accuracies.groupby(["model", "stimulus_set"]):
        first, last = scores["step"].min(), scores["step"].max()
        if first == last:  # one checkpoint has no before
            continue
        wide = scores.pivot(index=["model", "seed"], columns="step", values="raw")
        wide = wide.rename(columns={first: "before", last: "after"}).reset_index()
        known, note = measured(wide.assign(step=last), "before", "after")
        before, after = known["before"].to_numpy(), known["after"].to_numpy()
        origin = "pretrained network, the same for all seeds" if first == 0 else "first checkpoint"
        for part, values in {"before": before, "after": after, "change": after - before}.items():
            rows.append(over_seeds(
                f"accuracy_{part}", values, n_bootstrap, seed, model=model, metric="accuracy",
                stimulus_set=name, categories="all", note=note,
                method=f"mean over seeds; before: {origin} (step {first}), after: step {last}",
            ))
    return rows


def flagged_checks(frame: pd.DataFrame) -> list[dict]:
    """Count the runs that fail each check of each attack, of those tested; the note names them."""
    rows = []
    checks = frame[frame["measure"] == "attack_check"]
    key = ["metric", "stimulus_set", "attack", "norm", "epsilon_255"]
    for names, runs in checks.groupby(key, dropna=False):
        untested, flagged = runs[runs["raw"].isna()], runs[runs["raw"] == 0]
        tested = runs.drop(untested.index)
        rows.append(claim_row(
            "attack_checks_flagged", estimate=len(flagged) if len(tested) else np.nan,
            n=len(tested), n_seeds=tested["seed"].nunique(),
            method="runs that fail the check, of n tested",
            note=join_notes(*(f"{kind}: {run_names(some)}" for kind, some in
                              (("flagged", flagged), ("not tested", untested)) if len(some))),
            **dict(zip(key, names, strict=True)),
        ))
    return rows


def autoattack_gaps(frame: pd.DataFrame, n_bootstrap: int, seed: int) -> list[dict]:
    """How much accuracy PGD leaves above AutoAttack on the same images, at the final step.

    0: the two agree. A large gap says that robustness under PGD is overstated by about as much.
    Where no image is classified correctly there is nothing to attack, and no gap.
    """
    shown = frame[(frame["step"] == frame["step"].max()) & frame["attack"].isin(SAME_IMAGES)]
    rows, run = [], ["model", "seed", "step"]
    clean = shown[shown["epsilon_255"] == 0].set_index([*run, "stimulus_set", "attack"])["raw"]
    for model, scores in shown[shown["epsilon_255"] > 0].groupby("model"):
        raw = scores.set_index([*run, "stimulus_set", "attack"])["raw"]
        wide = raw.where(clean.reindex(raw.index) > 0).unstack("attack")
        pgd, autoattack = (wide.reindex(columns=SAME_IMAGES)[name] for name in SAME_IMAGES)
        gaps = (pgd - autoattack).groupby(run).apply(lambda v: v.mean(skipna=False))
        known, note = measured(gaps.rename("gap").reset_index(), "gap")
        rows.append(over_seeds(
            "autoattack_gap", known["gap"].to_numpy(), n_bootstrap, seed, note=note, model=model,
            metric="accuracy", stimulus_set="mean", categories="all", attack="autoattack",
            **scores.iloc[0][["norm", "epsilon_255"]].to_dict(),
            method="mean over sets and seeds of accuracy under PGD minus that under AutoAttack, on "
                   f"{scores['n'].min()} images of each set",
        ))
    return rows
