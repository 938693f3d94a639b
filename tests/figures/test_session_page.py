"""The page of a session: every mark is the number it should be, by a second count."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import LineCollection, PatchCollection, PathCollection

from italign.assemblies.quality_tables import repeated_sites
from italign.assemblies.rasters import session_rasters
from italign.assemblies.session_psths import scale_rows
from italign.evaluation.axis_means import mean_errors
from italign.figures.ceilings import draw_ceilings
from italign.figures.session import detection_words, draw_session
from italign.figures.sites import count_reasons
from italign.figures.style import PAGE_INCHES, label_source, use_style
from italign.recordings.array_map import default_map
from tests.figures.synthetic_recordings import (
    EDGES_MS,
    assembly,
    axis_errors,
    by_repetitions,
    drift,
    session,
)

ASSEMBLY = assembly("sim4", "hvm")
RECORDED = session(ASSEMBLY)


@pytest.fixture(scope="module")
def page():
    """The open page and its table."""
    use_style()
    figure = plt.figure(figsize=(PAGE_INCHES, 7.6))
    yield figure, draw(figure)
    plt.close(figure)


def draw(figure, of=ASSEMBLY, positions=None, **replaced):
    return draw_session(figure, session_rasters(**RECORDED | replaced, assembly=of), positions)


def ticks_by_hand(channel, stimulus_id):
    """Times after onset of a channel's crossings, one presentation of the stimulus at a time."""
    rates, crossings = RECORDED["rates"], RECORDED["crossings"]
    time_s = crossings["time_s"].values[crossings["crossing_channel"].values == channel]
    onsets = rates["onset_s"].values[rates["stimulus_id"].values == stimulus_id]
    late = [(time_s - onset) * 1e3 for onset in onsets]
    return np.concatenate([t[(t >= EDGES_MS[0]) & (t < EDGES_MS[-1])] for t in late])


def test_rasters_show_the_crossings_of_the_extreme_stimuli(page):
    figure, table = page
    raster = table[table["panel"] == "raster"]
    kept = ASSEMBLY["reliability"].values[ASSEMBLY["selected"].values == 1]
    rates = RECORDED["rates"]
    for axes, (rank, expected) in zip(figure.axes, {
            "best": kept.max(), "median": np.sort(kept)[(len(kept) - 1) // 2], "worst": kept.min(),
    }.items(), strict=False):
        rows = raster[raster["item"].str.startswith(rank)]
        (channel,) = rows["channel"].unique()
        place = ASSEMBLY["channel"].values == channel
        assert ASSEMBLY["reliability"].values[place].item() == pytest.approx(expected)
        site_hz = pd.Series(rates["rate_hz"].values[:, place][:, 0]).groupby(
            rates["stimulus_id"].values).mean().drop("blank").sort_values()
        for group, names in (("strongest", site_hz.index[-3:]), ("weakest", site_hz.index[:3])):
            ticks = rows[rows["item"] == f"{rank}, {group}"]
            assert set(ticks["stimulus_id"]) <= set(names)
            by_hand = np.concatenate([ticks_by_hand(channel, name) for name in names])
            np.testing.assert_allclose(np.sort(ticks["time_ms"]), np.sort(by_hand), atol=1e-9)
            (drawn,) = [c for c in axes.collections if c.get_gid() == group]
            np.testing.assert_allclose([s[0, 0] for s in drawn.get_segments()], ticks["time_ms"])
        shade = axes.patches[0].get_extents().transformed(axes.transData.inverted())
        assert (shade.x0, shade.x1) == pytest.approx((70, 170))


def test_heat_map_mean_and_reliability_draw_their_numbers(page):
    figure, table = page
    heat, mean, _, reliability, _, square = [a for a in figure.axes[3:] if a.get_title("left")
                                             or a.get_xlabel() == "sites"]
    latency = ASSEMBLY["latency_ms"].values
    psth = ASSEMBLY["psth_hz"].values[np.argsort(latency, kind="stable")]
    low, high = psth.min(axis=1)[:, None], psth.max(axis=1)[:, None]
    np.testing.assert_allclose(heat.images[0].get_array(), (psth - low) / (high - low))
    np.testing.assert_allclose(table[table["panel"] == "psth"]["value"],
                               ((psth - low) / (high - low)).ravel())
    kept = ASSEMBLY["psth_hz"].values[ASSEMBLY["selected"].values == 1]
    sem = kept.std(axis=0, ddof=1) / np.sqrt(len(kept))
    np.testing.assert_allclose(mean.get_lines()[0].get_ydata(), kept.mean(axis=0))
    band = mean.collections[0].get_paths()[0].vertices[:, 1]
    assert (band.min(), band.max()) == pytest.approx(((kept.mean(axis=0) - sem).min(),
                                                      (kept.mean(axis=0) + sem).max()))
    intervals = next(c for c in reliability.collections if isinstance(c, LineCollection))
    drawn = {tuple(segment[:, 1].round(5)) for segment in intervals.get_segments()}
    assert drawn == {tuple(pair) for pair in np.stack(
        [ASSEMBLY["reliability_low"], ASSEMBLY["reliability_high"]], axis=1).round(5)}
    assert "threshold 0.5" in reliability.get_title("left")
    cells = [c for c in square.collections if isinstance(c, PatchCollection)][1]
    np.testing.assert_allclose(cells.get_array(), ASSEMBLY["reliability"])
    crosses = next(c for c in square.collections if isinstance(c, PathCollection))
    dropped = default_map(ASSEMBLY["channel"].values)[ASSEMBLY["selected"].values == 0]
    np.testing.assert_array_equal(crosses.get_offsets(), dropped[["column", "row"]])


def test_title_counts_sites_presentations_and_names_the_rule(page):
    figure, table = page
    lines = figure.get_suptitle().splitlines()
    assert lines[0] == "sim4-hvm: sim4, left hemisphere, array A, IT, set hvm"
    kept = int(ASSEMBLY["selected"].sum())
    assert lines[1] == f"{kept} of 24 sites kept; 82 presentations (1 aborted, 3 lost in gaps)"
    assert lines[2] == ("falling crossings of -3 x SD about the mean, of the raw voltage "
                        "(whole session)")
    assert table.query("panel == 'reasons' and item == 'kept'")["value"].item() == kept


def test_rules_in_words():
    attrs = RECORDED["crossings"].attrs
    mad = {"edge": "both", "sign": "both", "threshold_sd": 5.0, "dead_time_ms": 0.5,
           "sd_estimator": "MAD about the median / 0.6745, of the band-passed voltage",
           "sd_segment": "12.0 to 60.0 s", "band_pass_hz": "300 to 6000"}
    assert detection_words(attrs | mad) == (
        "both crossings of ±5 x MAD about the median / 0.6745, of the band-passed voltage "
        "(12.0 to 60.0 s), band-pass 300 to 6000 Hz, dead time 0.5 ms")
    assert detection_words(attrs | {"edge": "as recorded"}).startswith("events as recorded")


def test_long_sources_and_rules_stay_on_the_page():
    use_style()
    words = {"sd_estimator": "MAD about the median / 0.6745, of the band-passed voltage",
             "sd_segment": "12.0 to 60.0 s", "band_pass_hz": "300 to 6000", "dead_time_ms": 0.5}
    figure = plt.figure(figsize=(PAGE_INCHES, 7.6))
    draw(figure, crossings=RECORDED["crossings"].assign_attrs(words))
    label_source(figure, "; ".join(f"recording of day {k}\nby some laboratory" for k in range(30)))
    figure.draw_without_rendering()
    label = next(text for text in figure.texts if text.get_text().startswith("data: rec"))
    assert label.get_text().endswith(" ...") and "\n" not in label.get_text()
    for text in (label, figure._suptitle):
        box = text.get_window_extent()
        assert box.x0 >= 0 and box.x1 <= figure.bbox.x1, text
    plt.close(figure)


def test_a_given_map_moves_sites_and_only_them():
    positions = default_map(range(1, 31)).sample(frac=1, random_state=0)
    positions = positions.assign(channel=np.arange(1, 31))
    figure = plt.figure(figsize=(PAGE_INCHES, 7.6))
    table = draw(figure, positions=positions)
    assert [a.get_title("left") for a in figure.axes if "array" in a.get_title("left")] == [
        "array map (x: dropped)"]
    plt.close(figure)
    cells = table[table["panel"] == "array_map"]
    pd.testing.assert_frame_equal(
        cells[["channel", "row", "column"]].astype(int).sort_values("channel", ignore_index=True),
        positions[["channel", "row", "column"]].reset_index(drop=True))
    assert cells.query("item == 'no site'")["channel"].tolist() == list(range(25, 31))


def test_a_session_of_which_nothing_is_kept_and_no_threshold():
    figure = plt.figure(figsize=(PAGE_INCHES, 7.6))
    none = ASSEMBLY.assign(selected=ASSEMBLY["selected"] * 0,
                           drop_reason=("neuroid", ["latency_ms undefined, asked <= 200"] * 24))
    table = draw(figure, of=none.assign_attrs(reliability_min=np.nan))
    assert "no threshold asked" in " ".join(a.get_title("left") for a in figure.axes)
    plt.close(figure)
    assert "raster" not in set(table["panel"])
    assert table.query("panel == 'reasons'").set_index("item")["value"].to_dict() == {
        "kept": 0, "latency_ms": 24}


def test_a_map_without_some_channels_is_refused():
    with pytest.raises(ValueError, match="session sim4-hvm: 4 channels have no position"):
        draw(plt.figure(), positions=default_map(range(1, 21)))
    plt.close("all")


def test_reasons_are_counted_by_measure():
    reasons = pd.Series(["reliability 0.31 < 0.5; snr 0.3 < 0.4", "reliability -0.1 < 0.5",
                         "latency_ms undefined, asked <= 200"])
    assert count_reasons(reasons).to_dict() == {"reliability": 2, "latency_ms": 1, "snr": 1}
    assert count_reasons(reasons.head(0)).empty


def test_scaled_rows_ignore_gain_and_baseline():
    psth = np.random.default_rng(0).gamma(2, 5, (6, 30))
    gain, baseline = np.arange(1, 7)[:, None], 3.0
    np.testing.assert_allclose(scale_rows(psth), scale_rows(gain * psth + baseline))
    assert scale_rows(psth).min() == 0 and scale_rows(psth).max() == 1
    assert np.isnan(scale_rows(np.full((1, 30), 4.0))).all()


def test_drift_is_of_sites_seen_again():
    several = pd.concat([drift("sim1", "hvm"), drift("sim4", "hvm", n_sessions=3)])
    one_more = several.head(1).assign(session="another", neuroid_id="sim1.left.B.1")
    rows = repeated_sites(pd.concat([several, one_more], ignore_index=True))
    assert set(rows["animal"]) == {"sim4"} and len(rows) == 3 * 24
    assert rows.groupby("session")["change_percent"].count().tolist() == [0, 24, 24]
    assert rows["tuning_correlation"].notna().all()


def test_mean_errors_are_over_all_axes_or_none():
    table = axis_errors()
    means = mean_errors(table)
    assert set(means["n_drawn"]) == {2, 4, 8}  # 10 and 12 are not of every axis
    for row in means.itertuples():
        cells = table.query("estimator == @row.estimator and rule == @row.rule "
                            "and n_drawn == @row.n_drawn")
        assert row.n_axes == len(cells) == 4
        # NaN where that of one axis is.
        np.testing.assert_allclose(row.error, cells["error"].to_numpy().mean())
        np.testing.assert_allclose(row.error_se, np.hypot.reduce(cells["error_se"]) / 4)
    written = by_repetitions()
    unknown = written.replace({"rule": {"attainable": "best"}})
    with pytest.raises(ValueError, match=r"rules \['best'\], expected some of"):
        draw_ceilings(plt.figure(), unknown)
    with pytest.raises(ValueError, match=r"lacks columns \['error_se'\]"):
        draw_ceilings(plt.figure(), written.drop(columns="error_se"))
    plt.close("all")
