"""The table of a network's regions: published sizes, whatever the family; parameters counted."""

import pandas as pd
import pytest
import torch

from italign.io import write_dataset, write_table
from italign.models import build_configured
from italign.models._architecture import COLUMNS, describe
from italign.stimuli.sets import make_set

CORNET = {"name": "cornet_s", "region": "IT"}
# Channels, height and width of each region of an image of 224 px, from the published tables.
SHAPES = {
    "cornet_s": [(64, 56, 56), (128, 28, 28), (256, 14, 14), (512, 7, 7), (512, 1, 1)],
    "resnet18": [(64, 56, 56), (128, 28, 28), (256, 14, 14), (512, 7, 7), (512, 1, 1)],
    "vit_b_16": [(768, 197, 1)] * 4 + [(768, 1, 1)],
}


def described(entry, n_outputs=1000, image_px=224):
    with torch.device("meta"):
        network = build_configured(entry, n_outputs)
    return describe(network, image_px, entry["region"])


@pytest.mark.parametrize("name", SHAPES)
def test_regions_have_the_published_shapes(name):
    table = described({"name": name, "region": "IT"})
    assert table["region"].tolist() == ["V1", "V2", "V4", "IT", "penultimate"]
    shapes = table[["channels", "height", "width"]].itertuples(index=False, name=None)
    assert list(shapes) == SHAPES[name]
    assert table["n_features"].tolist() == [c * h * w for c, h, w in SHAPES[name]]
    assert table.loc[table["compared"], "region"].tolist() == ["IT"]


def test_parameters_are_those_published():
    assert set(described(CORNET)["n_parameters"]) == {53_416_616}  # CORnet-S
    assert set(described({"name": "resnet18", "region": "IT"})["n_parameters"]) == {11_689_512}


def test_the_time_step_is_the_configured_one():
    table = described(CORNET | {"time_step": 1}).set_index("region")
    assert table.loc["IT", "time_step"] == 1 and table.loc["V4", "time_step"] == 0


def test_features_are_as_many_as_the_network_gives():
    network = build_configured({"name": "cornet_s", "width": 0.125, "region": "V4"}, 7).train()
    table = describe(network, 48, "V4")
    with torch.no_grad():
        _, activation = network.forward_with(torch.zeros(2, 3, 48, 48), table["region"])
    assert table["n_features"].tolist() == [activation[name].shape[1] for name in table["region"]]
    assert network.training and not any(m._forward_hooks for m in network.modules())
    assert set(table["n_outputs"]) == {7}


def test_an_unknown_region_is_refused():
    network = build_configured({"name": "cornet_s", "width": 0.125}, 7)
    with pytest.raises(ValueError, match="no region 'TEO', found V1, V2, V4, IT, penultimate"):
        describe(network, 48, "TEO")


@pytest.mark.parametrize(("base_is", "n_base"), [("resident", 2), ("folder", 3), ("outputs", 7)])
def test_the_script_counts_the_outputs_of_both_tasks(base_is, n_base, load_script, tmp_path):
    blocks = [{"variation": 0, "split": "train", "per_category": 1}]
    stimuli = make_set("hvm", style="grey", categories=["bear", "mug"], blocks=blocks, image_px=32,
                       image_degrees=8, seed=1)
    described = {"licence": "CC0-1.0", "source": "in silico", "image_degrees": 8}
    write_dataset(stimuli.assign_attrs(identifier="hvm", **described), tmp_path / "hvm.nc",
                  "stimuli")
    base = tmp_path / "hvm.nc"
    if base_is == "outputs":
        base = tmp_path / "base.nc"
        stimuli.attrs["outputs"] = "\n".join(["mug", "bear", *(f"output {k:04}" for k in range(5))])
        write_dataset(stimuli.assign_attrs(identifier="base", **described), base, "stimuli")
    if base_is == "folder":
        base = tmp_path / "base.csv"
        write_table(pd.DataFrame({"file": ["a/1", "b/1", "c/1", "a/2"],
                                  "category": ["a", "b", "c", "a"], "split": "train"}), base)
    table = tmp_path / "architecture.csv"
    load_script("training", "describe_model").describe_model(
        base=str(base), stimuli=str(tmp_path / "hvm.nc"), architecture=str(table),
        model={"name": "cornet_s", "width": 0.125, "bottleneck": 2, "region": "IT",
               "time_step": None, "layers": None, "batch_norm": "shared"}, image_px=32)
    written = pd.read_csv(table)
    assert list(written) == COLUMNS
    assert set(written["n_outputs"]) == {n_base + 2}
