"""Find falling-edge threshold crossings in the raw voltage of a session.

    crossing at t  <=>  v[t] < mean - threshold_sd * SD  and  v[t - 1] >= mean - threshold_sd * SD

Mean and SD are those of the channel's whole raw trace (paper 2.2: "3 SD"). The file is read
twice, a stretch at a time: once for the SD, once for the crossings.
"""

import logging

import numpy as np
import xarray as xr

from italign.io import check, open_dataset, write_dataset
from italign.job import job, keywords
from italign.recordings.detection import check_rule, falling_edges, integer_moments, mean_and_sd
from italign.recordings.voltage_file import read_chunks

SESSION_ATTRS = ("session", "animal", "hemisphere", "array", "region", "stimulus_set", "source")


def detect_crossings(*, voltage: str, crossings: str, threshold_sd: float, edge: str) -> None:
    """Detect crossings on every channel.

    Parameters
    ----------
    voltage, crossings : str
        Input and output (contracts of these names).
    threshold_sd : float
        Threshold below the mean, in SDs of the raw voltage.
    edge : str
        "falling".
    """
    with open_dataset(voltage) as recording:
        check(recording, "voltage", voltage)
        check_rule(threshold_sd, edge, recording.sampling_rate_hz)
        logging.info("voltage %s of %s", dict(recording.sizes), recording.session)
        mean, sd = _mean_and_sd(recording.voltage, voltage)
        threshold = mean - threshold_sd * sd
        sample, electrode = _crossings(recording.voltage, threshold, voltage)
        found = _dataset(recording, sample, electrode, threshold, sd)
    if (sd == 0).any():
        logging.warning("channels without any signal: %s", found.channel.values[sd == 0].tolist())
    logging.info("%d crossings, %.1f per second and channel", len(sample),
                 len(sample) / found.duration_s / len(sd))
    rule = {"threshold_sd": threshold_sd, "edge": edge, "sd_estimator": "SD of the raw voltage"}
    write_dataset(found.assign_attrs(rule), crossings, "crossings")


def _mean_and_sd(voltage: xr.DataArray, source: str) -> np.ndarray:
    moments = [integer_moments(chunk) for chunk in read_chunks(voltage, source)]
    totals, squares = np.sum(moments, axis=0)
    return mean_and_sd(voltage.sizes["sample"], totals, squares)


def _crossings(
    voltage: xr.DataArray, threshold: np.ndarray, source: str
) -> tuple[np.ndarray, np.ndarray]:
    samples, electrodes, start, previous = [], [], 0, None
    for chunk in read_chunks(voltage, source):
        sample, electrode = falling_edges(chunk, threshold, previous)
        samples.append(start + sample)
        electrodes.append(electrode)
        start, previous = start + len(chunk), chunk[-1]
    return np.concatenate(samples), np.concatenate(electrodes)


def _dataset(recording: xr.Dataset, sample, electrode, threshold, sd) -> xr.Dataset:
    rate_hz, uv_per_bit = float(recording.sampling_rate_hz), float(recording.uv_per_bit)
    channel = recording.channel.values
    attrs = {name: recording.attrs[name] for name in SESSION_ATTRS}
    duration_s = recording.sizes["sample"] / rate_hz
    return xr.Dataset(
        {
            "time_s": ("crossing", sample / rate_hz),
            "crossing_channel": ("crossing", channel[electrode]),
            "threshold_uv": ("electrode", threshold * uv_per_bit),
            "noise_sd_uv": ("electrode", sd * uv_per_bit),
        },
        {"channel": ("electrode", channel)},
        attrs | {"sampling_rate_hz": rate_hz, "duration_s": duration_s},
    )


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.rule, snakemake.config, snakemake.threads):
        detect_crossings(
            **snakemake.input, **snakemake.output, **keywords(snakemake.params)
        )
