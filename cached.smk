"""italign from cached results alone: from the cohort's table to every figure, without torch."""

from snakemake.utils import min_version

min_version("9.0")


include: "workflow/rules/root.smk"
include: "workflow/rules/disk.smk"


configfile: "config/config.yaml"


include: "workflow/rules/common.smk"
include: "workflow/rules/files.smk"
include: "workflow/rules/sessions.smk"
include: "workflow/rules/members.smk"
include: "workflow/rules/attacks.smk"
include: "workflow/rules/costs.smk"
include: "workflow/rules/panels.smk"
include: "workflow/rules/drawn.smk"


report: caption_of("workflow")


wildcard_constraints:
    session=any_of(SESSIONS),


check_cache()


include: "workflow/rules/summaries.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/pages.smk"


rule all:
    default_target: True
    input:
        rules.all_summaries.input,
        rules.all_figures.input,
        rules.all_pages.input,
