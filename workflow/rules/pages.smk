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
            caption="../report/not_drawn.rst",
            category="Run",
            labels={"table": "figures not drawn, and why"},
        ),
    log:
        f"{LOGS}/write_captions/captions.log",
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=2000,
    params:
        code=code_of("figures", "write_captions"),
        config=config,
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
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=2000,
    params:
        code=code_of("figures", "write_reproduction"),
        world=config["world"],
        source=neural_source(),
    script:
        "../scripts/figures/write_reproduction.py"
