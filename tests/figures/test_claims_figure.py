"""The claims figure: what is drawn is what the CSV says, in words that a reader can tell apart."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from italign.evaluation.paper_claims import UNITS
from italign.evaluation.published import read_compared
from italign.figures.claims import VERDICTS, claims_height, draw_claims
from italign.figures.style import COLUMN_INCHES, label_source, use_style
from tests.figures.drawing import KINDS, assert_legible, run_plot

WIDE = "full dose vs random, COCO BEHAVIOR"  # of the paper's world


@pytest.fixture
def reproduction():
    """Claims in every unit with every verdict, one without estimate, one without published."""
    verdicts = [("agrees", ""), ("disagrees", ""), ("not testable here", "interval spans 0"),
                ("not testable here", "not in this world"), ("not testable here", "one seed")]
    rows = []
    for u, unit in enumerate(UNITS):
        for v, (verdict, reason) in enumerate(verdicts):
            effect = np.nan if reason == "not in this world" else 0.1 * (v - 2) + 0.01 * u
            spread = 0.05 if effect == effect and reason != "one seed" else np.nan
            rows.append({"id": f"claim{u}{v}", "figure": ["1b", "text", "a1", "4", "5b"][v],
                         "label": WIDE if v == 2 else f"claim {u} {v}", "unit": unit,
                         "estimate": effect, "low": effect - spread, "high": effect + spread,
                         "published_value": np.nan if v == 1 else 0.15 - 0.1 * v,
                         "n": 0 if reason == "not in this world" else 3, "verdict": verdict,
                         "reason": reason,
                         "unit_of_resampling": "none" if spread != spread else "seed",
                         "claim": "A sentence.", "published": "+0.15"})
    return pd.DataFrame(rows)


def drawn(reproduction):
    use_style()
    figure = plt.figure(figsize=(COLUMN_INCHES, claims_height(reproduction)))
    return figure, draw_claims(figure, reproduction)


def test_raw_similarity_says_that_the_published_is_not(reproduction, monkeypatch):
    raw = reproduction.assign(unit=reproduction["unit"].replace("CKA / ceiling", "CKA"))
    figure, _ = drawn(raw)
    words = [axes.get_xlabel() for axes in figure.axes]
    assert words[1] == "difference in similarity\n(CKA; published: CKA / ceiling)"
    assert_legible(figure, monkeypatch)
    plt.close(figure)


def test_marks_and_intervals_are_those_of_the_table(reproduction):
    figure, table = drawn(reproduction)
    assert len(figure.axes) == len(UNITS)
    for axes, (_, panel) in zip(figure.axes, table.groupby("unit", sort=False), strict=True):
        for mark, gid in (("claim", "estimate"), ("published", "published")):
            rows = panel[(panel["mark"] == mark) & panel["value"].notna()]
            lines = [line.get_xydata()[0] for line in axes.lines if line.get_gid() == gid]
            lines = [point for point in lines if not np.isnan(point[0])]
            np.testing.assert_allclose(lines, rows[["value", "y"]])
        claims = panel[panel["mark"] == "claim"]
        spans = [line for line in axes.lines if line.get_gid() == "interval"]
        np.testing.assert_allclose([line.get_xdata() for line in spans], claims[["low", "high"]])
        np.testing.assert_allclose([line.get_ydata()[0] for line in spans], claims["y"])
        assert axes.get_ylim()[0] > axes.get_ylim()[1]  # the first claim on top
        words = [text.get_text() for text in axes.texts]
        assert words == [claim.reason or claim.verdict for claim in claims.itertuples()]
    plt.close(figure)


def test_the_table_holds_every_claim_and_every_published_number(reproduction):
    figure, table = drawn(reproduction)
    plt.close(figure)
    claims = table[table["mark"] == "claim"].set_index("id")
    expected = reproduction.set_index("id")
    pd.testing.assert_series_equal(claims["value"], expected["estimate"], check_names=False)
    pd.testing.assert_series_equal(claims["verdict"], expected["verdict"])
    published = table[table["mark"] == "published"].set_index("id")["value"]
    pd.testing.assert_series_equal(published, expected["published_value"].dropna(),
                                   check_names=False)


def test_published_marks_and_narrow_intervals_are_not_covered(reproduction):
    """An interval of no width still rises above the estimate, and ends below the published."""
    same = reproduction.assign(published_value=0.1, estimate=0.1, low=0.1, high=0.1)
    figure, _ = drawn(same)
    figure.canvas.draw()
    points_per_pixel = 72 / figure.dpi
    axes = figure.axes[0]
    marks = {gid: next(line for line in axes.lines if line.get_gid() == gid)
             for gid in ("interval", "estimate", "published")}
    half = {gid: line.get_markersize() / 2 for gid, line in marks.items()}
    height = {gid: axes.transData.transform(line.get_xydata()[0])[1] * points_per_pixel
              for gid, line in marks.items()}
    assert half["interval"] > half["estimate"]
    diamond = half["published"] * np.sqrt(2)
    assert height["published"] - diamond > height["interval"] + half["interval"] - 0.5
    plt.close(figure)


def test_verdicts_differ_by_shape_and_colour(reproduction):
    looks = [(look["marker"], look["color"]) for look in VERDICTS.values()]
    assert len({marker for marker, _ in looks}) == len({colour for _, colour in looks}) == 3
    figure, _ = drawn(reproduction)
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert legend == [*VERDICTS, "published"]
    assert figure.legends[0].get_title().get_text().startswith("line: range over 3 seeds")
    plt.close(figure)


def test_labels_name_the_figure_of_the_paper(reproduction):
    figure, _ = drawn(reproduction)
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert labels == ["claim 0 0  1B", "claim 0 1", f"{WIDE}  A.1", "claim 0 3  4",
                      "claim 0 4  5B"]
    plt.close(figure)


@pytest.mark.parametrize("n, words", [
    (1, "one seed: no intervals"),
    (3, "line: range over 3 seeds (with similarity: 95 % over runs)"),
    (4, "line: 95 % interval over 4 seeds (with similarity: 95 % over runs)")])
def test_the_interval_of_few_seeds_is_called_a_range(reproduction, n, words):
    unit = "none" if n == 1 else "seed"
    figure, _ = drawn(reproduction.assign(n=n, unit_of_resampling=unit))
    assert figure.legends[0].get_title().get_text() == words
    plt.close(figure)


def test_nothing_is_clipped_and_no_labels_overlap(reproduction, monkeypatch):
    figure, _ = drawn(reproduction)
    label_source(figure, "in silico")
    assert_legible(figure, monkeypatch)
    plt.close(figure)


def test_a_verdict_without_a_look_is_refused(reproduction):
    figure = plt.figure()
    with pytest.raises(ValueError, match="verdict \\['maybe'\\], expected one of"):
        draw_claims(figure, reproduction.assign(verdict="maybe"))
    plt.close(figure)


def test_the_script_draws_the_same_twice_from_the_table_on_disk(load_script, tmp_path,
                                                                reproduction):
    path = tmp_path / "reproduction.csv"
    reproduction.to_csv(path, index=False)
    folders = [tmp_path / name for name in ("first", "second")]
    for folder in folders:
        folder.mkdir()
        table = run_plot(load_script, "plot_claims", folder, reproduction=path,
                         source="in silico")
    assert len(table[table["mark"] == "claim"]) == len(reproduction)
    for kind in KINDS:
        first, second = ((folder / f"figure.{kind}").read_bytes() for folder in folders)
        assert first == second
    assert read_compared(path)["reason"].tolist() == reproduction["reason"].tolist()
