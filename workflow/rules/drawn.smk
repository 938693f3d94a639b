"""How figures stand in report and page, and what they are redrawn from."""

import json

from italign.figures.assumptions import assumptions_of
from italign.figures.similarity_words import region_of, similarity_label

PUBLISHED = config["figures"]["published"]
SIMILARITY = similarity_label(REGION, HEADLINE["ceiling_rule"])


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
    return [shipped(f"workflow/report/{name}.rst") for name in names]


def captioned():
    """What has a caption of its own: the report, its tables, and figures; session pages share one."""
    tables = ["workflow", "not_drawn", *in_study(["statistics", "reproduction"])]
    return [*tables, *dict.fromkeys(map(caption_name, figures_of_world()))]


def caption_name(figure):
    """Name of a figure's caption."""
    return "session" if figure.startswith("session-") else figure


def caption_of(figure):
    """File of a figure's caption. Absolute: report() would look for it beside the rules.

    Results lie elsewhere where a workflow that imports this one says so (replace_prefix).
    """
    name = caption_name(figure)
    path = f"{RESULTS}/figures/captions/{name}.rst"
    return os.path.abspath(workflow.modifier.path_modifier.replace_prefix(path))


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
    return [shipped(f"resources/published/{PUBLISHED}.csv")] if PUBLISHED else []


def headline_norm():
    """Norm of the attack that Figures 1C and 4 show; none without one."""
    return ATTACKS[HEADLINE["attack"]]["norm"] if HEADLINE["attack"] else None


def headline_loss():
    """Name and options of the neural loss of Figures 1 and 2, for the formula of Figure 1A."""
    studied = [m for m in COHORT.values() if m["method"] == HEADLINE["method"]]
    return next((member["alignment"] for member in studied), None)


def other_regions():
    """Held-out recordings of another region than the world's."""
    found = [
        {"animal": animal, "set": shown, "region": region_of(animal, shown, config)}
        for animal, shown in HELD_OUT
    ]
    return [entry for entry in found if entry["region"] != REGION]


def first_training_animal():
    """Animal whose sites stand for all in Figure 1A."""
    return next(iter(config["assemblies"]["train_animals"]), None)


def first_training_assembly():
    """Assembly of that animal."""
    return next(iter(assemblies_of(train_pairs()[:1])), [])


def facts_of(figure):
    """What a figure's caption and the page tell of it beside its numbers."""
    return {
        "label": label_of(figure),
        "template": template_of(figure),
        "panel": PANELS.get(figure),
        "source": source_of(figure),
    }


def source_of(figure):
    """Where the data of a figure come from; of pages that print it themselves, nothing."""
    session = figure.removeprefix("session-")
    if figure == "recording_quality" or session in FROM_FILES:
        return ""
    if figure in ("recovered_truth", "ceilings") or session in SIMULATED:
        return IN_SILICO
    if figure in ("generalisation", "layers"):
        return source_of_neurons()
    return image_source() if figure == "contact_sheet" else neural_source()


def sorted_config():
    """The merged config with its keys in one order, whatever the order of the files."""
    return json.loads(json.dumps(config, sort_keys=True))


def drawing_scripts():
    """Names of the scripts that draw: a bundle tells of the code that drew its figures."""
    folder = ROOT / "workflow/scripts/figures"
    return sorted(path.stem for path in folder.glob("plot_*.py"))


def cached_files():
    """Files that the figures of this world are redrawn from."""
    files = [path for figure in figures_of_world() for path in cached_of(figure)]
    return list(dict.fromkeys([*in_study([COHORT_TABLE]), *files]))


def check_cache():
    """Refuse to start where nothing can be drawn."""
    lost = HELD_OUT and not Path(COHORT_TABLE).exists()
    if lost or not figures_of_world():
        found = COHORT_TABLE if lost else f"anything to draw from in {RESULTS}"
        raise WorkflowError(
            f"no {found}: run the world (make WORLD={config['world']}), copy its results here, or "
            "unpack a bundle (make figures FROM=bundle.tar.gz)"
        )


@cache
def project_assumptions():
    """Every assumption and deviation marked in the code; a new one rewrites the comparison."""
    return [list(mark) for mark in assumptions_of(ROOT)]
