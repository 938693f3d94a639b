"""Sessions of one animal side by side: own sites, own images, and what follows for targets."""

from pathlib import Path

import numpy as np
import pytest

from italign.assemblies.quality import split_half_reliability
from italign.io import read_dataset
from tests.assemblies.open_files import poisson_counts, write_cowley, write_kar
from tests.resources import native_files as native

ROOT = Path(__file__).parents[2]
NOTHING = dict.fromkeys(("reliability_min", "snr_min", "visual_drive_dprime_min", "rate_hz_min",
                         "latency_ms_max", "fano_factor_max"))


def image_ids(session, n):
    return [f"{session}-{k:04d}" for k in range(1, n + 1)]


@pytest.fixture
def prepare(tmp_path, load_script):
    script = load_script("assemblies", "prepare_assembly").prepare_assembly

    def run(files, ids, source="cowley", animal="pe", region="V4", sites=(), **selection):
        native.write_stimuli(tmp_path / "set.nc", ids, split="train")
        script(files=files, stimuli=str(tmp_path / "set.nc"), assembly=str(tmp_path / "a.nc"),
               animal=animal, stimulus_set="hvm", source=source, region=region, sites=sites,
               selection=NOTHING | selection, reliability_splits=5, seed=0,
               registry=str(ROOT / "resources" / "datasets.tsv"))
        return read_dataset(tmp_path / "a.nc", "assembly")

    return run


@pytest.fixture
def target_of(tmp_path, load_script):
    build = load_script("assemblies", "build_target").build_target

    def run(kind="true"):
        """Target of the assembly and the images that `prepare` wrote last."""
        build(assemblies=str(tmp_path / "a.nc"), stimuli=str(tmp_path / "set.nc"), seed=1,
              target=str(tmp_path / "t.nc"), target_kind=kind, test_fraction=0.2)
        return read_dataset(tmp_path / "t.nc", "target")

    return run


def test_sites_have_rates_where_their_session_showed_the_image(tmp_path, prepare):
    first, second = poisson_counts(4, 20, 3), poisson_counts(3, 12, 5, seed=1)
    first[2] = 0
    second[1, 7] = np.nan  # of its own session: dead; images of the other one do not count
    second[0, 3, 2:] = np.nan
    files = [write_cowley(tmp_path, "201016", first), write_cowley(tmp_path, "210325", second)]
    ids = image_ids("201016", 15) + image_ids("210325", 12) + ["210322-0001"]
    ds = prepare(files, ids)
    assert ds["stimulus_id"].values.tolist() == ids[:27]
    assert dict(ds.sizes) == {"stimulus": 27, "repetition": 5, "neuroid": 7, "time_bin": 0}
    assert ds["array"].values.tolist() == ["201016"] * 4 + ["210325"] * 3
    found = ds["rate"].values
    assert np.array_equal(found[:15, :3, :4], 10 * first[:, :15].transpose(1, 2, 0))
    assert np.array_equal(found[15:, :, 4:], 10 * second.transpose(1, 2, 0), equal_nan=True)
    for absent in (found[:15, 3:, :4], found[:15, :, 4:], found[15:, :, :4]):
        assert np.isnan(absent).all()
    assert ds["drop_reason"].values.tolist() == [
        "kept", "kept", "all responses 0", "kept", "kept", "no response to 1 of 12 images", "kept"]
    assert ds["selected"].values.tolist() == [1, 1, 0, 1, 1, 0, 1]
    own = split_half_reliability(found[15:, :, [4, 6]], 5, 0)
    assert np.allclose(ds["reliability"].values[[4, 6]], own, atol=1e-6)
    assert ds["rate"].attrs["units"] == "Hz"
    assert ds.attrs["source"] == "recorded: Cowley et al. 2023 bioRxiv"


def test_one_session_is_as_it_would_be_alone(tmp_path, prepare):
    files = [write_cowley(tmp_path, name, poisson_counts(3, 10, 4, seed))
             for seed, name in enumerate(("201025", "210225"))]
    ids = image_ids("201025", 10) + image_ids("210225", 10)
    alone, both = prepare(files[:1], ids), prepare(files, ids)
    for name in ("rate", "reliability", "reliability_low", "snr", "selected", "neuroid_id"):
        part = both[name].isel(neuroid=slice(3))
        part = part.isel(stimulus=slice(10)) if name == "rate" else part
        assert np.array_equal(alone[name], part)


def test_sessions_that_cannot_be_joined_are_refused(tmp_path, prepare):
    def refused(message, files, ids, **changes):
        with pytest.raises(ValueError, match=message):
            prepare(files, ids, **changes)

    trials = poisson_counts(2, 10, 4)
    raw, average = (write_cowley(tmp_path, "201025", counts) for counts in (trials, trials.mean(2)))
    refused(r"site pe.unknown.201025.0 is in pe, hvm \(responses_raw_201025.npy\) and in pe, hvm "
            r"\(responses_avg_201025.npy\), expected sites of its own", [raw, average],
            image_ids("201025", 10))
    other = write_cowley(tmp_path, "210225", trials)
    refused(r"responses_raw_210225.npy: responses are to 210225-0001.*the images are 201025-0001",
            [raw, other], image_ids("201025", 10))
    both = image_ids("201025", 10) + image_ids("210225", 10)
    refused(r"pe, hvm \(responses_avg_201025.npy\): assemblies.selection.reliability_min is 0.1, "
            "but the file has 1 repetitions", [other, average], both, reliability_min=0.1)
    silent = write_cowley(tmp_path, "210225", np.zeros((2, 10)))
    refused(r"\(responses_avg_210225.npy\): none of 2 sites responds to all 10 images",
            [raw, silent], both)


def test_a_target_of_sessions_is_nan_by_block(tmp_path, prepare, target_of):
    counts = [poisson_counts(3, 20, 2, seed) for seed in range(2)]
    files = [write_cowley(tmp_path, name, one)
             for name, one in zip(("201025", "210225"), counts, strict=True)]
    # Images of both sessions take turns in the set, as no block may depend on their order.
    ids = [i for pair in zip(image_ids("201025", 20), image_ids("210225", 20), strict=True)
           for i in pair]
    prepare(files, ids)
    true, shuffled, random = (target_of(kind) for kind in ("true", "shuffled", "random"))
    assert true["stimulus_id"].values.tolist() == ids
    for k, one in enumerate(counts):
        expected = 10 * one.mean(2).T
        assert np.allclose(true["rate"].values[k::2, 3 * k:3 * k + 3], expected)
        assert np.isnan(true["rate"].values[k::2, 3 - 3 * k:6 - 3 * k]).all()
        train = (true["partition"].values == "train")[k::2]
        rows = shuffled["rate"].values[k::2, 3 * k:3 * k + 3][train]
        assert sorted(map(tuple, rows)) == sorted(map(tuple, expected[train].astype(np.float32)))
        assert not np.array_equal(rows, expected[train])
    for control in (shuffled, random):
        assert np.array_equal(np.isnan(control["rate"]), np.isnan(true["rate"]))
        test = true["partition"].values == "test"
        assert np.array_equal(control["rate"][test], true["rate"][test], equal_nan=True)
    drawn = random["rate"].values[true["partition"].values == "train"]
    assert abs(np.nanmean(drawn)) < 0.3 and np.nanstd(drawn) == pytest.approx(1, abs=0.2)


def test_images_that_too_few_sites_saw_are_named(tmp_path, prepare, target_of):
    files = [write_cowley(tmp_path, name, poisson_counts(3, 20, 2, seed))
             for seed, name in enumerate(("201025", "210225"))]
    ids = image_ids("201025", 20)
    prepare(files, [*ids, "210225-0001", "210225-0003"])
    with pytest.raises(ValueError, match=r"set.nc: 2 of 22 training stimuli have responses of 3 of "
                                         r"6 sites \(pe\) only \(210225-0001, 210225-0003\), "
                                         "expected 4 stimuli or more"):
        target_of()
    prepare(files[:1], [*ids, "210322-0007"])
    with pytest.raises(ValueError, match=r"1 of 21 training stimuli have no response at any site "
                                         r"of pe \(210322-0007\)"):
        target_of()
    prepare(files[:1], ids)
    native.write_stimuli(tmp_path / "set.nc", ["x-1", "x-2"], split="train")
    with pytest.raises(ValueError, match=r"animal pe has none of 2 training stimuli \(x-1, x-2"):
        target_of()


def test_responses_without_repetitions_have_no_ceiling(tmp_path, prepare, load_script, caplog):
    estimate = load_script("assemblies", "estimate_ceiling").estimate_ceiling
    settings = {"assembly": str(tmp_path / "a.nc"), "ceiling": str(tmp_path / "c.nc"), "seed": 0,
                "ceiling_splits": 5, "ceiling_repetitions": [2, 8]}
    trials = poisson_counts(3, 10, 4)
    prepare([write_cowley(tmp_path, "201025", trials.mean(2))], image_ids("201025", 10))
    with caplog.at_level("INFO"):
        estimate(**settings)
    assert "pe, hvm: no trials: no ceiling (one response per stimulus and site" in caplog.text
    none = read_dataset(tmp_path / "c.nc", "ceiling")
    assert np.isnan(none["cka"]).all() and none["n_drawn"].values.tolist() == [1]
    assert none["cka"].shape == (4, 2, 1, 5) and none.attrs["n_repetitions"] == 1
    assert none.attrs["no_ceiling"].startswith("one response per stimulus and site")
    files = [write_cowley(tmp_path, "201025", trials), write_cowley(tmp_path, "210225", trials)]
    prepare(files[:1], image_ids("201025", 10))
    estimate(**settings)
    some = read_dataset(tmp_path / "c.nc", "ceiling")
    assert np.isfinite(some["cka"]).all() and "no_ceiling" not in some.attrs
    prepare(files, image_ids("201025", 10) + image_ids("210225", 10))
    with pytest.raises(ValueError, match="pe, hvm: 6 of 6 sites have no response to 20 of 20 "
                                         "stimuli, expected every site's to all"):
        estimate(**settings)


def test_one_site_has_ceilings(tmp_path, prepare, load_script):
    rng = np.random.default_rng(0)
    signal = rng.standard_normal((640, 1))
    path = write_kar(tmp_path / "k.h5", signal + 2 * rng.standard_normal((640, 40)))
    ds = prepare([path], image_ids("210325", 300), "kar", "kar", "IT")
    assert ds["region"].values.tolist() == ["IT"] and ds["rate"].attrs["units"] == "1"
    load_script("assemblies", "estimate_ceiling").estimate_ceiling(
        assembly=str(tmp_path / "a.nc"), ceiling=str(tmp_path / "c.nc"), seed=0, ceiling_splits=20,
        ceiling_repetitions=[])
    found = read_dataset(tmp_path / "c.nc", "ceiling")["cka"].mean("split").isel(n_drawn=0)
    half, whole = 1 / (1 + 4 / 20), 1 / (1 + 4 / 40)  # noise variance 4 over signal variance 1
    unbiased = found.sel(estimator="unbiased")
    assert float(unbiased.sel(rule="split_half")) == pytest.approx(half**2, abs=0.05)
    assert float(unbiased.sel(rule="attainable")) == pytest.approx(whole, abs=0.05)


def test_rates_shown_are_of_one_session(tmp_path, prepare, load_script):
    files = [write_cowley(tmp_path, name, poisson_counts(3, n, 2, n))
             for n, name in ((10, "201025"), (14, "210225"))]
    ds = prepare(files, image_ids("201025", 10) + image_ids("210225", 14))
    pick = load_script("assemblies", "pick_mean_rates").pick_mean_rates
    pick(assembly=str(tmp_path / "a.nc"), rates=str(tmp_path / "m.nc"))
    shown = read_dataset(tmp_path / "m.nc")
    assert np.allclose(shown["rate_hz"], ds["rate"].mean("repetition").values[10:, 3:].T)
    assert shown["stimulus_id"].values.tolist() == image_ids("210225", 14)
    assert (shown.attrs["n_sites"], shown.attrs["n_images"]) == (6, 24)


def test_only_listed_sites_are_selected(tmp_path, prepare):
    file = write_cowley(tmp_path, "201025", poisson_counts(4, 10, 4))
    names = tmp_path / "chosen.txt"
    names.write_text("unknown.201025.3\n\nunknown.210225.0\nunknown.201025.1\n")
    ids = image_ids("201025", 10)
    ds, every = prepare([file], ids, sites=str(names)), prepare([file], ids)
    assert ds["selected"].values.tolist() == [0, 1, 0, 1] and every["selected"].values.all()
    assert ds["drop_reason"].values.tolist() == ["not in chosen.txt", "kept"] * 2
    assert np.array_equal(ds["rate"], every["rate"])
    assert np.isnan(ds["reliability"].values).tolist() == [True, False, True, False]
    names.write_text("unknown.210225.0\n")
    with pytest.raises(ValueError, match=r"chosen.txt: none of its 1 sites is among the 4 of pe, "
                                         r"hvm \(unknown.201025.0, .*expected names as in the f"):
        prepare([file], ids, sites=str(names))
    names.write_text("\n")
    with pytest.raises(ValueError, match=r"chosen\.txt: holds no name"):
        prepare([file], ids, sites=str(names))
    with pytest.raises(ValueError, match=r"gone\.txt: cannot be read .No such file"):
        prepare([file], ids, sites="gone.txt")
