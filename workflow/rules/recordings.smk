"""Recordings: from raw voltage to the rate of every site in every presentation (paper 2.2).

REQUIRED INPUTS
    results/<world>/stimuli/<set>.nc
    results/<world>/assemblies/<animal>-<set>.nc             by validate_recording only
OUTPUTS
    results/<world>/recordings/teacher.safetensors           simulated cortex (in silico only)
    results/<world>/recordings/teacher-<set>.nc              its responses to a set
    results/<world>/recordings/<session>/voltage.nc          20 kHz int16 (temporary)
    results/<world>/recordings/<session>/presentations.tsv   what was shown when
    results/<world>/recordings/<session>/crossings.nc        threshold crossings
    results/<world>/recordings/<session>/rates.nc            windowed rates
    results/<world>/recordings/<session>/truth.nc            planted truth: read by validate_* only
    results/<world>/recordings/<session>/validation.csv      the above against the truth
"""


rule train_teacher:
    input:
        stimuli=f"{RESULTS}/stimuli/{TEACHER['set']}.nc",
    output:
        weights=f"{RESULTS}/recordings/teacher.safetensors",
    log:
        f"{LOGS}/train_teacher/teacher.log",
    benchmark:
        f"{BENCHMARKS}/train_teacher/teacher.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: 1
    resources:
        gpu=1,
        mem_mb=4000,
    params:
        code=code_of(
            "recordings", "train_teacher", f"models/{TEACHER['model']['name']}"
        ),
        model=TEACHER["model"],
        optimisation=TEACHER["optimisation"],
        attack=TEACHER["attack"],
        seed=config["seed"],
    script:
        "../scripts/recordings/train_teacher.py"


rule simulate_cortex:
    input:
        weights=rules.train_teacher.output.weights,
        stimuli=f"{RESULTS}/stimuli/{{set}}.nc",
    output:
        teacher=f"{RESULTS}/recordings/teacher-{{set}}.nc",
    log:
        f"{LOGS}/simulate_cortex/{{set}}.log",
    conda:
        "../../envs/torch.yaml"
    threads: 1
    resources:
        gpu=1,
        mem_mb=4000,
    params:
        code=code_of(
            "recordings", "simulate_cortex", f"models/{TEACHER['model']['name']}"
        ),
        model=TEACHER["model"],
        batch_size=config["evaluation"]["batch_size"],
    script:
        "../scripts/recordings/simulate_cortex.py"


rule simulate_voltage:
    input:
        teacher=teacher_of_session,
        reference=f"{RESULTS}/recordings/teacher-{config['assemblies']['train_set']}.nc",
        stimuli=stimuli_of_session,
    output:
        voltage=temp(f"{RESULTS}/recordings/{{session}}/voltage.nc"),
        presentations=f"{RESULTS}/recordings/{{session}}/presentations.tsv",
        truth=f"{RESULTS}/recordings/{{session}}/truth.nc",
    log:
        f"{LOGS}/simulate_voltage/{{session}}.log",
    benchmark:
        f"{BENCHMARKS}/simulate_voltage/{{session}}.tsv"
    conda:
        "../../envs/arrays.yaml"
    threads: 1
    resources:
        mem_mb=3000,
    params:
        code=code_of("recordings", "simulate_voltage"),
        session=lambda wildcards: SESSIONS[wildcards.session],
        protocol=config["recordings"]["protocol"],
        simulation=config["recordings"]["simulation"],
        window_start_ms=config["recordings"]["rates"]["window_start_ms"],
        window_end_ms=config["recordings"]["rates"]["window_end_ms"],
        region=config["assemblies"]["region"],
        seed=config["seed"],
    script:
        "../scripts/recordings/simulate_voltage.py"


rule detect_crossings:
    input:
        voltage=f"{RESULTS}/recordings/{{session}}/voltage.nc",
    output:
        crossings=f"{RESULTS}/recordings/{{session}}/crossings.nc",
    log:
        f"{LOGS}/detect_crossings/{{session}}.log",
    benchmark:
        f"{BENCHMARKS}/detect_crossings/{{session}}.tsv"
    conda:
        "../../envs/arrays.yaml"
    threads: 1
    resources:
        mem_mb=2000,
    params:
        code=code_of("recordings", "detect_crossings"),
        threshold_sd=config["recordings"]["detection"]["threshold_sd"],
        edge=config["recordings"]["detection"]["edge"],
    script:
        "../scripts/recordings/detect_crossings.py"


rule compute_rates:
    input:
        crossings=f"{RESULTS}/recordings/{{session}}/crossings.nc",
        presentations=f"{RESULTS}/recordings/{{session}}/presentations.tsv",
        stimuli=stimuli_of_session,
    output:
        rates=f"{RESULTS}/recordings/{{session}}/rates.nc",
    log:
        f"{LOGS}/compute_rates/{{session}}.log",
    conda:
        "../../envs/arrays.yaml"
    threads: 1
    resources:
        mem_mb=2000,
    params:
        code=code_of("recordings", "compute_rates"),
        session=lambda wildcards: wildcards.session,
        window_start_ms=config["recordings"]["rates"]["window_start_ms"],
        window_end_ms=config["recordings"]["rates"]["window_end_ms"],
        baseline_start_ms=config["recordings"]["rates"]["baseline_start_ms"],
        baseline_end_ms=config["recordings"]["rates"]["baseline_end_ms"],
    script:
        "../scripts/recordings/compute_rates.py"


rule validate_recording:
    input:
        truth=f"{RESULTS}/recordings/{{session}}/truth.nc",
        crossings=f"{RESULTS}/recordings/{{session}}/crossings.nc",
        rates=f"{RESULTS}/recordings/{{session}}/rates.nc",
        assembly=assembly_of_session,
    output:
        validation=f"{RESULTS}/recordings/{{session}}/validation.csv",
    log:
        f"{LOGS}/validate_recording/{{session}}.log",
    conda:
        "../../envs/arrays.yaml"
    threads: 1
    resources:
        mem_mb=2000,
    params:
        code=code_of("recordings", "validate_recording"),
        seed=config["seed"],
    script:
        "../scripts/recordings/validate_recording.py"


rule all_recordings:
    input:
        rules.train_teacher.output,
        expand(rules.simulate_voltage.output.presentations, session=SESSIONS),
        expand(rules.simulate_voltage.output.truth, session=SESSIONS),
        expand(rules.detect_crossings.output, session=SESSIONS),
        expand(rules.compute_rates.output, session=SESSIONS),
        expand(rules.validate_recording.output, session=SESSIONS),
