"""AutoAttack: stronger than PGD and within the ball, what it refuses, and the script's table."""

import pytest
import torch
from torch import nn

from italign.evaluation import autoattack
from italign.evaluation.attack_curves import attack_curve
from italign.evaluation.autoattack import LEAST_CLASSES, autoattack_survivors
from italign.evaluation.columns import COHORT_COLUMNS
from italign.evaluation.table import dataset_to_table
from italign.io import read_dataset
from italign.training.augmentation import to_unit
from tests.evaluation.attack_files import write_world
from tests.evaluation.small_model import trained

N = 60


def attack(model=None, norm="linf", epsilon=0.04, attacks=("apgd-ce", "apgd-t"), n=N, classes=4):
    network, images, labels = trained()
    return autoattack_survivors(model or network, images[:n], labels[:n] % classes, norm=norm,
                                epsilon=epsilon, attacks=attacks, batch_size=30, seed=0)


@pytest.mark.parametrize("norm, epsilon", [("linf", 0.04), ("l2", 0.4)])
def test_it_leaves_no_more_than_pgd_but_for_an_image(norm, epsilon):
    model, images, labels = trained()
    clean, left = attack(norm=norm, epsilon=epsilon)
    by_pgd = attack_curve(model, images[:N], labels[:N], norm=norm, epsilons=[epsilon], n_steps=20,
                          step_fraction=0.25, batch_size=60, seed=0)
    assert torch.equal(clean, by_pgd[0])
    assert left.sum() <= by_pgd[1].sum() + 1
    assert 0.2 < left.float().mean() < clean.float().mean()


def test_all_of_its_attacks_run_one_after_the_other():
    torch.manual_seed(3)
    before = torch.random.get_rng_state()
    names = tuple(LEAST_CLASSES)
    found = attack(attacks=names, n=12)
    ce, again = (attack(attacks=names[:1], n=12) for _ in range(2))
    assert torch.equal(ce, again) and (found <= ce).all()
    assert torch.equal(before, torch.random.get_rng_state())


def test_what_it_cannot_do_is_refused():
    three = nn.Sequential(trained()[0], nn.Linear(4, 3)).eval()
    with pytest.raises(ValueError, match="has 3 classes, but apgd-t need at least 4: take them"):
        attack(three, classes=3)
    two = nn.Sequential(trained()[0], nn.Linear(4, 2)).eval()
    with pytest.raises(ValueError, match="2 classes, but apgd-dlr need at least 3"):
        attack(two, attacks=("apgd-ce", "apgd-dlr"), classes=2)
    with pytest.raises(ValueError, match=r"attacks are \['apgd'\], expected some of apgd-ce"):
        attack(attacks=("apgd",))
    with pytest.raises(ValueError, match="linf, l2 and an epsilon above 0"):
        attack(norm="l1")
    with pytest.raises(ValueError, match="gives probabilities"):
        attack(nn.Sequential(trained()[0], nn.Softmax(1)).eval())


def test_where_nothing_is_left_to_attack_the_package_is_not_called(monkeypatch):
    monkeypatch.delattr(autoattack, "AutoAttack")
    model, images, _ = trained()
    wrong = (model(images).argmax(1) + 1) % 4
    found = autoattack_survivors(model, images, wrong, norm="linf", epsilon=0.04,
                                 attacks=("apgd-ce",), batch_size=30, seed=0)
    assert torch.equal(found, torch.zeros(2, len(images), dtype=torch.bool))


def test_a_network_that_takes_no_empty_batch_is_attacked_to_its_last_image():
    class Strict(nn.Module):
        def __init__(self, network):
            super().__init__()
            self.network = network

        def forward(self, images):
            assert len(images), "no image"
            return self.network(images)

    clean, left = attack(Strict(trained()[0]).eval(), epsilon=0.5, attacks=("apgd-ce", "apgd-dlr"))
    assert clean.any() and not left.any()


@pytest.mark.parametrize("norm, moved", [("linf", 0.05), ("l2", 0.05), ("linf", float("nan"))])
def test_images_outside_of_the_ball_are_refused(monkeypatch, norm, moved):
    class Astray:
        def run_standard_evaluation(self, images, labels, batch_size):
            return images + moved, None

    monkeypatch.setattr(autoattack, "_ensemble", lambda *_: Astray())
    with pytest.raises(ValueError, match=r"expected .* 0\.04: its accuracy is not to be trusted"):
        attack(norm=norm)


REFERENCE = {"norm": "l2", "epsilon_255": None, "epsilon": [9.0], "n_steps": 5,
             "step_fraction": 0.25, "start": "image", "n_restarts": 1, "n_noise_draws": 1,
             "checkpoints": "all", "project_once": False,
             "jitter": {"translate": 0.1, "rotate_deg": 5.0, "scale": 0.1}}


def test_the_script_attacks_the_same_images_by_pgd(tmp_path, load_script):
    script = load_script("evaluation", "run_autoattack").run_autoattack
    files = write_world(tmp_path)
    script(**files, norm="linf", epsilon_255=2.0, n_images=10, attacks=["apgd-ce"],
           reference=REFERENCE)
    for path, run in zip(files["robustness"], files["members"], strict=True):
        table = dataset_to_table(read_dataset(path))
        assert list(table.columns) == list(COHORT_COLUMNS)
        assert set(table["model"]) == {run["run"]["model"]} and set(table["step"]) == {30}
        assert (table["n"] == 10).all() and set(table["norm"]) == {"linf"}
        assert table["chance"].isna().all()
        assert (table["low_stimuli"] < table["high_stimuli"]).all()
        by = table.set_index(["attack", "stimulus_set", "epsilon_255"])["raw"]
        assert len(by) == len(table) == 2 * 2 * 2
        for name in ("hvm", "coco"):
            # The same images: no sampling between the two.
            assert by["autoattack", name, 0.0] == by["pgd_same_images", name, 0.0]
            assert by["autoattack", name, 2.0] <= by["pgd_same_images", name, 2.0]
    attrs = read_dataset(files["robustness"][0]).attrs
    assert attrs["attack_autoattack"] == "apgd-ce; norm linf, epsilon_255 2"
    assert attrs["attack_pgd_same_images"] == (
        "norm linf, epsilon_255 [2.0], n_steps 5, step_fraction 0.25, start image, n_restarts 1, "
        "n_noise_draws 1, project_once False")


def spied(function, seen):
    def called(outputs, images, labels, **options):
        seen.append((images, labels, options))
        return function(outputs, images, labels, **options)

    return called


def test_both_attacks_see_the_images_as_they_are_and_the_same(tmp_path, load_script, monkeypatch):
    script = load_script("evaluation", "run_autoattack")
    files, seen = write_world(tmp_path), {}
    for name in ("attack_curve", "autoattack_survivors"):
        monkeypatch.setattr(script, name, spied(getattr(script, name), seen.setdefault(name, [])))
    script.run_autoattack(**files, norm="linf", epsilon_255=2.0, n_images=10,
                          attacks=["apgd-ce"], reference=REFERENCE)
    shown = {name: read_dataset(path, "stimuli") for name, path in
             zip(("hvm", "coco"), files["stimuli"], strict=True)}
    assert len(seen["attack_curve"]) == len(seen["autoattack_survivors"]) == 4
    for pgd, other in zip(*seen.values(), strict=True):
        assert torch.equal(pgd[0], other[0]) and torch.equal(pgd[1], other[1])
        assert pgd[2]["epsilons"] == [other[2]["epsilon"]] == [2 / 255]
        as_shown = [to_unit(torch.from_numpy(ds.image.values)) for ds in shown.values()]
        assert any((pgd[0][0] == images).flatten(1).all(1).any() for images in as_shown)


def test_an_error_names_the_checkpoint_and_the_images(tmp_path, load_script):
    script = load_script("evaluation", "run_autoattack").run_autoattack
    with pytest.raises(ValueError, match="^cka-true-labels-p1, seed 1, step 30, set hvm: attacks "
                                         r"are \['apgd'\], expected some of"):
        script(**write_world(tmp_path), norm="linf", epsilon_255=2.0, n_images=10,
               attacks=["apgd"], reference=REFERENCE)
