"""The script that attacks members: each attack at its checkpoints, each member by its own."""

import pandas as pd
import pytest
import torch

from italign.evaluation.attack_checks import CHECKS
from italign.evaluation.attacked import BaseOutputs
from italign.evaluation.columns import COHORT_COLUMNS
from italign.evaluation.jitter import jitter_images
from italign.evaluation.table import dataset_to_table
from italign.io import read_dataset
from italign.models import build_configured
from italign.models._statistics import add_base_statistics, base_statistics
from italign.training.augmentation import to_unit
from italign.training.images import image_set
from italign.training.state import load_checkpoint
from tests.evaluation.attack_files import MODEL, N_BASE, N_TEST, NOUNS, write_world

ATTACKS = {
    "in_training": {"norm": "linf", "epsilon_255": [1.0], "epsilon": None, "n_steps": 2,
                    "step_fraction": 0.25, "start": "corner", "n_restarts": 1, "n_noise_draws": 1,
                    "checkpoints": "all", "project_once": True,
                    "jitter": {"translate": 0.1, "rotate_deg": 5.0, "scale": 0.1}},
    "curve": {"norm": "l2", "epsilon_255": None, "epsilon": [0.5, 8.0], "n_steps": 3,
              "step_fraction": 0.25, "start": "image", "n_restarts": 1, "n_noise_draws": 1,
              "checkpoints": "last", "project_once": False, "jitter": None},
}


def test_the_script_attacks_the_checkpoints_that_each_attack_is_due_at(tmp_path, load_script):
    script = load_script("evaluation", "attack_models").attack_models
    files = write_world(tmp_path)
    for member in files["members"]:
        member["attacks"] = list(ATTACKS)
    script(**files, attacks=ATTACKS, noise={"sd_255": [16.0], "checkpoints": "last"},
           checks={"n_images": 8, "epsilon_255": 128.0})
    table = dataset_to_table(read_dataset(files["robustness"][0]))
    assert list(table.columns) == list(COHORT_COLUMNS)
    rows = table[table["measure"] == "robustness"]
    found = {name: set(part[["step", "epsilon_255"]].itertuples(index=False, name=None))
             for name, part in rows.groupby("attack")}
    assert found == {
        "in_training": {(step, radius) for step in (10, 20, 30) for radius in (0.0, 1.0)},
        "curve": {(30, radius) for radius in (0.0, 127.5, 2040.0)},
        "gaussian_noise": {(30, 0.0), (30, 16.0)}}
    assert (rows["n"] == N_TEST).all() and (rows.groupby("attack").size() == [6, 4, 12]).all()
    assert rows["raw"].between(rows["low_stimuli"], rows["high_stimuli"]).all()
    assert (rows["low_stimuli"] < rows["high_stimuli"]).all() and rows["chance"].isna().all()
    at_last = rows[rows["step"] == 30].set_index(["attack", "stimulus_set", "epsilon_255"])["raw"]
    # Unmoved images: the clean rows of the curve and of the noise are the same accuracy.
    assert at_last["curve", "hvm", 0.0] == at_last["gaussian_noise", "hvm", 0.0]
    attrs = read_dataset(files["robustness"][1]).attrs
    assert attrs["attack_curve"].startswith("norm l2, epsilon [0.5, 8.0], n_steps 3")


def test_the_base_set_is_attacked_on_the_outputs_of_the_base_task(tmp_path, load_script):
    files = write_world(tmp_path)
    for member in files["members"]:
        member["attacks"] = ["curve"]
    options = {"attacks": {"curve": ATTACKS["curve"]}, "noise": {"sd_255": [16.0],
               "checkpoints": "last"}, "checks": {"n_images": 8, "epsilon_255": 128.0}}
    script = load_script("evaluation", "attack_models").attack_models
    script(**files, **options)
    before = dataset_to_table(read_dataset(files["robustness"][0]))
    script(**files, **options, base_set="base")
    after = dataset_to_table(read_dataset(files["robustness"][0]))
    rows = after[after["stimulus_set"] == "base"]
    assert set(rows["measure"]) == {"robustness", "attack_check"}
    others = after[after["stimulus_set"] != "base"].reset_index(drop=True)
    pd.testing.assert_frame_equal(others, before)
    base = read_dataset(files["base"], "stimuli")
    shown = image_set(base, "test")
    network = build_configured(MODEL, N_BASE + len(NOUNS)).eval()
    load_checkpoint(network, files["checkpoints"][1], 30)
    with torch.no_grad():
        named = network(to_unit(shown.images))[:, :N_BASE].argmax(1)
    clean = rows[(rows["epsilon_255"] == 0) & (rows["measure"] == "robustness")]
    assert clean["raw"].tolist() == [(named == shown.labels).sum().item() / N_TEST] * 2
    assert (clean["n"] == N_TEST).all()


def test_the_base_task_keeps_its_batch_norm_statistics_under_attack():
    """With statistics of their own, the two tasks see two networks."""
    network = build_configured(MODEL | {"batch_norm": "separate"}, N_BASE + 2).eval()
    add_base_statistics(network)
    for norm in network.modules():
        if hasattr(norm, "base_running_mean"):
            norm.base_running_mean += 0.3
    images = torch.rand(4, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    with torch.no_grad(), base_statistics(network):
        expected = network(images)[:, :N_BASE]
    outputs = BaseOutputs(network, N_BASE).eval()
    images.requires_grad_()
    found = outputs(images)
    found.sum().backward()
    assert torch.equal(found.detach(), expected) and images.grad.abs().max() > 0
    assert not torch.equal(network(images)[:, :N_BASE], expected)  # exchanged back


def test_every_attack_due_at_the_end_is_checked_on_every_set(tmp_path, load_script, monkeypatch):
    module, files = load_script("evaluation", "attack_models"), write_world(tmp_path)
    tested = iter([{**dict.fromkeys(CHECKS, (True, "")), "ascent": (False, "no higher")}] * 7
                  + [dict.fromkeys(CHECKS, (None, "not tested: 3 images"))])
    monkeypatch.setattr(module, "attack_checks",
                        lambda *_, n_images, **__: (n_images, next(tested)))
    for member in files["members"]:
        member["attacks"] = list(ATTACKS)
    module.attack_models(**files, attacks=ATTACKS, noise={"sd_255": None, "checkpoints": "last"},
                         checks={"n_images": 8, "epsilon_255": 128.0})
    first, second = (dataset_to_table(read_dataset(path)) for path in files["robustness"])
    checks = first[first["measure"] == "attack_check"]
    keys = set(checks[["attack", "norm", "stimulus_set"]].itertuples(index=False, name=None))
    assert keys == {(attack, norm, name) for name in ("hvm", "coco")
                    for attack, norm in (("in_training", "linf"), ("curve", "l2"))}
    assert len(checks) == 4 * len(CHECKS) and set(checks["step"]) == {30}
    assert set(checks["metric"]) == set(CHECKS) and set(checks["n"]) == {8}
    assert (checks["raw"] == (checks["metric"] != "ascent")).all()
    last = second[second["measure"] == "attack_check"]["raw"]
    assert last.isna().sum() == len(CHECKS) and "gaussian_noise" not in set(second["attack"])


def test_the_checks_take_correctly_classified_images(tmp_path, load_script):
    """These networks give one name to everything, true of every fifth image."""
    files = write_world(tmp_path)
    for member in files["members"]:
        member["attacks"] = ["curve"]
    load_script("evaluation", "attack_models").attack_models(
        **files, attacks=ATTACKS, noise={"sd_255": None, "checkpoints": "last"},
        checks={"n_images": 20, "epsilon_255": 128.0})
    for path in files["robustness"]:
        table = dataset_to_table(read_dataset(path))
        clean = table[(table["measure"] == "robustness") & (table["epsilon_255"] == 0)]
        assert clean["raw"].tolist() == [0.2, 0.2]
        checks = table[table["measure"] == "attack_check"]
        assert set(checks["n"]) == {N_TEST // 5}
        assert set(checks[checks["raw"].isna()]["metric"]) == {"huge_epsilon"}
        assert set(checks["raw"].dropna()) <= {0.0, 1.0}


def test_an_error_names_the_checkpoint_and_the_images(tmp_path, load_script):
    files = write_world(tmp_path)
    for member in files["members"]:
        member["attacks"] = ["curve"]
    with pytest.raises(ValueError, match=r"^cka-true-labels-p1, seed 1, step 30, set hvm: corner"):
        load_script("evaluation", "attack_models").attack_models(
            **files, attacks={"curve": {**ATTACKS["curve"], "start": "corner"}},
            noise={"sd_255": None, "checkpoints": "last"},
            checks={"n_images": 8, "epsilon_255": 128.0})


def test_the_script_gives_each_member_its_own_files_and_attacks(tmp_path, load_script):
    script = load_script("evaluation", "attack_models").attack_models
    files = write_world(tmp_path)
    options = {"attacks": ATTACKS, "noise": {"sd_255": [16.0], "checkpoints": "last"},
               "checks": {"n_images": 8, "epsilon_255": 128.0}}
    for member in files["members"]:
        member["attacks"] = ["curve"]
    script(**files, **options)
    together = [dataset_to_table(read_dataset(path)) for path in files["robustness"]]
    assert not together[0]["raw"].equals(together[1]["raw"])
    assert set(together[1]["attack"]) == {"curve", "gaussian_noise"}
    alone = {**files, "checkpoints": files["checkpoints"][2:], "members": files["members"][1:],
             "robustness": [str(tmp_path / "alone.nc")]}
    script(**alone, **options)
    assert dataset_to_table(read_dataset(tmp_path / "alone.nc")).equals(together[1])


def test_members_share_the_checkpoint_at_the_onset(tmp_path, load_script, monkeypatch):
    module, files = load_script("evaluation", "attack_models"), write_world(tmp_path)
    n_looks, plain = [], module.attack_curve
    monkeypatch.setattr(module, "attack_curve",
                        lambda *args, **options: n_looks.append(1) or plain(*args, **options))
    (_, *own), trunk = files["checkpoints"][:2], files["checkpoints"][0]
    checkpoints = [trunk, *own, trunk, files["checkpoints"][3]]
    for member in files["members"]:
        member["attacks"] = ["in_training"]
    module.attack_models(**{**files, "checkpoints": checkpoints}, attacks=ATTACKS,
                         noise={"sd_255": [16.0], "checkpoints": "last"},
                         checks={"n_images": 8, "epsilon_255": 128.0})
    first, second = (dataset_to_table(read_dataset(path)) for path in files["robustness"])
    at_onset = [table[table["step"] == 10]["raw"].tolist() for table in (first, second)]
    assert at_onset[0] == at_onset[1] and len(at_onset[0]) == 4
    assert len(n_looks) == 2 * (3 + 2)  # two sets; three checkpoints, and two of the other


def test_every_attack_sees_the_images_and_radii_that_are_meant_for_it(tmp_path, load_script,
                                                                      monkeypatch):
    script = load_script("evaluation", "attack_models")
    files = write_world(tmp_path)
    seen = {"curve": [], "checks": [], "noise": []}

    def spy(name, function):
        real = getattr(script, function)

        def called(outputs, images, labels, *args, **options):
            seen[name].append((images, args, options))
            return real(outputs, images, labels, *args, **options)

        monkeypatch.setattr(script, function, called)

    spy("curve", "attack_curve")
    spy("checks", "attack_checks")
    spy("noise", "noise_curve")
    member = {**files["members"][0], "attacks": list(ATTACKS)}
    script.attack_models(**{**files, "members": [member], "stimuli": files["stimuli"][:1],
                            "checkpoints": files["checkpoints"][:2],
                            "robustness": files["robustness"][:1]},
                         attacks=ATTACKS, noise={"sd_255": [16.0], "checkpoints": "last"},
                         checks={"n_images": 8, "epsilon_255": 128.0})
    shown = read_dataset(files["stimuli"][0], "stimuli")
    still = torch.from_numpy(shown.image.values[shown.split.values == "test"])
    moved = to_unit(jitter_images(still, ATTACKS["in_training"]["jitter"], 1))
    still = to_unit(still)
    assert not torch.equal(moved, still)
    assert [options["norm"] for _, _, options in seen["curve"]] == ["linf"] * 3 + ["l2"]
    assert [args[0]["epsilons"] for _, args, _ in seen["checks"]] == [[1 / 255], [0.5, 8.0]]
    shown_to = [(images, options["norm"]) for images, _, options in seen["curve"]]
    shown_to += [(images, args[0]["norm"]) for images, args, _ in seen["checks"]]
    for images, norm in shown_to:
        torch.testing.assert_close(images, moved if norm == "linf" else still, rtol=0, atol=0)
    for images, _, options in seen["noise"]:
        torch.testing.assert_close(images, still, rtol=0, atol=0)
        assert options["sds"] == [0.0, 16 / 255]
