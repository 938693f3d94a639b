"""Evaluation: every checkpoint against brains, people and attacks; the cohort's one table.

One job scores or attacks a few models of a seed (evaluation.members_per_job), so that its start
is a small part of its time; each group of models is a rule.

REQUIRED INPUTS
    results/<world>/training/**/checkpoints.safetensors
    results/<world>/stimuli/<set>.nc
    results/<world>/assemblies/{<animal>-<set>,<animal>-<set>-ceiling,behavior-<set>}.nc
    results/<world>/recordings/{teacher-<set>,<session>/truth}.nc    by validate_similarity only
OUTPUTS
    results/<world>/evaluation/<model>/seed<k>/<measure>.nc    of evaluation.measures
    results/<world>/evaluation/<model>/seed<k>/{robustness,autoattack}.nc
    results/<world>/evaluation/cohort.{nc,csv}       all of them, one row per number
    results/<world>/evaluation/{truth,ceilings}.csv  ceiled CKA of the planted truth (in silico)
"""

for group, models in enumerate(groups_of(COHORT)):

    rule:
        name:
            f"score_models_{group}"
        input:
            checkpoints=checkpoints_of(models),
            pretrained=pretrained_weights(),
            stimuli=expand(f"{RESULTS}/stimuli/{{set}}.nc", set=scored_sets()),
            base=images_of(BASE_SET),
            assemblies=assemblies_of(HELD_OUT),
            ceilings=ceilings_of(HELD_OUT),
            behavior_trials=expand(
                f"{RESULTS}/assemblies/behavior-{{set}}.nc", set=BEHAVIOR_SETS
            ),
        output:
            **{
                name: [score_of(name, model, "{seed}") for model in models]
                for name in MEASURES
            },
        log:
            f"{LOGS}/score_models/group{group}-seed{{seed}}.log",
        benchmark:
            f"{BENCHMARKS}/score_models/group{group}-seed{{seed}}.tsv"
        conda:
            "../../envs/torch.yaml"
        threads: 1
        resources:
            gpu=1,
            gpu_slots=network_slots(),
            mem_mb=scoring_mb,
            runtime=scoring_minutes(models),
            mmacs=scoring_mmacs(models),
            looks=len(models) * scored_checkpoints(),
        params:
            code=code_of(
                "evaluation",
                "score_models",
                MODEL_FILE,
                *FOLDER_READER,
                *(f"evaluation/measures/{name}" for name in MEASURES),
            ),
            members=runs_of(models),
            measures=MEASURES,
            model=config["training"]["model"],
            trained_set=config["training"]["stimulus_set"],
            decoded_sets=DECODED_SETS,
            overlapping=OVERLAPPING,
            batch_size=config["evaluation"]["batch_size"],
            base_set=BASE_SET,
            jitter=jitter(),
            seed=config["seed"],
        script:
            "../scripts/evaluation/score_models.py"


for group, models in enumerate(groups_of(chosen(None))):

    rule:
        name:
            f"attack_models_{group}"
        input:
            checkpoints=checkpoints_of(models),
            stimuli=expand(f"{RESULTS}/stimuli/{{set}}.nc", set=attacked_sets()),
            trained=f"{RESULTS}/stimuli/{config['training']['stimulus_set']}.nc",
            base=images_of(BASE_SET),
        output:
            robustness=[score_of("robustness", model, "{seed}") for model in models],
        log:
            f"{LOGS}/attack_models/group{group}-seed{{seed}}.log",
        benchmark:
            f"{BENCHMARKS}/attack_models/group{group}-seed{{seed}}.tsv"
        conda:
            "../../envs/torch.yaml"
        threads: 1
        resources:
            gpu=1,
            gpu_slots=network_slots(),
            mem_mb=scoring_mb,
            runtime=attack_minutes(models),
            mmacs=attack_mmacs(models),
        params:
            code=code_of("evaluation", "attack_models", MODEL_FILE, *FOLDER_READER),
            members=attacked_runs_of(models),
            model=config["training"]["model"],
            attacks=attack_settings(),
            base_set=attacked_base_set(),
            noise=ROBUSTNESS["noise"],
            checks=ROBUSTNESS["checks"],
            batch_size=config["evaluation"]["batch_size"],
            seed=config["seed"],
        script:
            "../scripts/evaluation/attack_models.py"


for group, models in enumerate(groups_of(attacked_models())):

    rule:
        name:
            f"run_autoattack_{group}"
        input:
            checkpoints=checkpoints_of(models),
            stimuli=expand(f"{RESULTS}/stimuli/{{set}}.nc", set=attacked_sets()),
            trained=f"{RESULTS}/stimuli/{config['training']['stimulus_set']}.nc",
            base=images_of(BASE_SET),
        output:
            robustness=[score_of("autoattack", model, "{seed}") for model in models],
        log:
            f"{LOGS}/run_autoattack/group{group}-seed{{seed}}.log",
        benchmark:
            f"{BENCHMARKS}/run_autoattack/group{group}-seed{{seed}}.tsv"
        conda:
            "../../envs/autoattack.yaml"
        threads: 1
        resources:
            gpu=1,
            gpu_slots=network_slots(),
            mem_mb=scoring_mb,
            runtime=autoattack_minutes(models),
            mmacs=autoattack_mmacs(models),
        params:
            code=code_of("evaluation", "run_autoattack", MODEL_FILE, *FOLDER_READER),
            members=runs_of(models),
            model=config["training"]["model"],
            norm=ROBUSTNESS["autoattack"]["norm"],
            epsilon_255=ROBUSTNESS["autoattack"]["epsilon_255"],
            n_images=ROBUSTNESS["autoattack"]["n_images"],
            attacks=ROBUSTNESS["autoattack"]["attacks"],
            reference=reference_attack(),
            base_set=attacked_base_set(),
            batch_size=config["evaluation"]["batch_size"],
            seed=config["seed"],
        script:
            "../scripts/evaluation/run_autoattack.py"


rule collect_cohort:
    input:
        scores=all_scores(),
    output:
        cohort=COHORT_TABLE,
        csv=f"{RESULTS}/evaluation/cohort.csv",
    log:
        f"{LOGS}/collect_cohort/cohort.log",
    benchmark:
        f"{BENCHMARKS}/collect_cohort/cohort.tsv"
    group:
        "tables"
    conda:
        "../../envs/arrays.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        code=code_of("evaluation", "collect_cohort"),
        expected={model: scored_of(model) for model in COHORT},
        seeds={model: seeds_of(model) for model in COHORT},
        source=neural_source(),
    script:
        "../scripts/evaluation/collect_cohort.py"


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
        truth_table=TRUTH,
        by_repetitions=CEILINGS,
    log:
        f"{LOGS}/validate_similarity/truth.log",
    benchmark:
        f"{BENCHMARKS}/validate_similarity/truth.tsv"
    group:
        "checks"
    conda:
        "../../envs/arrays.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        code=code_of("evaluation", "validate_similarity"),
        seed=config["seed"],
    script:
        "../scripts/evaluation/validate_similarity.py"


rule all_scores:
    input:
        all_scores(),
        in_study(rules.collect_cohort.output),
        rules.validate_similarity.output if simulated(HELD_OUT) else [],
