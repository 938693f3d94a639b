"""The contact sheet: one example of every noun, set and variation, and nothing else on file."""

import numpy as np
import pandas as pd
import pytest

from italign.io import read_dataset, write_dataset
from italign.stimuli.sets import make_set
from italign.stimuli.sheet import COLUMNS, gather_examples, mosaic, pick_examples

BLOCKS = [{"variation": 0, "split": "train", "per_category": 2},
          {"variation": 6, "split": "test", "per_category": 3}]
SMALL = {"style": "colour", "categories": ["bear", "mug"], "blocks": BLOCKS, "image_px": 32,
         "image_degrees": 8, "seed": 1}


@pytest.fixture(scope="module")
def sets():
    """Two sets that share one noun of three."""
    described = {"licence": "CC0-1.0", "source": "in silico", "image_degrees": 8}
    return [make_set("small", **SMALL).assign_attrs(identifier="small", **described),
            make_set("other", **SMALL | {"categories": ["mug", "lamp"]}).assign_attrs(
                identifier="other", **described)]


def test_sheet_shows_the_images_it_lists(sets):
    examples = pick_examples(sets)
    assert not examples.duplicated(["row", "column"]).any()
    assert examples["row"].max() == 3 and examples["column"].max() == 2
    sheet = mosaic(gather_examples(sets))
    last = examples.iloc[-1]
    other = sets[1]
    image = other["image"].values[other["stimulus_id"].values == last["stimulus_id"]][0]
    y, x = last["row"] * 34, last["column"] * 34
    np.testing.assert_array_equal(sheet[y:y + 32, x:x + 32], image)
    assert (sheet[:32, 68:100] == 255).all()  # the first set has no lamp


@pytest.fixture(scope="module")
def mixed(sets):
    """A set whose training images show no noun, and the sets that name all of theirs."""
    photographs = make_set("photos", **SMALL | {"blocks": BLOCKS + [
        {"variation": 3, "split": "test", "per_category": 6}]})
    is_unlabelled = photographs["variation"].values != 6
    for name, other in (("category", "none"), ("object", "natural")):
        photographs[name] = photographs[name].where(~is_unlabelled, other)
    return [photographs.assign_attrs(sets[0].attrs, identifier="photos"), *sets]


def test_images_without_noun_stand_behind_the_nouns(mixed, sets):
    examples = pick_examples(mixed)
    assert not examples.duplicated(["row", "column"]).any()
    unlabelled = examples[examples["category"] == "none"]
    assert unlabelled.groupby("variation")["column"].apply(list).to_dict() == {
        0: [3, 4, 5, 6], 3: [3, 4, 5, 6]}
    assert unlabelled["stimulus_id"].is_unique
    # 12 images of variation 3: the third row shows the third of each stretch of three
    shown = unlabelled.loc[unlabelled["variation"] == 3, "stimulus_id"].tolist()
    ids = mixed[0]["stimulus_id"].values[mixed[0]["variation"].values == 3]
    assert shown == ids[[2, 5, 8, 11]].tolist()
    # Sets that name all their nouns are shown as without that set.
    labelled = examples[examples["set"] != "photos"].reset_index(drop=True)
    assert labelled["column"].tolist() == pick_examples(sets)["column"].tolist()
    assert set(examples.loc[examples["category"] != "none", "column"]) == {0, 1, 2}


def test_a_few_images_without_noun_are_all_shown(mixed):
    few = mixed[0].isel(stimulus=[0, 1, 2])
    examples = pick_examples([few])
    assert examples["stimulus_id"].tolist() == few["stimulus_id"].values.tolist()
    assert examples["column"].tolist() == [0, 1, 2]


def test_sheet_heads_images_without_noun_once(mixed, load_script, tmp_path):
    write_dataset(gather_examples(mixed), tmp_path / "examples.nc")
    out = {kind: str(tmp_path / f"sheet.{kind}") for kind in ("pdf", "svg", "png", "csv")}
    plot = load_script("figures", "plot_contact_sheet").plot_contact_sheet
    plot(examples=str(tmp_path / "examples.nc"), **out, source="in silico")
    svg = (tmp_path / "sheet.svg").read_text()
    assert svg.count(">no noun<") == 1 and ">none<" not in svg and ">bear<" in svg


def test_examples_on_file_are_the_picked_images_alone(sets, load_script, tmp_path):
    paths = []
    for ds in sets:
        paths.append(str(tmp_path / f"{ds.attrs['identifier']}.nc"))
        write_dataset(ds, paths[-1], "stimuli")
    target = str(tmp_path / "examples.nc")
    load_script("stimuli", "pick_examples").pick_examples(stimuli=paths, examples=target)
    found, picked = read_dataset(target), pick_examples(sets)
    for name in COLUMNS:
        np.testing.assert_array_equal(found[name].values, picked[name])
    assert found.sizes == {"example": 8, "y": 32, "x": 32, "channel": 3}
    for k, row in enumerate(picked.itertuples()):
        ds = next(ds for ds in sets if ds.attrs["identifier"] == row.set)
        image = ds["image"].values[ds["stimulus_id"].values == row.stimulus_id]
        np.testing.assert_array_equal(found["image"].values[k], image[0])
    assert (found.attrs["licence"], found.attrs["source"]) == ("CC0-1.0", "in silico")


def test_licences_that_differ_are_named_by_set(sets):
    private = sets[1].assign_attrs(licence="private")
    assert gather_examples([sets[0], private]).attrs["licence"] == (
        "small: CC0-1.0; other: private")


def test_sets_of_two_sizes_are_refused(sets):
    large = make_set("large", **SMALL | {"image_px": 48}).assign_attrs(sets[0].attrs,
                                                                       identifier="large")
    with pytest.raises(ValueError, match=r"differ in size: small 32 x 32 px, large 48 x 48 px"):
        gather_examples([sets[0], large])


def test_contact_sheet_names_nouns_sets_and_source(sets, load_script, tmp_path):
    write_dataset(gather_examples(sets), tmp_path / "examples.nc")
    out = {kind: str(tmp_path / f"sheet.{kind}") for kind in ("pdf", "svg", "png", "csv")}
    plot = load_script("figures", "plot_contact_sheet").plot_contact_sheet
    plot(examples=str(tmp_path / "examples.nc"), **out, source="in silico")
    svg = (tmp_path / "sheet.svg").read_text()
    for text in ("bear", "lamp", "small, variation 0", "other, variation 6", "in silico"):
        assert f">{text}<" in svg or f"{text}</text>" in svg
    pd.testing.assert_frame_equal(pd.read_csv(out["csv"]), pick_examples(sets),
                                  check_dtype=False)


def test_another_file_is_no_sheet(sets, load_script, tmp_path):
    path = str(tmp_path / "small.nc")
    write_dataset(sets[0], path, "stimuli")
    plot = load_script("figures", "plot_contact_sheet").plot_contact_sheet
    with pytest.raises(ValueError, match=r"small\.nc: found variables .*, expected image"):
        plot(examples=path, pdf="", svg="", png="", csv="", source="in silico")
