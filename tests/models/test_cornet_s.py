"""CORnet-S against its published numbers."""

import pytest
import torch
from torch.nn.functional import (
    adaptive_avg_pool2d,
    batch_norm,
    conv2d,
    linear,
    max_pool2d,
    relu,
)

from italign.models import build, build_configured
from italign.models._outputs import extend_outputs, extend_readout

PARAMETERS = {"V1": 46_528, "V2": 2_519_808, "V4": 10_078_720, "IT": 40_258_560,
              "decoder": 513_000}  # Kubilius et al. 2019, published code


def test_full_size_has_the_published_number_of_parameters():
    with torch.device("meta"):
        model = build("cornet_s", 1000)
    found = {name: sum(p.numel() for p in getattr(model, name).parameters()) for name in PARAMETERS}
    assert found == PARAMETERS
    assert sum(p.numel() for p in model.parameters()) == 53_416_616
    with torch.device("meta"):
        extend_readout(model, 8)
    assert sum(p.numel() for p in model.parameters()) == 53_420_720


def test_layer_shapes_at_224_px():
    with torch.device("meta"):
        model = build("cornet_s", 1008)
        logits, activation = model.forward_with(torch.zeros(1, 3, 224, 224), tuple(model.regions))
    assert logits.shape == (1, 1008)
    assert {region: found.shape[1] for region, found in activation.items()} == {
        "V1": 64 * 56 * 56, "V2": 128 * 28 * 28, "V4": 256 * 14 * 14, "IT": 25_088,
        "penultimate": 512}


def recompute(weights, images, training):
    """CORnet-S from its description, without our modules; the states of IT and the logits."""
    mean, sd = (torch.tensor(three).view(1, 3, 1, 1) for three in
                ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))

    def norm(hidden, name):
        running = (None, None) if training else (weights[f"{name}.running_mean"],
                                                 weights[f"{name}.running_var"])
        return batch_norm(hidden, *running, weights[f"{name}.weight"], weights[f"{name}.bias"],
                          training)

    def block(below, area, n_steps):
        state, states = conv2d(below, weights[f"{area}.conv_input.weight"]), []
        for t in range(n_steps):
            stride = 2 if t == 0 else 1
            skip = state
            if t == 0:
                skip = norm(conv2d(state, weights[f"{area}.skip.weight"], stride=2),
                            f"{area}.norm_skip")
            hidden = relu(norm(conv2d(state, weights[f"{area}.conv1.weight"]),
                               f"{area}.norm1_{t}"))
            hidden = relu(norm(conv2d(hidden, weights[f"{area}.conv2.weight"], stride=stride,
                                      padding=1), f"{area}.norm2_{t}"))
            hidden = norm(conv2d(hidden, weights[f"{area}.conv3.weight"]), f"{area}.norm3_{t}")
            state = relu(hidden + skip)
            states.append(state)
        return states

    hidden = conv2d((images - mean) / sd, weights["V1.conv1.weight"], stride=2, padding=3)
    hidden = max_pool2d(relu(norm(hidden, "V1.norm1")), 3, stride=2, padding=1)
    hidden = relu(norm(conv2d(hidden, weights["V1.conv2.weight"], padding=1), "V1.norm2"))
    hidden = block(block(hidden, "V2", 2)[-1], "V4", 4)[-1]
    states = block(hidden, "IT", 2)
    pooled = adaptive_avg_pool2d(states[-1], 1).flatten(1)
    logits = linear(pooled, weights["decoder.linear.weight"], weights["decoder.linear.bias"])
    return states, logits


@pytest.mark.parametrize("training", [False, True])
def test_forward_pass_against_the_published_description(training):
    torch.manual_seed(0)
    model = build("cornet_s", 7, width=0.125)
    with torch.no_grad():  # statistics and affine weights away from 0 and 1
        for name, value in [*model.named_parameters(), *model.named_buffers()]:
            if "norm" in name and value.is_floating_point():
                value.add_(torch.rand_like(value) * 0.3)
    weights = {name: value.clone() for name, value in model.state_dict().items()}
    images = torch.rand(3, 3, 64, 64)
    logits, activation = model.train(training).forward_with(images, ("IT",))
    states, expected = recompute(weights, images, training)
    torch.testing.assert_close(logits, expected)
    torch.testing.assert_close(activation["IT"], states[0].flatten(1))


def test_time_step_of_a_region_is_chosen():
    entry = {"name": "cornet_s", "width": 0.125, "bottleneck": 2, "region": "IT", "layers": None}
    images, found = torch.rand(2, 3, 32, 32), []
    for time_step in (None, 0, 1):
        torch.manual_seed(0)
        model = build_configured({**entry, "time_step": time_step}, 3).eval()
        found.append(model.forward_with(images, ("IT",))[1]["IT"])
    states, _ = recompute(model.state_dict(), images, training=False)
    assert torch.equal(found[0], found[1])
    torch.testing.assert_close(found[1], states[0].flatten(1))
    torch.testing.assert_close(found[2], states[1].flatten(1))
    assert build("cornet_s", 3, width=0.125).regions["IT"] == ("IT", 0)
    with pytest.raises(ValueError, match=r"time_step: found 2, but IT of cornet_s has 2, counted"):
        build_configured({**entry, "time_step": 2}, 3)
    with pytest.raises(ValueError, match="cornet_s has no region 'TE'; it has V1, V2, V4, IT"):
        build_configured({**entry, "region": "TE"}, 3)


def test_extra_outputs_keep_the_first_and_take_the_same_draw():
    model = build("cornet_s", 5, width=0.125, bottleneck=2)
    before = model.decoder.linear
    torch.manual_seed(3)
    expected = extend_outputs(before, 2)
    kept = before.weight.clone()
    torch.manual_seed(3)
    extend_readout(model, 2)
    assert model.get_submodule(model.readout).out_features == 7
    assert torch.equal(model.decoder.linear.weight, expected.weight)
    assert torch.equal(model.decoder.linear.bias, expected.bias)
    assert torch.equal(model.decoder.linear.weight[:5], kept)
    assert [name for name, _ in model.named_parameters()][-2:] == [
        "decoder.linear.weight", "decoder.linear.bias"]


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


def test_an_option_of_other_networks_is_refused():
    with pytest.raises(ValueError, match=r"training.model.layers: found .* cornet_s takes width, "):
        build("cornet_s", 10, layers={"IT": "IT"})
