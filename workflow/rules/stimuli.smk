"""Stimuli: render every image set of the in-silico world (paper 2.1).

REQUIRED INPUTS
    none; config stimuli
OUTPUTS
    results/<world>/stimuli/<set>.nc    images, labels and scene parameters (contract stimuli)
"""


rule render_stimuli:
    output:
        stimuli=f"{RESULTS}/stimuli/{{set}}.nc",
    log:
        f"{LOGS}/render_stimuli/{{set}}.log",
    conda:
        "../../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=2000,
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


rule all_stimuli:
    input:
        in_study(expand(rules.render_stimuli.output, set=SETS)),
