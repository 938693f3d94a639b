"""The paper's world without its data: the whole plan, and what is missing."""

import pytest

pytestmark = pytest.mark.world

CONFIG = "config/paper.yaml"


def test_the_plan_holds_every_run_of_the_paper_without_any_data(empty_world):
    plan = empty_world(CONFIG).plan()
    # 20 conditions x 5 seeds: 24,420 steps after the trunk in 7 jobs each; 3 trunks per seed.
    assert plan["train_model"] == 20 * 5 * 7 and plan["train_base"] == 3 * 5
    assert plan["score_models"] == 20 * 5
    assert plan["attack_models"] == 11 * 5  # with labels
    assert plan["run_autoattack"] == 3 * 5
    assert plan["convert_pretrained"] == plan["index_images"] == plan["find_files"] == 1
    assert plan["prepare_assembly"] == 7 and plan["estimate_ceiling"] == 4
    assert not {"train_pretrained", "train_teacher", "simulate_behavior"} & set(plan)


def test_all_that_is_missing_is_said_at_once_with_how_to_get_it(empty_world, monkeypatch):
    monkeypatch.delenv("ITALIGN_MIRRORS", raising=False)
    world = empty_world(CONFIG)
    answer = world.run("results/paper/files.csv")
    assert answer.returncode != 0
    unknown = "size not published, licence not stated) is private: ask"
    for words in (f"(SachiMajajHong2015.h5, {unknown}", f"(many_monkeys2.h5, {unknown}",
                  "register at image-net.org", "ln -s /your/imagenet resources/imagenet"):
        assert words in answer.stdout + answer.stderr
    assert not (world.results / "files.csv").exists()


def test_another_list_of_mirrors_fetches_nothing_again(empty_world, tmp_path):
    world = empty_world(CONFIG)
    (tmp_path / "mirror").mkdir()
    (tmp_path / "mirror" / "many_monkeys2.h5").write_bytes(b"only here")
    target = "resources/files/many_monkeys2.h5"
    with_mirror = f"resources={{mirrors: [{tmp_path / 'mirror'}]}}"
    answer = world.run(target, "--config", with_mirror)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    answer = world.run(target)
    assert "Nothing to be done" in answer.stdout + answer.stderr
    assert (world.folder / target).read_bytes() == b"only here"
