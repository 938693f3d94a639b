"""Captions: sound text whatever the data say, and only names that config and tables hold."""

import itertools
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from docutils.core import publish_doctree
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import Environment

from italign.figures.pages.caption_words import ABSENT, caption_variables, claim_words
from italign.figures.pages.captions import caption_html, escape, first_sentence, render_caption
from italign.figures.similarity_words import TIMES
from italign.io import write_table

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = {path.stem: path for path in sorted((ROOT / "workflow" / "report").glob("*.rst"))}
OF_RECORDINGS = ("workflow", "not_drawn", "session", "recording_quality")
PANELS = {"figure_3": "objectome_overlapping"}
# Every column that a template may name; the marks and parts of all figures.
CELL = {
    "model": "cka-true-labels-p1", "target": "true", "labels": "on", "p": 1.0,
    "adversarial": "off", "seed": 1, "step": 90, "similarity": 0.5, "value": 0.4, "low": 0.3,
    "high": 0.5, "n_points": 24.0, "n_seeds": 2.0, "attack": "in_training", "epsilon_255": 1.0,
    "animal": "sim4", "stimulus_set": "hvm", "item": "kept", "estimator": "unbiased",
    "rule": "attainable", "n_drawn": 4, "error": 0.01, "error_se": 0.02, "n_axes": 4.0,
    "error_attainable": 0.01, "error_attainable_se": 0.02, "verdict": "agrees", "set": "hvm",
    "measure": "probe_objectome", "neuroid_id": "sim4.left.A.1", "column": 0,
    "n_parameters": 1e6, "n_outputs": 20,
}
MARKS = ("point", "line", "sliding", "base", "adversarial", "published", "published_line",
         "region", "image", "rate", "claim", "axis", "mean")
PARTS = ("sites", "channels", "similarity")


def merged(config, override):
    """Config with the keys of another world's, as Snakemake merges them."""
    for key, value in override.items():
        both = isinstance(value, dict) and isinstance(config.get(key), dict)
        config[key] = merged(config[key], value) if both else value
    return config


def world(name):
    config = yaml.safe_load((ROOT / "config" / "config.yaml").read_text())
    if name == "recordings alone":
        config["assemblies"] |= {"train_animals": [], "held_out": []}
        config["assemblies"]["selection"]["reliability_min"] = None
    elif name:
        config = merged(config, yaml.safe_load((ROOT / name).read_text()))
    return config


def render(template, statistics=None, table=None, config=None, **entry):
    facts = {"label": "Figure 9", "panel": "hvm", "source": "in silico"} | entry
    variables = caption_variables(config or {}, "figure_9", facts, statistics, table)
    return render_caption(template, variables)


def words(text):
    return " ".join(publish_doctree(text).astext().split())


def claims(**columns):
    rows = {"name": "gain", "model": ["a", "b"], "animal": "mean", "estimate": [0.5, -0.069],
            "low": [0.25, np.nan], "high": [0.75, np.nan], "n": [14, 2], "note": ["", "one seed"]}
    return pd.DataFrame(rows | columns)


@pytest.mark.parametrize("name", ["", "config/paper.yaml", "config/open.yaml",
                                  "tests/config/tiny.yaml", "recordings alone"])
@pytest.mark.parametrize("template", TEMPLATES)
def test_every_template_makes_a_sound_caption(template, name):
    if name == "recordings alone" and template not in OF_RECORDINGS:
        pytest.skip("such a world draws no figure with this caption")
    interval = {"low": np.nan, "high": np.nan} if "tiny" in name else {}  # of one seed
    table = pd.DataFrame([CELL | interval | {"mark": mark, "panel": part}
                          for mark, part in itertools.product(MARKS, PARTS)])
    source = "Majaj & Hong* et al.: *J. Neurosci.* 2015 {{x}}"
    text = render(TEMPLATES[template].read_text(), table=table, config=world(name), source=source,
                  panel=PANELS.get(template, "hvm"))
    if "source" in TEMPLATES[template].read_text():
        assert words(text).endswith(f"Data: {source}.")


@settings(deadline=None)
@given(st.text(st.characters(categories=["L", "N", "P", "S", "Zs"])))
def test_no_value_is_markup(value):
    shown = " ".join(value.split())
    assert words(render("{{ source }}", source=value)) == shown
    text = render("*Data*: ({{ source }})", source=value)
    assert words(text) == f"Data: ({shown})"
    # Snakemake's report fills the file once more.
    assert Environment().from_string(text).render() == text


@pytest.mark.parametrize(("template", "said"), [
    ("{{ config['evaluation']['headlin'] }}", "headlin"),
    ("{{ sauce }}", "sauce"),
    ("{% if source %}", "endif"),
    ("**bold", "not sound reStructuredText"),
    ("text\n  .. include:: /etc/passwd\n", "not sound reStructuredText"),
    ("{% raw %}{{ later }}{% endraw %}", "raw blocks"),
    ("{{ rows() }}", "no table"),
    ("{{ '%.2f' | format(none) }}", "must be real number"),
    ("{{ claim('gain') }}", "they differ in ['model', 'estimate', 'n', 'note']"),
])
def test_a_bad_template_is_refused(template, said):
    with pytest.raises(ValueError, match=r"template|raw blocks") as refused:
        render(template, statistics=claims(), config={"evaluation": {}})
    assert said in str(refused.value)


def test_a_caption_tells_region_axes_and_raw_values():
    template = "{{ region }}: {{ similarity }}, {{ axes }}; {{ axes_of('hvm') }}"
    said = words(render(template, config=world("config/open.yaml")))
    assert said == (
        "V4: raw unbiased linear CKA (of recordings without trials no ceiling is known), 2 of 5 "
        f"held-out animal {TIMES} image-set axes (we {TIMES} natural we, ra {TIMES} natural ra); "
        f"pe {TIMES} hvm, kar {TIMES} hvm (IT)")
    said = words(render(template, config=world("config/paper.yaml")))
    assert said.startswith("IT: biased linear CKA over its split half ceiling, 4 held-out animal")


def test_claims_are_quoted_by_name_and_columns():
    text = render("{{ claim('gain', model='a') }}; {{ claim('gain', model='b') }}; "
                  "{{ claim('gain', model='c') }}; {{ claim('loss') }}", statistics=claims())
    assert words(text) == f"0.50 [0.25, 0.75], n = 14; -0.069, n = 2 (one seed); {ABSENT}; {ABSENT}"
    assert words(render("{{ claim('gain') }}")) == ABSENT


def test_a_claim_without_estimate_says_why():
    row = pd.Series({"estimate": np.nan, "low": np.nan, "high": np.nan, "n": 2,
                     "note": "2 points: no line"})
    assert claim_words(row) == "none (2 points: no line), n = 2"


def test_counts_and_round_numbers_read_as_words():
    template = "{{ seeds_words }}, {{ counted(rows() | length, 'point') }}, {{ size | g }}/255"
    for seeds, said in (([3], "1 seed"), ([1, 2], "2 seeds")):
        text = render(template.replace("size", "rows()[0].value"), config={"training": {
            "seeds": seeds}}, table=pd.DataFrame({"value": [1.0]}))
        assert words(text) == f"{said}, 1 point, 1/255"
    with pytest.raises(ValueError, match="seeds_words"):
        render("{{ seeds_words }}")


def test_rows_are_those_of_the_figure():
    table = pd.DataFrame({"mark": ["point", "point", "base"], "value": [0.1, np.nan, 0.3]})
    text = render("{{ rows() | length }} {{ rows('point') | length }} {{ rows('none') | length }} "
                  "{{ rows('point')[1].value is none }} {{ rows('base')[0].value }}", table=table)
    assert words(text) == "3 2 0 True 0.3"
    with pytest.raises(ValueError, match="has no column mark"):
        render("{{ rows('point') | length }}", table=table[["value"]])


def test_first_sentence_and_html_drop_titles():
    text = "**Figure 1B.** Do models *err* as in Fig. 2? Pearson r is 0.5. More."
    assert first_sentence(text) == "Do models err as in Fig. 2?"
    assert first_sentence("Title\n=====\n\nOne of 2.5 & more. Two.") == "One of 2.5 & more."
    assert caption_html(f"**A.** {escape('<b>&')}") == "<p><strong>A.</strong> &lt;b&gt;&amp;</p>"


def test_the_script_writes_each_caption_and_the_reasons(load_script, tmp_path):
    (tmp_path / "figure_3.rst").write_text("**{{ label }}.** {{ rows('point') | length }} points, "
                                           "{{ claim('gain', model='a') }}, set {{ panel }}.\n")
    write_table(pd.DataFrame({"mark": ["point"] * 3}), tmp_path / "figure_3a.csv")
    write_table(claims(), tmp_path / "statistics.csv")
    facts = {"label": "Figure 3A", "template": "figure_3", "panel": "hvm", "source": "in silico"}
    options = {"templates": str(tmp_path / "figure_3.rst"), "config": {}, "reasons": {},
               "not_drawn": str(tmp_path / "not_drawn.csv"), "figures": {"figure_3a": facts},
               "captions": [str(tmp_path / "out" / "figure_3a.rst")]}
    write = load_script("figures", "write_captions").write_captions
    write(**options, tables=[str(tmp_path / "figure_3a.csv")],
          statistics=str(tmp_path / "statistics.csv"))
    assert words((tmp_path / "out" / "figure_3a.rst").read_text()) == (
        "Figure 3A. 3 points, 0.50 [0.25, 0.75], n = 14, set hvm.")
    assert (tmp_path / "not_drawn.csv").read_text() == "figure,reason\n"
    with pytest.raises(ValueError, match=r"caption of figure_3a \(workflow/report/figure_3.rst\)"):
        write(**options)
