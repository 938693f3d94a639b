"""Figure 5: curves are the table, the clean images stand apart, models have names of their own."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from italign.evaluation.points import headline_rows, widen
from italign.figures import style
from italign.figures.palette import ADVERSARIAL, dose_colour
from italign.figures.words import NORMS
from tests.evaluation.synthetic_cohort import (
    HEADLINE,
    RADII_255,
    SETS,
    levels_of,
    synthetic_cohort,
)
from tests.figures.drawing import (
    assert_legible,
    assert_same_bytes,
    left_open,
    run_open,
    write_tables,
)

ATTACKS = ["figure_5_linf", "figure_5_l2"]
OPTIONS = {"stimulus_set": "hvm", "attacks": ATTACKS, "source": "in silico"}
WORDS = ["not aligned (p = 0)", "aligned (p = 1)", "adversarially trained"]


@pytest.fixture(scope="module")
def tables():
    """Levels with both attacks of Figure 5, and points."""
    cohort = synthetic_cohort(n_seeds=2)
    levels = levels_of(cohort)
    l2 = levels[levels["attack"] == "figure_5_l2"]
    # The second attack is as the first, at half the radii, and lets two points more through.
    linf = l2.assign(attack="figure_5_linf", norm="linf", epsilon_255=l2["epsilon_255"] / 2,
                     **{name: l2[name] + 0.02 for name in ("estimate", "low", "high")})
    return {"levels": pd.concat([levels, linf]),
            "points": widen(headline_rows(cohort, HEADLINE), SETS, SETS, "cka")}


@pytest.fixture
def draw(load_script, tmp_path, monkeypatch):
    """Give a function (tables, **options) -> (open figure, table as written)."""

    def drawn(tables, folder=tmp_path, **options):
        return run_open(load_script, "plot_figure_5", folder, **write_tables(tables, tmp_path),
                        **OPTIONS | options)

    yield from left_open(drawn, monkeypatch)


@pytest.mark.parametrize("stimulus_set", SETS)
def test_curves_bands_and_clean_points_are_the_table(stimulus_set, draw, tables, monkeypatch):
    figure, table = draw(tables, stimulus_set=stimulus_set)
    for axes, attack in zip(figure.axes, ATTACKS, strict=True):
        rows = table[table["attack"] == attack]
        drawn = [line.get_xydata() for line in axes.get_lines() if line.get_gid() != "break"]
        bands, bars = axes.collections[::2], axes.collections[1::2]
        for k, (_, curve) in enumerate(rows.groupby("model", sort=False)):
            line, clean = (curve[curve["mark"] == mark] for mark in ("line", "clean"))
            np.testing.assert_allclose(drawn[2 * k], line[["x", "value"]])
            np.testing.assert_allclose(drawn[2 * k + 1], clean[["x", "value"]])
            assert bands[k].get_paths()[0].vertices[:, 1].max() == pytest.approx(
                line["high"].max())
            np.testing.assert_allclose(bars[k].get_segments()[0][:, 1],
                                       clean[["low", "high"]].iloc[0])
            np.testing.assert_allclose(line["x"], line["radius"])
            assert clean["radius"].item() == 0 and clean["x"].item() < line["x"].min() / 2
    assert figure.get_figwidth() == pytest.approx(style.COLUMN_INCHES)
    assert_legible(figure, monkeypatch)


def test_radii_have_the_unit_of_their_axis(draw, tables):
    figure, table = draw(tables)
    radii = {attack: sorted(rows["radius"].unique()[1:])
             for attack, rows in table.groupby("attack")}
    assert radii["figure_5_linf"] == [radius / 2 for radius in RADII_255]
    np.testing.assert_allclose(radii["figure_5_l2"], np.array(RADII_255) / 255)
    linf, l2 = figure.axes
    assert [tick.get_text() for tick in linf.get_xticklabels()] == ["0", "2", "1/2"]
    assert linf.get_xlabel() == "radius (1/255)" and l2.get_xlabel() == "radius (pixels 0 to 1)"
    titles = [axes.get_title("left") for axes in figure.axes]
    assert titles == [f"{words} attack" for words in NORMS.values()]


def test_models_have_the_colours_and_words_of_all_figures(draw, tables):
    figure, table = draw(tables)
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == WORDS
    colours = [to_hex(line.get_color()) for line in legend.get_lines()]
    assert colours == [dose_colour(0), dose_colour(1), ADVERSARIAL]
    assert legend.get_title().get_text() == "mean of 2 seeds, band: range"
    assert list(dict.fromkeys(table["label"])) == WORDS


def test_models_that_share_colour_and_words_are_told_apart(draw, tables, monkeypatch):
    other, name = "cka-true-labels-p1-linf4", "cka-true-labels-p0-linf4"
    levels, points = tables["levels"], tables["points"]
    both = {"levels": pd.concat([levels, levels[levels["model"] == name].assign(model=other)]),
            "points": pd.concat([points, points[points["model"] == name].assign(
                model=other, p=1.0)])}
    figure, table = draw(both)
    names = table.drop_duplicates("model").set_index("model")["label"]
    assert names[name] == "adversarially trained, p = 0, linf-4"
    assert names[other] == "adversarially trained, p = 1, linf-4"
    handles = figure.legends[0].get_lines()
    assert handles[2].get_color() == handles[3].get_color()
    assert handles[2].get_linestyle() != handles[3].get_linestyle()
    assert_legible(figure, monkeypatch)


def test_what_is_missing_is_named(draw, tables, monkeypatch):
    kept = tables["levels"]["model"] != "cka-true-labels-p0-linf4"
    figure, table = draw(tables | {"levels": tables["levels"][kept]}, attacks=["figure_5_l2"])
    assert len(figure.axes) == 1 and set(table["attack"]) == {"figure_5_l2"}
    assert "not in this world: adversarially trained models" in [t.get_text() for t in figure.texts]
    assert_legible(figure, monkeypatch)
    with pytest.raises(ValueError, match=r"no accuracy under \['other'\] on 'hvm', found attacks"):
        draw(tables, attacks=["other"])


def test_attacks_of_one_norm_are_titled_by_name(draw, tables, monkeypatch):
    levels = tables["levels"]
    third = levels[levels["attack"] == "figure_5_l2"].assign(attack="more_steps")
    figure, _ = draw(tables | {"levels": pd.concat([levels, third])},
                     attacks=[*ATTACKS, "more_steps"])
    assert [axes.get_title("left") for axes in figure.axes] == [
        f"{NORMS['linf']} attack", "figure_5_l2", "more_steps"]
    assert_legible(figure, monkeypatch)


def test_two_runs_are_byte_identical(draw, tables, tmp_path):
    for run in ("first", "second"):
        draw(tables, tmp_path / run)
    assert_same_bytes(tmp_path / "first", tmp_path / "second")
