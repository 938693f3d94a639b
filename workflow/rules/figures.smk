"""Figures: the paper's panels and our own pages, from tables alone: no torch, no GPU.

REQUIRED INPUTS (cached.smk draws from these alone)
    results/<world>/evaluation/cohort.nc, and the tables that summaries.smk makes of it
    results/<world>/evaluation/{truth,ceilings}.csv    in silico
    results/<world>/stimuli/examples.nc
    results/<world>/training/architecture.csv
    results/<world>/assemblies/{quality.csv,mean-rates.nc,rasters-<session>.nc}
    results/<world>/recordings/<session>/validation.csv    in silico
    array maps that the session sheet names
OUTPUTS
    results/<world>/figures/<figure>.{pdf,svg,png,csv}    csv: the numbers drawn
    results/<world>/figures/captions/<figure>.rst, not_drawn.csv
    results/<world>/index.html, reproduction.md, bundle.tar.gz
"""


rule plot_figure_1a:
    input:
        examples=EXAMPLES,
        rates=MEAN_RATES,
        architecture=ARCHITECTURE,
    output:
        **drawing("figure_1a", "Figure 1"),
    log:
        f"{LOGS}/plot_figure_1a/figure.log",
    benchmark:
        f"{BENCHMARKS}/plot_figure_1a/figure.tsv"
    group:
        "figures"
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(3),
    params:
        code=code_of("figures", "plot_figure_1a"),
        source=neural_source(),
        region=config["training"]["model"]["region"],
        animal=first_training_animal(),
        base_set=BASE_SET,
        neural_loss=headline_loss(),
        test_sets=list(dict.fromkeys(name for _, name in HELD_OUT)),
    script:
        "../scripts/figures/plot_figure_1a.py"


rule plot_figure_1b:
    input:
        points=rules.summarise_cohort.output.points,
        statistics=rules.summarise_cohort.output.statistics,
        published=published_values(),
    output:
        **drawing("figure_1b", "Figure 1"),
    log:
        f"{LOGS}/plot_figure_1b/figure.log",
    benchmark:
        f"{BENCHMARKS}/plot_figure_1b/figure.tsv"
    group:
        "figures"
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(3),
    params:
        code=code_of("figures", "plot_figure_1b"),
        similarity=SIMILARITY,
        source=neural_source(),
    script:
        "../scripts/figures/plot_figure_1b.py"


rule plot_figure_1c:
    input:
        points=rules.summarise_cohort.output.points,
        statistics=rules.summarise_cohort.output.statistics,
        published=published_values(),
    output:
        **drawing("figure_1c", "Figure 1"),
    log:
        f"{LOGS}/plot_figure_1c/figure.log",
    benchmark:
        f"{BENCHMARKS}/plot_figure_1c/figure.tsv"
    group:
        "figures"
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(3),
    params:
        code=code_of("figures", "plot_figure_1c"),
        similarity=SIMILARITY,
        source=neural_source(),
        norm=headline_norm(),
        epsilon_255=HEADLINE["epsilon_255"],
    script:
        "../scripts/figures/plot_figure_1c.py"


for figure in panels_drawn(2):

    rule:
        name:
            f"plot_{figure}"
        input:
            trajectory=rules.summarise_cohort.output.trajectory,
            statistics=rules.summarise_cohort.output.statistics,
            published=published_values(),
        output:
            **drawing(figure, "Figure 2"),
        log:
            f"{LOGS}/plot_{figure}/figure.log",
        benchmark:
            f"{BENCHMARKS}/plot_{figure}/figure.tsv"
        group:
            "figures"
        conda:
            "../../envs/figures.yaml"
        threads: 1
        resources:
            mem_mb=growing(2000),
            runtime=growing(3),
        params:
            code=code_of("figures", "plot_figure_2"),
            similarity=SIMILARITY,
            source=neural_source(),
            stimulus_set=PANELS[figure],
            figure=figure.removeprefix("figure_"),
            onset_step=trunk_steps(TRAINING),
            animals=list(dict.fromkeys(animal for animal, _ in HELD_OUT)),
        script:
            "../scripts/figures/plot_figure_2.py"


for figure in panels_drawn(3):

    rule:
        name:
            f"plot_{figure}"
        input:
            points=rules.summarise_cohort.output.points,
            averages=rules.summarise_cohort.output.averages,
            published=published_values(),
        output:
            **drawing(figure, "Figure 3"),
        log:
            f"{LOGS}/plot_{figure}/figure.log",
        benchmark:
            f"{BENCHMARKS}/plot_{figure}/figure.tsv"
        group:
            "figures"
        conda:
            "../../envs/figures.yaml"
        threads: 1
        resources:
            mem_mb=growing(2000),
            runtime=growing(3),
        params:
            code=code_of("figures", "plot_figure_3"),
            similarity=SIMILARITY,
            source=neural_source(),
            column=f"behavior_{PANELS[figure]}",
            figure=figure.removeprefix("figure_"),
        script:
            "../scripts/figures/plot_figure_3.py"


for figure in panels_drawn(4):

    rule:
        name:
            f"plot_{figure}"
        input:
            points=rules.summarise_cohort.output.points,
            averages=rules.summarise_cohort.output.averages,
            published=published_values(),
        output:
            **drawing(figure, "Figure 4"),
        log:
            f"{LOGS}/plot_{figure}/figure.log",
        benchmark:
            f"{BENCHMARKS}/plot_{figure}/figure.tsv"
        group:
            "figures"
        conda:
            "../../envs/figures.yaml"
        threads: 1
        resources:
            mem_mb=growing(2000),
            runtime=growing(3),
        params:
            code=code_of("figures", "plot_figure_4"),
            similarity=SIMILARITY,
            source=neural_source(),
            column=f"robustness_{PANELS[figure]}",
            figure=figure.removeprefix("figure_"),
            norm=headline_norm(),
            epsilon_255=HEADLINE["epsilon_255"],
        script:
            "../scripts/figures/plot_figure_4.py"


for figure in panels_drawn(5):

    rule:
        name:
            f"plot_{figure}"
        input:
            levels=rules.summarise_cohort.output.levels,
            points=rules.summarise_cohort.output.points,
        output:
            **drawing(figure, "Figure 5"),
        log:
            f"{LOGS}/plot_{figure}/figure.log",
        benchmark:
            f"{BENCHMARKS}/plot_{figure}/figure.tsv"
        group:
            "figures"
        conda:
            "../../envs/figures.yaml"
        threads: 1
        resources:
            mem_mb=growing(2000),
            runtime=growing(3),
        params:
            code=code_of("figures", "plot_figure_5"),
            source=neural_source(),
            stimulus_set=PANELS[figure],
            attacks=curves(),
        script:
            "../scripts/figures/plot_figure_5.py"


rule plot_figure_a1:
    input:
        points=rules.summarise_cohort.output.points,
        averages=rules.summarise_cohort.output.averages,
        published=published_values(),
    output:
        **drawing("figure_a1", "Figure A.1"),
    log:
        f"{LOGS}/plot_figure_a1/figure.log",
    benchmark:
        f"{BENCHMARKS}/plot_figure_a1/figure.tsv"
    group:
        "figures"
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(3),
    params:
        code=code_of("figures", "plot_figure_a1"),
        similarity=SIMILARITY,
        source=neural_source(),
        columns=[f"probe_{name}" for name in config["figures"]["figure_a1"]],
        figure="a1",
    script:
        "../scripts/figures/plot_figure_a1.py"


rule plot_dose_response:
    input:
        statistics=rules.summarise_cohort.output.statistics,
        points=rules.summarise_cohort.output.points,
    output:
        **drawing("dose_response", "Summary"),
    log:
        f"{LOGS}/plot_dose_response/figure.log",
    benchmark:
        f"{BENCHMARKS}/plot_dose_response/figure.tsv"
    group:
        "figures"
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(3),
    params:
        code=code_of("figures", "plot_dose_response"),
        similarity=SIMILARITY,
        source=neural_source(),
        base_set=BASE_SET,
    script:
        "../scripts/figures/plot_dose_response.py"


rule plot_generalisation:
    input:
        generalisation=GENERALISATION,
    output:
        **drawing("generalisation", "Summary"),
    log:
        f"{LOGS}/plot_generalisation/figure.log",
    benchmark:
        f"{BENCHMARKS}/plot_generalisation/figure.tsv"
    group:
        "figures"
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(3),
    params:
        code=code_of("figures", "plot_generalisation"),
        source=source_of("generalisation"),
        estimator=HEADLINE["estimator"],
        region=TRAINING["model"]["region"],
        axes=HEADLINE["axes"],
        method=HEADLINE["method"],
        train_animals=config["assemblies"]["train_animals"],
        other_regions=other_regions(),
    script:
        "../scripts/figures/plot_generalisation.py"


rule plot_layers:
    input:
        layers=LAYERS,
        animals=analysed("animals", COMPARED),
    output:
        **drawing("layers", "Summary"),
    log:
        f"{LOGS}/plot_layers/figure.log",
    benchmark:
        f"{BENCHMARKS}/plot_layers/figure.tsv"
    group:
        "figures"
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(3),
    params:
        code=code_of("figures", "plot_layers"),
        source=source_of("layers"),
        estimator=HEADLINE["estimator"],
    script:
        "../scripts/figures/plot_layers.py"


rule plot_claims:
    input:
        reproduction=rules.compare_published.output.reproduction,
    output:
        **drawing("claims", "Summary"),
    log:
        f"{LOGS}/plot_claims/figure.log",
    benchmark:
        f"{BENCHMARKS}/plot_claims/figure.tsv"
    group:
        "figures"
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(3),
    params:
        code=code_of("figures", "plot_claims"),
        source=neural_source(),
    script:
        "../scripts/figures/plot_claims.py"


rule plot_contact_sheet:
    input:
        examples=EXAMPLES,
    output:
        **drawing("contact_sheet", "Stimuli"),
    log:
        f"{LOGS}/plot_contact_sheet/figure.log",
    benchmark:
        f"{BENCHMARKS}/plot_contact_sheet/figure.tsv"
    group:
        "figures"
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(3),
    params:
        code=code_of("figures", "plot_contact_sheet"),
        source=image_source(),
    script:
        "../scripts/figures/plot_contact_sheet.py"


rule plot_recording_quality:
    input:
        quality=QUALITY,
    output:
        **drawing("recording_quality", "Recordings"),
    log:
        f"{LOGS}/plot_recording_quality/figure.log",
    benchmark:
        f"{BENCHMARKS}/plot_recording_quality/figure.tsv"
    group:
        "figures"
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(3),
    params:
        code=code_of("figures", "plot_recording_quality"),
    script:
        "../scripts/figures/plot_recording_quality.py"


rule plot_recovered_truth:
    input:
        validations=session_files(simulated(train_pairs() + HELD_OUT), "validation.csv"),
        truth_table=TRUTH,
    output:
        **drawing("recovered_truth", "Recovered truth"),
    log:
        f"{LOGS}/plot_recovered_truth/figure.log",
    benchmark:
        f"{BENCHMARKS}/plot_recovered_truth/figure.tsv"
    group:
        "figures"
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(3),
    params:
        code=code_of("figures", "plot_recovered_truth"),
        source=IN_SILICO,
    script:
        "../scripts/figures/plot_recovered_truth.py"


rule plot_ceilings:
    input:
        by_repetitions=CEILINGS,
    output:
        **drawing("ceilings", "Recovered truth"),
    log:
        f"{LOGS}/plot_ceilings/figure.log",
    benchmark:
        f"{BENCHMARKS}/plot_ceilings/figure.tsv"
    group:
        "figures"
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(3),
    params:
        code=code_of("figures", "plot_ceilings"),
        source=IN_SILICO,
    script:
        "../scripts/figures/plot_ceilings.py"


rule plot_session:
    input:
        unpack(array_map_of_session),
        rasters=f"{RESULTS}/assemblies/rasters-{{session}}.nc",
    output:
        **drawing("session-{session}", "Sessions"),
    log:
        f"{LOGS}/plot_session/{{session}}.log",
    benchmark:
        f"{BENCHMARKS}/plot_session/{{session}}.tsv"
    group:
        "figures"
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(3),
    params:
        code=code_of("figures", "plot_session"),
    script:
        "../scripts/figures/plot_session.py"


rule all_figures:
    input:
        figure_files(FIGURE_FORMATS),
