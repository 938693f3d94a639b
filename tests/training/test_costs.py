"""Estimates of what a job needs, against the networks themselves."""

import subprocess
import sys

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from italign.models.cornet_s import cornet_s
from italign.training import costs
from italign.training.costs import (
    TORCHVISION,
    gpu_slots,
    network_size,
    training_memory_mb,
    training_minutes,
)

FULL = {"name": "cornet_s", "width": None, "bottleneck": None, "region": "IT"}
SMALL = {"name": "cornet_s", "width": 0.125, "bottleneck": 2}


def test_the_published_network_has_the_published_number_of_parameters():
    assert network_size(FULL, 224).n_parameters == 53_416_616


@pytest.mark.parametrize(("width", "bottleneck", "px"),
                         [(1.0, 4, 224), (0.125, 2, 48), (0.25, 4, 64), (0.3, 3, 100)])
def test_cornet_s_has_the_size_of_the_formula(width, bottleneck, px):
    """Parameters and multiply-adds, counted by torch on a network without memory."""
    with torch.device("meta"):
        network, image = cornet_s(1000, width, bottleneck).eval(), torch.zeros(1, 3, px, px)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network(image)
    size = network_size({"name": "cornet_s", "width": width, "bottleneck": bottleneck}, px)
    assert size.n_parameters == sum(weight.numel() for weight in network.parameters())
    assert size.macs == counter.get_total_flops() / 2


def test_activations_cover_what_a_pass_keeps_for_its_gradients():
    saved = {}

    def keep(tensor):
        saved[tensor.untyped_storage().data_ptr()] = tensor.numel()
        return tensor

    network = cornet_s(1000, 0.125, 2)
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        loss = network(torch.rand(4, 3, 48, 48)).sum()
    size = network_size(SMALL, 48)
    kept = (sum(saved.values()) - size.n_parameters) / 4
    assert loss.requires_grad and 0.5 * size.n_activations < kept < size.n_activations


def test_the_table_is_that_of_torchvision():
    from italign.models._torchvision import torchvision_models

    models = torchvision_models()
    for name, (parameters, macs, _) in TORCHVISION.items():
        meta = models.get_model_weights(name)["IMAGENET1K_V1"].meta
        assert parameters == pytest.approx(meta["num_params"] / 1e6, abs=0.06)
        assert macs == pytest.approx(meta["_ops"], abs=0.001)


def test_an_unknown_network_counts_as_the_largest():
    unknown = network_size({"name": "of_tomorrow"}, 224)
    for name in TORCHVISION:
        known = network_size({"name": name}, 224)
        assert known.n_parameters <= unknown.n_parameters and known.macs <= unknown.macs
    assert network_size({"name": "vgg16_bn"}, 224) == network_size({"name": "vgg16"}, 224)


def test_a_full_network_takes_a_gpu_and_a_small_one_a_quarter():
    assert gpu_slots(FULL, 224, 128) == costs.GPU_SLOTS == 4
    assert gpu_slots({"name": "resnet50"}, 224, 128) == 4
    assert gpu_slots(SMALL, 48, 48) == 1
    assert gpu_slots({"name": "cornet_s", "width": 0.25}, 64, 128) == 1


def test_more_is_asked_for_more_work_and_for_another_attempt():
    usual = (FULL, 224, 128)
    assert training_minutes(*usual, 2000, 0, 1) > training_minutes(*usual, 1000, 0, 1)
    assert training_minutes(*usual, 1000, 3, 1) > training_minutes(*usual, 1000, 0, 1)
    assert training_minutes(*usual, 1000, 0, 2) >= 2 * training_minutes(*usual, 1000, 0, 1) - 1
    assert training_memory_mb(*usual, 0, 2) > training_memory_mb(*usual, 0, 1)
    assert training_memory_mb(*usual, 10_000, 1) > training_memory_mb(*usual, 0, 1) + 1500


def test_a_whole_run_of_the_paper_fits_the_time_it_took_its_authors():
    """26,400 steps; their jobs were given 8,000 minutes on one GPU of 2018."""
    assert 1000 < training_minutes(FULL, 224, 128, 26_400, 0, 1) < 8000


def test_an_estimate_needs_no_torch():
    code = "import sys, italign.training.costs; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
