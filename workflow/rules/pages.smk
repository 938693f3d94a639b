"""Pages around the figures: captions, the page to send, the comparison with the paper, the bundle.

REQUIRED INPUTS
    results/<world>/figures/<figure>.{svg,pdf,csv}
    results/<world>/evaluation/{statistics,reproduction,published_values}.csv
OUTPUTS
    results/<world>/figures/captions/<figure>.rst, not_drawn.csv, versions.csv
    results/<world>/index.html          one page without a network: figures, numbers, claims
    results/<world>/reproduction.md     the paper's claims and numbers beside ours
    results/<world>/bundle.tar.gz       what figures are redrawn from (make bundle)
"""


rule write_captions:
    input:
        statistics=in_study(rules.summarise_cohort.output.statistics),
        tables=figure_files(["csv"]),
        templates=templates(),
    output:
        captions=expand(f"{RESULTS}/figures/captions/{{name}}.rst", name=captioned()),
        not_drawn=report(
            f"{RESULTS}/figures/not_drawn.csv",
            caption=caption_of("not_drawn"),
            category="Run",
            labels={"table": "figures not drawn, and why"},
        ),
    log:
        f"{LOGS}/write_captions/captions.log",
    benchmark:
        f"{BENCHMARKS}/write_captions/captions.tsv"
    group:
        "figures"
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(3),
    params:
        code=code_of("figures", "write_captions"),
        config=sorted_config(),
        figures={name: facts_of(name) for name in captioned()},
        reasons=not_drawn(),
    script:
        "../scripts/figures/write_captions.py"


rule write_reproduction:
    input:
        reproduction=rules.compare_published.output.reproduction,
        values=rules.compare_published.output.values,
    output:
        page=f"{RESULTS}/reproduction.md",
    log:
        f"{LOGS}/write_reproduction/reproduction.log",
    benchmark:
        f"{BENCHMARKS}/write_reproduction/reproduction.tsv"
    group:
        "tables"
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(3),
    params:
        code=code_of("figures", "write_reproduction"),
        world=config["world"],
        source=neural_source(),
        training={key: TRAINING[key] for key in ("conditions", "seeds", "n_steps")},
        assumptions=lambda wildcards: project_assumptions(),
        region=REGION,
        ceiling_rule=HEADLINE["ceiling_rule"],
    script:
        "../scripts/figures/write_reproduction.py"


rule write_page:
    input:
        template=shipped("workflow/report/page.html.jinja"),
        captions=rules.write_captions.output.captions,
        svgs=figure_files(["svg"]),
        pdfs=figure_files(["pdf"]),
        tables=figure_files(["csv"]),
        not_drawn=rules.write_captions.output.not_drawn,
        statistics=in_study([rules.summarise_cohort.output.statistics]),
        reproduction=in_study([rules.compare_published.output.reproduction]),
        datasets=in_study([COHORT_TABLE]),
    output:
        page=f"{RESULTS}/index.html",
        versions=report(
            f"{RESULTS}/figures/versions.csv",
            category="Run",
            labels={"table": "versions"},
        ),
        settings=report(
            f"{RESULTS}/figures/config.yaml",
            category="Run",
            labels={"table": "config"},
        ),
    log:
        f"{LOGS}/write_page/page.log",
    benchmark:
        f"{BENCHMARKS}/write_page/page.tsv"
    group:
        "figures"
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(3),
    params:
        code=code_of("figures", "write_page"),
        figures={name: facts_of(name) for name in figures_of_world()},
        config=sorted_config(),
    script:
        "../scripts/figures/write_page.py"


rule pack_bundle:
    input:
        cached=cached_files(),
        figures=figure_files(FIGURE_FORMATS),
        sessions=config["recordings"]["sessions"] or [],
    output:
        bundle=f"{RESULTS}/bundle.tar.gz",
    log:
        f"{LOGS}/pack_bundle/bundle.log",
    benchmark:
        f"{BENCHMARKS}/pack_bundle/bundle.tsv"
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(5),
    params:
        code=[code_of("figures", name) for name in ("pack_bundle", *drawing_scripts())],
        config=sorted_config(),
        source=neural_source(),
    script:
        "../scripts/figures/pack_bundle.py"


rule all_pages:
    input:
        rules.write_captions.output,
        in_study(rules.write_reproduction.output),
        rules.write_page.output,
