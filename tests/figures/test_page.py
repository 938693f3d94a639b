"""The page of a world: whole, escaped, without any address outside it, the same bytes each time."""

import base64
import json
from html.parser import HTMLParser
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import xarray as xr
import yaml

from italign.figures.pages import page as page_module
from italign.figures.pages.page import headlines, not_drawn_entry, svg_size, verdicts
from italign.figures.similarity_words import similarity_label
from italign.figures.style import save_figure, use_style
from italign.io import write_dataset, write_table
from tests.figures.synthetic_points import points

TEMPLATE = Path(__file__).resolve().parents[2] / "workflow" / "report" / "page.html.jinja"
EVIL = '"><script>alert(1)</script>'
FIGURES = {"session-sim4-hvm": ("sim4-hvm", "session"), "figure_3a": ("Figure 3A", "figure_3"),
           "claims": ("Claims", "claims"), "figure_1b": ("Figure 1B", "figure_1b")}
CLAIM = {"claim": "More IT-like, more robust", "figure": "1c", "statistic": "Pearson r",
         "published": "0.82", "unit": "correlation", "estimate": 0.3614, "low": -0.5, "high": 0.75,
         "verdict": "not testable here", "why": EVIL}


class Tags(HTMLParser):
    """Every element of a page as (tag, attributes)."""

    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def of(self, tag):
        return [attrs for name, attrs in self.found if name == tag]


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Four figures with captions, and what else a page reads; pages are written beside."""
    folder = tmp_path_factory.mktemp("page")
    use_style()
    for name in FIGURES:
        figure, axes = plt.subplots(figsize=(3.35, 2.5))
        axes.plot([0, 1])
        table = points() if name.startswith("figure") else pd.DataFrame({"value": [1.0]})
        save_figure(figure, table, **{kind: folder / f"{name}.{kind}"
                                      for kind in ("pdf", "svg", "png", "csv")})
    captions = [name for _, name in FIGURES.values() if name != "figure_3"]
    for name in (*captions, "figure_3a", "workflow"):
        (folder / f"{name}.rst").write_text(f"**{name}.** What {name} shows. More & more.\n")
    reasons = pd.DataFrame({"figure": ["figure_5a"], "reason": [EVIL]})
    write_table(reasons, folder / "not_drawn.csv")
    write_table(pd.DataFrame([CLAIM]), folder / "reproduction.csv")
    write_dataset(xr.Dataset({"x": ("row", [1.0])}), folder / "cohort.nc")
    return folder


CONFIG = {"assemblies": {"region": "IT"},
          "evaluation": {"headline": {"ceiling_rule": "attainable"}}}


def options(files, **changes):
    def paths(suffix):
        return [str(files / f"{name}.{suffix}") for name in FIGURES]

    figures = {name: {"label": label, "template": template, "source": "in silico"}
               for name, (label, template) in FIGURES.items()}
    return {
        "template": str(TEMPLATE), "captions": [str(path) for path in files.glob("*.rst")],
        "svgs": paths("svg"), "pdfs": paths("pdf"), "tables": paths("csv"),
        "not_drawn": str(files / "not_drawn.csv"), "page": str(files / "index.html"),
        "versions": str(files / "versions.csv"), "settings": str(files / "config.yaml"),
        "figures": figures, "config": CONFIG | {"world": "tiny", "note": EVIL,
                                                "a": {"é": [1, None]}},
        "reproduction": str(files / "reproduction.csv"), "datasets": [str(files / "cohort.nc")],
    } | changes


@pytest.fixture
def write(load_script, files):
    """Give a function (**changes) -> text of the page."""
    def run(**changes):
        load_script("figures", "write_page").write_page(**options(files, **changes))
        return (files / "index.html").read_text()

    return run


def test_figures_stand_in_order_with_image_words_and_numbers(write, files):
    tags = Tags(write())
    order = ["figure_3a", "figure_1b", "claims", "session-sim4-hvm"]  # the paper's first
    assert [attrs["id"] for attrs in tags.of("article")] == order
    for name, image in zip(order, tags.of("img"), strict=True):
        svg = (files / f"{name}.svg").read_bytes()
        assert image["src"] == f"data:image/svg+xml;base64,{base64.b64encode(svg).decode()}"
        caption = "session" if "session" in name else name
        assert image["alt"] == f"{FIGURES[name][0]}: What {caption} shows."
    links = {attrs["download"]: attrs["href"] for attrs in tags.of("a") if "download" in attrs}
    for name in order:
        for suffix in ("csv", "pdf"):
            encoded = links[f"{name}.{suffix}"].partition("base64,")[2]
            assert base64.b64decode(encoded) == (files / f"{name}.{suffix}").read_bytes()


def test_nothing_outside_the_page_is_named(write):
    tags = Tags(write())
    addresses = [attrs[key] for _, attrs in tags.found for key in ("src", "href") if key in attrs]
    assert addresses and all(address.startswith(("data:", "#")) for address in addresses)
    ids = [attrs["id"] for _, attrs in tags.found if "id" in attrs]
    assert len(ids) == len(set(ids))
    assert {address[1:] for address in addresses if address.startswith("#")} <= set(ids)
    policy = tags.of("meta")[1]["content"]
    assert policy.startswith("default-src 'none'; img-src data:;") and "http" not in policy


def test_words_of_data_are_escaped_and_sources_named(write):
    figures = {"claims": {"label": EVIL, "template": "claims", "source": EVIL}}
    text = write(figures=figures)
    assert EVIL not in text and "In silico" not in text
    assert text.count("&lt;script&gt;alert(1)") > 5  # label, alt, source, reason, why, config
    assert "In silico" in write()


def test_charts_hold_the_tables_and_their_script_comes_once(write):
    text = write()
    tags = Tags(text)
    assert [attrs["id"] for attrs in tags.of("div") if attrs.get("class") == "plot"] == [
        "chart-figure_3a", "chart-figure_1b"]
    start = text.index('<script type="application/json">')
    chart = json.loads(text[start:].partition(">")[2].partition("</script>")[0])
    drawn = [x for trace in chart["data"] for x in trace["x"]]
    assert sorted(drawn) == sorted(points()["similarity"])
    assert text.count("plotly.js v") == 1 and "Licensed under the MIT license" in text
    figures = {"claims": {"label": "Claims", "template": "claims", "source": ""}}
    assert len(write(figures=figures)) < 100_000  # nothing to explore, no script


def test_large_pages_leave_pdfs_out(write, monkeypatch):
    monkeypatch.setattr(page_module, "MOST_BYTES", 0)
    text = write()
    assert 'download="claims.pdf"' not in text and 'download="claims.csv"' in text


def test_two_runs_give_the_same_bytes(write):
    assert write() == write()


def test_versions_and_config_are_shown_and_written(write, files):
    text = write()
    versions = pd.read_csv(files / "versions.csv")
    by_file = versions.groupby("file")["name"].agg(set)
    assert {"italign_commit", "config_hash", "numpy"} <= by_file["cohort.nc"]
    assert {"Python", "matplotlib", "plotly"} <= by_file["figures"]
    assert np.__version__ in text
    config = yaml.safe_load((files / "config.yaml").read_text())
    assert config == options(files)["config"] and list(config)[-3:] == ["world", "note", "a"]


def test_the_title_names_the_region_of_the_world(write):
    world = {"assemblies": {"region": "V4"}, "world": "open",
             "evaluation": {"headline": {"ceiling_rule": "none"}}}
    assert "<h1>Aligning models with macaque V4: open</h1>" in write(config=world)


def test_claims_are_counted_and_listed(write):
    text = " ".join(write().split())
    assert "0 agree, 0 disagree, 1 not testable here." in text
    assert "<td>1C</td><td>0.82</td> <td>0.36</td><td>[-0.50, 0.75]</td>" in text
    assert "Claims of the paper" not in write(reproduction=[])
    row = verdicts(pd.DataFrame([CLAIM | {"estimate": np.nan, "low": np.nan, "why": np.nan}]))[0]
    assert (row["estimate"], row["interval"], row["why"]) == ("", "", "")


def test_figures_that_are_not_drawn_are_named_as_the_paper_does(write):
    assert "<li>Figure 5A: &#34;" in write()
    assert [not_drawn_entry(name, "")["label"] for name in ("figure_a1", "dose_response")] == [
        "Figure A.1", "Dose response"]


def test_headlines_are_those_that_the_cohort_has():
    rows = {"name": ["behavior_similarity_pearson", "similarity_base", "similarity_base"],
            "animal": ["none", "mean", "sim4"], "estimate": [0.84, 0.44, 0.4], "low": np.nan,
            "high": np.nan, "n": [35, 2, 2], "note": ""}
    found = headlines(pd.DataFrame(rows))
    assert [row["text"] for row in found] == ["0.84, n = 35", "0.44, n = 2"]
    assert found[1]["words"] == "IT similarity where the neural loss begins (CKA / ceiling)"
    raw = headlines(pd.DataFrame(rows), similarity_label("V4", "none"))
    assert raw[1]["words"] == "V4 similarity where the neural loss begins (CKA, no ceiling)"
    assert headlines(None) == []


def test_a_file_that_is_no_figure_is_named(tmp_path):
    (tmp_path / "figure.svg").write_text("<svg width='3'></svg>")
    with pytest.raises(ValueError, match=r"figure\.svg: no width and height"):
        svg_size(tmp_path / "figure.svg")
