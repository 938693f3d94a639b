"""Resources: registered files from outside. The only rules that touch the network.

REQUIRED INPUTS
    resources/datasets.tsv    name, address, hash, access and licence of every file
OUTPUTS
    results/<world>/files.csv    where each file of this world is, or will come from
    resources/files/<filename>    from a folder of resources.mirrors or ITALIGN_MIRRORS, an installed package,
                                 or its address; <filename>.stands-in names what took its place
"""


rule find_files:
    input:
        registry=ancient(REGISTRY),
    output:
        files=f"{RESULTS}/files.csv",
    log:
        f"{LOGS}/find_files/files.log",
    benchmark:
        f"{BENCHMARKS}/find_files/files.tsv"
    priority: 200  # all that is missing is said before anything is fetched or computed
    localrule: True
    conda:
        "../../envs/readers.yaml"
    threads: 1
    resources:
        mem_mb=growing(500),
    params:
        datasets=used_datasets(),
        here="resources/files",
    script:
        "../scripts/resources/find_files.py"


# Where a file was found is no param: another list of mirrors must not fetch it again.
rule fetch_file:
    input:
        registry=ancient(REGISTRY),
    output:
        file="resources/files/{filename}",
    log:
        f"{LOGS}/fetch_file/{{filename}}.log",
    benchmark:
        f"{BENCHMARKS}/fetch_file/{{filename}}.tsv"
    priority: 100
    localrule: True
    conda:
        "../../envs/readers.yaml"
    threads: 1
    resources:
        mem_mb=growing(500),
    params:
        dataset=lambda wildcards: dataset_of(wildcards.filename),
    script:
        "../scripts/resources/fetch_file.py"


rule all_files:
    input:
        rules.find_files.output if used_datasets() else [],
