"""How figures stand in report and page, and what they are redrawn from."""

from italign.assumptions import assumptions_of

PUBLISHED = config["figures"]["published"]


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
