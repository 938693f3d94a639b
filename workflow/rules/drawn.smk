"""Which figures a world draws, where they stand in its report, and why it leaves others out."""

from cross_keys_figures import set_of_panel

from italign.assumptions import assumptions_of

PANELS = {
    f"figure_{number}{panel}": name
    for number in (2, 3, 4, 5)
    for panel, name in config["figures"][f"figure_{number}"].items()
}
# In the order of the paper; then ours. Session pages follow.
OF_COHORT = [
    *("figure_1a", "figure_1b", "figure_1c"),
    *PANELS,
    *("figure_a1", "dose_response", "claims"),
]
OF_RECORDINGS = ["recording_quality", "recovered_truth", "ceilings", "contact_sheet"]
PUBLISHED = config["figures"]["published"]


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
        if panel != name and not has_subset(name):
            return f"{name} has not two trained and two novel nouns, so no {panel}"
    return None if panels else "figures.figure_a1 is empty"


def has_subset(name):
    """Whether a set has both nouns that models were trained on and others, two of each."""
    nouns = SETS[name]["categories"]
    trained = SETS[config["training"]["stimulus_set"]]["categories"]
    n_known = len(OVERLAPPING.get(name, [noun for noun in nouns if noun in trained]))
    return 2 <= n_known <= len(nouns) - 2


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
    drawn = [name for name in [*OF_COHORT, *OF_RECORDINGS] if why_not(name) is None]
    return [*drawn, *(f"session-{name}" for name in IN_REGION)]


def not_drawn():
    """Figures that a world leaves out, each with the reason."""
    reasons = {name: why_not(name) for name in [*OF_COHORT, *OF_RECORDINGS]}
    return {name: reason for name, reason in reasons.items() if reason}


def label_of(figure):
    """What a figure is called, e.g. Figure 3A, Figure A.1, Dose response."""
    if figure == "figure_a1":
        return "Figure A.1"
    words = figure.removeprefix("session-").replace("_", " ")
    if figure.startswith("figure_"):
        return f"Figure {words.split()[1].upper()}"
    return words if figure.startswith("session-") else words.capitalize()


def template_of(figure):
    """Caption that a figure shares with the other panels of its script."""
    if figure in PANELS:
        return figure[:-1]
    return caption_name(figure)


def templates():
    """Templates of all captions, each once."""
    names = dict.fromkeys(template_of(figure) for figure in captioned())
    return [f"workflow/report/{name}.rst" for name in names]


def captioned():
    """What has a caption of its own: the report, its tables, and figures; session pages share one."""
    tables = ["workflow", "not_drawn", *in_study(["statistics", "reproduction"])]
    return [*tables, *dict.fromkeys(map(caption_name, figures_of_world()))]


def caption_name(figure):
    """Name of a figure's caption."""
    return "session" if figure.startswith("session-") else figure


def caption_of(figure):
    """File of a figure's caption. Absolute: report() would look for it beside the rules."""
    name = caption_name(figure)
    return os.path.abspath(f"{RESULTS}/figures/captions/{name}.rst")


def drawing(figure, category):
    """Output files of a figure, with their place in the report."""
    stem, label = f"{RESULTS}/figures/{figure}", label_of(figure)
    shown = {"caption": caption_of(figure), "category": category}
    return {
        "pdf": f"{stem}.pdf",
        "svg": report(
            f"{stem}.svg", **shown, labels={"figure": label, "form": "figure"}
        ),
        "png": f"{stem}.png",
        "csv": report(
            f"{stem}.csv", **shown, labels={"figure": label, "form": "numbers"}
        ),
    }


def figure_files(suffixes):
    """Every figure of the world in some formats."""
    return expand(
        f"{RESULTS}/figures/{{name}}.{{suffix}}",
        name=figures_of_world(),
        suffix=suffixes,
    )


def published_values():
    """File of published values that figures show beside ours; none unless the config names one."""
    return [f"resources/published/{PUBLISHED}.csv"] if PUBLISHED else []


def panels_drawn(number):
    """Panels of a figure of the paper that this world draws."""
    names = [name for name in PANELS if name.startswith(f"figure_{number}")]
    return [name for name in names if why_not(name) is None]


def headline_norm():
    """Norm of the attack that Figures 1C and 4 show; none without one."""
    return ATTACKS[HEADLINE["attack"]]["norm"] if HEADLINE["attack"] else None


def first_training_animal():
    """Animal whose sites stand for all in Figure 1A."""
    return next(iter(config["assemblies"]["train_animals"]), None)


def first_training_assembly():
    """Assembly of that animal."""
    return next(iter(assemblies_of(train_pairs()[:1])), [])


def facts_of(figure):
    """What a figure's caption and the page tell of it beside its numbers."""
    sources = {"contact_sheet": image_source(), "recording_quality": ""}
    planted = figure in ("recovered_truth", "ceilings")
    return {
        "label": label_of(figure),
        "template": template_of(figure),
        "panel": PANELS.get(figure),
        "source": IN_SILICO if planted else sources.get(figure, neural_source()),
    }


def cached_files():
    """Files that other stages make and figures are redrawn from."""
    tables = [COHORT_TABLE, EXAMPLES, ARCHITECTURE]
    planted = [TRUTH, CEILINGS] if simulated(HELD_OUT) else []
    planted += session_files(simulated(train_pairs() + HELD_OUT), "validation.csv")
    assemblies = dict.fromkeys([*PAIRS, *train_pairs()[:1]] if HELD_OUT else PAIRS)
    recorded = [path.replace(".nc", "-drift.csv") for path in assemblies_of(PAIRS)]
    recorded += [f"{RESULTS}/assemblies/rasters-{name}.nc" for name in IN_REGION]
    recorded += [*assemblies_of(assemblies), *ceilings_of(PAIRS)]
    return [*in_study(tables), *in_study(planted), *recorded]


def check_cache():
    """Refuse to start where something is lacking that only the other stages can make."""
    missing = [path for path in cached_files() if not Path(path).exists()]
    if missing:
        raise WorkflowError(
            f"{RESULTS} lacks {len(missing)} of {len(cached_files())} files that figures are drawn "
            f"from, e.g. {', '.join(missing[:3])}; run the world (make WORLD={config['world']}), or "
            "unpack a bundle (make figures FROM=bundle.tar.gz)"
        )


@cache
def project_assumptions():
    """Every assumption and deviation marked in the code; a new one rewrites the comparison."""
    return [list(mark) for mark in assumptions_of(workflow.basedir)]
