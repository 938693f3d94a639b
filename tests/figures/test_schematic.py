"""Figure 1A: everything drawn is of the world's own files and listed in the table."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from matplotlib.patches import Rectangle

from italign.alignment.cka import OPTIONS as OPTIONS_OF_CKA
from italign.assemblies.mean_rates import mean_rates
from italign.figures import style
from italign.figures.palette import dose_colour
from italign.figures.words import CKA_FORMULAS
from italign.io import write_dataset
from italign.stimuli.sheet import COLUMNS, DIMS
from tests.figures.drawing import (
    assert_legible,
    assert_same_bytes,
    left_open,
    run_open,
    write_tables,
)
from tests.figures.synthetic_recordings import assembly

# Of a small recurrent network; what describe_model writes.
REGIONS = pd.DataFrame({
    "region": ["V1", "V2", "V4", "IT", "penultimate"],
    "module": ["V1", "V2", "V4", "IT", "decoder.avgpool"], "time_step": 0,
    "channels": [8, 16, 32, 64, 64], "height": [12, 6, 3, 2, 1], "width": [12, 6, 3, 2, 1],
    "n_features": [1152, 576, 288, 256, 64], "compared": [False, False, False, True, False],
    "n_outputs": 1008, "n_parameters": 229942,
})
TOKENS = REGIONS.assign(channels=[768] * 5, height=[197, 197, 197, 197, 1], width=1)
OPTIONS = {"source": "in silico", "region": "IT", "animal": "sim1", "base_set": "base",
           "test_sets": ["hvm", "coco"], "neural_loss": {"name": "cka", "options": {}}}
SPLITS = [("hvm", 0, "train"), ("hvm", 3, "train"), ("hvm", 6, "test"), ("coco", 3, "train"),
          ("base", 3, "train")]
SIDE_PX = 8


def examples():
    """Four nouns of each set and variation; every image of one grey level of its own."""
    rows = [{"stimulus_id": f"{name}-{variation}-{k}", "category": f"noun{k}",
             "object": f"noun{k}-0", "variation": variation, "split": split, "set": name,
             "column": k, "row": row}
            for row, (name, variation, split) in enumerate(SPLITS) for k in range(4)]
    table = pd.DataFrame(rows)
    images = np.full((len(table), SIDE_PX, SIDE_PX, 3), 0, np.uint8)
    images += np.arange(len(table), dtype=np.uint8)[:, None, None, None]
    return xr.Dataset({"image": (DIMS, images)},
                      coords={name: ("example", table[name].to_numpy()) for name in COLUMNS},
                      attrs={"source": "in silico", "licence": "CC0-1.0"})


@pytest.fixture
def draw(load_script, tmp_path, monkeypatch):
    """Give a function (**inputs and options) -> (open figure, table as written)."""

    def drawn(folder=tmp_path, sites=None, architecture=REGIONS, **options):
        paths = {name: str(tmp_path / f"{name}.nc") for name in ("examples", "rates")}
        write_dataset(examples(), paths["examples"])
        sites = assembly("sim1", "hvm") if sites is None else sites
        write_dataset(mean_rates(sites), paths["rates"])
        paths |= write_tables({"architecture": architecture}, tmp_path)
        return run_open(load_script, "plot_figure_1a", folder, **paths, **OPTIONS | options)

    yield from left_open(drawn, monkeypatch)


def test_images_are_those_listed_where_listed(draw, monkeypatch):
    figure, table = draw()
    rows = table[table["mark"] == "image"]
    pictures = [image for image in figure.axes[0].get_images() if image.get_gid() != "rates"]
    given = examples()
    level = dict(zip(given["stimulus_id"].values, given["image"].values[:, 0, 0, 0], strict=True))
    assert len(pictures) == len(rows) == 8
    for picture, row in zip(pictures, rows.itertuples(), strict=True):
        assert (picture.get_array() == level[row.stimulus_id]).all()
        left, right, low, high = picture.get_extent()
        assert (left, low) == pytest.approx((row.x, row.y))
        assert right - left == pytest.approx(high - low)
    kinds = rows.groupby("set")["split"].unique().map(sorted).to_dict()
    assert kinds == {"hvm": ["test", "train"], "coco": ["train"], "base": ["train"]}
    assert rows["category"].nunique() > 1
    assert figure.get_figwidth() == pytest.approx(style.COLUMN_INCHES)
    assert_legible(figure, monkeypatch)


def test_heat_map_is_the_mean_rates_of_kept_sites(draw):
    figure, table = draw()
    ds = assembly("sim1", "hvm")
    (cells,) = (image for image in figure.axes[0].get_images() if image.get_gid() == "rates")
    rows = table[table["mark"] == "rate"]
    np.testing.assert_allclose(cells.get_array(), rows.pivot(
        index="row", columns="column", values="value"), rtol=1e-6)
    kept = ds.isel(neuroid=ds["selected"].values == 1)
    expected = np.nanmean(kept["rate"].values.astype("float32"), axis=1).T
    np.testing.assert_allclose(cells.get_array(), expected, rtol=1e-5)
    assert rows["neuroid_id"].unique().tolist() == kept["neuroid_id"].values.tolist()
    words = [text.get_text() for text in figure.axes[0].texts]
    assert f"{kept.sizes['neuroid']} sites" in words and "20 images" in words


def test_large_assemblies_are_thinned_and_the_drawing_says_so(draw, monkeypatch):
    figure, table = draw(sites=assembly("sim1", "hvm", n_sites=120, n_stimuli=100))
    rows = table[table["mark"] == "rate"]
    assert (rows["row"].nunique(), rows["column"].nunique()) == (30, 60)
    words = " ".join(text.get_text() for text in figure.axes[0].texts)
    assert "60 of 100 images" in words and "30 of " in words
    assert_legible(figure, monkeypatch)


@pytest.mark.parametrize("architecture", [REGIONS, TOKENS], ids=["convolutional", "tokens"])
def test_boxes_are_the_regions_and_the_compared_one_is_dark(architecture, draw, monkeypatch):
    figure, table = draw(architecture=architecture)
    rows = table[table["mark"] == "region"].set_index("region")
    boxes = {patch.get_gid().removeprefix("region-"): patch
             for patch in figure.axes[0].patches if isinstance(patch, Rectangle)
             and str(patch.get_gid()).startswith("region-")}
    assert list(boxes) == architecture["region"].tolist() == rows.index.tolist()
    for name, box in boxes.items():
        row = rows.loc[name]
        assert box.get_bbox().bounds == pytest.approx(
            (row["x"], row["y"], row["box_width"], row["box_height"]))
        dark = plt.matplotlib.colors.to_hex(box.get_facecolor()) == dose_colour(1)
        assert dark == (name == "IT")
    assert rows["box_height"].is_monotonic_decreasing
    assert (np.diff(rows["x"]) > rows["box_width"].to_numpy()[:-1]).all()
    words = [text.get_text() for text in figure.axes[0].texts]
    first = architecture.iloc[0]
    assert f"V1\n{first.height}x{first.width}\nx{first.channels}" in words
    assert f"readout\n{architecture['channels'].iloc[-1]}" in words
    assert "1,008 classes:\nclassification\nloss" in words
    assert "neural loss\nlog(1 - CKA)" in words
    assert_legible(figure, monkeypatch)


def test_a_base_task_from_a_folder_has_words_and_no_images(draw, monkeypatch):
    figure, table = draw(base_set="imagenet")
    assert set(table.loc[table["mark"] == "image", "set"]) == {"hvm", "coco"}
    assert "base task" in [text.get_text() for text in figure.axes[0].texts]
    assert_legible(figure, monkeypatch)


def test_what_does_not_fit_together_is_refused(draw):
    with pytest.raises(ValueError, match=r"no region 'TEO', found \['V1', 'V2'"):
        draw(region="TEO")
    with pytest.raises(ValueError, match="no training image of 'coco2' among the examples"):
        draw(sites=assembly("sim1", "coco2"))
    lost = assembly("sim1", "hvm")
    lost["selected"][:] = 0
    with pytest.raises(ValueError, match="no site is kept"):
        draw(sites=lost)


@pytest.mark.parametrize(("name", "options", "words"), [
    ("cka", {"form": "minus_log", "estimator": "biased"}, "-log(CKA)"),
    ("cka", {"estimator": "unbiased"}, "log(1 - CKA)\nunbiased CKA"),
    ("ridge", {"penalty": 0.5}, "ridge\npenalty 0.5"),
])
def test_the_neural_loss_is_the_one_trained_with(name, options, words, draw, monkeypatch):
    figure, _ = draw(neural_loss={"name": name, "options": options})
    assert f"neural loss\n{words}" in [text.get_text() for text in figure.axes[0].texts]
    assert_legible(figure, monkeypatch)


def test_every_form_of_the_loss_has_a_formula():
    assert tuple(CKA_FORMULAS) == OPTIONS_OF_CKA["form"]


def test_two_runs_are_byte_identical_and_text_is_text(draw, tmp_path):
    for run in ("first", "second"):
        draw(tmp_path / run)
    assert_same_bytes(tmp_path / "first", tmp_path / "second")
