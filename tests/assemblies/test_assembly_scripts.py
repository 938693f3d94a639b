"""Scripts of the stage, end to end on small files with planted content."""

import numpy as np
import pytest
import xarray as xr

from italign.io import read_dataset, write_dataset

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


def write_rates(path, stimulus_ids, signal, n_repetitions, seed, animal="sim1", **sites):
    """Rates = signal (n_stimuli, n_sites) + unit noise, presentations in random order."""
    rng = np.random.default_rng(seed)
    row = rng.permutation(np.repeat(np.arange(len(stimulus_ids)), n_repetitions))
    seen = np.array([(row[:i] == r).sum() for i, r in enumerate(row)])
    noise = rng.standard_normal((2, len(row), signal.shape[1]))
    ds = xr.Dataset(
        {"rate_hz": (("presentation", "neuroid"), signal[row] + 10 + noise[0]),
         "baseline_hz": (("presentation", "neuroid"), 5 + noise[1])},
        coords={"stimulus_id": ("presentation", np.asarray(stimulus_ids)[row]),
                "repetition": ("presentation", seen),
                "trial": ("presentation", np.arange(len(row))),
                **site_coords(animal, range(signal.shape[1]), **sites)},
        attrs={"window_start_ms": 70, "window_end_ms": 170, "session": path.stem,
               "stimulus_set": "hvm", "source": "in silico"},
    )
    write_dataset(ds, path, "rates")
    return str(path)


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

    def run(rates, assembly, animal="sim1", threshold=0.5, **changes):
        settings = {"stimulus_set": "hvm", "region": "IT", "reliability_splits": 10, "seed": 0}
        script(rates=rates, assembly=str(assembly), animal=animal,
               reliability_threshold=threshold, **settings | changes)
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
    assert dict(ds.sizes) == {"stimulus": 20, "repetition": 7, "neuroid": 7}
    repetitions = np.isfinite(ds["rate"]).sum("repetition").values
    is_left = ds["array"].values == "A"
    assert (repetitions[:, is_left] == 7).all() and (repetitions[:, ~is_left] == 5).all()
    order = [ids.index(i) for i in ds["stimulus_id"].values]
    found = ds["rate"].mean("repetition").values - 10
    assert np.allclose(found, np.hstack([left, right])[order], atol=2)
    assert ds["selected"].values.tolist() == [1, 0, 1, 1, 1, 1, 1]
    assert (ds["visual_drive_dprime"] > 1).all()


def test_a_single_session_may_come_as_a_plain_path(tmp_path, assemble):
    rates = write_rates(tmp_path / "r.nc", ["a", "b", "c", "d"], signal(0, 4, 2), 4, 0)
    assert assemble(rates, tmp_path / "a.nc").sizes["repetition"] == 4


def test_what_cannot_be_assembled_is_named(tmp_path, assemble):
    ids = [f"im{i}" for i in range(30)]
    rates = write_rates(tmp_path / "r.nc", ids, signal(0, 30, 2, dead=[0, 1]), 4, 0)
    target = tmp_path / "a.nc"
    with pytest.raises(ValueError, match=r"best reliability is .*, expected 0\.9 or more; lower "
                                         r"assemblies\.reliability_threshold"):
        assemble(rates, target, threshold=0.9)
    with pytest.raises(ValueError, match="animal is sim1, expected sim2"):
        assemble(rates, target, animal="sim2")
    with pytest.raises(ValueError, match="stimulus_set is hvm, expected coco"):
        assemble(rates, target, stimulus_set="coco")
    with pytest.raises(ValueError, match="has sites in IT, expected some in V4"):
        assemble(rates, target, region="V4")
    short = write_rates(tmp_path / "s.nc", [*ids, "im30"], signal(0, 31, 2), 1, 0)
    with pytest.raises(ValueError, match=r"31 of 31 stimuli have fewer than 2 .*im0, im1"):
        assemble(short, target)
    assert not target.exists()


def test_ceilings_of_selected_sites(tmp_path, assemble, load_script):
    ids = [f"im{i}" for i in range(30)]
    planted = signal(0, 30, 8, dead=[3])
    rates = write_rates(tmp_path / "r.nc", ids, planted, 6, 0)
    assemble(rates, tmp_path / "a.nc")
    load_script("assemblies", "estimate_ceiling").estimate_ceiling(
        assembly=str(tmp_path / "a.nc"), ceiling=str(tmp_path / "c.nc"), ceiling_splits=9, seed=0
    )
    ds = read_dataset(tmp_path / "c.nc", "ceiling")
    assert dict(ds.sizes) == {"estimator": 2, "split": 9}
    assert (ds.attrs["n_stimuli"], ds.attrs["n_sites"], ds.attrs["n_repetitions"]) == (30, 7, 6)
    unbiased = ds.mean("split").set_xindex("estimator").sel(estimator="unbiased")
    # Signal SD 3, noise SD 1: halves of three trials, attainable against six.
    assert float(unbiased["split_half"]) == pytest.approx(9 / (9 + 1 / 3), abs=0.04)
    assert float(unbiased["attainable"]) == pytest.approx(9 / (9 + 1 / 6), abs=0.04)


@pytest.fixture
def training_animals(tmp_path, assemble):
    ids = write_stimuli(tmp_path / "hvm.nc", ["train"] * 40 + ["test"] * 5)
    paths = []
    for k, (animal, dead) in enumerate([("sim1", [0]), ("sim2", [])]):
        shown = np.random.default_rng(k).permutation(ids[:40])
        planted = signal(k, 40, 3, dead)
        rates = write_rates(tmp_path / f"{animal}-r.nc", shown, planted, 6, k, animal)
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
    with pytest.raises(ValueError, match=r"sim1 lacks 2 of 42 training stimuli \(car40, dog41\)"):
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
