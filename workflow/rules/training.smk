"""Training: the cohort of aligned models (paper 2.5).

REQUIRED INPUTS
    results/<world>/stimuli/{<base_set>,<stimulus_set>}.nc    or <base_set>.csv and its folder
    results/<world>/assemblies/target-<target>-seed<k>.nc
OUTPUTS
    results/<world>/training/pretrained.safetensors               base task only, trained here
    results/<world>/training/published.safetensors                the same from a published file
    results/<world>/training/base-<trunk>/seed<k>/                the run until the onset
    results/<world>/training/<model>/seed<k>/segment<j>/          the run after it, in pieces
        checkpoints.safetensors, state.safetensors, log.csv
    results/<world>/training/architecture.csv                     layers of the network, for Figure 1A
"""


rule train_pretrained:
    input:
        base=images_of(BASE_SET),
    output:
        weights=f"{RESULTS}/training/pretrained.safetensors",
    log:
        f"{LOGS}/train_pretrained/pretrained.log",
    benchmark:
        f"{BENCHMARKS}/train_pretrained/pretrained.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: 1
    resources:
        gpu=1,
        gpu_slots=network_slots(),
        mem_mb=pretraining_mb,
        runtime=pretraining_minutes,
        mmacs=pretraining_mmacs(),
    params:
        code=code_of("training", "train_pretrained", MODEL_FILE),
        model=config["training"]["model"],
        pretrain={
            name: value
            for name, value in config["training"]["pretrain"].items()
            if name != "weights"
        },
        momentum=config["training"]["momentum"],
        weight_decay=config["training"]["weight_decay"],
        crop_area_min=config["training"]["augmentation"]["base_crop_area_min"],
        seed=config["seed"],
    script:
        "../scripts/training/train_pretrained.py"


rule convert_pretrained:
    input:
        published=(
            fetched(TRAINING["pretrain"]["weights"])
            if TRAINING["pretrain"]["weights"]
            else []
        ),
        base=images_of(BASE_SET),
    output:
        weights=f"{RESULTS}/training/published.safetensors",
    log:
        f"{LOGS}/convert_pretrained/published.log",
    benchmark:
        f"{BENCHMARKS}/convert_pretrained/published.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=growing(4000),
        runtime=growing(10),
    params:
        code=code_of("training", "convert_pretrained", MODEL_FILE, *FOLDER_READER),
        model=config["training"]["model"],
        image_px=config["stimuli"]["image_px"],
    script:
        "../scripts/training/convert_pretrained.py"


rule train_base:
    input:
        pretrained=pretrained_weights(),
        base=images_of(BASE_SET),
        stimuli=f"{RESULTS}/stimuli/{config['training']['stimulus_set']}.nc",
        target=f"{RESULTS}/assemblies/target-true-seed{{seed}}.nc",
    output:
        checkpoints=f"{RESULTS}/training/base-{{trunk}}/seed{{seed}}/checkpoints.safetensors",
        state=f"{RESULTS}/training/base-{{trunk}}/seed{{seed}}/state.safetensors",
        log_csv=f"{RESULTS}/training/base-{{trunk}}/seed{{seed}}/log.csv",
    log:
        f"{LOGS}/train_base/{{trunk}}-seed{{seed}}.log",
    benchmark:
        f"{BENCHMARKS}/train_base/{{trunk}}-seed{{seed}}.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: JOB_THREADS
    resources:
        gpu=1,
        gpu_slots=network_slots(),
        mem_mb=training_mb,
        runtime=training_minutes,
        mmacs=training_mmacs,
    params:
        code=code_of("training", "train_base", MODEL_FILE, *FOLDER_READER),
        model=config["training"]["model"],
        options=trunk_options,
        optimiser=sgd_options(),
        last_step=trunk_steps(TRAINING),
        validation_every=config["training"]["validation_every"],
        image_px=config["stimuli"]["image_px"],
        deterministic=config["training"]["deterministic"],
    script:
        "../scripts/training/train_base.py"


rule train_model:
    input:
        previous=previous_state,
        base=images_of(BASE_SET),
        stimuli=f"{RESULTS}/stimuli/{config['training']['stimulus_set']}.nc",
        target=target_of,
    output:
        checkpoints=f"{RESULTS}/training/{{model}}/seed{{seed}}/segment{{segment}}/checkpoints.safetensors",
        state=state_file(
            f"{RESULTS}/training/{{model}}/seed{{seed}}/segment{{segment}}/state.safetensors"
        ),
        log_csv=f"{RESULTS}/training/{{model}}/seed{{seed}}/segment{{segment}}/log.csv",
    log:
        f"{LOGS}/train_model/{{model}}-seed{{seed}}-segment{{segment}}.log",
    benchmark:
        f"{BENCHMARKS}/train_model/{{model}}-seed{{seed}}-segment{{segment}}.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: JOB_THREADS
    resources:
        gpu=1,
        gpu_slots=network_slots(),
        mem_mb=training_mb,
        runtime=training_minutes,
        mmacs=training_mmacs,
    params:
        code=lambda wildcards: code_of(
            "training",
            "train_model",
            MODEL_FILE,
            f"alignment/{alignment_of(wildcards)['name']}",
            *FOLDER_READER,
        ),
        model=config["training"]["model"],
        alignment=alignment_of,
        options=member_options,
        optimiser=sgd_options(),
        first_step=lambda wildcards: segment_start(TRAINING, int(wildcards.segment)),
        last_step=lambda wildcards: segment_start(TRAINING, int(wildcards.segment) + 1),
        validation_every=config["training"]["validation_every"],
        image_px=config["stimuli"]["image_px"],
        deterministic=config["training"]["deterministic"],
    script:
        "../scripts/training/train_model.py"


rule describe_model:
    input:
        base=images_of(BASE_SET),
        stimuli=f"{RESULTS}/stimuli/{config['training']['stimulus_set']}.nc",
    output:
        architecture=ARCHITECTURE,
    log:
        f"{LOGS}/describe_model/architecture.log",
    benchmark:
        f"{BENCHMARKS}/describe_model/architecture.tsv"
    group:
        "checks"
    conda:
        "../../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=growing(4000),
        runtime=growing(5),
    params:
        code=code_of("training", "describe_model", MODEL_FILE),
        model=config["training"]["model"],
        image_px=IMAGE_PX,
    script:
        "../scripts/training/describe_model.py"


rule all_models:
    input:
        in_study(pretrained_weights()),
        in_study([ARCHITECTURE]),
        in_study([path for run in runs() for path in files_of_run(*run)]),
