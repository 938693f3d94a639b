"""Tensors on their way to a file: copied as often as needed, no more."""

import torch
from torch import nn

from italign.training import state
from italign.training.state import checkpoint, read_tensors, write_tensors


def test_what_can_be_stored_as_it_is_is_not_copied(tmp_path, monkeypatch):
    stored = {}
    monkeypatch.setattr(state, "save_file", lambda tensors, *_, **__: stored.update(tensors))
    monkeypatch.setattr(state, "whole_file", lambda path: open(path, "w"))
    tensors = {"plain": torch.rand(3, 4), "turned": torch.rand(3, 4).T}
    write_tensors(tensors, tmp_path / "file")
    assert stored["plain"].data_ptr() == tensors["plain"].data_ptr()
    assert stored["turned"].is_contiguous() and torch.equal(stored["turned"], tensors["turned"])


def test_shared_and_turned_memory_comes_back(tmp_path):
    whole = torch.rand(2, 3, 4, 5).to(memory_format=torch.channels_last)
    tensors = {"a": whole, "b": whole, "c": whole[0], "flat": torch.arange(6.0)}
    tensors["part"] = tensors["flat"][2:4]
    write_tensors(tensors, tmp_path / "file")
    found, _ = read_tensors(tmp_path / "file")
    assert found.keys() == tensors.keys()
    assert all(torch.equal(found[name], value) for name, value in tensors.items())


def test_a_checkpoint_is_a_copy_on_the_host(monkeypatch):
    model = nn.Linear(2, 2)
    before = model.weight.detach().clone()
    copies = checkpoint(model, 3)
    with torch.no_grad():
        model.weight.zero_()
    assert torch.equal(copies["step3/weight"], before)
    moved = []
    monkeypatch.setattr(torch.Tensor, "to", lambda self, *to, **how: moved.append((to, how)))
    checkpoint(model, 4)
    assert moved == [(("cpu",), {"copy": True})] * 2
