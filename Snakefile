"""italign: from raw voltage of primate visual cortex to brain-aligned models and every figure."""

from snakemake.utils import min_version

min_version("9.0")


include: "workflow/rules/root.smk"
include: "workflow/rules/disk.smk"


configfile: "config/config.yaml"


# Made of envs/container.def; used with --sdm apptainer only.
container: "italign.sif"


include: "workflow/rules/common.smk"
include: "workflow/rules/files.smk"
include: "workflow/rules/sessions.smk"
include: "workflow/rules/members.smk"
include: "workflow/rules/attacks.smk"
include: "workflow/rules/costs.smk"
include: "workflow/rules/work.smk"
include: "workflow/rules/panels.smk"
include: "workflow/rules/drawn.smk"


report: caption_of("workflow")


# Slots of the one GPU of this machine: on a cluster each job has its own.
resource_scopes:
    gpu_slots="local",


wildcard_constraints:
    set="|".join(SHOWN_SETS),
    session=any_of(SESSIONS),
    animal=any_of(ANIMALS),
    filename="|".join(DATASETS.values()),
    target="true|shuffled|random",
    trunk="|".join(TRUNKS),
    model="|".join(COHORT),
    seed=r"\d+",
    segment=r"\d+",


include: "workflow/rules/resources.smk"
include: "workflow/rules/stimuli.smk"
include: "workflow/rules/recordings.smk"
include: "workflow/rules/assemblies.smk"
include: "workflow/rules/training.smk"
include: "workflow/rules/evaluation.smk"
include: "workflow/rules/comparisons.smk"
include: "workflow/rules/summaries.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/pages.smk"


rule all:
    default_target: True
    input:
        rules.all_files.input,
        rules.all_stimuli.input,
        rules.all_recordings.input,
        rules.all_assemblies.input,
        rules.all_models.input,
        rules.all_scores.input,
        rules.all_comparisons.input,
        rules.all_summaries.input,
        rules.all_figures.input,
        rules.all_pages.input,
