"""Evaluation: every checkpoint against brains, people and attacks; the cohort's one table.

REQUIRED INPUTS
    results/<world>/training/**/checkpoints.safetensors
    results/<world>/stimuli/<set>.nc
    results/<world>/assemblies/{<animal>-<set>,<animal>-<set>-ceiling,behavior-<set>}.nc
    results/<world>/recordings/{teacher-<set>,<session>/truth}.nc    by validate_similarity only
OUTPUTS
    results/<world>/evaluation/<model>/seed<k>/{similarity,behavior,accuracy,robustness}.nc
    results/<world>/evaluation/cohort.{nc,csv}       all of them, one row per number
    results/<world>/evaluation/points.csv            one row per checkpoint
    results/<world>/evaluation/trajectory.csv      mean and interval over seeds
    results/<world>/evaluation/statistics.csv        the claims as estimates with intervals
    results/<world>/evaluation/truth.csv             ceiled CKA of the planted truth (in silico)
"""


rule score_model:
    input:
        checkpoints=checkpoints_of,
        stimuli=expand(f"{RESULTS}/stimuli/{{set}}.nc", set=scored_sets()),
        base=images_of(BASE_SET),
        assemblies=assemblies_of(HELD_OUT),
        ceilings=ceilings_of(HELD_OUT),
        behavior_trials=expand(
            f"{RESULTS}/assemblies/behavior-{{set}}.nc",
            set=config["evaluation"]["behavior"]["sets"],
        ),
    output:
        similarity=f"{RESULTS}/evaluation/{{model}}/seed{{seed}}/similarity.nc",
        behavior=f"{RESULTS}/evaluation/{{model}}/seed{{seed}}/behavior.nc",
        accuracy=f"{RESULTS}/evaluation/{{model}}/seed{{seed}}/accuracy.nc",
    log:
        f"{LOGS}/score_model/{{model}}-seed{{seed}}.log",
    benchmark:
        f"{BENCHMARKS}/score_model/{{model}}-seed{{seed}}.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: 1
    resources:
        gpu=1,
        gpu_slots=network_slots(),
        mem_mb=scoring_mb,
        runtime=scoring_minutes,
    params:
        code=code_of("evaluation", "score_model", MODEL_FILE, *FOLDER_READER),
        run=run_of,
        model=config["training"]["model"],
        trained_set=config["training"]["stimulus_set"],
        inverse_regularisation=config["evaluation"]["behavior"][
            "inverse_regularisation"
        ],
        batch_size=config["evaluation"]["batch_size"],
        base_set=BASE_SET,
        jitter=jitter(),
    script:
        "../scripts/evaluation/score_model.py"


rule attack_model:
    input:
        checkpoints=checkpoints_of,
        stimuli=expand(
            f"{RESULTS}/stimuli/{{set}}.nc",
            set=config["evaluation"]["robustness"]["sets"],
        ),
        trained=f"{RESULTS}/stimuli/{config['training']['stimulus_set']}.nc",
        base=images_of(BASE_SET),
    output:
        robustness=f"{RESULTS}/evaluation/{{model}}/seed{{seed}}/robustness.nc",
    log:
        f"{LOGS}/attack_model/{{model}}-seed{{seed}}.log",
    benchmark:
        f"{BENCHMARKS}/attack_model/{{model}}-seed{{seed}}.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: 1
    resources:
        gpu=1,
        gpu_slots=network_slots(),
        mem_mb=scoring_mb,
        runtime=attack_minutes,
    params:
        code=code_of("evaluation", "attack_model", MODEL_FILE, *FOLDER_READER),
        run=run_of,
        model=config["training"]["model"],
        norm=config["evaluation"]["robustness"]["norm"],
        epsilons_255=config["evaluation"]["robustness"]["epsilon_255"],
        n_steps=config["evaluation"]["robustness"]["n_steps"],
        step_fraction=config["evaluation"]["robustness"]["step_fraction"],
        random_start=config["evaluation"]["robustness"]["random_start"],
        corner_start=ORIGINAL["corner_start"],
        project_once=ORIGINAL["project_once"],
        jitter=jitter(),
        batch_size=config["evaluation"]["batch_size"],
    script:
        "../scripts/evaluation/attack_model.py"


rule collect_cohort:
    input:
        scores=[
            path
            for measure in ("similarity", "behavior", "accuracy", "robustness")
            for path in scores_of(measure)
        ],
    output:
        cohort=f"{RESULTS}/evaluation/cohort.nc",
        csv=f"{RESULTS}/evaluation/cohort.csv",
    log:
        f"{LOGS}/collect_cohort/cohort.log",
    conda:
        "../../envs/arrays.yaml"
    threads: 1
    resources:
        mem_mb=2000,
    params:
        code=code_of("evaluation", "collect_cohort"),
        expected=[[model, seed] for model in COHORT for seed in SEEDS],
        source=neural_source(),
    script:
        "../scripts/evaluation/collect_cohort.py"


rule summarise_cohort:
    input:
        cohort=rules.collect_cohort.output.cohort,
    output:
        points=f"{RESULTS}/evaluation/points.csv",
        trajectory=f"{RESULTS}/evaluation/trajectory.csv",
        statistics=report(
            f"{RESULTS}/evaluation/statistics.csv",
            caption="../report/statistics.rst",
            category="Claims",
        ),
    log:
        f"{LOGS}/summarise_cohort/cohort.log",
    conda:
        "../../envs/arrays.yaml"
    threads: 1
    resources:
        mem_mb=2000,
    params:
        code=code_of("evaluation", "summarise_cohort"),
        alignment_method=config["evaluation"]["headline_method"],
        estimator=config["evaluation"]["similarity"]["estimator"],
        ceiling_rule=config["evaluation"]["similarity"]["ceiling_rule"],
        behavior_sets=config["evaluation"]["behavior"]["headline_sets"],
        robustness_sets=config["evaluation"]["robustness"]["sets"],
        headline_epsilon_255=config["evaluation"]["robustness"]["headline_epsilon_255"],
        n_bootstrap=config["evaluation"]["n_bootstrap"],
        seed=config["seed"],
    script:
        "../scripts/evaluation/summarise_cohort.py"


rule validate_similarity:
    input:
        teachers=expand(
            f"{RESULTS}/recordings/teacher-{{set}}.nc",
            set=sorted({name for _, name in simulated(HELD_OUT)}),
        ),
        truths=session_files(simulated(HELD_OUT), "truth.nc"),
        assemblies=assemblies_of(simulated(HELD_OUT)),
        ceilings=ceilings_of(simulated(HELD_OUT)),
    output:
        truth_table=f"{RESULTS}/evaluation/truth.csv",
        by_repetitions=f"{RESULTS}/evaluation/ceilings.csv",
    log:
        f"{LOGS}/validate_similarity/truth.log",
    conda:
        "../../envs/arrays.yaml"
    threads: 1
    resources:
        mem_mb=2000,
    params:
        code=code_of("evaluation", "validate_similarity"),
        seed=config["seed"],
    script:
        "../scripts/evaluation/validate_similarity.py"


rule all_scores:
    input:
        in_study(expand(rules.score_model.output, model=COHORT, seed=SEEDS)),
        in_study(expand(rules.attack_model.output, model=COHORT, seed=SEEDS)),
        in_study(rules.collect_cohort.output),
        in_study(rules.summarise_cohort.output),
        rules.validate_similarity.output if simulated(HELD_OUT) else [],
