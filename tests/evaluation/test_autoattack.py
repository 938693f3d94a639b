"""AutoAttack: stronger than PGD and within the ball, what it refuses, and the script's table."""

import pytest
import torch
from torch import nn

pytest.importorskip("pyautoattack")

from italign.evaluation.attack_curves import attack_curve
from italign.evaluation.autoattack import LEAST_CLASSES, autoattack_survivors
from italign.evaluation.table import COHORT_COLUMNS, dataset_to_table
from italign.io import read_dataset
from tests.evaluation.attack_files import write_world
from tests.evaluation.small_model import trained

N = 60


def attack(model=None, norm="linf", epsilon=0.04, attacks=("apgd-ce", "apgd-t"), n=N):
    network, images, labels = trained()
    return autoattack_survivors(model or network, images[:n], labels[:n], norm=norm,
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
        attack(three)
    two = nn.Sequential(trained()[0], nn.Linear(4, 2)).eval()
    with pytest.raises(ValueError, match="2 classes, but apgd-dlr need at least 3"):
        attack(two, attacks=("apgd-ce", "apgd-dlr"))
    with pytest.raises(ValueError, match=r"attacks are \['apgd'\], expected some of apgd-ce"):
        attack(attacks=("apgd",))
    with pytest.raises(ValueError, match="linf, l2 and an epsilon above 0"):
        attack(norm="l1")
    with pytest.raises(ValueError, match="gives probabilities"):
        attack(nn.Sequential(trained()[0], nn.Softmax(1)).eval())


def test_nothing_is_left_to_attack():
    model = trained()[0]
    always_wrong = nn.Sequential(model, nn.Linear(4, 4)).eval()
    with torch.no_grad():
        always_wrong[1].weight.copy_(-torch.eye(4))
        always_wrong[1].bias.zero_()
    clean, left = attack(always_wrong, epsilon=0.001)
    assert clean.float().mean() < 0.1 and (left <= clean).all()


def test_the_script_writes_a_row_per_set_and_an_empty_table_without_labels(tmp_path, load_script):
    script = load_script("evaluation", "run_autoattack").run_autoattack
    files = write_world(tmp_path)
    script(**files, norm="linf", epsilon_255=2.0, n_images=10, attacks=["apgd-ce"])
    table, empty = (dataset_to_table(read_dataset(path)) for path in files["robustness"])
    assert list(table.columns) == list(COHORT_COLUMNS) and not len(empty)
    assert set(table["attack"]) == {"autoattack"} and set(table["step"]) == {30}
    assert (table["n"] == 10).all() and set(table["norm"]) == {"linf"}
    by = table.set_index(["stimulus_set", "epsilon_255"])["raw"]
    assert set(by.index) == {(name, radius) for name in ("hvm", "coco") for radius in (0.0, 2.0)}
    for name in ("hvm", "coco"):
        assert by[name, 2.0] <= by[name, 0.0]
