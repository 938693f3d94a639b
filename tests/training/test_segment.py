"""Segments: dropped terms, what is learned, batch-norm modes, log; refusals of states."""

import csv
import logging
from dataclasses import replace

import pytest
import torch

from italign.evaluation.similarity import linear_cka
from italign.models._outputs import extend_outputs
from italign.training import step as step_module
from italign.training.augmentation import to_unit
from italign.training.images import ImageSet
from italign.training.measures import measure
from italign.training.parallel import SINGLE
from italign.training.progress import with_progress
from italign.training.run import training_data
from italign.training.state import checkpoint_steps, read_tensors
from italign.training.step import Setting


def test_dose_zero_never_sees_the_targets(data, fresh, run, same_state):
    base, shown, target = data
    states = []
    for k, responses in enumerate((target, target.assign(rate=-target.rate))):
        joined = training_data(base, shown, responses, 8)
        states.append(run(joined, fresh(joined), f"{k}", range(4), p=0.0))
    assert same_state(*states)


def test_dose_zero_is_a_run_without_a_method_bit_for_bit(joined, fresh, run, same_state):
    zero = run(joined, fresh(joined), "zero", range(4), p=0.0, onset_step=0)
    without = run(joined, fresh(joined), "without", range(4), p=0.0, alignment=None)
    assert same_state(zero, without)
    assert zero["log"].read_bytes() == without["log"].read_bytes()


def test_two_runs_are_identical_to_the_byte(joined, fresh, run, attack):
    first, second = (run(joined, fresh(joined), f"{k}", range(4), attack=attack) for k in range(2))
    assert all(first[name].read_bytes() == second[name].read_bytes() for name in first)


def test_aligning_raises_similarity_to_the_trained_targets(joined, fresh, run):
    reached = {}
    for p in (0.0, 1.0):
        network = fresh(joined)
        files = run(joined, network, f"{p}", range(60), p=p, onset_step=0, batch_size=16)
        with torch.no_grad():
            _, activation = network.eval().forward_with(to_unit(joined.stimuli[0].images), ("IT",))
        reached[p] = linear_cka(activation["IT"], joined.targets[0]).item()
        with open(files["log"]) as handle:
            log = list(csv.DictReader(handle))
        assert [int(row["neural_steps"]) for row in log] == [2 * int(p)] * 30
        assert all((row["neural_loss"] == "") == (p == 0) for row in log)
    assert reached[1.0] > reached[0.0] + 0.05


def test_labels_that_are_off_are_not_trained(joined, fresh, run):
    network = fresh(joined)
    before = network.decoder.linear.weight[joined.n_base :].clone()
    files = run(joined, network, "off", range(4), train_labels=False)
    decayed = network.decoder.linear.weight[joined.n_base :] / before  # weight decay moves them
    torch.testing.assert_close(decayed, decayed[0, 0].expand_as(decayed), rtol=1e-5, atol=0)
    with open(files["log"]) as handle:
        assert all(row["label_loss"] == "" for row in csv.DictReader(handle))


def test_new_outputs_keep_the_old_rows():
    linear = torch.nn.Linear(4, 3)
    extended = extend_outputs(linear, 2)
    features = torch.rand(5, 4)
    assert extended(features).shape == (5, 5)
    torch.testing.assert_close(extended(features)[:, :3], linear(features))


def test_separate_statistics_start_from_the_pretrained_ones(joined, fresh, pretrained):
    network = fresh(joined, batch_norm="separate")
    weights, _ = read_tensors(pretrained)
    found = network.state_dict()
    for name in (name for name in weights if "running" in name):
        stem, _, last = name.rpartition(".")
        assert torch.equal(found[f"{stem}.base_{last}"], weights[name])


def test_the_log_tells_speed_memory_and_progress(joined, fresh, run, caplog):
    with caplog.at_level(logging.INFO):
        run(joined, fresh(joined), "run", range(2))
        assert list(with_progress(range(3, 6), every_s=0)) == [3, 4, 5]
    assert "images/s" in caplog.text and "MiB of memory at most" in caplog.text
    assert "step 5 of 6" in caplog.text and "s left" in caplog.text
    caplog.clear()
    with caplog.at_level(logging.INFO):
        list(with_progress(range(1000)))
    assert not caplog.records


def setting_of(network, joined, options):
    return Setting(network, network.forward_with, joined, None, options, SINGLE)


def test_validation_in_passes_gives_the_measures_of_one_pass(joined, fresh, options, monkeypatch):
    setting = setting_of(fresh(joined), joined, options())
    at_once = measure(setting)
    monkeypatch.setattr("italign.training.measures.PIXELS", 3 * 32 * 32)
    assert measure(setting) == pytest.approx(at_once, rel=1e-5)


def test_validation_is_augmented_only_when_asked(joined, fresh, options, monkeypatch):
    """The original code jitters its validation images; the draws depend on the seed alone."""
    network, shift = fresh(joined), {"translate_fraction": 0.5, "rotate_deg": 90.0}
    plain, moved, again = (
        measure(setting_of(network, joined, options(augmented_validation=on, **shift)))
        for on in (False, True, True)
    )
    assert moved == again and moved["base_accuracy"] == plain["base_accuracy"]
    assert moved["similarity_biased"] != plain["similarity_biased"]
    assert plain == measure(setting_of(network, joined, options()))


def test_base_images_are_validated_with_base_statistics(joined, fresh, run, options):
    network = fresh(joined, batch_norm="separate")
    run(joined, network, "run", range(4), batch_norm="separate")
    setting = setting_of(network, joined, options(batch_norm="separate"))
    with torch.no_grad():
        for module in network.modules():
            if hasattr(module, "base_running_mean"):
                module.base_running_mean.fill_(float("nan"))
    broken = measure(setting)  # NaN logits: argmax is the first, whatever the image
    first = (joined.base[1].labels == 0).float().mean().item()
    assert broken["base_accuracy"] == pytest.approx(first)
    assert broken["similarity_biased"] > 0


def test_a_folder_of_base_images_is_used_as_a_resident_set(data, joined, fresh, run, options):
    """Anything with the interface of `FolderImages`; here it gives the resident set's batches."""
    from italign.training.batches import base_batches

    class Folder:
        n_classes, n_train = joined.n_base, joined.base[0].n_train
        test = joined.base[1]

        def batches(self, options, steps, part):
            assert part == slice(0, options.batch_size)
            yield from base_batches(joined.base[0], options, steps, SINGLE)

    from_folder = training_data(Folder(), *data[1:], 8)
    assert from_folder.n_base == joined.n_base and isinstance(from_folder.base[1], ImageSet)
    first = run(joined, fresh(joined), "resident", range(2))
    second = run(from_folder, fresh(from_folder), "folder", range(2))
    assert first["state"].read_bytes() == second["state"].read_bytes()


def test_checkpoints_are_those_of_the_segment(joined, fresh, blank, run):
    first = run(joined, fresh(joined), "first", range(4))
    second = run(joined, blank(joined), "second", range(4, 7), previous=first["state"])
    assert checkpoint_steps(first["checkpoints"]) == [2, 4]
    assert checkpoint_steps(second["checkpoints"]) == [6]


def test_dropped_terms_are_not_computed(joined, fresh, options, monkeypatch):
    calls = []

    def neural_loss(features, targets):
        calls.append(features.shape)
        return (features**2).mean()

    network = fresh(joined).train()
    setting = replace(setting_of(network, joined, options(p=0.25, onset_step=4)),
                      neural_loss=neural_loss)
    base_batch = (to_unit(joined.base[0].images[:8]), joined.base[0].labels[:8])
    kept = []
    for step in range(24):
        terms = {}
        step_module.add_terms(terms, setting, base_batch, step)
        kept.append("neural_loss" in terms)
    assert len(calls) == sum(kept) and 0 < sum(kept) < 20 and not any(kept[:4])


def test_a_state_of_another_step_is_refused(joined, fresh, blank, run):
    first = run(joined, fresh(joined), "first", range(4))
    with pytest.raises(ValueError, match="state after step 4, expected step 6; delete it"):
        run(joined, blank(joined), "second", range(6, 8), previous=first["state"])


def test_a_state_of_another_precision_or_network_is_refused(joined, fresh, blank, run):
    first = run(joined, fresh(joined), "first", range(2))
    with pytest.raises(ValueError, match="after precision fp32, expected precision fp16"):
        run(joined, blank(joined), "fp16", range(2, 4), previous=first["state"], precision="fp16")
    with pytest.raises(ValueError, match=r"V1.conv1.weight is \(4, 3, 7, 7\), expected \(8, 3"):
        run(joined, blank(joined, width=0.125), "wide", range(2, 4), previous=first["state"])
    with pytest.raises(ValueError, match=r"norm1.base_running_mean is nothing, expected \(4,\)"):
        run(joined, blank(joined, batch_norm="separate"), "separate", range(2, 4),
            previous=first["state"])


def test_pretrained_weights_of_another_network_are_refused(joined, fresh):
    with pytest.raises(ValueError, match=r"V1.conv1.weight is \(4, 3, 7, 7\), expected \(8, 3"):
        fresh(joined, width=0.125)


def test_a_damaged_state_says_what_to_do(tmp_path):
    path = tmp_path / "state.safetensors"
    path.write_bytes(b"not a checkpoint")
    with pytest.raises(ValueError, match=r"state.safetensors: cannot be read.*delete it and run"):
        read_tensors(path)
