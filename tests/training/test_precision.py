"""16 bits, the scaler of the loss, compilation."""

import shutil

import pytest
import torch
from torch import nn

from italign.models._outputs import OutputSlice
from italign.models._statistics import add_base_statistics
from italign.training.augmentation import to_unit
from italign.training.parallel import SINGLE
from italign.training.precision import (
    AutocastLogits,
    attack_precision,
    autocast,
    new_scaler,
    prepare_device,
)
from italign.training.state import read_tensors, write_tensors
from italign.training.step import Setting, add_terms


def terms_of(joined, network, options, forward=None):
    terms = {}
    setting = Setting(network.train(), forward or network.forward_with, joined,
                      lambda features, targets: (features.dtype, features), options, SINGLE)
    base = joined.base[0]
    add_terms(terms, setting, (to_unit(base.images[:8]), base.labels[:8]), 0)
    return terms


@pytest.mark.parametrize("precision", ["fp32", "bf16", "fp16"])
def test_passes_are_in_the_precision_and_losses_in_32_bits(joined, fresh, options, precision):
    network, seen = fresh(joined), []
    network.IT.conv3.register_forward_hook(lambda module, args, out: seen.append(out.dtype))
    terms = terms_of(joined, network, options(p=1.0, onset_step=0, precision=precision))
    dtypes = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
    assert set(seen) == {dtypes[precision]}
    assert terms["base_loss"].dtype == torch.float32
    assert terms["neural_loss"][0] == torch.float32


def test_16_bits_give_the_losses_of_32_within_their_rounding(joined, fresh, options):
    """8 bits of mantissa: 2^-8 relative in each value; losses of about 1.1 agree to 2 %."""
    losses = [terms_of(joined, fresh(joined), options(p=0.0, precision=precision))
              for precision in ("fp32", "bf16", "fp16")]
    for found in losses[1:]:
        for name, loss in losses[0].items():
            assert found[name].item() == pytest.approx(loss.item(), rel=0.02)


def test_attacks_use_32_bits_under_fp16_only(joined, fresh):
    assert [attack_precision(p) for p in ("fp32", "bf16", "fp16")] == ["fp32", "bf16", "fp32"]
    network, seen = fresh(joined).eval(), []
    network.IT.conv3.register_forward_hook(lambda module, args, out: seen.append(out.dtype))
    logits = AutocastLogits(OutputSlice(network, 3), "bf16")(torch.rand(2, 3, 32, 32))
    assert logits.dtype == torch.float32 and logits.shape == (2, 2)
    assert set(seen) == {torch.bfloat16}


def test_an_unknown_precision_names_the_key():
    with pytest.raises(ValueError, match=r"training.precision: found 'half', expected one of fp32"):
        autocast("half")


def test_only_fp16_scales_the_loss(joined, fresh, run):
    assert [new_scaler(p).is_enabled() for p in ("fp32", "bf16", "fp16")] == [False, False, True]
    for precision in ("bf16", "fp16"):
        state, facts = read_tensors(run(joined, fresh(joined), precision, range(2),
                                        precision=precision)["state"])
        assert ("scaler/scale" in state) == (precision == "fp16")
        assert facts["precision"] == precision


def test_the_scaler_s_state_is_carried_and_matters(joined, fresh, blank, run):
    """A scale that overflows skips a step and is halved; a resumed run must go on from there."""
    first = run(joined, fresh(joined), "first", range(2), precision="fp16")
    tensors, facts = read_tensors(first["state"])
    assert tensors["scaler/scale"] < 2**16  # the first scale of torch did overflow

    def resumed(name, scale, tracker):
        carried = {"scale": scale, "_growth_tracker": tracker}
        changed = {f"scaler/{key}": torch.tensor(value, dtype=torch.float64)
                   for key, value in carried.items()}
        write_tensors({**tensors, **changed}, first["state"].with_name(name), **facts)
        files = run(joined, blank(joined), f"from-{name}", range(2, 3), precision="fp16",
                    previous=first["state"].with_name(name))
        return read_tensors(files["state"])[0]

    assert resumed("small", 2.0**8, 0.0)["scaler/_growth_tracker"] == 1
    assert resumed("due", 2.0**8, 1999.0)["scaler/scale"] == 2**9
    huge = resumed("huge", 2.0**60, 0.0)
    assert huge["scaler/scale"] == 2**59
    assert torch.equal(huge["model/V1.conv1.weight"], tensors["model/V1.conv1.weight"])


def test_a_processor_is_left_as_it_is(monkeypatch):
    monkeypatch.setattr(torch, "use_deterministic_algorithms", pytest.fail)
    if not torch.cuda.is_available():
        prepare_device(deterministic=True)
        prepare_device(deterministic=False)


def test_gradients_that_overflow_at_every_scale_stop_the_run(
    joined, fresh, blank, run, tmp_path
):
    first = run(joined, fresh(joined), "first", range(2), precision="fp16")
    tensors, facts = read_tensors(first["state"])
    tensors["scaler/scale"] = torch.tensor(2.0**-11, dtype=torch.float64)
    write_tensors(tensors, first["state"], **facts)
    with pytest.raises(ValueError, match=r"step 3: the scale .* fell to 0.000488") as error:
        run(joined, blank(joined), "second", range(2, 4), previous=first["state"],
            precision="fp16")
    assert "bf16" in str(error.value) and "the last good state is" in str(error.value)
    assert not list((tmp_path / "second").iterdir())


class Tiny(nn.Module):
    """One convolution and batch norm: every network takes a minute to compile on a processor."""

    def __init__(self, n_outputs):
        super().__init__()
        # No bias: its gradient before a batch norm is 0, and its momentum all rounding.
        self.conv, self.norm = nn.Conv2d(3, 4, 3, stride=8, bias=False), nn.BatchNorm2d(4)
        self.linear = nn.Linear(64, n_outputs)

    def forward(self, images):
        return self.forward_with(images, ())[0]

    def forward_with(self, images, regions):
        hidden = torch.relu(self.norm(self.conv(images))).flatten(1)
        return self.linear(hidden), {region: hidden for region in regions}


@pytest.mark.parametrize("mode", ["shared", "separate"])
def test_compiling_changes_nothing_beyond_rounding(joined, run, mode):
    """Fused operations round differently: 32-bit weights after three steps to 1e-4."""
    if shutil.which("g++") is None and not torch.cuda.is_available():
        pytest.skip("torch.compile needs a C++ compiler on a processor")
    states = []
    for compile_it in (False, True):
        torch.manual_seed(0)
        network = Tiny(joined.n_base + joined.n_labels)
        if mode == "separate":
            add_base_statistics(network)
        files = run(joined, network, f"{compile_it}", range(3), compile=compile_it, p=1.0,
                    onset_step=0, batch_norm=mode)
        states.append(read_tensors(files["state"])[0])
    assert states[0].keys() == states[1].keys()
    for name, value in states[0].items():
        torch.testing.assert_close(states[1][name], value, rtol=1e-4, atol=1e-6, msg=name)
