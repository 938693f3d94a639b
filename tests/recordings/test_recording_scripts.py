"""The scripts from a simulated session to its validation, and what they refuse."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
import yaml

from italign.io import open_dataset, read_dataset, write_dataset
from italign.recordings.detection import detect_crossings
from italign.recordings.presentations import number_repetitions, read_presentations
from italign.recordings.voltage_file import write_voltage

ROOT = Path(__file__).resolve().parents[2]
POSE = ("rotation_x_deg", "rotation_y_deg", "rotation_z_deg", "position_x_deg", "position_y_deg",
        "size")
SESSION = {"session": "sim1-hvm", "animal": "sim1", "hemisphere": "left", "array": "A",
           "region": "IT", "stimulus_set": "hvm", "split": "test", "n_channels": 3,
           "repetitions": 3}

PER_SITE = {"reliability": [0.2, 0.4, 0.6], "reliability_low": [0.1, 0.3, 0.5],
            "reliability_high": [0.3, 0.5, 0.7], "snr": [1.0] * 3,
            "visual_drive_dprime": [1.0] * 3, "latency_ms": [80.0, 90.0, 100.0],
            "fano_factor": [1.0] * 3, "selected": [0, 0, 1],
            "drop_reason": ["reliability"] * 2 + ["kept"]}


@pytest.fixture(scope="module")
def config():
    recordings = yaml.safe_load((ROOT / "config" / "config.yaml").read_text())["recordings"]
    recordings["simulation"]["amplitude_uv_min"] = 110  # few sites: all of them loud
    return recordings


WINDOW = {"window_start_ms": 70, "window_end_ms": 170}


@pytest.fixture
def session(tmp_path, config, load_script):
    """A small session: 20 stimuli, 15 of them in the split; paths by contract."""
    paths = {name: tmp_path / f"{name}.nc" for name in
             ("stimuli", "teacher", "voltage", "truth", "crossings", "rates", "bins", "assembly")}
    paths["presentations"] = tmp_path / "presentations.tsv"
    write_dataset(stimulus_set(), paths["stimuli"], "stimuli")
    write_dataset(teacher_features(), paths["teacher"], "teacher")
    simulate = load_script("recordings", "simulate_voltage").simulate_voltage
    outputs = {name: paths[name] for name in ("voltage", "presentations", "truth")}
    simulate(**outputs, teacher=paths["teacher"], reference=paths["teacher"],
             stimuli=paths["stimuli"], session=SESSION, protocol=config["protocol"],
             simulation=config["simulation"], **WINDOW, seed=1)
    return paths


def stimulus_ids():
    return np.array([f"hvm-{i:02d}" for i in range(20)])


def stimulus_set():
    def per_stimulus(values):
        return ("stimulus", np.asarray(values))

    coords = {name: per_stimulus(np.zeros(20)) for name in POSE}
    coords |= {name: per_stimulus(["dog"] * 20) for name in ("category", "object", "background")}
    coords |= {"stimulus_id": per_stimulus(stimulus_ids()), "variation": per_stimulus([3] * 20),
               "split": per_stimulus(["train"] * 5 + ["test"] * 15)}
    image = (("stimulus", "y", "x", "channel"), np.zeros((20, 4, 4, 3), np.uint8))
    attrs = {"identifier": "hvm", "image_degrees": 8, "licence": "none", "source": "test"}
    return xr.Dataset({"image": image}, coords, attrs)


def teacher_features():
    feature = np.random.default_rng(0).gamma(1, 1, (20, 40))
    return xr.Dataset(
        {"feature": (("stimulus", "unit"), feature),
         "logit": (("stimulus", "category"), np.zeros((20, 1)))},
        {"stimulus_id": ("stimulus", stimulus_ids()), "truth": ("stimulus", ["dog"] * 20),
         "category": ["dog"]},
        {"identifier": "hvm", "source": "test"},
    )


def detect(load_script, paths, config, **changed):
    script = load_script("recordings", "detect_crossings").detect_crossings
    script(voltage=paths["voltage"], crossings=paths["crossings"],
           **config["detection"] | changed)


def rates(load_script, paths, config, session=SESSION["session"]):
    script = load_script("recordings", "compute_rates").compute_rates
    files = {name: paths[name] for name in ("crossings", "presentations", "rates", "bins")}
    script(**files, stimuli=[paths["stimuli"]], integrity=[], session=session,
           blank_stimulus_id="blank", **config["rates"])


def assemble(paths):
    """Stand-in for the assemblies stage, with given reliabilities and the sites in disorder."""
    measured, bins = read_dataset(paths["rates"], "rates"), read_dataset(paths["bins"], "bins")
    names = np.unique(measured.stimulus_id.values)
    rate = np.full((len(names), 3, 3), np.nan)
    rate[np.searchsorted(names, measured.stimulus_id.values), measured.repetition.values] = \
        measured.rate_hz.values
    sites = {name: measured[name] for name in
             ("neuroid_id", "animal", "hemisphere", "array", "channel", "region")}
    times = {name: bins[name] for name in ("time_bin_start_ms", "time_bin_end_ms")}
    per_site = {name: ("neuroid", values) for name, values in PER_SITE.items()}
    psth_hz = bins["count"].mean("presentation") / 0.01
    ds = xr.Dataset({"rate": (("stimulus", "repetition", "neuroid"), rate), **per_site,
                     "psth_hz": psth_hz},
                    {"stimulus_id": ("stimulus", names), **sites, **times},
                    {"animal": "sim1", "stimulus_set": "hvm", "reliability_min": 0.5,
                     "drive_reference": "baseline", "session_normalisation": "none",
                     "source": "test"})
    write_dataset(ds.isel(neuroid=[2, 0, 1]), paths["assembly"], "assembly")


def test_voltage_file_holds_the_session_and_the_truth_fits_it(session, config):
    table = read_presentations(session["presentations"])
    truth = read_dataset(session["truth"], "truth")
    with open_dataset(session["voltage"]) as recording:
        duration_s = recording.sizes["sample"] / recording.sampling_rate_hz
        noise_uv = recording.voltage.values.std(axis=0) * recording.uv_per_bit
        assert recording.session == "sim1-hvm"
    assert duration_s == pytest.approx(table.onset_s.iloc[-1] + 0.7)
    assert 0 <= truth.spike_time_s.min() <= truth.spike_time_s.max() <= duration_s
    assert (noise_uv > 0.97 * truth.noise_sd_uv.values).all()
    assert set(truth.stimulus_id.values) == set(stimulus_ids()[5:])
    ranges = config["simulation"]
    assert (truth.latency_ms >= ranges["latency_ms_min"]).all()
    assert (truth.latency_ms <= ranges["latency_ms_max"]).all()
    assert truth.rate_hz.min() >= ranges["baseline_hz_min"]
    assert truth.rate_hz.max() <= ranges["baseline_hz_max"] + ranges["driven_hz_max"]


def test_streamed_detection_equals_detection_on_the_whole_trace(session, config, load_script):
    detect(load_script, session, config)
    crossings = read_dataset(session["crossings"], "crossings")
    with open_dataset(session["voltage"]) as recording:
        voltage_uv = recording.voltage.values * recording.uv_per_bit
    assert len(voltage_uv) > 100_000  # more than one stretch
    sample, channel = detect_crossings(voltage_uv, 20_000)
    np.testing.assert_array_equal(crossings.time_s.values, sample / 20_000)
    np.testing.assert_array_equal(crossings.crossing_channel.values, channel)
    np.testing.assert_allclose(crossings.noise_sd_uv, voltage_uv.std(axis=0), rtol=1e-5)


def test_rates_hold_the_valid_presentations_in_order(session, config, load_script):
    detect(load_script, session, config)
    table = read_presentations(session["presentations"])
    table.loc[[0, 7], "aborted"] = True
    table.astype({"aborted": int}).to_csv(session["presentations"], sep="\t", index=False)
    rates(load_script, session, config)
    valid = table[~table.aborted]
    found = read_dataset(session["rates"], "rates")
    assert found.onset_s.values.tolist() == valid.onset_s.tolist()
    assert found.stimulus_id.values.tolist() == valid.stimulus_id.tolist()
    assert found.repetition.values.tolist() == number_repetitions(valid.stimulus_id).tolist()
    assert found.neuroid_id.values.tolist() == [f"sim1.left.A.{i:03d}" for i in range(3)]
    events = read_dataset(session["crossings"])
    onset_s = valid.onset_s.iloc[4]
    of_channel = events.time_s.values[events.crossing_channel.values == 1] - onset_s
    for name, start_s, end_s in (("rate_hz", 0.07, 0.17), ("baseline_hz", 0.0, 0.05)):
        count = np.sum((of_channel > start_s) & (of_channel < end_s))
        assert found[name].values[4, 1] == pytest.approx(count / (end_s - start_s))


def test_validation_finds_planted_spikes_and_rates(session, config, load_script, tmp_path):
    detect(load_script, session, config)
    rates(load_script, session, config)
    assemble(session)
    script = load_script("recordings", "validate_recording").validate_recording
    inputs = {name: session[name] for name in ("truth", "crossings", "rates", "assembly")}
    script(**inputs, validation=tmp_path / "validation.csv")
    table = pd.read_csv(tmp_path / "validation.csv")
    truth = read_dataset(session["truth"])
    assert table.n_planted.sum() == truth.sizes["spike"]
    matched = table.recall * table.n_planted
    np.testing.assert_allclose(matched, table.precision * table.n_detected)
    assert (table.snr > 110 / np.hypot(8, 12)).all()
    assert (table.recall > 0.95).all()
    np.testing.assert_allclose(table.reliability_truth, table.rate_correlation**2)
    np.testing.assert_allclose(table.reliability, [0.2, 0.4, 0.6], rtol=1e-6)
    assert (table.reliability_low < table.reliability_high).all()


def test_same_seed_gives_the_same_session(session, config, load_script, tmp_path):
    simulate = load_script("recordings", "simulate_voltage").simulate_voltage
    names = ("voltage", "presentations", "truth")
    for seed in (1, 2):
        again = {name: tmp_path / f"{seed}-{name}" for name in names}
        simulate(**again, teacher=session["teacher"], reference=session["teacher"],
                 stimuli=session["stimuli"], session=SESSION, protocol=config["protocol"],
                 simulation=config["simulation"], **WINDOW, seed=seed)
        same = [read_dataset(again[name]).equals(read_dataset(session[name]))
                for name in ("voltage", "truth")]
        assert same == [seed == 1] * 2


def test_a_sampling_rate_off_the_millisecond_grid_is_refused(session, config, load_script):
    simulate = load_script("recordings", "simulate_voltage").simulate_voltage
    inputs = {name: session[name] for name in ("teacher", "stimuli", "voltage", "presentations",
                                               "truth")}
    with pytest.raises(ValueError, match="sampling_rate_hz is 24414, expected a whole multiple"):
        simulate(**inputs, reference=session["teacher"], session=SESSION,
                 protocol=config["protocol"], **WINDOW, seed=1,
                 simulation=config["simulation"] | {"sampling_rate_hz": 24414})


def test_truncated_voltage_is_refused(session, config, load_script):
    whole = session["voltage"].read_bytes()
    session["voltage"].write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match=r"voltage\.nc: cannot be read as netCDF-4.*truncated"):
        detect(load_script, session, config)


def test_voltage_without_its_variable_is_refused(session, config, load_script):
    attrs = {"session": "sim1-hvm"}
    write_dataset(xr.Dataset({"volts": ("sample", [1.0])}, attrs=attrs), session["voltage"])
    with pytest.raises(ValueError, match="variable 'voltage' is missing") as error:
        detect(load_script, session, config)
    assert "attribute 'sampling_rate_hz' is missing" in str(error.value)


def test_nan_crossing_times_are_refused(session, config, load_script):
    detect(load_script, session, config)
    crossings = read_dataset(session["crossings"])
    crossings.time_s[3] = np.nan
    write_dataset(crossings, session["crossings"])
    with pytest.raises(ValueError, match="variable 'time_s' has 1 NaN"):
        rates(load_script, session, config)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.assign(aborted=1), "presentations are aborted, expected valid ones"),
        (lambda t: t.assign(stimulus_id="hvm-5"), "1 stimulus ids are not in the.*first: hvm-5"),
        (lambda t: t.assign(onset_s=t.onset_s + 1), "outside the recording"),
        (lambda t: t.drop(columns="trial"), "column trial is missing"),
        (lambda t: t.head(0), "holds no presentation"),
    ],
)
def test_bad_presentation_tables_are_refused(session, config, load_script, change, message):
    detect(load_script, session, config)
    table = read_presentations(session["presentations"]).astype({"aborted": int})
    change(table).to_csv(session["presentations"], sep="\t", index=False)
    with pytest.raises(ValueError, match=message):
        rates(load_script, session, config)


def test_crossings_of_another_session_are_refused(session, config, load_script):
    detect(load_script, session, config)
    with pytest.raises(ValueError, match="holds session 'sim1-hvm', expected 'sim2-hvm'"):
        rates(load_script, session, config, "sim2-hvm")


def test_voltage_that_does_not_add_up_leaves_no_file(tmp_path):
    chunk = np.zeros((10, 2), np.int16)
    with pytest.raises(ValueError, match="hold 20 samples, expected 30"):
        write_voltage(tmp_path / "voltage.nc", [chunk, chunk], 30, np.arange(2), {})
    assert list(tmp_path.iterdir()) == []
