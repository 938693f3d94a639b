"""Recordings: from raw voltage to the rate of every site in every presentation (paper 2.2).

REQUIRED INPUTS
    config/sessions.tsv, and the files and presentation tables that it names
    results/<world>/stimuli/<set>.nc                         of sets that this world renders
    results/<world>/assemblies/<animal>-<set>.nc             by validate_recording only
OUTPUTS
    results/<world>/recordings/teacher.safetensors           simulated cortex (in silico only)
    results/<world>/recordings/teacher-<set>.nc              its responses to a set
    results/<world>/recordings/<session>/voltage.nc          int16, simulated or read (temporary)
    results/<world>/recordings/<session>/pulses.tsv          sync pulses of a recorded session
    results/<world>/recordings/<session>/integrity.csv       gaps, clipping and scale of its files
    results/<world>/recordings/<session>/presentations.tsv   what was shown when
    results/<world>/recordings/<session>/crossings.nc        threshold crossings
    results/<world>/recordings/<session>/rates.nc            windowed rates
    results/<world>/recordings/<session>/bins.nc             counts in time bins around onset
    results/<world>/recordings/<session>/<session>.nwb       crossings and rates (rule all_nwb)
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
        gpu_slots=1,
        mem_mb=growing(4000),
        runtime=growing(60),
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
    benchmark:
        f"{BENCHMARKS}/simulate_cortex/{{set}}.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: 1
    resources:
        gpu=1,
        gpu_slots=1,
        mem_mb=growing(4000),
        runtime=growing(10),
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
    wildcard_constraints:
        session=any_of(SIMULATED),
    group:
        "session"
    conda:
        "../../envs/arrays.yaml"
    threads: 1
    resources:
        mem_mb=growing(3000),
        runtime=growing(20),
    params:
        code=code_of("recordings", "simulate_voltage"),
        session=lambda wildcards: SESSIONS[wildcards.session],
        protocol=config["recordings"]["protocol"],
        simulation=config["recordings"]["simulation"],
        window_start_ms=config["recordings"]["rates"]["window_start_ms"],
        window_end_ms=config["recordings"]["rates"]["window_end_ms"],
        seed=config["seed"],
    script:
        "../scripts/recordings/simulate_voltage.py"


rule read_recording:
    input:
        files=files_of_session,
    output:
        voltage=temp(f"{RESULTS}/recordings/{{session}}/voltage.nc"),
        pulses=f"{RESULTS}/recordings/{{session}}/pulses.tsv",
        integrity=f"{RESULTS}/recordings/{{session}}/integrity.csv",
    log:
        f"{LOGS}/read_recording/{{session}}.log",
    benchmark:
        f"{BENCHMARKS}/read_recording/{{session}}.tsv"
    wildcard_constraints:
        session=any_of(VOLTAGE_FILES),
    group:
        "session"
    conda:
        "../../envs/readers.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(60),
    params:
        code=lambda wildcards: code_of(
            "recordings", "read_recording", reader_of(wildcards)
        ),
        session=lambda wildcards: SESSIONS[wildcards.session],
        clipped_fraction_max=config["recordings"]["reading"]["clipped_fraction_max"],
        sync_edge=config["recordings"]["timing"]["sync_edge"],
        sync_dead_time_ms=config["recordings"]["timing"]["sync_dead_time_ms"],
    script:
        "../scripts/recordings/read_recording.py"


rule read_crossings:
    input:
        files=files_of_session,
    output:
        crossings=f"{RESULTS}/recordings/{{session}}/crossings.nc",
        pulses=f"{RESULTS}/recordings/{{session}}/pulses.tsv",
        integrity=f"{RESULTS}/recordings/{{session}}/integrity.csv",
    log:
        f"{LOGS}/read_crossings/{{session}}.log",
    benchmark:
        f"{BENCHMARKS}/read_crossings/{{session}}.tsv"
    wildcard_constraints:
        session=any_of(WITH_EVENTS),
    group:
        "session"
    conda:
        "../../envs/readers.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        code=lambda wildcards: code_of(
            "recordings", "read_crossings", reader_of(wildcards)
        ),
        session=lambda wildcards: SESSIONS[wildcards.session],
        sync_edge=config["recordings"]["timing"]["sync_edge"],
        sync_dead_time_ms=config["recordings"]["timing"]["sync_dead_time_ms"],
    script:
        "../scripts/recordings/read_crossings.py"


rule time_presentations:
    input:
        table=table_of_session,
        pulses=f"{RESULTS}/recordings/{{session}}/pulses.tsv",
        integrity=f"{RESULTS}/recordings/{{session}}/integrity.csv",
    output:
        presentations=f"{RESULTS}/recordings/{{session}}/presentations.tsv",
    log:
        f"{LOGS}/time_presentations/{{session}}.log",
    benchmark:
        f"{BENCHMARKS}/time_presentations/{{session}}.tsv"
    wildcard_constraints:
        session=any_of(FROM_FILES),
    group:
        "session"
    conda:
        "../../envs/arrays.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(5),
    params:
        code=code_of("recordings", "time_presentations"),
        session=lambda wildcards: wildcards.session,
        delay_ms=config["recordings"]["timing"]["delay_ms"],
        sync_tolerance_ms=config["recordings"]["timing"]["sync_tolerance_ms"],
    script:
        "../scripts/recordings/time_presentations.py"


rule detect_crossings:
    input:
        voltage=f"{RESULTS}/recordings/{{session}}/voltage.nc",
    output:
        crossings=f"{RESULTS}/recordings/{{session}}/crossings.nc",
    log:
        f"{LOGS}/detect_crossings/{{session}}.log",
    benchmark:
        f"{BENCHMARKS}/detect_crossings/{{session}}.tsv"
    wildcard_constraints:
        session=any_of(WITH_VOLTAGE),
    group:
        "session"
    conda:
        "../../envs/arrays.yaml"
    # Several sessions keep all cores at work; for one of hours: --set-threads detect_crossings=8.
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(60),
    params:
        code=code_of("recordings", "detect_crossings"),
        threshold_sd=config["recordings"]["detection"]["threshold_sd"],
        edge=config["recordings"]["detection"]["edge"],
        sd_estimator=config["recordings"]["detection"]["sd_estimator"],
        sd_start_s=config["recordings"]["detection"]["sd_start_s"],
        sd_end_s=config["recordings"]["detection"]["sd_end_s"],
        band_pass_low_hz=config["recordings"]["detection"]["band_pass_low_hz"],
        band_pass_high_hz=config["recordings"]["detection"]["band_pass_high_hz"],
        dead_time_ms=config["recordings"]["detection"]["dead_time_ms"],
    script:
        "../scripts/recordings/detect_crossings.py"


rule compute_rates:
    input:
        crossings=f"{RESULTS}/recordings/{{session}}/crossings.nc",
        presentations=f"{RESULTS}/recordings/{{session}}/presentations.tsv",
        stimuli=known_stimuli_of,
        integrity=integrity_of_session,
    output:
        rates=f"{RESULTS}/recordings/{{session}}/rates.nc",
        bins=f"{RESULTS}/recordings/{{session}}/bins.nc",
    log:
        f"{LOGS}/compute_rates/{{session}}.log",
    benchmark:
        f"{BENCHMARKS}/compute_rates/{{session}}.tsv"
    group:
        "session"
    conda:
        "../../envs/arrays.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(20),
    params:
        code=code_of("recordings", "compute_rates"),
        session=lambda wildcards: wildcards.session,
        window_start_ms=config["recordings"]["rates"]["window_start_ms"],
        window_end_ms=config["recordings"]["rates"]["window_end_ms"],
        baseline_start_ms=config["recordings"]["rates"]["baseline_start_ms"],
        baseline_end_ms=config["recordings"]["rates"]["baseline_end_ms"],
        psth_start_ms=config["recordings"]["rates"]["psth_start_ms"],
        psth_end_ms=config["recordings"]["rates"]["psth_end_ms"],
        psth_bin_ms=config["recordings"]["rates"]["psth_bin_ms"],
        blank_stimulus_id=config["assemblies"]["blank_stimulus_id"],
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
    benchmark:
        f"{BENCHMARKS}/validate_recording/{{session}}.tsv"
    group:
        "checks"
    conda:
        "../../envs/arrays.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(5),
    params:
        code=code_of("recordings", "validate_recording"),
    script:
        "../scripts/recordings/validate_recording.py"


rule export_nwb:
    input:
        crossings=f"{RESULTS}/recordings/{{session}}/crossings.nc",
        rates=f"{RESULTS}/recordings/{{session}}/rates.nc",
        presentations=f"{RESULTS}/recordings/{{session}}/presentations.tsv",
    output:
        nwb=f"{RESULTS}/recordings/{{session}}/{{session}}.nwb",
    log:
        f"{LOGS}/export_nwb/{{session}}.log",
    benchmark:
        f"{BENCHMARKS}/export_nwb/{{session}}.tsv"
    conda:
        "../../envs/readers.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(20),
    params:
        code=code_of("recordings", "export_nwb"),
        session=lambda wildcards: SESSIONS[wildcards.session],
    script:
        "../scripts/recordings/export_nwb.py"


rule all_nwb:
    input:
        expand(rules.export_nwb.output, session=SESSIONS),


rule all_recordings:
    input:
        rules.train_teacher.output if SIMULATED else [],
        expand(rules.simulate_voltage.output.truth, session=SIMULATED),
        expand(rules.read_recording.output.integrity, session=FROM_FILES),
        expand(rules.compute_rates.input.presentations, session=SESSIONS),
        expand(rules.detect_crossings.output, session=SESSIONS),
        expand(rules.compute_rates.output, session=SESSIONS),
        expand(
            rules.validate_recording.output,
            session=[name for name in SIMULATED if name in IN_REGION],
        ),
