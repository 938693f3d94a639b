"""The ladder of layers: which they are, that their numbers are those of training, which is best."""

import logging

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from italign.evaluation import layers
from italign.evaluation.activations import activations
from italign.evaluation.layers import compared_rung, ladder, ladder_grams, rung_features
from italign.evaluation.layers_brains import compare, population, site_groups
from italign.evaluation.layers_ranked import COLUMNS, ranked
from italign.evaluation.similarity import linear_cka, linear_gram
from italign.io import read_dataset
from italign.models import build
from italign.models._backbone import Backbone
from italign.training.state import write_tensors
from tests.evaluation.attack_files import N_BASE
from tests.evaluation.comparison_files import (
    assembly,
    ceiling,
    features_of,
    images_and_base,
    networks,
    target,
    write,
)

IMAGES = torch.from_numpy(np.random.default_rng(0).integers(0, 255, (10, 32, 32, 3),
                                                            dtype=np.uint8))


def names(network):
    return [rung.layer for rung in ladder(network)]


def test_a_recurrent_network_has_a_rung_per_time_step():
    network = build("cornet_s", 5, width=0.0625, bottleneck=1)
    assert names(network) == ["V1", "V2 t0", "V2 t1", "V4 t0", "V4 t1", "V4 t2", "V4 t3", "IT t0",
                              "IT t1", "penultimate"]
    assert compared_rung(network, "IT").layer == "IT t0"
    network.regions["V4"] = ("V4", 2)
    assert compared_rung(network, "V4").layer == "V4 t2"


def test_every_block_of_a_foreign_network_is_a_rung():
    found = names(build("resnet18", 5))
    blocks = [f"layer{k}.{part}" for k in (1, 2, 3, 4) for part in (0, 1)]
    # Whole stages are rungs where the region map names one.
    assert [name for name in found if name.count(".")] == blocks
    assert found[0] == "conv1" and found[-1] == "penultimate" and "fc" not in found
    assert {"layer1", "layer2", "layer3"} <= set(found)


def test_efficientnet_has_stem_blocks_and_head():
    pytest.importorskip("efficientnet_lite_pytorch")
    network = build("efficientnet_lite0", 5, layers={"V4": "_blocks.5"})
    assert names(network) == ["_conv_stem", *(f"_blocks.{k}" for k in range(16)), "_conv_head",
                              "penultimate"]
    assert compared_rung(network, "V4").layer == "_blocks.5"


def test_a_transformer_is_opened_down_to_its_layers():
    found = names(build("vit_b_32", 5))
    assert [name for name in found if "encoder_layer" in name] == [
        f"encoder.layers.encoder_layer_{k}" for k in range(12)]


@pytest.mark.parametrize(("name", "options", "regions"), [
    ("cornet_s", {"width": 0.0625, "bottleneck": 1}, ("V1", "V4", "IT", "penultimate")),
    ("resnet18", {}, ("V1", "IT", "penultimate"))])
def test_features_are_those_that_training_compares(name, options, regions):
    torch.manual_seed(0)
    network = build(name, 5, **options).eval()
    expected = activations(network, IMAGES, regions, 4)
    for region in regions:
        rung = compared_rung(network, region)
        found = rung_features(network, IMAGES, [rung], 4)[rung]
        torch.testing.assert_close(found, expected[region])
    assert not any(module._forward_hooks for part in ("conv1", "V2")
                   for module in [getattr(network, part, nn.Identity())])


def test_few_layers_at_a_time_give_the_same_grams(monkeypatch):
    torch.manual_seed(0)
    network = build("cornet_s", 5, width=0.0625, bottleneck=1).eval()
    rungs = ladder(network)
    together = {rung: gram for rung, gram, _ in ladder_grams(network, IMAGES, rungs, 4)}
    monkeypatch.setattr(layers, "MOST_BYTES", 4 * len(IMAGES) * 300)
    passes = []
    monkeypatch.setattr(layers, "rung_features",
                        lambda *args: passes.append(1) or rung_features(*args))
    for rung, gram, n_features in ladder_grams(network, IMAGES, rungs, 4):
        np.testing.assert_array_equal(gram, together[rung])
        features = rung_features(network, IMAGES, [rung], 4)[rung]
        assert features.shape == (len(IMAGES), n_features)
        np.testing.assert_allclose(gram, linear_gram(features.double().numpy()), atol=1e-4
                                   * np.abs(gram).max())
    assert 4 < len(passes) <= len(rungs) + 1


def test_a_layer_that_runs_twice_in_a_pass_is_refused():
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.shared, self.fc = nn.Conv2d(3, 3, 1), nn.Linear(3, 2)

        def forward(self, images):
            return self.fc(self.shared(self.shared(images)).mean((2, 3)))

    network = Backbone(Twice(), {"V1": "shared"}).eval()
    with pytest.raises(ValueError, match="layers shared do not run once in a pass"):
        rung_features(network, IMAGES, ladder(network), 4)


def test_sites_are_grouped_by_the_images_they_saw():
    rates = np.full((6, 4), np.nan)
    rates[:4, [0, 2]], rates[2:, [1, 3]] = 1, 2
    groups = [(rows.tolist(), sites.tolist()) for rows, sites in site_groups(rates)]
    assert groups == [([0, 1, 2, 3], [0, 2]), ([2, 3, 4, 5], [1, 3])]


def test_comparison_is_cka_with_interval_and_chance():
    rng = np.random.default_rng(0)
    factors = rng.standard_normal((60, 5))
    features, sites = (factors @ rng.standard_normal((5, n)) + rng.standard_normal((60, n))
                       for n in (40, 12))
    brain = population({}, np.arange(60), sites, 100, 1)
    for row in compare((features @ features.T).astype(np.float32), brain):  # not centred
        assert row["raw"] == pytest.approx(linear_cka(features, sites, row["estimator"]), abs=1e-5)
        assert row["low"] < row["raw"] < row["high"] and row["n_images"] == 60
        assert (row["chance"] > 0.05) == (row["estimator"] == "biased")
    few = population({}, np.arange(6), sites[:6], 100, 1)
    assert np.isnan(compare(linear_gram(features[:6]), few)[0]["low"])


def row(layer, role, animal, raw, sessions="A", estimator="unbiased"):
    return {**dict.fromkeys(COLUMNS, 0), "layer": layer, "role": role, "animal": animal,
            "raw": raw, "sessions": sessions, "estimator": estimator}


def test_the_best_layer_is_chosen_by_training_animals_each_of_one_weight(caplog):
    values = {"low": (0.2, 0.2, 0.9, 0.8), "mid": (0.5, 0.1, 0.4, 0.1),
              "high": (0.1, 0.1, 0.5, 0.9)}
    rows = []
    for layer, (first, second, other, held) in values.items():
        rows += [row(layer, "train", "pe", first), row(layer, "train", "pe", second, "B"),
                 row(layer, "train", "ab", other), row(layer, "held_out", "we", held),
                 row(layer, "held_out", "we", 1.0, estimator="biased")]
    with caplog.at_level(logging.WARNING):
        table = ranked(rows, "mid")
    assert set(table.loc[table["is_best"], "layer"]) == {"low"}  # (0.2 + 0.9) / 2
    assert set(table.loc[table["is_compared"], "layer"]) == {"mid"}
    own = table[table["is_best_of_animal"]].groupby("animal")["layer"].unique().map(list)
    assert own.to_dict() == {"ab": ["low"], "pe": ["mid"], "we": ["high"]}
    assert "training compares layer mid" in caplog.text and "low is the most alike" in caplog.text


def test_no_warning_where_training_compares_the_best(caplog):
    with caplog.at_level(logging.WARNING):
        ranked([row("a", "train", "pe", 0.5), row("b", "train", "pe", 0.4)], "a")
    assert not caplog.records


@pytest.fixture
def world(tmp_path):
    """Two sessions of the trained animal, which read V4 at t1; a held-out one, which reads IT."""
    shared = images_and_base(tmp_path, ("hvm", "natural"), 90)
    file = networks(tmp_path, 1)[0]
    network = build("cornet_s", N_BASE, width=0.0625, bottleneck=1)
    state = {name.removeprefix("step30/"): value for name, value in torch_state(file).items()}
    state = {name: value[:N_BASE] if name.startswith("decoder.linear") else value
             for name, value in state.items()}
    assert set(state) == set(network.state_dict())
    write_tensors(state, tmp_path / "pretrained.safetensors")
    hvm, natural = (read_dataset(path, "stimuli") for path in shared["stimuli"])
    train, test = (np.flatnonzero(ds.split.values == split)
                   for ds, split in ((hvm, "train"), (natural, "test")))
    planted = torch.from_numpy(hvm.image.values[train])
    network.load_state_dict(state)
    v4 = ladder(network)[4]
    assert v4.layer == "V4 t1"
    rate = rung_features(network.eval(), planted, [v4], 16)[v4].numpy()
    rate[:25, ::2], rate[20:, 1::2] = np.nan, np.nan
    arrays = np.where(np.arange(rate.shape[1]) % 2, "210225", "201025")
    brain = assembly("we", "natural", natural.stimulus_id.values[test],
                     features_of(file, 30, natural.image.values[test]))
    truth = target("pe", "hvm", hvm.stimulus_id.values[train], rate, arrays)
    return {**shared, "pretrained": str(tmp_path / "pretrained.safetensors"),
            "target": write(truth, tmp_path / "target.nc", "target"),
            "assemblies": [write(brain, tmp_path / "we.nc", "assembly")],
            "ceilings": [write(ceiling("we", "natural", 0.5), tmp_path / "c.nc", "ceiling")],
            "layers": str(tmp_path / "layers.csv"), "options": {"n_resamples": 20},
            "ceiling_rule": "attainable"}


def torch_state(file):
    from safetensors.torch import load_file

    return {name: value for name, value in load_file(file).items() if name.startswith("step30/")}


def test_planted_layers_are_found_session_by_session(world, load_script, caplog):
    with caplog.at_level(logging.WARNING):
        load_script("evaluation", "rank_layers").rank_layers(**world)
    table = pd.read_csv(world["layers"])
    unbiased = table[table["estimator"] == "unbiased"]
    assert unbiased["is_compared"].sum() == 3  # two sessions, one held-out animal
    trained = unbiased[unbiased["role"] == "train"]
    assert trained.groupby("sessions")["n_images"].first().to_dict() == {"201025": 25, "210225": 20}
    assert set(trained.loc[trained["is_best"], "layer"]) == {"V4 t1"}
    assert trained.loc[trained["is_best"], "raw"].min() > 0.6
    held_out = unbiased[unbiased["role"] == "held_out"]
    assert held_out.loc[held_out["is_best_of_animal"], "layer"].tolist() == ["IT t0"]
    assert held_out.loc[held_out["is_compared"], "raw"].item() == pytest.approx(1)
    assert held_out["ceiling"].eq(0.5).all() and trained["ceiling"].isna().all()
    assert "training compares layer IT t0" in caplog.text and "V4 t1" in caplog.text
