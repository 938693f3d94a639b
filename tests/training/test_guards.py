"""What stops a run, and in which words."""

import sys

import numpy as np
import pytest
import torch

from italign.training import guards, memory, segment
from italign.training.guards import explained
from italign.training.images import ImageSet
from italign.training.run import training_data


def broken(joined, network):
    with torch.no_grad():
        network.decoder.linear.bias.fill_(float("nan"))
    return network


def test_a_non_finite_loss_names_step_terms_stimuli_and_state(
    joined, fresh, blank, run, tmp_path, monkeypatch
):
    with pytest.raises(ValueError, match=r"step 0: base_loss is nan .*expected finite") as error:
        run(joined, broken(joined, fresh(joined)), "bad", range(2))
    assert not list((tmp_path / "bad").iterdir())
    assert "no state was written yet" in str(error.value)

    first = run(joined, fresh(joined), "first", range(2))
    real = segment.add_terms

    def diverged(terms, setting, base_batch, step):
        real(terms, setting, base_batch, step)
        terms["label_loss"] = terms["label_loss"] * (float("inf") if step == 3 else 1)

    monkeypatch.setattr(segment, "add_terms", diverged)
    with pytest.raises(ValueError, match=r"step 3: label_loss is inf, expected finite") as error:
        run(joined, blank(joined), "second", range(2, 4), previous=first["state"])
    words = str(error.value)
    assert f"the last good state is {first['state']} (after step 2)" in words
    assert "lower training.learning_rate" in words and "Terms of the step: base_loss " in words
    assert "stimuli of the batch: hvm-" in words
    assert not list((tmp_path / "second").iterdir())


def test_stimuli_in_the_message_are_those_of_the_batch(joined, fresh, run, options):
    from italign.training.batches import stimulus_batch

    rows = stimulus_batch(joined.stimuli[0], options(), 0)[2]
    with pytest.raises(ValueError) as error:
        run(joined, broken(joined, fresh(joined)), "bad", range(1))
    assert ", ".join(joined.stimulus_ids[rows]) in str(error.value)


def test_a_degenerate_cka_stops_with_the_terms_known_so_far(joined, fresh, run, monkeypatch):
    """Targets that are the features themselves: CKA is 1."""
    cka = sys.modules["italign.alignment.cka"]  # the package's attribute is the function
    monkeypatch.setattr(cka, "linear_cka", lambda x, y, estimator: x.sum() * 0 + 1)
    with pytest.raises(ValueError, match=r"step 2: CKA of the batch is 1.0000") as error:
        run(joined, fresh(joined), "bad", range(4), p=1.0)
    assert "base_loss" in str(error.value) and "label_loss" in str(error.value)


@pytest.mark.parametrize("error", [
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20 GiB"),
    RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried"),
])
def test_full_memory_names_what_to_change(error, options):
    with pytest.raises(MemoryError) as found, explained(options(batch_size=128), 224):
        raise error
    words = str(found.value)
    assert "a batch of 128 base and 128 stimulus images of 224 px in fp32" in words
    assert "GiB" in words
    for key in ("training.batch_size", "training.precision", "stimuli.image_px"):
        assert key in words
    assert "--set-resources" not in words  # there is no GPU to share with


def test_more_gpus_are_advised_where_there_is_one(options, monkeypatch):
    monkeypatch.setattr(guards, "device", lambda: torch.device("cuda"))
    monkeypatch.setattr(memory, "_memory", lambda: "8.0 GiB of GPU memory")
    with pytest.raises(MemoryError) as found, explained(options(precision="bf16"), 32):
        raise torch.OutOfMemoryError("CUDA out of memory")
    assert "--set-resources train_base:gpu=N train_model:gpu=N" in str(found.value)
    assert "precision to bf16" not in str(found.value)


def test_memory_that_cannot_be_had_is_explained(
    joined, fresh, run, options, monkeypatch, tmp_path
):
    def greedy(*_):
        torch.empty(2**60)

    monkeypatch.setattr(segment, "add_terms", greedy)
    with (pytest.raises(MemoryError, match="a batch of 8 base and 8 stimulus images of 32 px"),
          explained(options(), 32)):
        run(joined, fresh(joined), "bad", range(2))
    assert not list((tmp_path / "bad").iterdir())


def test_an_operation_without_fixed_order_names_the_key(options):
    words = "adaptive_avg_pool2d_backward_cuda does not have a deterministic implementation"
    with pytest.raises(ValueError, match="deterministic: false"), explained(options(), 32):
        raise RuntimeError(words)


def test_other_errors_pass_unchanged(options):
    with pytest.raises(RuntimeError, match=r"^something else$"), explained(options(), 32):
        raise RuntimeError("something else")


def test_targets_must_belong_to_the_stimulus_set(data):
    base, shown, target = data
    strange = target.assign_coords(stimulus_id=("stimulus", [f"z{i}" for i in range(24)]))
    with pytest.raises(ValueError, match=r"24 stimulus_id not in the .* 'hvm', first 'z0'"):
        training_data(base, shown, strange, 8)


def test_constant_sites_are_refused(data):
    base, shown, target = data
    target.rate[:, 2] = 1.0
    with pytest.raises(ValueError, match=r"1 of 6 sites are constant .* none: n2; drop"):
        training_data(base, shown, target, 8)


@pytest.mark.parametrize(("rows", "value", "message"), [
    (3, np.inf, r"1 of 6 sites hold infinite rates or none of .*: n4; rebuild"),
    (slice(0, 16), np.nan, r"1 of 6 sites hold infinite rates or none of .*: n4; rebuild"),
    (3, np.nan, r"1 training stimuli with rates of the same 5 of 6 sites \(hvm-3\), fewer"),
    (20, np.nan, r"1 stimuli of partition 'test' have rates of 5 of 6 sites, .*: hvm-20; rebuild"),
])
def test_targets_with_holes_other_than_of_a_session_are_refused(data, rows, value, message):
    base, shown, target = data
    target.rate[rows, 4] = value
    with pytest.raises(ValueError, match=message):
        training_data(base, shown, target, 8)


def test_too_few_stimuli_of_a_partition_are_refused(data):
    base, shown, target = data
    with pytest.raises(ValueError, match="3 stimuli of partition 'test', expected at least 4"):
        training_data(base, shown, target.isel(stimulus=slice(0, 19)), 8)


def test_fewer_images_than_a_batch_are_refused(data):
    with pytest.raises(ValueError, match=r"16 images in the stimulus set, .* batch of 24; lower"):
        training_data(*data, 24)
    with pytest.raises(ValueError, match=r"28 images in the base set, .* batch of 32; lower"):
        training_data(*data, 32)
    with pytest.raises(ValueError, match=r"training.batch_size: found 3, expected at least 4"):
        training_data(*data, 3)


def test_test_stimuli_of_an_untrained_label_are_refused(data):
    base, shown, target = data
    shown = shown.copy()
    shown.category.values[shown.stimulus_id.values == target.stimulus_id.values[-1]] = "q"
    with pytest.raises(ValueError, match="show q, of which no training stimulus is"):
        training_data(base, shown, target, 8)


def test_data_knows_the_ids_of_its_training_stimuli(data, joined):
    _, shown, target = data
    assert joined.stimulus_ids.tolist() == target.stimulus_id.values[:16].tolist()
    by_id = dict(zip(shown.stimulus_id.values, shown.image.values, strict=True))
    images = [by_id[name] for name in joined.stimulus_ids]
    assert isinstance(joined.stimuli[0], ImageSet)
    assert np.array_equal(joined.stimuli[0].images.cpu().numpy(), images)
