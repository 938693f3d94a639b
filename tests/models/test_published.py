"""Weights in the published naming load; what is not the network's is named."""

import pytest
import torch

from italign.models import build, build_configured
from italign.models._published import load_published

SMALL = {"width": 0.125, "bottleneck": 2}


def published(seed=1, n_outputs=4, **options):
    """A network with statistics of its own, and its weights as the authors write them."""
    torch.manual_seed(seed)
    network = build("cornet_s", n_outputs, **{**SMALL, **options})
    network(torch.rand(8, 3, 32, 32))
    weights = {f"module.{name}": value for name, value in network.state_dict().items()}
    return network.eval(), weights


def written(tmp_path, content):
    path = tmp_path / "weights.pth"
    torch.save(content, path)
    return path


def test_published_naming_gives_the_same_logits(tmp_path):
    source, weights = published()
    path = written(tmp_path, {"epoch": 43, "state_dict": weights})
    network = build("cornet_s", 4, **SMALL).eval()
    load_published(network, path)
    images = torch.rand(2, 3, 32, 32)
    assert torch.equal(network(images), source(images))


def test_bare_state_dict_without_counters_loads(tmp_path):
    source, weights = published()
    bare = {name.removeprefix("module."): value for name, value in weights.items()
            if not name.endswith("num_batches_tracked")}
    network = build("cornet_s", 4, **SMALL).eval()
    load_published(network, written(tmp_path, bare))
    images = torch.rand(2, 3, 32, 32)
    assert torch.equal(network(images), source(images))


def test_one_published_set_of_statistics_becomes_both(tmp_path):
    _, weights = published()
    network = build_configured({"name": "cornet_s", "batch_norm": "separate", **SMALL}, 4)
    load_published(network, written(tmp_path, weights))
    norm = network.V4.norm2_3
    assert torch.equal(norm.base_running_var, weights["module.V4.norm2_3.running_var"])
    assert torch.equal(norm.running_var, norm.base_running_var)
    assert norm.running_var is not norm.base_running_var


def without(weights, *names):
    return {name: value for name, value in weights.items() if name not in names}


@pytest.mark.parametrize(("change", "message"), [
    (lambda w: without(w, "module.IT.skip.weight", "module.V2.norm1_1.bias"),
     r"weights.pth: V2.norm1_1.bias is missing, found \d+ other tensors; training.model.name"),
    (lambda w: {"V5": torch.zeros(1), **w, "module.V1.conv2.weight": torch.zeros(1, 1, 3, 3)},
     r"V1.conv2.weight is \(1, 1, 3, 3\), expected \(8, 8, 3, 3\)"),
    (lambda w: {"module.extra.bias": torch.zeros(1), **w}, "extra.bias is not in the network"),
    (lambda w: published(n_outputs=9)[1],
     r"decoder.linear.weight is \(9, 64\), expected \(4, 64\); .*base set"),
    (lambda w: published(bottleneck=4)[1], r"V2.conv1.weight is \(64, 16, 1, 1\), expected \(32, "),
    (lambda w: {"epoch": 1, "optimizer": {}}, "holds a mapping of epoch, optimizer, expected"),
    (lambda w: [1, 2], "holds a list, expected a state dict"),
])
def test_the_first_wrong_key_is_named(tmp_path, change, message):
    network = build("cornet_s", 4, **SMALL)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    with pytest.raises(ValueError, match=message):
        load_published(network, written(tmp_path, change(published()[1])))
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


def test_a_pickled_model_is_not_run(tmp_path):
    with pytest.raises(ValueError, match="cannot be read as a checkpoint"):
        load_published(build("cornet_s", 4, **SMALL), written(tmp_path, torch.nn.Linear(1, 1)))


@pytest.mark.parametrize("content", [None, b"", b"<html>Not found</html>"])
def test_a_file_that_is_no_checkpoint_is_refused(tmp_path, content):
    path = tmp_path / "weights.pth"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ValueError, match=r"weights.pth: cannot be read as a checkpoint \(.+\); ex"):
        load_published(build("cornet_s", 4, **SMALL), path)
