"""italign: from raw voltage of primate visual cortex to brain-aligned models and every figure."""

from snakemake.utils import min_version

min_version("9.0")


configfile: "config/config.yaml"


report: "workflow/report/workflow.rst"


include: "workflow/rules/common.smk"
include: "workflow/rules/stimuli.smk"
include: "workflow/rules/recordings.smk"
include: "workflow/rules/assemblies.smk"
include: "workflow/rules/training.smk"
include: "workflow/rules/evaluation.smk"
include: "workflow/rules/figures.smk"


wildcard_constraints:
    set="[A-Za-z0-9_]+",
    session="[A-Za-z0-9_-]+",
    animal="[A-Za-z0-9_]+",
    target="true|shuffled|random",
    trunk="[A-Za-z0-9.-]+",
    model="[A-Za-z0-9._-]+",
    seed=r"\d+",
    segment=r"\d+",


rule all:
    default_target: True
    input:
        rules.all_figures.input,
