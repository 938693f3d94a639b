"""Which GPU a job takes; the machine of the test needs none."""

from types import SimpleNamespace

import pytest
import torch

from italign.training import gpu
from italign.training.images import device

GB = 2**30


@pytest.fixture
def machine(monkeypatch):
    """Give a function: free memory of each GPU as the probe prints it -> GPU taken."""
    monkeypatch.delenv("LOCAL_RANK", raising=False)
    taken = []

    def make(*free):
        monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: len(free))
        monkeypatch.setattr(torch.cuda, "set_device", taken.append)
        printed = SimpleNamespace(stdout="".join(f"{size}\n" for size in free))
        monkeypatch.setattr(gpu.subprocess, "run", lambda *_, **__: printed)
        gpu.own_gpu.cache_clear()
        found = device()
        assert device() == found  # chosen once
        assert taken == [found.index]
        return found.index

    yield make
    gpu.own_gpu.cache_clear()


def test_the_emptiest_gpu_is_taken(machine):
    assert machine(10 * GB, 70 * GB, 0, 40 * GB) == 1


def test_the_only_gpu_is_taken_unasked(machine, monkeypatch):
    monkeypatch.setattr(gpu, "_free_memory", pytest.fail)
    assert machine(GB) == 0


def test_a_replica_takes_the_gpu_of_its_rank(machine, monkeypatch):
    monkeypatch.setenv("LOCAL_RANK", "2")
    monkeypatch.setattr(gpu, "_free_memory", pytest.fail)
    assert machine(80 * GB, 80 * GB, GB) == 2


def test_one_of_several_is_drawn_where_memory_cannot_be_known(machine):
    assert machine("no number", 80 * GB) in (0, 1)


def test_jobs_part_on_gpus_that_are_equally_empty():
    free = [80 * GB, 79 * GB, 20 * GB, 80 * GB]
    assert [gpu.emptiest(free, draw) for draw in (0.0, 0.4, 0.99)] == [0, 1, 3]
    assert gpu.emptiest([78 * GB, 80 * GB], 0.0) == 1
    assert gpu.emptiest([0, 0], 0.5) == 1


def test_a_machine_without_gpu_computes_on_its_processor(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr("italign.training.images.own_gpu", pytest.fail)
    assert device() == torch.device("cpu")


def test_the_probe_prints_a_number_for_each_visible_gpu():
    n_visible = torch.cuda.device_count()
    assert len(gpu._free_memory(n_visible)) == n_visible
