"""The script that attacks members: each attack at its checkpoints, each member by its own."""

from italign.evaluation.attack_checks import CHECKS
from italign.evaluation.table import COHORT_COLUMNS, dataset_to_table
from italign.io import read_dataset
from tests.evaluation.attack_files import write_world

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
    table, empty = (dataset_to_table(read_dataset(path)) for path in files["robustness"])
    assert list(table.columns) == list(COHORT_COLUMNS) and not len(empty)
    rows = table[table["measure"] == "robustness"]
    found = {name: set(part[["step", "epsilon_255"]].itertuples(index=False, name=None))
             for name, part in rows.groupby("attack")}
    assert found == {
        "in_training": {(step, radius) for step in (10, 20, 30) for radius in (0.0, 1.0)},
        "curve": {(30, radius) for radius in (0.0, 127.5, 2040.0)},
        "gaussian_noise": {(30, 0.0), (30, 16.0)}}
    assert (rows["n"] == 20).all() and (rows.groupby("attack").size() == [6, 4, 12]).all()
    checks = table[table["measure"] == "attack_check"]
    assert set(checks["metric"]) == set(CHECKS) and set(checks["attack"]) == {"in_training"}
    assert set(checks["raw"]) <= {0.0, 1.0} and set(checks["n"]) == {8}
    at_last = rows[rows["step"] == 30].set_index(["attack", "stimulus_set", "epsilon_255"])["raw"]
    # Unmoved images: the clean rows of the curve and of the noise are the same accuracy.
    assert at_last["curve", "hvm", 0.0] == at_last["gaussian_noise", "hvm", 0.0]
    attrs = read_dataset(files["robustness"][1]).attrs
    assert attrs["attack_curve"].startswith("norm l2, epsilon [0.5, 8.0], n_steps 3")


def test_the_script_gives_each_member_its_own_files_and_attacks(tmp_path, load_script):
    script = load_script("evaluation", "attack_models").attack_models
    files = write_world(tmp_path)
    options = {"attacks": ATTACKS, "noise": {"sd_255": [16.0], "checkpoints": "last"},
               "checks": {"n_images": 8, "epsilon_255": 128.0}}
    for member, attacks in zip(files["members"], (["curve"], ["curve"]), strict=True):
        member["run"], member["attacks"] = {**member["run"], "labels": "on"}, attacks
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
        member["run"], member["attacks"] = {**member["run"], "labels": "on"}, ["in_training"]
    module.attack_models(**{**files, "checkpoints": checkpoints}, attacks=ATTACKS,
                         noise={"sd_255": [16.0], "checkpoints": "last"},
                         checks={"n_images": 8, "epsilon_255": 128.0})
    first, second = (dataset_to_table(read_dataset(path)) for path in files["robustness"])
    at_onset = [table[table["step"] == 10]["raw"].tolist() for table in (first, second)]
    assert at_onset[0] == at_onset[1] and len(at_onset[0]) == 4
    assert len(n_looks) == 2 * (3 + 2)  # two sets; three checkpoints, and two of the other
