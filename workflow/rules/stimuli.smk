"""Stimuli: every image set, rendered or from files (paper 2.1).

REQUIRED INPUTS
    none for rendered sets; resources/files/<filename>, or a folder of images
OUTPUTS
    results/<world>/stimuli/<set>.nc     images, labels and scene parameters (contract stimuli)
    results/<world>/stimuli/<set>-shared.csv  test images left out: models train on the same ones
    results/<world>/stimuli/<set>.csv    of a set that stays in its folder: file, category, split
    results/<world>/stimuli/examples.nc  the few images that figures show
"""


rule render_stimuli:
    output:
        stimuli=f"{RESULTS}/stimuli/{{set}}.nc",
    log:
        f"{LOGS}/render_stimuli/{{set}}.log",
    benchmark:
        f"{BENCHMARKS}/render_stimuli/{{set}}.tsv"
    wildcard_constraints:
        set=any_of(BY_SOURCE["rendered"]),
    group:
        "stimuli"
    conda:
        "../../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(20),
    params:
        code=code_of("stimuli", "render_stimuli"),
        set_name=lambda wildcards: wildcards.set,
        style=lambda wildcards: SETS[wildcards.set]["style"],
        categories=lambda wildcards: SETS[wildcards.set]["categories"],
        blocks=lambda wildcards: SETS[wildcards.set]["blocks"],
        image_px=config["stimuli"]["image_px"],
        image_degrees=config["stimuli"]["image_degrees"],
        seed=config["seed"],
    script:
        "../scripts/stimuli/render_stimuli.py"


rule prepare_stimuli:
    input:
        files=files_of_set,
        apart_from=apart_from,
        registry=ancient(REGISTRY),
    output:
        stimuli=f"{RESULTS}/stimuli/{{set}}.nc",
        shared=f"{RESULTS}/stimuli/{{set}}-shared.csv",
    log:
        f"{LOGS}/prepare_stimuli/{{set}}.log",
    benchmark:
        f"{BENCHMARKS}/prepare_stimuli/{{set}}.tsv"
    wildcard_constraints:
        set=any_of(FROM_DATASETS),
    conda:
        "../../envs/readers.yaml"
    threads: 1
    resources:
        mem_mb=growing(8000),
        runtime=growing(60),
    params:
        code=lambda wildcards: code_of(
            "stimuli",
            "prepare_stimuli",
            f"stimuli/sources/{SETS[wildcards.set]['source']}",
        ),
        set_name=lambda wildcards: wildcards.set,
        source=lambda wildcards: SETS[wildcards.set]["source"],
        file_keys=keys_of_files,
        categories=lambda wildcards: SETS[wildcards.set]["categories"],
        blocks=lambda wildcards: SETS[wildcards.set]["blocks"],
        outputs=lambda wildcards: SETS[wildcards.set].get("outputs"),
        image_px=config["stimuli"]["image_px"],
        image_degrees=config["stimuli"]["image_degrees"],
        shared_correlation_min=config["stimuli"]["shared_correlation_min"],
    script:
        "../scripts/stimuli/prepare_stimuli.py"


rule index_images:
    output:
        index=f"{RESULTS}/stimuli/{{set}}.csv",
    log:
        f"{LOGS}/index_images/{{set}}.log",
    benchmark:
        f"{BENCHMARKS}/index_images/{{set}}.tsv"
    wildcard_constraints:
        set=any_of(BY_SOURCE["folder"]),
    priority: 100
    conda:
        "../../envs/arrays.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(60),
    params:
        code=code_of("stimuli", "index_images"),
        n_test=config["training"]["base_test_images"],
        first_images=ORIGINAL["first_base_images"],
    script:
        "../scripts/stimuli/index_images.py"


rule pick_examples:
    input:
        stimuli=[images_of(name) for name in used_sets() if name != FOLDER_SET],
    output:
        examples=EXAMPLES,
    log:
        f"{LOGS}/pick_examples/examples.log",
    benchmark:
        f"{BENCHMARKS}/pick_examples/examples.tsv"
    group:
        "stimuli"
    conda:
        "../../envs/arrays.yaml"
    threads: 1
    resources:
        mem_mb=growing(8000),
        runtime=growing(5),
    params:
        code=code_of("stimuli", "pick_examples"),
    script:
        "../scripts/stimuli/pick_examples.py"


rule all_stimuli:
    input:
        in_study([*(images_of(name) for name in used_sets()), EXAMPLES]),
