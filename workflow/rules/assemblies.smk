"""Assemblies: responses by stimulus and repetition, reliability, ceilings, targets (paper 2.2-2.5).

REQUIRED INPUTS
    results/<world>/recordings/<session>/{rates,bins,crossings}.nc, presentations.tsv
    results/<world>/stimuli/<set>.nc
    resources/files/<filename>                               responses and choices of others
OUTPUTS
    results/<world>/assemblies/<animal>-<set>.nc             responses, reliability, selection
    results/<world>/assemblies/<animal>-<set>-drift.csv      each site from session to session
    results/<world>/assemblies/<animal>-<set>-ceiling.nc     CKA ceilings, by rule and repetitions
    results/<world>/assemblies/target-<target>-seed<k>.nc    pooled training target and partition
    results/<world>/assemblies/mean-rates.nc                 sites and images that Figure 1A shows
    results/<world>/assemblies/quality.csv                   sites, medians, ceilings, drift, as drawn
    results/<world>/assemblies/rasters-<session>.nc          what a session's page shows
    results/<world>/assemblies/behavior-<set>.nc             people's choices, simulated or recorded
"""


ruleorder: prepare_assembly > assemble_responses


rule assemble_responses:
    input:
        rates=rates_of,
        bins=bins_of,
    output:
        assembly=f"{RESULTS}/assemblies/{{animal}}-{{set}}.nc",
        drift=f"{RESULTS}/assemblies/{{animal}}-{{set}}-drift.csv",
    log:
        f"{LOGS}/assemble_responses/{{animal}}-{{set}}.log",
    benchmark:
        f"{BENCHMARKS}/assemble_responses/{{animal}}-{{set}}.tsv"
    group:
        "assemblies"
    conda:
        "../../envs/arrays.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        code=code_of("assemblies", "assemble_responses"),
        animal=lambda wildcards: wildcards.animal,
        stimulus_set=lambda wildcards: wildcards.set,
        region=config["assemblies"]["region"],
        selection=config["assemblies"]["selection"],
        reliability_splits=config["assemblies"]["reliability_splits"],
        session_normalisation=config["assemblies"]["session_normalisation"],
        blank_stimulus_id=config["assemblies"]["blank_stimulus_id"],
        seed=config["seed"],
    script:
        "../scripts/assemblies/assemble_responses.py"


rule prepare_assembly:
    input:
        files=lambda wildcards: [
            fetched(name) for name in prepared_entry(wildcards)["files"]
        ],
        stimuli=lambda wildcards: images_of(prepared_entry(wildcards)["set"]),
        sites=lambda wildcards: prepared_entry(wildcards).get("sites", []),
        registry=ancient(REGISTRY),
    output:
        assembly=f"{RESULTS}/assemblies/{{pair}}.nc",
    log:
        f"{LOGS}/prepare_assembly/{{pair}}.log",
    benchmark:
        f"{BENCHMARKS}/prepare_assembly/{{pair}}.tsv"
    wildcard_constraints:
        pair=any_of(f"{animal}-{name}" for animal, name in PREPARED),
    conda:
        "../../envs/readers.yaml"
    threads: 1
    resources:
        mem_mb=growing(8000),
        runtime=growing(30),
    params:
        code=lambda wildcards: code_of(
            "assemblies",
            "prepare_assembly",
            f"assemblies/sources/{prepared_entry(wildcards)['source']}",
        ),
        animal=lambda wildcards: prepared_entry(wildcards)["animal"],
        stimulus_set=lambda wildcards: prepared_entry(wildcards)["set"],
        source=lambda wildcards: prepared_entry(wildcards)["source"],
        region=lambda wildcards: prepared_entry(wildcards).get("region", REGION),
        selection=config["assemblies"]["selection"],
        reliability_splits=config["assemblies"]["reliability_splits"],
        seed=config["seed"],
    script:
        "../scripts/assemblies/prepare_assembly.py"


rule estimate_ceiling:
    input:
        assembly=f"{RESULTS}/assemblies/{{animal}}-{{set}}.nc",
    output:
        ceiling=f"{RESULTS}/assemblies/{{animal}}-{{set}}-ceiling.nc",
    log:
        f"{LOGS}/estimate_ceiling/{{animal}}-{{set}}.log",
    benchmark:
        f"{BENCHMARKS}/estimate_ceiling/{{animal}}-{{set}}.tsv"
    group:
        "assemblies"
    conda:
        "../../envs/arrays.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(20),
    params:
        code=code_of("assemblies", "estimate_ceiling"),
        ceiling_splits=config["assemblies"]["ceiling_splits"],
        ceiling_repetitions=config["assemblies"]["ceiling_repetitions"],
        seed=config["seed"],
    script:
        "../scripts/assemblies/estimate_ceiling.py"


rule build_target:
    input:
        assemblies=assemblies_of(train_pairs()),
        stimuli=f"{RESULTS}/stimuli/{config['assemblies']['train_set']}.nc",
    output:
        target=f"{RESULTS}/assemblies/target-{{target}}-seed{{seed}}.nc",
    log:
        f"{LOGS}/build_target/{{target}}-seed{{seed}}.log",
    benchmark:
        f"{BENCHMARKS}/build_target/{{target}}-seed{{seed}}.tsv"
    group:
        "assemblies"
    conda:
        "../../envs/arrays.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(5),
    params:
        code=code_of("assemblies", "build_target"),
        target_kind=lambda wildcards: wildcards.target,
        test_fraction=config["assemblies"]["test_fraction"],
        seed=lambda wildcards: int(wildcards.seed),
    script:
        "../scripts/assemblies/build_target.py"


rule simulate_behavior:
    input:
        teacher=f"{RESULTS}/recordings/teacher-{{set}}.nc",
        stimuli=f"{RESULTS}/stimuli/{{set}}.nc",
    output:
        behavior=f"{RESULTS}/assemblies/behavior-{{set}}.nc",
    log:
        f"{LOGS}/simulate_behavior/{{set}}.log",
    benchmark:
        f"{BENCHMARKS}/simulate_behavior/{{set}}.tsv"
    wildcard_constraints:
        set=any_of(name for name in SETS if name not in TRIALS),
    group:
        "assemblies"
    conda:
        "../../envs/arrays.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(5),
    params:
        code=code_of("assemblies", "simulate_behavior"),
        n_observers=config["assemblies"]["people"]["n_observers"],
        responses_per_image=config["assemblies"]["people"]["responses_per_image"],
        decision_noise=config["assemblies"]["people"]["decision_noise"],
        lapse_rate=config["assemblies"]["people"]["lapse_rate"],
        seed=config["seed"],
    script:
        "../scripts/assemblies/simulate_behavior.py"


rule prepare_behavior:
    input:
        files=lambda wildcards: [
            fetched(name) for name in TRIALS[wildcards.set]["files"]
        ],
        stimuli=lambda wildcards: images_of(wildcards.set),
        registry=ancient(REGISTRY),
    output:
        behavior=f"{RESULTS}/assemblies/behavior-{{set}}.nc",
    log:
        f"{LOGS}/prepare_behavior/{{set}}.log",
    benchmark:
        f"{BENCHMARKS}/prepare_behavior/{{set}}.tsv"
    wildcard_constraints:
        set=any_of(TRIALS),
    conda:
        "../../envs/readers.yaml"
    threads: 1
    resources:
        mem_mb=growing(4000),
        runtime=growing(10),
    params:
        code=lambda wildcards: code_of(
            "assemblies",
            "prepare_behavior",
            f"assemblies/choices/{TRIALS[wildcards.set]['source']}",
        ),
        source=lambda wildcards: TRIALS[wildcards.set]["source"],
        stimulus_set=lambda wildcards: wildcards.set,
    script:
        "../scripts/assemblies/prepare_behavior.py"


rule pick_rasters:
    input:
        crossings=f"{RESULTS}/recordings/{{session}}/crossings.nc",
        presentations=f"{RESULTS}/recordings/{{session}}/presentations.tsv",
        rates=f"{RESULTS}/recordings/{{session}}/rates.nc",
        assembly=assembly_of_session,
    output:
        rasters=f"{RESULTS}/assemblies/rasters-{{session}}.nc",
    log:
        f"{LOGS}/pick_rasters/{{session}}.log",
    benchmark:
        f"{BENCHMARKS}/pick_rasters/{{session}}.tsv"
    wildcard_constraints:
        session=any_of(IN_REGION),
    group:
        "checks"
    conda:
        "../../envs/arrays.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(5),
    params:
        code=code_of("assemblies", "pick_rasters"),
    script:
        "../scripts/assemblies/pick_rasters.py"


rule pick_mean_rates:
    input:
        assembly=first_training_assembly(),
    output:
        rates=MEAN_RATES,
    log:
        f"{LOGS}/pick_mean_rates/rates.log",
    benchmark:
        f"{BENCHMARKS}/pick_mean_rates/rates.tsv"
    group:
        "checks"
    conda:
        "../../envs/arrays.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(5),
    params:
        code=code_of("assemblies", "pick_mean_rates"),
    script:
        "../scripts/assemblies/pick_mean_rates.py"


rule summarise_quality:
    input:
        assemblies=assemblies_of(PAIRS),
        ceilings=ceilings_of(PAIRS),
        drifts=[path.replace(".nc", "-drift.csv") for path in assemblies_of(PAIRS)],
    output:
        quality=QUALITY,
    log:
        f"{LOGS}/summarise_quality/quality.log",
    benchmark:
        f"{BENCHMARKS}/summarise_quality/quality.tsv"
    group:
        "checks"
    conda:
        "../../envs/arrays.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(5),
    params:
        code=code_of("assemblies", "summarise_quality"),
        estimator=HEADLINE["estimator"],
    script:
        "../scripts/assemblies/summarise_quality.py"


rule all_assemblies:
    input:
        assemblies_of([*PAIRS, *PREPARED]),
        ceilings_of(dict.fromkeys([*PAIRS, *HELD_OUT])),
        in_study([MEAN_RATES]),
        expand(rules.pick_rasters.output, session=IN_REGION),
        [QUALITY] if IN_REGION else [],
        in_study(sorted({target_of_run(*run) for run in runs()})),
        in_study(expand(rules.simulate_behavior.output, set=BEHAVIOR_SETS)),
