"""Separate batch-norm statistics against two plain networks, each with one data set."""

import copy

import pytest
import torch

from italign.models import build, build_configured
from italign.models._statistics import add_base_statistics, base_statistics

ENTRY = {"name": "cornet_s", "width": 0.125, "bottleneck": 2, "region": "IT"}
STATISTICS = ("running_mean", "running_var", "num_batches_tracked")


def statistics(network, prefix=""):
    return {name.replace(f".{prefix}", "."): value.clone()
            for name, value in network.state_dict().items()
            if name.rpartition(".")[2] in [prefix + statistic for statistic in STATISTICS]}


def assert_same(found, expected):
    assert found.keys() == expected.keys()
    assert all(torch.equal(value, expected[name]) for name, value in found.items())


def networks():
    torch.manual_seed(0)
    plain = build_configured(ENTRY, 3)
    separate = copy.deepcopy(plain)
    add_base_statistics(separate)
    return separate, plain, copy.deepcopy(plain)


def test_each_data_set_has_the_statistics_of_a_network_of_its_own():
    network, of_base, of_stimuli = networks()
    for _ in range(3):
        base, stimuli = torch.rand(4, 3, 32, 32), torch.rand(4, 3, 32, 32) * 0.3
        with base_statistics(network):
            assert torch.equal(network(base), of_base(base))
        assert torch.equal(network(stimuli), of_stimuli(stimuli))
    assert_same(statistics(network, "base_"), statistics(of_base))
    assert_same(statistics(network), statistics(of_stimuli))
    images = torch.rand(2, 3, 32, 32)
    for each in (network, of_base, of_stimuli):
        each.eval()
    with base_statistics(network):
        assert torch.equal(network(images), of_base(images))
    assert torch.equal(network(images), of_stimuli(images))


def test_weights_are_shared_and_gradients_add_up():
    network, *_ = networks()
    names = [name for name, _ in network.named_parameters()]
    assert names == [name for name, _ in build_configured(ENTRY, 3).named_parameters()]
    base, stimuli = torch.rand(4, 3, 32, 32), torch.rand(4, 3, 32, 32)
    with base_statistics(network):
        logits = network(base)
    (logits.sum() + network(stimuli).sum()).backward()
    together = network.V2.norm1_0.weight.grad.clone()
    network.zero_grad()
    network(base).sum().backward()
    network(stimuli).sum().backward()
    torch.testing.assert_close(together, network.V2.norm1_0.weight.grad)


def test_an_interrupted_or_nested_use_leaves_each_set_in_place():
    network, *_ = networks()
    with base_statistics(network):
        network(torch.rand(4, 3, 32, 32))
    stimuli, base = statistics(network), statistics(network, "base_")
    with pytest.raises(KeyboardInterrupt), base_statistics(network):
        raise KeyboardInterrupt
    with base_statistics(network), base_statistics(network):
        assert torch.equal(network.V1.norm1.running_mean, base["V1.norm1.running_mean"])
    assert_same(statistics(network), stimuli)
    assert_same(statistics(network, "base_"), base)


def test_state_dict_round_trip_keeps_both_sets():
    network, *_ = networks()
    with base_statistics(network):
        network(torch.rand(4, 3, 32, 32))
    restored = build_configured({**ENTRY, "batch_norm": "separate"}, 3)
    restored.load_state_dict(network.state_dict())
    assert_same(restored.state_dict(), network.state_dict())


def test_a_state_dict_with_one_set_gives_both():
    plain = build_configured(ENTRY, 3)
    plain(torch.rand(4, 3, 32, 32))
    network = build_configured({**ENTRY, "batch_norm": "separate"}, 3)
    network.load_state_dict(plain.state_dict())
    assert_same(statistics(network), statistics(plain))
    assert_same(statistics(network, "base_"), statistics(plain))
    network(torch.rand(4, 3, 32, 32))
    assert_same(statistics(network, "base_"), statistics(plain))


def test_nothing_happens_without_a_second_set():
    plain = build("cornet_s", 3, width=0.125, bottleneck=2)
    other = copy.deepcopy(plain)
    images = torch.rand(4, 3, 32, 32)
    with base_statistics(plain):
        plain(images)
    other(images)
    assert_same(plain.state_dict(), other.state_dict())
