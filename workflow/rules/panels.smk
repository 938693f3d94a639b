"""Which figures a world draws, and why it leaves others out."""

from cross_keys_figures import set_of_panel

from italign.evaluation.category_subsets import category_subsets

PANELS = {
    f"figure_{number}{panel}": name
    for number in (2, 3, 4, 5)
    for panel, name in config["figures"][f"figure_{number}"].items()
}
# In the order of the paper; then ours. Session pages follow.
OF_COHORT = [
    *("figure_1a", "figure_1b", "figure_1c"),
    *PANELS,
    *("figure_a1", "dose_response", "generalisation", "layers", "claims"),
]
OF_RECORDINGS = ["recording_quality", "recovered_truth", "ceilings", "contact_sheet"]


def why_not(figure):
    """Why a world does not draw a figure, with the config key that decides; None if it does."""
    if figure in ("recovered_truth", "ceilings"):
        return None if simulated(HELD_OUT) else "no held-out animal is simulated"
    if figure == "recording_quality":
        return None if IN_REGION else f"no session of region {REGION}"
    if not HELD_OUT:
        return "no model is trained (assemblies.held_out is empty)"
    if figure in PANELS and PANELS[figure] is None:
        return f"figures.{figure[:-1]}.{figure[-1]} is null"
    return why_not_measured(figure)


def why_not_measured(figure):
    """Why the cohort lacks what a figure shows, or None."""
    if figure in ("generalisation", "layers") and not config["evaluation"][figure]:
        return f"evaluation.{figure} is null"
    kind, panel = figure.rstrip("abcd"), PANELS.get(figure)
    if kind == "figure_2":
        shown = panel in [name for _, name in HELD_OUT]
        return (
            None if shown else f"no held-out animal saw {panel} (assemblies.held_out)"
        )
    if figure == "figure_1b" or kind == "figure_3":
        return why_not_decoded(
            "behavior", HEADLINE["behavior_sets"] if not panel else [panel]
        )
    if figure == "figure_a1":
        return why_not_decoded("probe", config["figures"]["figure_a1"])
    if figure == "figure_1c" or kind in ("figure_4", "figure_5"):
        return why_not_attacked(kind, panel)
    return None


def why_not_decoded(measure, panels):
    """Why a measure is lacking on sets, or on subsets of their nouns, or None."""
    if measure not in MEASURES:
        return f"evaluation.measures.{measure} is null"
    for panel in panels:
        name = set_of_panel(panel, SETS)
        if name not in MEASURES[measure]["sets"]:
            return f"{name} is not in evaluation.measures.{measure}.sets"
        if panel not in (name, *(f"{name}_{subset}" for subset in subsets_of(name))):
            return (
                f"models were trained on all or none of the nouns of {name}: no {panel}"
            )
    return None if panels else "figures.figure_a1 is empty"


def subsets_of(name):
    """Subsets of a set's nouns that are measured apart: overlapping, novel."""
    nouns = sorted(SETS[name]["categories"])
    trained = SETS[config["training"]["stimulus_set"]]["categories"]
    subsets = category_subsets(nouns, OVERLAPPING.get(name, trained))
    return [subset.name for subset in subsets if subset.name != "all"]


def why_not_attacked(kind, panel):
    """Why the attack of a figure is not made, or None."""
    if kind == "figure_5" and not curves():
        return (
            "none of figures.figure_5_attacks is made (evaluation.robustness.attacks)"
        )
    if HEADLINE["attack"] is None:
        return "evaluation.headline.attack is null"
    if panel and panel not in ROBUSTNESS["sets"]:
        return f"{panel} is not in evaluation.robustness.sets"
    return None


def curves():
    """Attacks of Figure 5 that this world makes on some model."""
    named = config["figures"]["figure_5_attacks"]
    return [
        name for name in named if name in ATTACKS and chosen(ATTACKS[name]["models"])
    ]


def figures_of_world():
    """Names of the figures that a world draws, in the order of its report."""
    return [name for name in known_figures() if why_left_out(name) is None]


def not_drawn():
    """Figures that a world leaves out, each with the reason."""
    reasons = {name: why_left_out(name) for name in known_figures()}
    return {name: reason for name, reason in reasons.items() if reason}


def known_figures():
    """Figures of every world, and the pages of this one's sessions."""
    return [*OF_COHORT, *OF_RECORDINGS, *(f"session-{name}" for name in IN_REGION)]


def why_left_out(figure):
    """Why a figure is not drawn, here and now: no data in this world, or not in the cache."""
    reason = None if figure.startswith("session-") else why_not(figure)
    lacking = [path for path in cached_of(figure) if CACHED and not Path(path).exists()]
    return reason or (
        f"{lacking[0]} is not among the cached results" if lacking else None
    )


def cached_of(figure):
    """Files that a figure is drawn from and only other stages make; a bundle holds no others."""
    if figure.startswith("session-"):
        return [f"{RESULTS}/assemblies/rasters-{figure.removeprefix('session-')}.nc"]
    planted = session_files(simulated(train_pairs() + HELD_OUT), "validation.csv")
    files = {
        "figure_1a": [EXAMPLES, ARCHITECTURE, MEAN_RATES],
        "generalisation": [GENERALISATION],
        "layers": [LAYERS, *analysed("animals", COMPARED)],
        "contact_sheet": [EXAMPLES],
        "recording_quality": [QUALITY],
        "recovered_truth": [TRUTH, *planted],
        "ceilings": [CEILINGS],
    }
    return files.get(figure, [COHORT_TABLE])


def panels_drawn(number):
    """Panels of a figure of the paper that this world draws."""
    names = [name for name in PANELS if name.startswith(f"figure_{number}")]
    return [name for name in names if why_left_out(name) is None]
