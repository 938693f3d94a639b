"""Every figure: what is drawn is what the CSV says, text is text, two runs give the same bytes."""

import runpy
import subprocess
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import LineCollection

from italign.assemblies.quality_marks import read_quality
from italign.figures import style
from italign.figures.palette import (
    PAPER_AND_EXACT,
    RULES,
    condition_colour,
    condition_label,
    dose_colour,
)
from italign.io import read_dataset, write_dataset, write_table
from tests.evaluation.synthetic_cohort import DOSES
from tests.figures.drawing import KINDS, assert_legible, offsets, run_plot
from tests.figures.synthetic_recordings import (
    ANIMALS,
    HELD_OUT,
    assembly,
    by_repetitions,
    ceiling,
    drift,
    rasters,
    truth_table,
    validation,
)

ROOT = Path(__file__).resolve().parents[2]
SESSION = assembly("sim4", "hvm")
N_SESSIONS = {("sim4", "hvm"): 3, ("sim6", "coco"): 2}
IN_SILICO = {"source": "in silico"}


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    """Paths of everything a figure reads."""
    folder = tmp_path_factory.mktemp("inputs")
    tables = {"truth_table": truth_table(), "by_repetitions": by_repetitions()}
    tables |= {f"{animal}-{name}": validation(f"{animal}-{name}") for animal, name in ANIMALS}
    for name, table in tables.items():
        write_table(table, folder / f"{name}.csv")
    for axis in ANIMALS:
        write_dataset(assembly(*axis), folder / f"{'-'.join(axis)}-assembly.nc", "assembly")
        write_table(drift(*axis, N_SESSIONS.get(axis, 1)), folder / f"{'-'.join(axis)}-drift.csv")
    for axis in HELD_OUT:
        write_dataset(ceiling(*axis), folder / f"{'-'.join(axis)}-ceiling.nc", "ceiling")
    write_dataset(rasters(SESSION), folder / "rasters.nc")
    single = {name: str(folder / f"{name}.csv") for name in ("truth_table", "by_repetitions")}
    recorded = {
        "drifts": [str(folder / f"{a}-{s}-drift.csv") for a, s in ANIMALS],
        "assemblies": [str(folder / f"{a}-{s}-assembly.nc") for a, s in ANIMALS],
        "ceilings": [str(folder / f"{a}-{s}-ceiling.nc") for a, s in HELD_OUT],
    }
    return single | recorded | {
        "quality": summarise(recorded, folder / "quality.csv"),
        "rasters": str(folder / "rasters.nc"),
        "validations": [str(folder / f"{a}-{s}.csv") for a, s in ANIMALS],
    }


def summarise(inputs, path):
    """Path of the table of what the page on quality draws."""
    names = ("assemblies", "ceilings", "drifts")
    script = runpy.run_path(str(ROOT / "workflow/scripts/assemblies/summarise_quality.py"))
    script["summarise_quality"](
        **{name: inputs[name] for name in names}, quality=path, estimator="biased")
    return path


FIGURES = {
    "plot_recording_quality": (["quality"], {}),
    "plot_recovered_truth": (["validations", "truth_table"], IN_SILICO),
    "plot_ceilings": (["by_repetitions"], IN_SILICO),
    "plot_session": (["rasters"], {}),
}


def draw(load_script, inputs, rule, folder):
    names, options = FIGURES[rule]
    return run_plot(load_script, rule, folder, **{name: inputs[name] for name in names}, **options)


@pytest.fixture(scope="module")
def gallery():
    """Figures drawn so far by rule, kept open; drawing is the slow part of these tests."""
    yield {}
    plt.close("all")


@pytest.fixture
def drawn(gallery, inputs, load_script, monkeypatch, tmp_path):
    """Give a function rule -> (open figure, table as written, folder)."""
    monkeypatch.setattr(style.plt, "close", lambda figure: None)

    def look_up(rule):
        if rule not in gallery:
            table = draw(load_script, inputs, rule, tmp_path)
            gallery[rule] = plt.figure(plt.get_fignums()[-1]), table, tmp_path
        return gallery[rule]

    return look_up


@pytest.mark.parametrize("rule", FIGURES)
def test_two_runs_are_byte_identical_and_text_is_text(rule, drawn, inputs, load_script, tmp_path):
    _, _, first = drawn(rule)
    draw(load_script, inputs, rule, tmp_path / "second")
    for kind in KINDS:
        again = (tmp_path / "second" / f"figure.{kind}").read_bytes()
        assert (first / f"figure.{kind}").read_bytes() == again, kind
    assert "data: in silico</text>" in (first / "figure.svg").read_text()
    assert sorted(p.suffix[1:] for p in (tmp_path / "second").iterdir()) == sorted(KINDS)


@pytest.mark.parametrize("rule", FIGURES)
def test_nothing_is_clipped_and_no_labels_overlap(rule, drawn, monkeypatch):
    assert_legible(drawn(rule)[0], monkeypatch)


def test_recording_quality_draws_its_table(drawn):
    figure, table, _ = drawn("plot_recording_quality")
    *histograms, rates, dprime, kept, ceilings, change, tuning = figure.axes
    assert len(histograms) == 6
    values = table[table["panel"] == "reliability"].query("item != 'threshold'")
    heights = sum(patch.get_height() for axes in histograms for patch in axes.patches)
    assert heights == len(values) == 24 * len(ANIMALS)
    for axes, panel in ((rates, "rate_hz"), (dprime, "visual_drive_dprime")):
        groups = table[table["panel"] == panel].groupby(["animal", "stimulus_set"])
        for k, (_, group) in enumerate(groups):
            sites, median = group[group["item"] != "median"], group[group["item"] == "median"]
            np.testing.assert_allclose(offsets(axes, k)[:, 1], sites["value"])
            bar = [c for c in axes.collections if isinstance(c, LineCollection)][k]
            assert bar.get_segments()[0][0, 1] == pytest.approx(median["value"].item())
    counts = table[table["panel"] == "sites"]
    assert [patch.get_height() for patch in kept.patches] == counts["value"].tolist()
    for container, rule in zip(ceilings.containers, ("split_half", "attainable"), strict=True):
        rows = table[(table["panel"] == "ceiling") & (table["item"] == rule)]
        np.testing.assert_allclose(container.lines[0].get_ydata(orig=False), rows["value"])
        segments = np.array(container.lines[2][0].get_segments())
        np.testing.assert_allclose(segments[:, :, 1], rows[["low", "high"]])
    for axes, panel, n_sessions in ((change, "change_percent", 3), (tuning, "tuning_correlation",
                                                                    5)):
        rows = table[(table["panel"] == panel) & (table["item"] != "median")]
        names = list(dict.fromkeys(rows["session"]))
        assert [label.get_text() for label in axes.get_xticklabels()] == names
        assert len(names) == n_sessions
        for k, (_, group) in enumerate(rows.groupby("session", sort=False)):
            np.testing.assert_allclose(offsets(axes, k)[:, 1], group["value"])


def test_medians_and_counts_are_those_of_the_sites(inputs):
    table = read_quality(inputs["quality"])
    keys = ["animal", "stimulus_set"]
    for path in inputs["assemblies"]:
        ds = read_dataset(path, "assembly")
        rows = table[(table[keys] == [ds.attrs[name] for name in keys]).all(axis=1)]
        kept, drive = (int(ds["selected"].sum()), float(ds["visual_drive_dprime"].median()))
        found = rows.query("session.isna()").set_index(["panel", "item"])["value"]
        assert found[("sites", "kept")] == kept and found[("sites", "dropped")] == 24 - kept
        assert found[("reliability", "threshold")] == 0.5
        assert found[("visual_drive_dprime", "median")] == pytest.approx(drive)
        assert set(rows["source"]) == {"in silico"}
    for panel in ("rate_hz", "change_percent", "tuning_correlation"):
        rows = table[table["panel"] == panel]
        medians = rows[rows["item"] == "median"].set_index([*keys, "session"])["value"]
        groups = rows[rows["item"] != "median"].groupby([*keys, "session"], dropna=False)
        assert len(groups) == len(medians)
        for key, group in groups:
            assert medians[key] == pytest.approx(np.median(group["value"])), key


def test_sessions_named_by_numbers_stay_names(inputs, tmp_path):
    tables = [pd.read_csv(path) for path in inputs["drifts"]]
    for path, table in zip(inputs["drifts"], tables, strict=True):
        days = table["session"].str[-1].map(lambda day: f"2024013{day}")
        write_table(table.assign(session=days), tmp_path / Path(path).name)
    drifts = [tmp_path / Path(path).name for path in inputs["drifts"]]
    path = summarise(inputs | {"drifts": drifts}, tmp_path / "quality.csv")
    names = read_quality(path)["session"].dropna().unique()
    assert set(names) == {"20240131", "20240132", "20240133"}
    write_table(pd.read_csv(path).drop(columns="source"), path)
    with pytest.raises(ValueError, match=r"quality\.csv lacks columns \['source'\]"):
        read_quality(path)


def test_all_repetitions_drawn_are_the_ceiling_shown(drawn, inputs):
    _, table, _ = drawn("plot_recording_quality")
    for path in inputs["ceilings"]:
        ds = read_dataset(path, "ceiling")
        row = table.query("panel == 'ceiling' and item == 'attainable'").query(
            f"animal == '{ds.animal}' and stimulus_set == '{ds.stimulus_set}'")
        expected = ds["cka"].sel(rule="attainable", estimator="biased", n_drawn=12).mean()
        assert row["value"].item() == pytest.approx(float(expected))


def test_one_session_per_site_draws_no_drift(load_script, inputs, tmp_path):
    for axis in ANIMALS:
        write_table(drift(*axis), tmp_path / f"{'-'.join(axis)}.csv")
    drifts = [tmp_path / f"{a}-{s}.csv" for a, s in ANIMALS]
    path = summarise(inputs | {"drifts": drifts}, tmp_path / "quality.csv")
    table = draw(load_script, {"quality": path}, "plot_recording_quality", tmp_path)
    assert set(table["panel"]) == {"reliability", "rate_hz", "visual_drive_dprime", "sites",
                                   "ceiling"}
    with pytest.raises(ValueError, match=r"lack 24 sites .*first: sim6"):
        summarise(inputs | {"drifts": drifts[:-1]}, path)


def test_recovered_truth_draws_its_table(drawn):
    figure, table, _ = drawn("plot_recovered_truth")
    detection, rates, reliability, latency, biased, unbiased = figure.axes
    channels = table[table["panel"] == "channels"]
    np.testing.assert_allclose(offsets(detection, 0), channels[["snr", "precision"]])
    np.testing.assert_allclose(offsets(detection, 1), channels[["snr", "recall"]])
    np.testing.assert_allclose(offsets(rates, 0), channels[["snr", "rate_correlation"]])
    np.testing.assert_allclose(offsets(reliability, 0),
                               channels[["reliability_truth", "reliability"]])
    np.testing.assert_allclose(offsets(latency, 0),
                               channels[["latency_truth_ms", "latency_ms"]].dropna())
    for axes, estimator in ((biased, "biased"), (unbiased, "unbiased")):
        rows = table[table["estimator"] == estimator]
        np.testing.assert_allclose(offsets(axes, 0)[:, 1], rows["raw"])
        np.testing.assert_allclose(offsets(axes, 1)[:, 1], rows["independent"])
        for container, rule in zip(axes.containers, PAPER_AND_EXACT, strict=True):
            drawn_values = container.lines[0].get_ydata(orig=False)
            np.testing.assert_allclose(drawn_values, rows[f"ceiled_{rule}"])
            ends = np.array(container.lines[2][0].get_segments())[:, :, 1]
            np.testing.assert_allclose(np.diff(ends)[:, 0] / 2, rows[f"error_{rule}_se"])
        written = [text.get_text() for text in axes.texts]
        scores = [rows[f"z_{rule}"] for rule in PAPER_AND_EXACT]
        assert written == [f"{score:+.1f}" for score in np.concatenate(scores)]


def test_ceilings_draw_their_table(drawn):
    figure, table, _ = drawn("plot_ceilings")
    for axes, estimator in zip(figure.axes, ("biased", "unbiased"), strict=True):
        rows = table[table["estimator"] == estimator]
        means = rows[rows["mark"] == "mean"]
        for container, rule in zip(axes.containers, RULES, strict=True):
            mean = means[means["rule"] == rule]
            drawn_values = container.lines[0].get_ydata(orig=False)
            np.testing.assert_allclose(drawn_values, mean["error"])
            bars = container.lines[2][0].get_segments()  # an empty one where the mean is NaN
            heights = [np.diff(bar[:, 1])[0] / 2 for bar in bars if len(bar)]
            np.testing.assert_allclose(heights, mean.loc[mean["error"].notna(), "error_se"])
        thin = [line.get_ydata() for line in axes.get_lines() if line.get_linewidth() == 0.5]
        groups = rows[rows["mark"] == "axis"].groupby(["rule", "animal", "stimulus_set"])
        expected = {tuple(group["error"].round(9).fillna(9)) for _, group in groups}
        assert {tuple(np.nan_to_num(np.round(y, 9), nan=9)) for y in thin} == expected
        assert [label.get_text() for label in axes.get_xticklabels()] == ["2", "4", "8", "10", "12"]


def test_a_missing_column_is_named(load_script, inputs, tmp_path):
    write_table(truth_table().drop(columns="raw"), tmp_path / "truth.csv")
    with pytest.raises(ValueError, match=r"truth_table lack columns \['raw'\]"):
        draw(load_script, inputs | {"truth_table": tmp_path / "truth.csv"},
            "plot_recovered_truth", tmp_path)


def test_a_failed_format_leaves_nothing_behind(tmp_path, monkeypatch):
    style.use_style()
    figure = plt.figure()
    monkeypatch.setitem(style.METADATA, "png", {"nonsense": object()})
    with pytest.raises(Exception, match="object"):
        style.save_figure(figure, pd.DataFrame({"x": [1]}),
                          **{kind: tmp_path / f"f.{kind}" for kind in KINDS})
    assert list(tmp_path.iterdir()) == []
    assert not plt.fignum_exists(figure.number)


def test_empty_figures_and_unnamed_sources_are_refused(tmp_path):
    paths = {kind: tmp_path / f"f.{kind}" for kind in KINDS}
    with pytest.raises(ValueError, match="no rows"):
        style.save_figure(plt.figure(), pd.DataFrame(), **paths)
    with pytest.raises(ValueError, match="source is empty"):
        style.label_source(plt.figure(), " ")
    plt.close("all")


def test_doses_darken_and_every_condition_has_its_own_colour():
    rgb = [plt.matplotlib.colors.to_rgb(dose_colour(p)) for p in DOSES]
    luminance = np.array(rgb) @ [0.2126, 0.7152, 0.0722]
    assert (np.diff(luminance) < -0.02).all()
    conditions = [("true", p, "off") for p in DOSES]
    conditions += [("random", 1, "off"), ("shuffled", 1, "off"), ("true", 0, "linf-4")]
    assert len({condition_colour(*each) for each in conditions}) == len(conditions)
    assert len({condition_label(*each) for each in conditions}) == len(conditions)
    assert condition_label("true", 1 / 32, "off") == "p = 1/32"
    with pytest.raises(ValueError, match=r"dose p is 1\.5"):
        dose_colour(1.5)


def test_figures_need_no_torch():
    files = [*ROOT.glob("italign/figures/*.py"), *ROOT.glob("workflow/scripts/figures/*.py")]
    files += [ROOT / f"workflow/scripts/evaluation/{name}.py"
              for name in ("summarise_cohort", "compare_published")]
    code = (f"import runpy, sys\nfor file in {[str(file) for file in files]}:\n"
            "    runpy.run_path(file)\nprint('torch' in sys.modules)")
    answer = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True,
                            check=True, env={"PYTHONPATH": str(ROOT)})
    assert answer.stdout.strip() == "False"
