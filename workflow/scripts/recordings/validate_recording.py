"""Compare a simulated session's crossings and rates with what was planted.

Per channel: precision and recall of the crossings (within 0.5 ms of a planted trough, one to
one), correlation over stimuli of the mean measured rate with the planted noiseless rate, the
reliability estimated from repetitions beside its true value, and the latency at half height beside
the planted onset of the response, which comes a few ms earlier. If measurement noise is independent
of the stimulus, Spearman-Brown reliability estimates the squared correlation with the truth.
In silico only; no estimator reads the truth.
"""

from italign.job import job, keywords

import logging

import numpy as np
import pandas as pd
import xarray as xr

from italign.io import read_dataset, write_table
from italign.recordings.presentations import check_known_stimuli
from italign.recordings.quality import column_correlation, count_matches

# Of the assembly, for this session's sites.
FROM_ASSEMBLY = ("reliability", "reliability_low", "reliability_high", "latency_ms", "selected")


def validate_recording(
    *, truth: str, crossings: str, rates: str, assembly: str, validation: str
) -> None:
    """Write one row per channel of a session (csv)."""
    planted, found = read_dataset(truth, "truth"), read_dataset(crossings, "crossings")
    measured = read_dataset(rates, "rates")
    if not planted.session == found.session == measured.session:
        raise ValueError(f"{truth}, {crossings} and {rates} hold sessions {planted.session}, "
                         f"{found.session}, {measured.session}, expected the same one")
    correlation = _rate_correlation(planted, measured, rates)
    table = pd.DataFrame({
        "session": planted.session,
        "animal": planted.animal,
        "channel": planted.channel.values,
        "snr": planted.amplitude_uv.values / planted.noise_sd_uv.values,
        **_detection(planted, found),
        "rate_correlation": correlation,
        **_site_quality(read_dataset(assembly, "assembly"), measured, planted, assembly),
        "reliability_truth": correlation**2,
        "latency_truth_ms": planted.latency_ms.values,
    })
    late_ms = table["latency_ms"] - table["latency_truth_ms"]
    logging.info("%s: recall %.2f, precision %.2f, rate correlation %.2f, reliability %.2f, half "
                 "height %.1f ms after response onset (medians of %d channels)", planted.session,
                 *table[["recall", "precision", "rate_correlation", "reliability"]].median(),
                 late_ms.median(), len(table))
    write_table(table, validation)


def _detection(planted: xr.Dataset, found: xr.Dataset) -> dict[str, np.ndarray]:
    """Columns n_planted, n_detected, precision and recall."""
    counts = np.array([
        (len(true_s), len(found_s), count_matches(true_s, found_s))
        for channel in planted.channel.values
        for true_s, found_s in [(_of(planted, "spike_time_s", "spike_channel", channel),
                                 _of(found, "time_s", "crossing_channel", channel))]
    ])
    n_planted, n_detected, n_matched = counts.T
    return {"n_planted": n_planted, "n_detected": n_detected,
            "precision": n_matched / np.maximum(n_detected, 1),
            "recall": n_matched / np.maximum(n_planted, 1)}


def _of(events: xr.Dataset, time: str, channel_name: str, channel: int) -> np.ndarray:
    return np.sort(events[time].values[events[channel_name].values == channel])


def _rate_correlation(planted: xr.Dataset, measured: xr.Dataset, source: str) -> np.ndarray:
    """Pearson over stimuli, per channel of the truth."""
    check_known_stimuli(measured.stimulus_id.values, planted.stimulus_id.values, source)
    frame = pd.DataFrame(measured.rate_hz.values, columns=measured.channel.values)
    mean_hz = frame.groupby(measured.stimulus_id.values).mean()
    rows = pd.Index(planted.stimulus_id.values).get_indexer(mean_hz.index)
    planted_hz = planted.rate_hz.values[rows]
    return column_correlation(mean_hz[planted.channel.values].to_numpy(float), planted_hz)


def _site_quality(
    assembly: xr.Dataset, measured: xr.Dataset, planted: xr.Dataset, source: str
) -> dict[str, np.ndarray]:
    """`FROM_ASSEMBLY`, per channel of the truth."""
    channels = pd.Index(measured.channel.values).get_indexer(planted.channel.values)
    names = measured.neuroid_id.values[channels]
    sites = pd.Index(assembly.neuroid_id.values).get_indexer(names)
    if (sites < 0).any():
        raise ValueError(f"{source}: lacks sites {', '.join(names[sites < 0][:5])} of session "
                         f"{measured.session}; give the assembly made from its rates")
    return {name: assembly[name].values[sites] for name in FROM_ASSEMBLY}


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.rule, snakemake.config, snakemake.threads):
        validate_recording(
            **snakemake.input, **snakemake.output, **keywords(snakemake.params)
        )
