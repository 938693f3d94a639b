"""CORnet-S against its published numbers."""

import pytest
import torch

from italign.models import build

PARAMETERS = {"V1": 46_528, "V2": 2_519_808, "V4": 10_078_720, "IT": 40_258_560,
              "decoder": 513_000}  # Kubilius et al. 2019, published code


def test_full_size_has_the_published_number_of_parameters():
    with torch.device("meta"):
        model = build("cornet_s", 1000)
    found = {name: sum(p.numel() for p in getattr(model, name).parameters()) for name in PARAMETERS}
    assert found == PARAMETERS
    assert sum(p.numel() for p in model.parameters()) == 53_416_616


def test_it_is_compared_at_its_first_time_step():
    model = build("cornet_s", 5, width=0.125, bottleneck=2).eval()
    images = torch.rand(2, 3, 64, 64)
    logits, activation = model.forward_with(images, ("V1", "V4", "IT", "penultimate"))
    below = model.V4(model.V2(model.V1((images - model.mean) / model.sd)[-1])[-1])[-1]
    states = model.IT(below)
    assert len(states) == 2
    torch.testing.assert_close(activation["IT"], states[0].flatten(1))
    torch.testing.assert_close(activation["penultimate"], states[1].mean((2, 3)))
    torch.testing.assert_close(logits, model(images))
    assert activation["IT"].shape == (2, 64 * 2 * 2)


def test_published_weight_names():
    names = build("cornet_s", 10, width=0.125).state_dict()
    for name in ("V1.conv1.weight", "V1.norm2.running_var", "V2.conv_input.weight",
                 "V4.norm3_3.weight", "IT.norm_skip.bias", "decoder.linear.bias"):
        assert name in names
    assert "mean" not in names


def test_unknown_model_names_near_matches():
    with pytest.raises(ValueError, match="unknown model 'cornet'; did you mean cornet_s"):
        build("cornet", 10)
