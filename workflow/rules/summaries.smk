"""Summaries of the evaluation: what figures draw and the report claims, from the cohort's table alone.

REQUIRED INPUTS
    results/<world>/evaluation/cohort.nc
    resources/published/dapello2023.csv
OUTPUTS
    results/<world>/evaluation/points.csv            one row per checkpoint
    results/<world>/evaluation/trajectory.csv        mean and interval over seeds
    results/<world>/evaluation/averages.csv          sliding averages, base, adversarially trained
    results/<world>/evaluation/levels.csv            means over seeds at the last checkpoint
    results/<world>/evaluation/statistics.csv        the claims as estimates with intervals
    results/<world>/evaluation/reproduction.csv      the paper's claims: published, here, verdict
    results/<world>/evaluation/published_values.csv  every published number with ours beside it
"""


rule summarise_cohort:
    input:
        cohort=COHORT_TABLE,
    output:
        points=f"{RESULTS}/evaluation/points.csv",
        trajectory=f"{RESULTS}/evaluation/trajectory.csv",
        levels=f"{RESULTS}/evaluation/levels.csv",
        averages=f"{RESULTS}/evaluation/averages.csv",
        statistics=report(
            f"{RESULTS}/evaluation/statistics.csv",
            caption=caption_of("statistics"),
            category="Claims",
            labels={"table": "every estimate"},
        ),
    log:
        f"{LOGS}/summarise_cohort/cohort.log",
    benchmark:
        f"{BENCHMARKS}/summarise_cohort/cohort.tsv"
    group:
        "tables"
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        code=code_of("evaluation", "summarise_cohort"),
        headline=HEADLINE,
        region=REGION,
        robustness_sets=ROBUSTNESS["sets"],
        n_bootstrap=config["evaluation"]["n_bootstrap"],
        window_points=config["evaluation"]["sliding"]["window_points"],
        stride_points=config["evaluation"]["sliding"]["stride_points"],
        seed=config["seed"],
    script:
        "../scripts/evaluation/summarise_cohort.py"


rule compare_published:
    input:
        cohort=COHORT_TABLE,
        points=rules.summarise_cohort.output.points,
        statistics=rules.summarise_cohort.output.statistics,
        averages=rules.summarise_cohort.output.averages,
        published=shipped("resources/published/dapello2023.csv"),
    output:
        reproduction=report(
            f"{RESULTS}/evaluation/reproduction.csv",
            caption=caption_of("reproduction"),
            category="Claims",
            labels={"table": "the paper's claims, and verdicts"},
        ),
        values=report(
            f"{RESULTS}/evaluation/published_values.csv",
            caption=caption_of("reproduction"),
            category="Claims",
            labels={"table": "every published number"},
        ),
    log:
        f"{LOGS}/compare_published/cohort.log",
    benchmark:
        f"{BENCHMARKS}/compare_published/cohort.tsv"
    group:
        "tables"
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        code=code_of("evaluation", "compare_published"),
        world=config["world"],
        headline=HEADLINE,
        panels={f"figure_{n}": config["figures"][f"figure_{n}"] for n in (2, 3, 4, 5)},
        claims=config["figures"]["claims"],
        region=REGION,
        attacks=curves(),
        n_bootstrap=config["evaluation"]["n_bootstrap"],
        seed=config["seed"],
    script:
        "../scripts/evaluation/compare_published.py"


rule all_summaries:
    input:
        in_study(rules.summarise_cohort.output),
        in_study(rules.compare_published.output),
