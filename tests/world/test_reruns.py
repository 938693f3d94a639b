"""What is rebuilt when an output is lost, mathematics is edited, or a config key is changed."""

import pytest

pytestmark = pytest.mark.world

PAGES = {"write_captions": 1, "write_page": 1}
PANELS = {f"plot_figure_{panel}": 1 for panel in (
    "1b", "1c", "2a", "2b", "3a", "3b", "3c", "3d", "4a", "4b", "5a", "5b", "a1")}
FIGURES_OF_COHORT = {**PANELS, "plot_dose_response": 1, **PAGES}
SUMMARISED = {"summarise_cohort": 1, "compare_published": 1, "plot_claims": 1,
              "write_reproduction": 1, **FIGURES_OF_COHORT}
FROM_COHORT = {"collect_cohort": 1, **SUMMARISED}
N_MEMBERS = 5
SCORED = {"score_models": 2}  # jobs: three members and two
ATTACKED = {"attack_models": 2}
COMPARED = {"test_generalisation": 1, "plot_generalisation": 1}
EVALUATED = {**SCORED, **ATTACKED, "run_autoattack": 1}


def test_a_finished_world_has_nothing_to_do(world):
    answer = world.run("--dry-run")
    assert "Nothing to be done" in answer.stdout + answer.stderr


@pytest.mark.parametrize(("lost", "rebuilt"), [
    ("figures/figure_2a.svg", {"plot_figure_2a": 1, **PAGES}),
    ("evaluation/cohort.csv", FROM_COHORT),
    ("evaluation/cka-true-labels-p1/seed1/robustness.nc", {"attack_models": 1, **FROM_COHORT}),
    ("training/cka-true-labels-p1/seed1/segment1/checkpoints.safetensors",
     {"train_model": 1, "score_models": 1, "attack_models": 1, "run_autoattack": 1,
      **COMPARED, **FROM_COHORT}),
    ("assemblies/target-shuffled-seed1.nc",
     {"build_target": 1, "train_model": 2, "score_models": 1, "attack_models": 1,
      **COMPARED, **FROM_COHORT}),
    ("recordings/sim4-coco/validation.csv",
     {"validate_recording": 1, "plot_recovered_truth": 1, **PAGES}),
    ("stimuli/examples.nc",
     {"pick_examples": 1, "plot_figure_1a": 1, "plot_contact_sheet": 1, **PAGES}),
    ("assemblies/behavior-coco.nc",
     {"simulate_behavior": 1, **SCORED, **FROM_COHORT}),
])
def test_a_lost_output_is_rebuilt_with_what_depends_on_it(world, lost, rebuilt):
    (world.results / lost).unlink()
    assert world.plan() == rebuilt


@pytest.mark.parametrize(("file", "old", "new", "rebuilt"), [
    ("italign/figures/panels.py", "def ", "_UNUSED = 1\n\n\ndef ",
     {**FIGURES_OF_COHORT, "plot_claims": 1, "plot_generalisation": 1, "plot_layers": 1}),
    ("italign/evaluation/behavior_patterns.py", "DPRIME_CAP = 5.0", "DPRIME_CAP = 4.0",
     {**SCORED, **FROM_COHORT}),
    ("italign/evaluation/decoder.py", '"newton-cg"', '"lbfgs"',
     {**SCORED, **FROM_COHORT}),
    ("italign/alignment/cka.py", "torch.log1p(-similarity)", "torch.log(1 - similarity)",
     {"train_model": 2 * N_MEMBERS, **EVALUATED, **COMPARED, **FROM_COHORT}),
    ("italign/evaluation/predictivity.py", "\ndef ", "\n_UNUSED = 1\n\n\ndef ",
     {**SCORED, **FROM_COHORT}),
    ("italign/evaluation/attack_passes.py", "# A sum, not a mean", "# Sum, not mean", {}),
])
def test_edited_mathematics_reruns_what_uses_it(world, file, old, new, rebuilt):
    world.edit(file, old, new)
    assert world.plan() == rebuilt


def test_edited_detection_reruns_from_the_crossings_on(world):
    world.edit("italign/recordings/detection.py", "\ndef ", "\n_UNUSED = 1\n\n\ndef ")
    plan = world.plan()
    assert plan["detect_crossings"] == plan["compute_rates"] == plan["simulate_voltage"] == 4
    assert plan["train_model"] == 2 * N_MEMBERS and plan["score_models"] == 2
    assert plan["pick_rasters"] == 4 and plan["summarise_quality"] == 1
    assert not {"render_stimuli", "train_teacher", "train_pretrained", "simulate_cortex",
                "simulate_behavior", "plot_contact_sheet"} & set(plan)


@pytest.mark.parametrize(("key", "old", "new", "rebuilt"), [
    ("attack", "in_training: {n_steps: 2}", "in_training: {n_steps: 3}",
     # the headline's attack is also what AutoAttack is held against
     {**ATTACKED, "run_autoattack": 1, **FROM_COHORT}),
    ("measure", "similarity: {n_resamples: 50}", "similarity: {n_resamples: 60}",
     {**SCORED, **FROM_COHORT}),
    ("a default spelt out", "evaluation:\n", "evaluation:\n  batch_size: 128\n", {}),
    ("bootstrap", "n_bootstrap: 200", "n_bootstrap: 300", SUMMARISED),
    ("panel", "evaluation:\n", "figures: {figure_4: {a: null}}\nevaluation:\n",
     {"compare_published": 1, "plot_claims": 1, "write_reproduction": 1, **PAGES}),
    ("one dose more", "p: [0, 1], adv", "p: [0, 0.5, 1], adv",
     # it stands second, and so moves the members after it to other jobs
     {"train_model": 2, **SCORED, **ATTACKED, **COMPARED, **FROM_COHORT}),
    ("a longer run", "  n_steps: 40\n  validation", "  n_steps: 60\n  validation",
     # segment 1 was cut short by the old end, segment 2 is new, all learn at other rates
     {"train_base": 3, "train_model": 3 * N_MEMBERS, **EVALUATED, **COMPARED, **FROM_COHORT}),
])
def test_a_changed_key_reruns_what_reads_it(world, key, old, new, rebuilt):
    world.edit("tests/config/tiny.yaml", old, new)
    assert world.plan() == rebuilt, key
