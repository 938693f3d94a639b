"""Resources: registered files from outside. The only rules that touch the network.

REQUIRED INPUTS
    resources/datasets.tsv    name, address, hash, access and licence of every file
OUTPUTS
    resources/files/<filename>    from a folder of resources.mirrors or ITALIGN_MIRRORS, or its address
"""


rule fetch_file:
    output:
        file="resources/files/{filename}",
    log:
        f"{LOGS}/fetch_file/{{filename}}.log",
    priority: 100  # what is missing is said before anything else is computed
    conda:
        "../../envs/arrays.yaml"
    threads: 1
    resources:
        mem_mb=500,
    params:
        dataset=lambda wildcards: dataset_of(wildcards.filename),
        mirrors=config["resources"]["mirrors"],
        registry=str(REGISTRY),
    script:
        "../scripts/resources/fetch_file.py"
