"""From vendor files and a session sheet to assemblies and ceilings, one bad file among them."""

import re

import numpy as np
import pandas as pd
import pytest

from italign.io import read_dataset
from italign.recordings import detect_crossings
from tests.recordings.vendor_files import write_session

pytestmark = pytest.mark.world

RATE_HZ, DELAY_S, N_SITES = 15_000, 0.02, 6
CONFIG = """
world: lab
recordings: {sessions: lab.tsv, timing: {delay_ms: 20}}
assemblies:
  train_animals: []
  held_out: []
  selection: {reliability_min: 0.3}
  reliability_splits: 10
  ceiling_splits: 10
  ceiling_repetitions: [2]
"""


@pytest.fixture(scope="module")
def planted():
    """Voltage of six sites with tuning, and what was shown: 12 stimuli five times, one aborted."""
    rng = np.random.default_rng(0)
    shown = np.concatenate([rng.permutation(12) for _ in range(5)] + [[3]])
    table = pd.DataFrame({"stimulus_id": [f"image-{n:02d}" for n in shown], "trial": 0,
                          "position": np.arange(len(shown)), "aborted": 0})
    table.loc[len(table) - 1, "aborted"] = 1
    pulse_s = 0.5 + 0.2 * np.arange(len(shown))
    n_samples = 2 * 128 * 780
    counts = rng.normal(0, 40, (n_samples, N_SITES))
    rate_hz = rng.uniform(5, 150, (12, N_SITES))[shown]
    for start_s, rates in zip(pulse_s + DELAY_S + 0.07, rate_hz, strict=True):
        for site, n_spikes in enumerate(rng.poisson(rates * 0.1)):
            first = ((start_s + rng.uniform(0, 0.1, n_spikes)) * RATE_HZ).astype(int)
            for sample in first:
                counts[sample : sample + 6, site] -= 500
    return counts.astype(np.int16), tuple(pulse_s), table


@pytest.fixture(scope="module")
def lab(planted, empty_world):
    """The pipeline run over five good sessions and a bad one with --keep-going."""
    world = empty_world("lab.yaml")
    folder = world.folder
    counts, pulse_s, table = planted
    table.to_csv(folder / "shown.tsv", sep="\t", index=False)
    gap = ((round(7.95 * RATE_HZ), round(0.12 * RATE_HZ)),)  # between two pulses
    plans = {
        "rhd": ("intan", 0.195, {"layout": "file-per-channel"}),
        "ns5": ("blackrock", 0.25, {"sync": "analog"}),
        "nwb": ("nwb", 0.5, {}),
        "flat": ("int16", 0.1, {}),
        "gap": ("intan", 0.195, {"gaps": gap}),
        "bad": ("int16", 0.1, {}),
    }
    rows = []
    for name, (kind, uv_per_bit, options) in plans.items():
        columns = write_session(folder / "data" / name, kind, counts, RATE_HZ, uv_per_bit,
                                pulse_s, **options)
        rows.append(columns | {
            "session": name, "animal": name, "hemisphere": "left", "array": "A", "region": "IT",
            "stimulus_set": "objects", "presentations": "shown.tsv"})
    rows[-1]["sha256"] = ["0" * 64]
    sheet = pd.DataFrame(rows).map(lambda cell: ",".join(map(str, cell))
                                   if isinstance(cell, list) else cell)
    sheet.to_csv(folder / "lab.tsv", sep="\t", index=False, na_rep="n/a")
    (folder / "lab.yaml").write_text(CONFIG)
    return world, world.run("--keep-going")


def results(lab, path, contract):
    return read_dataset(lab[0].folder / "results" / "lab" / path, contract)


def test_the_bad_session_is_one_clear_line_and_the_others_finish(lab):
    world, answer = lab
    assert answer.returncode != 0
    said = [line for line in answer.stderr.splitlines() if line.startswith("read_recording: ")]
    assert len(said) == 1 and re.search(r"session bad.*sha256", said[0]), answer.stderr[-3000:]
    assert not (world.folder / "results/lab/recordings/bad").exists() or not list(
        (world.folder / "results/lab/recordings/bad").iterdir())
    for name in ("rhd", "ns5", "nwb", "flat", "gap"):
        for file in (f"assemblies/{name}-objects.nc", f"assemblies/{name}-objects-ceiling.nc",
                     f"assemblies/{name}-objects-drift.csv", f"figures/session-{name}.pdf"):
            assert (world.folder / "results/lab" / file).exists(), file


@pytest.mark.parametrize("name", ["rhd", "ns5", "nwb", "flat"])
def test_every_format_gives_the_crossings_of_the_planted_voltage(lab, planted, name):
    sample, channel = detect_crossings(planted[0], RATE_HZ)
    found = results(lab, f"recordings/{name}/crossings.nc", "crossings")
    numbers = found.channel.values
    np.testing.assert_allclose(found.time_s, sample / RATE_HZ, atol=1e-6)
    np.testing.assert_array_equal(found.crossing_channel, numbers[channel])


@pytest.mark.parametrize("name", ["rhd", "ns5", "nwb", "flat"])
def test_onsets_are_pulses_plus_delay_and_sites_are_reliable(lab, planted, name):
    _, pulse_s, table = planted
    rates = results(lab, f"recordings/{name}/rates.nc", "rates")
    np.testing.assert_allclose(rates.onset_s, np.array(pulse_s)[:-1] + DELAY_S, atol=1 / RATE_HZ)
    np.testing.assert_array_equal(rates.stimulus_id, table.stimulus_id[:-1])
    assembly = results(lab, f"assemblies/{name}-objects.nc", "assembly")
    assert assembly.sizes["stimulus"] == 12 and assembly.sizes["repetition"] == 5
    assert (assembly.reliability > 0.6).all() and (assembly.selected == 1).all()


def test_presentations_in_a_gap_are_left_out_and_the_rest_keeps_its_clock(lab, planted):
    world = lab[0]
    rates = results(lab, "recordings/gap/rates.nc", "rates")
    whole = results(lab, "recordings/rhd/rates.nc", "rates")
    assert 1 <= rates.n_lost_in_gaps <= 3
    assert rates.sizes["presentation"] == whole.sizes["presentation"] - rates.n_lost_in_gaps
    findings = pd.read_csv(world.folder / "results/lab/recordings/gap/integrity.csv")
    gap = findings[findings.finding == "gap"].iloc[0]
    assert (gap.time_s, gap.duration_s) == pytest.approx((7.95, 0.12), abs=1e-3)


def test_no_temporary_voltage_is_left(lab):
    assert not list(lab[0].folder.glob("results/lab/recordings/*/voltage.nc*"))


def test_crossings_go_out_as_nwb_and_come_back(lab, empty_world):
    world = lab[0]
    file = "results/lab/recordings/flat/flat.nwb"
    answer = world.run(file)
    assert answer.returncode == 0, answer.stderr[-3000:]
    sheet = pd.read_csv(world.folder / "lab.tsv", sep="\t", dtype=str)
    row = sheet[sheet.session == "flat"].iloc[0].to_dict()
    again = {**row, "session": "again", "animal": "again", "format": "nwb-units", "files": file,
             "sync_channel": "presentations", "n_channels": "n/a", "uv_per_bit": "n/a",
             "sampling_rate_hz": "n/a", "sha256": "n/a", "excluded_channels": "n/a"}
    pd.DataFrame([again]).to_csv(world.folder / "again.tsv", sep="\t", index=False, na_rep="n/a")
    (world.folder / "again.yaml").write_text(
        CONFIG.replace("world: lab", "world: again").replace("lab.tsv", "again.tsv")
        .replace("delay_ms: 20", "delay_ms: 0"))
    answer = empty_world("again.yaml").run("results/again/recordings/again/rates.nc")
    assert answer.returncode == 0, answer.stderr[-3000:]
    first = results(lab, "recordings/flat/rates.nc", "rates")
    second = read_dataset(world.folder / "results/again/recordings/again/rates.nc", "rates")
    np.testing.assert_array_equal(first.rate_hz, second.rate_hz)
