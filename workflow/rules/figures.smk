"""Figures: the paper's panels and our own pages, from tables alone: no torch, no GPU.

REQUIRED INPUTS
    results/<world>/stimuli/<set>.nc
    results/<world>/evaluation/{points,trajectory,statistics,truth,ceilings}.csv
    results/<world>/assemblies/<animal>-<set>{,-ceiling}.nc, <animal>-<set>-drift.csv
    results/<world>/recordings/<session>/{crossings,rates}.nc, presentations.tsv, validation.csv
    array maps that the session sheet names
OUTPUTS
    results/<world>/figures/<figure>.{pdf,svg,png,csv}    csv: the numbers drawn
"""


rule plot_figure_1b:
    input:
        points=rules.summarise_cohort.output.points,
        statistics=rules.summarise_cohort.output.statistics,
    output:
        pdf=f"{RESULTS}/figures/figure_1b.pdf",
        svg=report(
            f"{RESULTS}/figures/figure_1b.svg",
            caption="../report/figure_1b.rst",
            category="Figure 1",
            labels={"figure": "figure 1b", "form": "figure"},
        ),
        png=f"{RESULTS}/figures/figure_1b.png",
        csv=report(
            f"{RESULTS}/figures/figure_1b.csv",
            caption="../report/figure_1b.rst",
            category="Figure 1",
            labels={"figure": "figure 1b", "form": "numbers"},
        ),
    log:
        f"{LOGS}/plot_figure_1b/figure.log",
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=2000,
    params:
        code=code_of("figures", "plot_figure_1b"),
        source=neural_source(),
    script:
        "../scripts/figures/plot_figure_1b.py"


rule plot_figure_1c:
    input:
        points=rules.summarise_cohort.output.points,
        statistics=rules.summarise_cohort.output.statistics,
    output:
        pdf=f"{RESULTS}/figures/figure_1c.pdf",
        svg=report(
            f"{RESULTS}/figures/figure_1c.svg",
            caption="../report/figure_1c.rst",
            category="Figure 1",
            labels={"figure": "figure 1c", "form": "figure"},
        ),
        png=f"{RESULTS}/figures/figure_1c.png",
        csv=report(
            f"{RESULTS}/figures/figure_1c.csv",
            caption="../report/figure_1c.rst",
            category="Figure 1",
            labels={"figure": "figure 1c", "form": "numbers"},
        ),
    log:
        f"{LOGS}/plot_figure_1c/figure.log",
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=2000,
    params:
        code=code_of("figures", "plot_figure_1c"),
        source=neural_source(),
        norm=ROBUSTNESS["attacks"][HEADLINE["attack"]]["norm"],
        epsilon_255=HEADLINE["epsilon_255"],
    script:
        "../scripts/figures/plot_figure_1c.py"


rule plot_figure_2a:
    input:
        trajectory=rules.summarise_cohort.output.trajectory,
        statistics=rules.summarise_cohort.output.statistics,
    output:
        pdf=f"{RESULTS}/figures/figure_2a.pdf",
        svg=report(
            f"{RESULTS}/figures/figure_2a.svg",
            caption="../report/figure_2a.rst",
            category="Figure 2",
            labels={"figure": "figure 2a", "form": "figure"},
        ),
        png=f"{RESULTS}/figures/figure_2a.png",
        csv=report(
            f"{RESULTS}/figures/figure_2a.csv",
            caption="../report/figure_2a.rst",
            category="Figure 2",
            labels={"figure": "figure 2a", "form": "numbers"},
        ),
    log:
        f"{LOGS}/plot_figure_2a/figure.log",
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=2000,
    params:
        code=code_of("figures", "plot_figure_2a"),
        source=neural_source(),
        stimulus_set=config["figures"]["figure_2a_set"],
    script:
        "../scripts/figures/plot_figure_2a.py"


rule plot_figure_2b:
    input:
        trajectory=rules.summarise_cohort.output.trajectory,
        statistics=rules.summarise_cohort.output.statistics,
    output:
        pdf=f"{RESULTS}/figures/figure_2b.pdf",
        svg=report(
            f"{RESULTS}/figures/figure_2b.svg",
            caption="../report/figure_2b.rst",
            category="Figure 2",
            labels={"figure": "figure 2b", "form": "figure"},
        ),
        png=f"{RESULTS}/figures/figure_2b.png",
        csv=report(
            f"{RESULTS}/figures/figure_2b.csv",
            caption="../report/figure_2b.rst",
            category="Figure 2",
            labels={"figure": "figure 2b", "form": "numbers"},
        ),
    log:
        f"{LOGS}/plot_figure_2b/figure.log",
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=2000,
    params:
        code=code_of("figures", "plot_figure_2b"),
        source=neural_source(),
        stimulus_set=config["figures"]["figure_2b_set"],
    script:
        "../scripts/figures/plot_figure_2b.py"


rule plot_contact_sheet:
    input:
        stimuli=[images_of(name) for name in used_sets() if name != FOLDER_SET],
    output:
        pdf=f"{RESULTS}/figures/contact_sheet.pdf",
        svg=report(
            f"{RESULTS}/figures/contact_sheet.svg",
            caption="../report/contact_sheet.rst",
            category="Stimuli",
            labels={"figure": "contact sheet", "form": "figure"},
        ),
        png=f"{RESULTS}/figures/contact_sheet.png",
        csv=report(
            f"{RESULTS}/figures/contact_sheet.csv",
            caption="../report/contact_sheet.rst",
            category="Stimuli",
            labels={"figure": "contact sheet", "form": "numbers"},
        ),
    log:
        f"{LOGS}/plot_contact_sheet/figure.log",
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=2000,
    params:
        code=code_of("figures", "plot_contact_sheet"),
        source=image_source(),
    script:
        "../scripts/figures/plot_contact_sheet.py"


rule plot_recording_quality:
    input:
        assemblies=assemblies_of(PAIRS),
        ceilings=ceilings_of(PAIRS),
        drifts=[path.replace(".nc", "-drift.csv") for path in assemblies_of(PAIRS)],
    output:
        pdf=f"{RESULTS}/figures/recording_quality.pdf",
        svg=report(
            f"{RESULTS}/figures/recording_quality.svg",
            caption="../report/recording_quality.rst",
            category="Recordings",
            labels={"figure": "recording quality", "form": "figure"},
        ),
        png=f"{RESULTS}/figures/recording_quality.png",
        csv=report(
            f"{RESULTS}/figures/recording_quality.csv",
            caption="../report/recording_quality.rst",
            category="Recordings",
            labels={"figure": "recording quality", "form": "numbers"},
        ),
    log:
        f"{LOGS}/plot_recording_quality/figure.log",
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=2000,
    params:
        code=code_of("figures", "plot_recording_quality"),
        estimator=HEADLINE["estimator"],
    script:
        "../scripts/figures/plot_recording_quality.py"


rule plot_recovered_truth:
    input:
        validations=session_files(simulated(train_pairs() + HELD_OUT), "validation.csv"),
        truth_table=rules.validate_similarity.output.truth_table,
    output:
        pdf=f"{RESULTS}/figures/recovered_truth.pdf",
        svg=report(
            f"{RESULTS}/figures/recovered_truth.svg",
            caption="../report/recovered_truth.rst",
            category="Recovered truth",
            labels={"figure": "recovered truth", "form": "figure"},
        ),
        png=f"{RESULTS}/figures/recovered_truth.png",
        csv=report(
            f"{RESULTS}/figures/recovered_truth.csv",
            caption="../report/recovered_truth.rst",
            category="Recovered truth",
            labels={"figure": "recovered truth", "form": "numbers"},
        ),
    log:
        f"{LOGS}/plot_recovered_truth/figure.log",
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=2000,
    params:
        code=code_of("figures", "plot_recovered_truth"),
        source=IN_SILICO,
    script:
        "../scripts/figures/plot_recovered_truth.py"


rule plot_ceilings:
    input:
        by_repetitions=rules.validate_similarity.output.by_repetitions,
    output:
        pdf=f"{RESULTS}/figures/ceilings.pdf",
        svg=report(
            f"{RESULTS}/figures/ceilings.svg",
            caption="../report/ceilings.rst",
            category="Recovered truth",
            labels={"figure": "ceilings", "form": "figure"},
        ),
        png=f"{RESULTS}/figures/ceilings.png",
        csv=report(
            f"{RESULTS}/figures/ceilings.csv",
            caption="../report/ceilings.rst",
            category="Recovered truth",
            labels={"figure": "ceilings", "form": "numbers"},
        ),
    log:
        f"{LOGS}/plot_ceilings/figure.log",
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=2000,
    params:
        code=code_of("figures", "plot_ceilings"),
        source=IN_SILICO,
    script:
        "../scripts/figures/plot_ceilings.py"


rule plot_session:
    input:
        unpack(array_map_of_session),
        crossings=f"{RESULTS}/recordings/{{session}}/crossings.nc",
        presentations=f"{RESULTS}/recordings/{{session}}/presentations.tsv",
        rates=f"{RESULTS}/recordings/{{session}}/rates.nc",
        assembly=assembly_of_session,
    output:
        pdf=f"{RESULTS}/figures/session-{{session}}.pdf",
        svg=report(
            f"{RESULTS}/figures/session-{{session}}.svg",
            caption="../report/session.rst",
            category="Sessions",
            labels={"figure": "{session}", "form": "figure"},
        ),
        png=f"{RESULTS}/figures/session-{{session}}.png",
        csv=report(
            f"{RESULTS}/figures/session-{{session}}.csv",
            caption="../report/session.rst",
            category="Sessions",
            labels={"figure": "{session}", "form": "numbers"},
        ),
    log:
        f"{LOGS}/plot_session/{{session}}.log",
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=2000,
    params:
        code=code_of("figures", "plot_session"),
        session=lambda wildcards: SESSIONS[wildcards.session],
    script:
        "../scripts/figures/plot_session.py"


rule all_figures:
    input:
        figure_files(),
