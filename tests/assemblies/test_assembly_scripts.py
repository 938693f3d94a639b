"""Scripts of the stage, end to end on small files with planted content."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from italign.assemblies.ceilings import cka_ceilings
from italign.io import read_dataset, write_dataset

LATENCY_MS = 80.0
SELECTION = {"reliability_min": 0.5, "snr_min": None, "visual_drive_dprime_min": None,
             "rate_hz_min": None, "latency_ms_max": None, "fano_factor_max": None}
NOUNS = np.array(["bear", "car", "dog"])


def site_coords(animal, channels, array="A", region="IT"):
    n = len(channels)
    ids = [f"{animal}.left.{array}.{channel}" for channel in channels]
    return {
        "neuroid_id": ("neuroid", ids),
        "animal": ("neuroid", [animal] * n),
        "hemisphere": ("neuroid", ["left"] * n),
        "array": ("neuroid", [array] * n),
        "channel": ("neuroid", np.array(channels)),
        "region": ("neuroid", [region] * n),
    }


def write_rates(path, stimulus_ids, signal, n_repetitions, seed, animal="sim1", n_blanks=0,
                gain=1, **sites):
    """Rates = signal (n_stimuli, n_sites) + unit noise, in random order; blanks are at 8 Hz."""
    rng = np.random.default_rng(seed)
    row = rng.permutation(np.append(np.repeat(np.arange(len(stimulus_ids)), n_repetitions),
                                    np.full(n_blanks, len(stimulus_ids))))
    seen = np.array([(row[:i] == r).sum() for i, r in enumerate(row)])
    noise = rng.standard_normal((2, len(row), signal.shape[1]))
    driven = np.vstack([signal + 10, np.full(signal.shape[1], 8)])
    coords = {"stimulus_id": ("presentation", np.append(stimulus_ids, "blank")[row]),
              **site_coords(animal, range(signal.shape[1]), **sites)}
    attrs = {"session": path.stem, "stimulus_set": "hvm", "source": "in silico"}
    rates = xr.Dataset(
        {"rate_hz": (("presentation", "neuroid"), gain * (driven[row] + noise[0])),
         "baseline_hz": (("presentation", "neuroid"), gain * (5 + noise[1]))},
        coords | {"repetition": ("presentation", seen),
                  "trial": ("presentation", np.arange(len(row))),
                  "onset_s": ("presentation", 0.2 * np.arange(len(row)))},
        attrs | {"window_start_ms": 70, "window_end_ms": 170, "n_lost_in_gaps": 0},
    )
    write_dataset(rates, path, "rates")
    write_bins(path.with_suffix(".bins"), coords, row < len(stimulus_ids), attrs, rng)
    return str(path)


def write_bins(path, coords, has_image, attrs, rng):
    """Counts at 5 Hz, and at 65 Hz from `LATENCY_MS` on where there is an image."""
    start_ms = np.arange(-50.0, 250, 10)
    per_bin = np.where(has_image[:, None] & (start_ms >= LATENCY_MS), 65, 5) / 100
    counts = rng.poisson(per_bin[:, None], (len(has_image), len(coords["channel"][1]), 30))
    ds = xr.Dataset(
        {"count": (("presentation", "neuroid", "time_bin"), counts)},
        coords | {"time_bin_start_ms": ("time_bin", start_ms),
                  "time_bin_end_ms": ("time_bin", start_ms + 10)}, attrs,
    )
    write_dataset(ds, path, "bins")


def write_stimuli(path, splits):
    n = len(splits)
    numbers = ("rotation_x_deg", "rotation_y_deg", "rotation_z_deg", "position_x_deg",
               "position_y_deg", "size")
    nouns = NOUNS[np.arange(n) % 3]
    words = {"stimulus_id": [f"{noun}{i}" for i, noun in enumerate(nouns)], "category": nouns,
             "object": nouns, "background": ["grey"] * n, "split": splits}
    ds = xr.Dataset(
        {"image": (("stimulus", "y", "x", "channel"), np.zeros((n, 2, 2, 3), np.uint8))},
        coords={**{name: ("stimulus", np.zeros(n, np.float32)) for name in numbers},
                **{name: ("stimulus", values) for name, values in words.items()},
                "variation": ("stimulus", np.zeros(n, np.int32))},
        attrs={"identifier": "hvm", "image_degrees": 8, "licence": "BSD", "source": "in silico"},
    )
    write_dataset(ds, path, "stimuli")
    return ds["stimulus_id"].values


@pytest.fixture
def assemble(load_script):
    script = load_script("assemblies", "assemble_responses").assemble_responses

    def run(rates, assembly, animal="sim1", selection=None, **changes):
        settings = {"stimulus_set": "hvm", "region": "IT", "reliability_splits": 10, "seed": 0,
                    "session_normalisation": "none", "blank_stimulus_id": "blank",
                    "drift": str(assembly.with_suffix(".csv")),
                    "selection": SELECTION | (selection or {})}
        bins = [path.replace(".nc", ".bins") for path in rates]
        script(**{"rates": rates, "bins": bins, "assembly": str(assembly), "animal": animal}
               | settings | changes)
        return read_dataset(assembly, "assembly")

    return run


def signal(seed, n_stimuli, n_sites, dead=()):
    values = 3 * np.random.default_rng(seed).standard_normal((n_stimuli, n_sites))
    values[:, list(dead)] = 0
    return values


def test_sessions_are_joined_by_label(tmp_path, assemble):
    ids = [f"im{i}" for i in range(20)]
    left, right = signal(0, 20, 4, dead=[1]), signal(1, 20, 3)
    shuffled = np.random.default_rng(2).permutation(20)
    rates = [
        write_rates(tmp_path / "day1.nc", ids, left, 4, 0),
        write_rates(tmp_path / "day2.nc", np.array(ids)[shuffled], left[shuffled], 3, 1),
        write_rates(tmp_path / "day3.nc", ids, right, 5, 2, array="M"),
    ]
    ds = assemble(rates, tmp_path / "a.nc")
    assert dict(ds.sizes) == {"stimulus": 20, "repetition": 7, "neuroid": 7, "time_bin": 30}
    repetitions = np.isfinite(ds["rate"]).sum("repetition").values
    is_left = ds["array"].values == "A"
    assert (repetitions[:, is_left] == 7).all() and (repetitions[:, ~is_left] == 5).all()
    order = [ids.index(i) for i in ds["stimulus_id"].values]
    found = ds["rate"].mean("repetition").values - 10
    assert np.allclose(found, np.hstack([left, right])[order], atol=2)
    assert ds["selected"].values.tolist() == [1, 0, 1, 1, 1, 1, 1]
    reasons = ds["drop_reason"].values.tolist()
    assert reasons[1] == f"reliability {float(ds['reliability'][1]):.3g} < 0.5"
    assert {*reasons[:1], *reasons[2:]} == {"kept"}
    assert (ds["visual_drive_dprime"] > 1).all() and ds.attrs["drive_reference"] == "baseline"
    assert ((ds["reliability_low"] < ds["reliability"])
            & (ds["reliability"] < ds["reliability_high"])).all()


def test_quality_in_hz_and_over_time_is_what_was_planted(tmp_path, assemble):
    ids = [f"im{i}" for i in range(40)]
    ds = assemble([write_rates(tmp_path / "r.nc", ids, signal(0, 40, 3), 50, 0)], tmp_path / "a.nc")
    assert ds["latency_ms"].values == pytest.approx(LATENCY_MS, abs=2)
    is_driven = ds["time_bin_start_ms"].values >= LATENCY_MS
    for driven, rate_hz in ((False, 5), (True, 65)):
        assert float(ds["psth_hz"][:, is_driven == driven].mean()) == pytest.approx(rate_hz,
                                                                                    rel=0.02)
    # Unit noise is a variance of 0.01 counts in 100 ms, around a mean near 1.
    mean = ds["rate"].mean(("stimulus", "repetition")).values / 10
    assert ds["fano_factor"].values == pytest.approx(0.01 / mean, rel=0.25)
    assert ds["snr"].values == pytest.approx(3, rel=0.25)


def test_blanks_are_the_reference_of_visual_drive_and_no_stimulus(tmp_path, assemble):
    ids = [f"im{i}" for i in range(30)]
    rates = [write_rates(tmp_path / f"{day}.nc", ids, signal(0, 30, 2), 4, day, n_blanks=60)
             for day in range(2)]
    ds = assemble(rates, tmp_path / "a.nc")
    assert ds.attrs["drive_reference"] == "blank"
    assert ds["stimulus_id"].values.tolist() == sorted(ids) and ds.sizes["repetition"] == 8
    spread = np.sqrt((ds["rate"].values.var(axis=(0, 1)) + 1) / 2)
    expected = (ds["rate"].values.mean(axis=(0, 1)) - 8) / spread
    assert ds["visual_drive_dprime"].values == pytest.approx(expected, abs=0.15)
    # The response over time leaves blanks out, of which there are as many as images.
    assert float(ds["psth_hz"][:, -1].mean()) == pytest.approx(65, rel=0.05)
    rates.append(write_rates(tmp_path / "2.nc", ids, signal(0, 30, 2), 4, 2, array="M"))
    assert assemble(rates, tmp_path / "a.nc").attrs["drive_reference"] == "baseline"
    with pytest.raises(ValueError, match="all 20 presentations are of 'im0', expected some of"):
        assemble([write_rates(tmp_path / "3.nc", ids[:1], signal(0, 1, 2), 20, 2)],
                 tmp_path / "b.nc", blank_stimulus_id="im0")


def test_days_of_other_gain_agree_only_if_normalised(tmp_path, assemble):
    ids = [f"im{i}" for i in range(40)]
    rates = [write_rates(tmp_path / f"{day}.nc", ids, signal(0, 40, 3), 4, day, gain=gain)
             for day, gain in enumerate([1, 5])]
    any_site = {"reliability_min": None}
    hz = assemble(rates, tmp_path / "a.nc", selection=any_site)
    z = assemble(rates, tmp_path / "z.nc", session_normalisation="zscore")
    assert np.isnan(hz.attrs["reliability_min"]) and hz["selected"].all()
    assert (hz["rate"].units, z["rate"].units) == ("Hz", "1")
    assert z.attrs["session_normalisation"] == "zscore"
    for day in (slice(4), slice(4, 8)):
        values = z["rate"].values[:, day]
        assert values.mean(axis=(0, 1)) == pytest.approx(0, abs=1e-5)
        assert values.std(axis=(0, 1)) == pytest.approx(1, abs=1e-5)
    assert (z["snr"] > 2 * hz["snr"]).all()
    assert (z["reliability"] > hz["reliability"]).all()
    for name in ("visual_drive_dprime", "fano_factor", "latency_ms", "psth_hz"):  # from Hz
        assert np.array_equal(z[name], hz[name])
    drift = pd.read_csv(tmp_path / "a.csv")
    assert list(drift)[:4] == ["animal", "stimulus_set", "session", "neuroid_id"]
    assert drift["session"].astype(str).tolist() == ["0"] * 3 + ["1"] * 3
    assert drift["neuroid_id"].tolist() == hz["neuroid_id"].values.tolist() * 2
    assert drift["change_percent"].to_numpy() == pytest.approx([0] * 3 + [400] * 3, abs=20)


def test_sessions_must_be_counted_alike(tmp_path, assemble):
    ids = [f"im{i}" for i in range(20)]
    rates = [write_rates(tmp_path / f"{day}.nc", ids, signal(0, 20, 2), 4, ord(day))
             for day in "ab"]
    bins = [path.replace(".nc", ".bins") for path in rates]
    with pytest.raises(ValueError, match=r"b\.bins: stimulus_id differs from that of .*a\.nc"):
        assemble(rates, tmp_path / "x.nc", bins=bins[::-1])
    other = read_dataset(rates[1])
    write_dataset(other.assign_attrs(window_end_ms=150), rates[1], "rates")
    with pytest.raises(ValueError, match="session b: window_end_ms is 150, expected 170 as in "
                                         "session a"):
        assemble(rates, tmp_path / "x.nc")


def test_what_cannot_be_assembled_is_named(tmp_path, assemble):
    ids = [f"im{i}" for i in range(30)]
    rates = [write_rates(tmp_path / "r.nc", ids, signal(0, 30, 2, dead=[0, 1]), 4, 0)]
    target = tmp_path / "a.nc"
    with pytest.raises(ValueError, match=r"sim1, hvm: none of 2 sites is selected: "
                                         r"reliability_min 0\.9 is not met by 2 \(best .*\); rel"):
        assemble(rates, target, selection={"reliability_min": 0.9})
    with pytest.raises(ValueError, match="animal is sim1, expected sim2"):
        assemble(rates, target, animal="sim2")
    with pytest.raises(ValueError, match="stimulus_set is hvm, expected coco"):
        assemble(rates, target, stimulus_set="coco")
    with pytest.raises(ValueError, match="has sites in IT, expected some in V4"):
        assemble(rates, target, region="V4")
    short = [write_rates(tmp_path / "s.nc", [*ids, "im30"], signal(0, 31, 2), 1, 0)]
    with pytest.raises(ValueError, match=r"sim1, hvm: 31 of 31 stimuli have fewer .*im0, im1"):
        assemble(short, target)
    parts = [write_rates(tmp_path / f"{k}.nc", part, signal(k, 15, 2), 4, k)
             for k, part in enumerate((ids[:15], ids[15:]))]
    with pytest.raises(ValueError, match=r"sim1, hvm: the sessions of 2 of 2 sites share 0 stim"):
        assemble(parts, target, session_normalisation="zscore")
    assert not target.exists()


def test_a_stimulus_that_an_array_lacks_is_left_out_and_logged(tmp_path, assemble, caplog):
    """One presentation lost in a gap costs one stimulus, not the animal."""
    ids = [f"im{i:02}" for i in range(20)]
    planted = signal(0, 20, 3)
    left = write_rates(tmp_path / "a.nc", ids, planted, 4, 0, n_blanks=8)
    right = write_rates(tmp_path / "m.nc", ids, planted, 2, 1, array="M")
    for path, contract in ((right, "rates"), (right.replace(".nc", ".bins"), "bins")):
        ds = read_dataset(path, contract)
        lost = np.flatnonzero(ds["stimulus_id"].values == "im07")[0]
        write_dataset(ds.isel(presentation=np.arange(ds.sizes["presentation"]) != lost), path,
                      contract)
    with caplog.at_level("INFO"):
        ds = assemble([left, right], tmp_path / "x.nc")
    assert "sim1, hvm: 1 stimuli are left out (im07): fewer than 2 repetitions at some site of " \
           "array M." in caplog.text
    assert ds["stimulus_id"].values.tolist() == ids[:7] + ids[8:]
    assert ds.attrs["n_stimuli_left_out"] == 1
    rates = read_dataset(left, "rates")
    own = rates["rate_hz"].values[rates["stimulus_id"].values == "im08"].mean(axis=0)
    assert ds["rate"].values[7, :, :3].mean(axis=0) == pytest.approx(own)
    counts = read_dataset(left.replace(".nc", ".bins"), "bins")
    remaining = np.isin(counts["stimulus_id"].values, ds["stimulus_id"].values)
    assert ds["psth_hz"].values[:3] == pytest.approx(
        100 * counts["count"].values[remaining].mean(axis=0))
    whole = assemble([left], tmp_path / "y.nc")
    assert whole.attrs["n_stimuli_left_out"] == 0 and whole.sizes["stimulus"] == 20


def test_ceilings_of_selected_sites(tmp_path, assemble, load_script):
    ids = [f"im{i}" for i in range(30)]
    planted = signal(0, 30, 8, dead=[3])
    rates = [write_rates(tmp_path / "r.nc", ids, planted, 6, 0)]
    responses = assemble(rates, tmp_path / "a.nc")
    estimate = load_script("assemblies", "estimate_ceiling").estimate_ceiling
    settings = {"assembly": str(tmp_path / "a.nc"), "ceiling": str(tmp_path / "c.nc"), "seed": 0}
    estimate(ceiling_splits=9, ceiling_repetitions=[8, 6, 4, 2], **settings)
    ds = read_dataset(tmp_path / "c.nc", "ceiling")
    assert dict(ds.sizes) == {"rule": 4, "estimator": 2, "n_drawn": 3, "split": 9}
    assert ds["n_drawn"].values.tolist() == [2, 4, 6]  # 6 of 6 are all, 8 there are not
    assert (ds.attrs["n_stimuli"], ds.attrs["n_sites"], ds.attrs["n_repetitions"]) == (30, 7, 6)
    unbiased = ds["cka"].mean("split").sel(estimator="unbiased")
    # Signal SD 3, noise SD 1, sites independent: the covariance's squares add up.
    for n in (2, 4, 6):
        half = 9 / (9 + 2 / n)
        expected = {"split_half": half**2, "spearman_brown": 2 * half**2 / (1 + half**2),
                    "square_root": half, "attainable": 9 / (9 + 1 / n)}
        for rule, value in expected.items():
            assert float(unbiased.sel(rule=rule, n_drawn=n)) == pytest.approx(value, abs=0.04)
    everything = cka_ceilings(responses["rate"].values[:, :, responses["selected"] == 1], 9, 0)
    assert np.array_equal(ds["cka"].sel(n_drawn=6), everything)


def test_too_few_stimuli_for_a_ceiling_are_named(tmp_path, assemble, load_script):
    rates = [write_rates(tmp_path / "r.nc", ["im0", "im1", "im2"], signal(0, 3, 4), 6, 0)]
    assemble(rates, tmp_path / "a.nc", selection={"reliability_min": None})
    with pytest.raises(ValueError, match="sim1, hvm: the assembly has 3 stimuli, expected at least "
                                         "4 for a ceiling"):
        load_script("assemblies", "estimate_ceiling").estimate_ceiling(
            assembly=str(tmp_path / "a.nc"), ceiling=str(tmp_path / "c.nc"), ceiling_splits=2,
            ceiling_repetitions=[2], seed=0)


def test_all_repetitions_are_the_most_that_a_stimulus_has(tmp_path, assemble, load_script):
    """Five of one stimulus, six of the others: all is named 6, and 5 can be drawn of each."""
    ids = [f"im{i}" for i in range(30)]
    rates = [write_rates(tmp_path / "r.nc", ids, signal(0, 30, 4), 6, 0)]
    assemble(rates, tmp_path / "a.nc")
    ds = read_dataset(tmp_path / "a.nc")
    ds["rate"][0, 5] = np.nan
    write_dataset(ds, tmp_path / "a.nc", "assembly")
    load_script("assemblies", "estimate_ceiling").estimate_ceiling(
        assembly=str(tmp_path / "a.nc"), ceiling=str(tmp_path / "c.nc"), ceiling_splits=2,
        ceiling_repetitions=[5, 6], seed=0)
    assert read_dataset(tmp_path / "c.nc", "ceiling")["n_drawn"].values.tolist() == [5, 6]


@pytest.fixture
def training_animals(tmp_path, assemble):
    ids = write_stimuli(tmp_path / "hvm.nc", ["train"] * 40 + ["test"] * 5)
    paths = []
    for k, (animal, dead) in enumerate([("sim1", [0]), ("sim2", [])]):
        shown = np.random.default_rng(k).permutation(ids[:40])
        planted = signal(k, 40, 3, dead)
        rates = [write_rates(tmp_path / f"{animal}-r.nc", shown, planted, 6, k, animal)]
        assemble(rates, tmp_path / f"{animal}.nc", animal=animal)
        paths.append(str(tmp_path / f"{animal}.nc"))
    return paths


def test_targets_pool_animals_and_share_a_partition(tmp_path, training_animals, load_script):
    build = load_script("assemblies", "build_target").build_target
    found = {}
    for kind in ("true", "shuffled", "random"):
        path = tmp_path / f"{kind}.nc"
        build(assemblies=training_animals, stimuli=str(tmp_path / "hvm.nc"), target=str(path),
              target_kind=kind, seed=1, test_fraction=0.1)
        found[kind] = read_dataset(path, "target")
    true = found["true"]
    images = read_dataset(tmp_path / "hvm.nc", "stimuli")
    assert true["stimulus_id"].values.tolist() == images["stimulus_id"].values[:40].tolist()
    assert true["animal"].values.tolist() == ["sim1"] * 2 + ["sim2"] * 3
    labels = {"stimulus": "stimulus_id", "neuroid": "neuroid_id"}
    pooled = true.swap_dims(labels)["rate"]
    for path in training_animals:
        source = read_dataset(path, "assembly").swap_dims(labels)
        expected = source["rate"].mean("repetition")
        joined = xr.align(pooled, expected, join="inner")
        assert joined[0].shape[0] == 40
        assert np.allclose(*joined, rtol=1e-5)
    is_test = true["partition"].values == "test"
    assert is_test.sum() == 4
    for kind in ("shuffled", "random"):
        assert (found[kind]["partition"] == true["partition"]).all()
        same = (found[kind]["rate"].values == true["rate"].values).all(1)
        assert same[is_test].all() and same[~is_test].mean() < 0.1


def test_a_missing_stimulus_is_named(tmp_path, training_animals, load_script):
    write_stimuli(tmp_path / "hvm.nc", ["train"] * 42)
    with pytest.raises(ValueError, match=r"hvm.nc: 2 of 42 training stimuli have no response at "
                                         r"any site of sim1, sim2 \(car40, dog41\)"):
        load_script("assemblies", "build_target").build_target(
            assemblies=training_animals, stimuli=str(tmp_path / "hvm.nc"),
            target=str(tmp_path / "t.nc"), target_kind="true", seed=1, test_fraction=0.1,
        )


def write_teacher(path, ids, nouns, logits):
    ds = xr.Dataset(
        {"feature": (("stimulus", "unit"), np.zeros((len(ids), 2))),
         "logit": (("stimulus", "category"), logits)},
        coords={"stimulus_id": ("stimulus", ids), "truth": ("stimulus", [i[:3] for i in ids]),
                "category": ("category", nouns)},
        attrs={"identifier": "hvm", "source": "in silico"},
    )
    write_dataset(ds, path, "teacher")


def test_people_choose_what_the_teacher_sees(tmp_path, load_script):
    ids = write_stimuli(tmp_path / "hvm.nc", ["train"] * 3 + ["test"] * 9)
    nouns = ["dog", "zebra", "bear", "car"]  # other order, one noun more
    logits = np.zeros((12, 4))
    for row, name in enumerate(ids):
        logits[row, nouns.index(name.rstrip("0123456789"))] = 4
    logits[5, :] = [-9, 0, 9, 0]  # dog5 looks like a bear, less like a car than a dog: -9 < 0
    shuffled = np.random.default_rng(0).permutation(12)
    write_teacher(tmp_path / "t.nc", ids[shuffled], nouns, logits[shuffled])
    run = load_script("assemblies", "simulate_behavior").simulate_behavior
    settings = {"n_observers": 20, "responses_per_image": 10, "decision_noise": 0.5,
                "lapse_rate": 0.0, "seed": 0}
    paths = {"teacher": str(tmp_path / "t.nc"), "stimuli": str(tmp_path / "hvm.nc")}
    run(**paths, behavior=str(tmp_path / "b.nc"), **settings)
    ds = read_dataset(tmp_path / "b.nc", "behavior")
    assert ds.sizes["trial"] == 90
    assert set(ds["stimulus_id"].values) == set(ids[3:])
    assert set(ds["distractor"].values) == {"bear", "car", "dog"}
    assert not (ds["distractor"] == ds["truth"]).any()
    correct = (ds["choice"] == ds["truth"]).values
    confusing = ds["stimulus_id"].values == "dog5"
    assert not correct[confusing].any()
    assert correct[~confusing].all()
    write_teacher(tmp_path / "t.nc", ids[4:], nouns, logits[4:])
    with pytest.raises(ValueError, match=r"lacks 1 of 9 stimulus_id values \(bear3\)"):
        run(**paths, behavior=str(tmp_path / "b.nc"), **settings)
