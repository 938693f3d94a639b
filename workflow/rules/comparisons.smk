"""Comparisons: of doses and controls over seeds and images, of layers, and of animals.

REQUIRED INPUTS
    results/<world>/training/**/checkpoints.safetensors    the last of every run
    results/<world>/stimuli/<set>.nc
    results/<world>/assemblies/{<animal>-<set>,<animal>-<set>-ceiling,target-true-seed<k>}.nc
OUTPUTS
    results/<world>/evaluation/generalisation.csv    doses and controls against held-out animals
    results/<world>/evaluation/layers.csv            every layer of the pretrained network
    results/<world>/evaluation/animals.csv           animals against each other
"""


rule test_generalisation:
    input:
        checkpoints=[checkpoint_files(*run)[-1] for run in in_study(runs())],
        stimuli=expand(f"{RESULTS}/stimuli/{{set}}.nc", set=compared_sets()),
        base=images_of(BASE_SET),
        assemblies=assemblies_of(HELD_OUT),
        ceilings=ceilings_of(HELD_OUT),
    output:
        generalisation=GENERALISATION,
    log:
        f"{LOGS}/test_generalisation/cohort.log",
    benchmark:
        f"{BENCHMARKS}/test_generalisation/cohort.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: 1
    resources:
        gpu=1,
        gpu_slots=network_slots(),
        mem_mb=scoring_mb,
        runtime=growing(60),
    params:
        code=code_of("evaluation", "test_generalisation", MODEL_FILE, *FOLDER_READER),
        runs=[run_of(*run) for run in in_study(runs())],
        options=config["evaluation"]["generalisation"],
        axes=HEADLINE["axes"],
        trained_set=TRAINING["stimulus_set"],
        model=TRAINING["model"],
        batch_size=config["evaluation"]["batch_size"],
        seed=config["seed"],
    script:
        "../scripts/evaluation/test_generalisation.py"


rule rank_layers:
    input:
        pretrained=pretrained_weights(),
        stimuli=expand(f"{RESULTS}/stimuli/{{set}}.nc", set=compared_sets()),
        base=images_of(BASE_SET),
        target=f"{RESULTS}/assemblies/target-true-seed{SEEDS[0]}.nc",
        assemblies=assemblies_of(HELD_OUT),
        ceilings=ceilings_of(HELD_OUT),
    output:
        layers=LAYERS,
    log:
        f"{LOGS}/rank_layers/cohort.log",
    benchmark:
        f"{BENCHMARKS}/rank_layers/cohort.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: 1
    resources:
        gpu=1,
        gpu_slots=network_slots(),
        mem_mb=scoring_mb,
        runtime=growing(30),
    params:
        code=code_of("evaluation", "rank_layers", MODEL_FILE, *FOLDER_READER),
        options=config["evaluation"]["layers"],
        ceiling_rule=HEADLINE["ceiling_rule"],
        model=TRAINING["model"],
        batch_size=config["evaluation"]["batch_size"],
        seed=config["seed"],
    script:
        "../scripts/evaluation/rank_layers.py"


rule compare_animals:
    input:
        pretrained=pretrained_weights(),
        stimuli=expand(f"{RESULTS}/stimuli/{{set}}.nc", set=compared_sets()),
        base=images_of(BASE_SET),
        assemblies=assemblies_of(compared_pairs()),
    output:
        animals=COMPARED,
    log:
        f"{LOGS}/compare_animals/cohort.log",
    benchmark:
        f"{BENCHMARKS}/compare_animals/cohort.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: 1
    resources:
        gpu=1,
        gpu_slots=network_slots(),
        mem_mb=scoring_mb,
        runtime=growing(30),
    params:
        code=code_of("evaluation", "compare_animals", MODEL_FILE, *FOLDER_READER),
        options=config["evaluation"]["animals"],
        model=TRAINING["model"],
        batch_size=config["evaluation"]["batch_size"],
        seed=config["seed"],
    script:
        "../scripts/evaluation/compare_animals.py"


rule all_comparisons:
    input:
        analysed("generalisation", GENERALISATION),
        analysed("layers", LAYERS),
        analysed("animals", COMPARED),
