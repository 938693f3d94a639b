"""Simulate a recording session: raw voltage, presentation table and planted truth.

    rate(t) = baseline + sum over images i of  driven * drive(i) * gain(i) * kernel(t - onset(i))
    voltage = Poisson(rate) spikes * waveform + 1/f field potential + white noise

Drive is a sparse non-negative mixture of teacher units. Its units and sites are scaled on one
`reference` set, so that an animal keeps its sites in every session. In silico; stands for the
recordings of section 2.2 of the paper.
"""

from italign.job import job, keywords

import logging

import numpy as np
import pandas as pd
import xarray as xr

from italign.io import read_dataset, write_dataset
from italign.recordings.presentations import check_known_stimuli, write_presentations
from italign.recordings.protocol import schedule_trials
from italign.recordings.sites import Sites, draw_sites, generator, site_drive
from italign.recordings.spiking import (
    rate_trace,
    spike_times_ms,
    temporal_kernel,
    trial_gain,
    window_mean,
)
from italign.recordings.voltage import (
    WAVEFORMS,
    field_potential,
    simulate_chunks,
    trough_sample,
    waveform_bank,
)
from italign.recordings.voltage_file import write_voltage

SOURCE = "in silico"


def simulate_voltage(
    *, teacher: str, reference: str, stimuli: str, voltage: str, presentations: str, truth: str,
    session: dict, protocol: dict, simulation: dict, window_start_ms: int, window_end_ms: int,
    seed: int,
) -> None:
    """Simulate one session.

    Parameters
    ----------
    teacher, reference : str
        Teacher features of the session's stimulus set and of the set that scales every site.
    stimuli : str
        The session's stimulus set; images of the session's split are shown.
    voltage, presentations, truth : str
        Outputs.
    session : dict
        A row of the session sheet.
    protocol, simulation : dict
        Those blocks of config recordings.
    window_start_ms, window_end_ms : int
        Response window of the planted rates.
    seed : int
        Of the world.
    """
    shown = _shown_stimuli(stimuli, session["split"])
    features, scale = _features(teacher, shown), read_dataset(reference, "teacher").feature.values
    sites = _sites(session, simulation, scale, seed)
    rng = generator(seed, session["session"])
    table, duration_ms = schedule_trials(shown, session["repetitions"], rng, **protocol)
    logging.info("%d presentations (%d aborted) of %d stimuli in %.0f s, %d channels",
                 len(table), table.aborted.sum(), len(shown), duration_ms / 1e3,
                 session["n_channels"])

    evoked_hz = site_drive(features, scale, sites.weights) * sites.driven_hz
    kernel = temporal_kernel(sites.latency_ms, protocol["image_on_ms"])
    sample, channel = _spikes(table, duration_ms, shown, evoked_hz, kernel, sites, simulation, rng)
    window_ms = (window_start_ms, window_end_ms)
    planted_hz = sites.baseline_hz + evoked_hz * window_mean(kernel, window_ms)
    logging.info("%d spikes; planted %.1f Hz on average", len(sample), planted_hz.mean())

    _write_voltage(voltage, sample, channel, duration_ms, sites, session, simulation, rng)
    write_presentations(table, presentations)
    write_dataset(_truth(sample, channel, planted_hz, shown, sites, session, simulation), truth,
                  "truth")


def _shown_stimuli(path, split: str) -> np.ndarray:
    stimuli = read_dataset(path, "stimuli")
    shown = stimuli.stimulus_id.values[stimuli.split.values == split]
    if not shown.size:
        splits = ", ".join(sorted(set(stimuli.split.values)))
        raise ValueError(f"{path}: no stimulus of split {split!r} (found: {splits}); correct the "
                         "session's split")
    return shown


def _features(path, shown: np.ndarray) -> np.ndarray:
    teacher = read_dataset(path, "teacher")
    check_known_stimuli(shown, teacher.stimulus_id.values, path)
    return teacher.feature.values[pd.Index(teacher.stimulus_id.values).get_indexer(shown)]


def _sites(session: dict, simulation: dict, reference: np.ndarray, seed: int) -> Sites:
    ranges = {
        name: (simulation[f"{name}_min"], simulation[f"{name}_max"])
        for name in ("baseline_hz", "driven_hz", "latency_ms", "amplitude_uv")
    }
    array = f"{session['animal']}.{session['hemisphere']}.{session['array']}"
    names = [f"{array}.{channel:03d}" for channel in range(session["n_channels"])]
    return draw_sites(names, reference, seed, units_per_site=simulation["units_per_site"],
                      n_waveforms=len(WAVEFORMS), **ranges)


def _spikes(table, duration_ms, shown, evoked_hz, kernel, sites, simulation, rng):
    """Draw the session's spikes: samples of the troughs (ascending) and their channels."""
    rows = pd.Index(shown).get_indexer(table.stimulus_id)
    gain = trial_gain(len(table), len(sites.baseline_hz), simulation["gain_sd"], rng)
    onset_ms = np.rint(table.onset_s * 1e3).astype(int)
    rate_hz = rate_trace(onset_ms, evoked_hz[rows] * gain, kernel, sites.baseline_hz, duration_ms)
    times_ms = [spike_times_ms(rate_hz[:, site], rng) for site in range(rate_hz.shape[1])]
    channel = np.repeat(np.arange(len(times_ms)), [len(times) for times in times_ms])
    sample = (np.concatenate(times_ms) * _samples_per_ms(simulation)).astype(np.int64)
    order = np.lexsort((channel, sample))
    return sample[order], channel[order]


def _write_voltage(path, sample, channel, duration_ms, sites, session, simulation, rng) -> None:
    """Add field potential and noise, and write the sum in ADC counts."""
    rate_hz, uv_per_bit = simulation["sampling_rate_hz"], simulation["uv_per_bit"]
    n_channels = session["n_channels"]
    field = field_potential(duration_ms, n_channels, simulation["field_uv"] / uv_per_bit, rng)
    amplitude = sites.amplitude_uv / uv_per_bit
    chunks = simulate_chunks(
        sample, channel, waveform_bank(rate_hz)[sites.waveform] * amplitude[:, None],
        trough_sample(rate_hz), field, simulation["white_noise_uv"] / uv_per_bit,
        _samples_per_ms(simulation), rng,
    )
    names = ("session", "animal", "hemisphere", "array", "region")
    attrs = {name: session[name] for name in names}
    attrs |= {"uv_per_bit": uv_per_bit, "sampling_rate_hz": rate_hz,
              "stimulus_set": session["stimulus_set"], "source": SOURCE}
    n_samples = duration_ms * _samples_per_ms(simulation)
    write_voltage(path, chunks, n_samples, np.arange(n_channels), attrs)


def _samples_per_ms(simulation: dict) -> int:
    rate_hz = simulation["sampling_rate_hz"]
    if rate_hz % 1000:
        raise ValueError(f"recordings.simulation.sampling_rate_hz is {rate_hz}, expected a whole "
                         "multiple of 1000: rates and field potential are made at 1 kHz")
    return int(rate_hz // 1000)


def _truth(sample, channel, planted_hz, shown, sites, session, simulation) -> xr.Dataset:
    n_sites = len(sites.amplitude_uv)
    noise_sd_uv = np.hypot(simulation["white_noise_uv"], simulation["field_uv"])
    return xr.Dataset(
        {
            "spike_time_s": ("spike", sample / simulation["sampling_rate_hz"]),
            "spike_channel": ("spike", channel),
            "rate_hz": (("stimulus", "neuroid"), planted_hz),
            "amplitude_uv": ("neuroid", sites.amplitude_uv),
            "latency_ms": ("neuroid", sites.latency_ms),
            "noise_sd_uv": ("neuroid", np.full(n_sites, noise_sd_uv)),
        },
        {"stimulus_id": ("stimulus", shown), "channel": ("neuroid", np.arange(n_sites))},
        {"session": session["session"], "animal": session["animal"],
         "stimulus_set": session["stimulus_set"], "source": SOURCE},
    )


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.rule, snakemake.config, snakemake.threads):
        simulate_voltage(
            **snakemake.input, **snakemake.output, **keywords(snakemake.params)
        )
