"""Responses of others become assemblies: planted rates come back, and errors read well."""

from pathlib import Path

import h5py
import numpy as np
import pytest

from italign.assemblies.quality import split_half_reliability
from italign.io import read_dataset
from tests.resources import native_files as native

ROOT = Path(__file__).parents[2]
NOTHING = {"reliability_min": None, "snr_min": None, "visual_drive_dprime_min": None,
           "rate_hz_min": None, "latency_ms_max": None, "fano_factor_max": None}


@pytest.fixture
def prepare(tmp_path, load_script):
    script = load_script("assemblies", "prepare_assembly").prepare_assembly

    def run(file, ids, animal, source="study", region="IT", **selection):
        native.write_stimuli(tmp_path / "set.nc", ids)
        target = tmp_path / "assembly.nc"
        script(files=[str(file)], stimuli=str(tmp_path / "set.nc"), assembly=str(target),
               animal=animal, stimulus_set="hvm", source=source, region=region,
               selection=NOTHING | selection, reliability_splits=5, seed=0,
               registry=str(ROOT / "resources" / "datasets.tsv"))
        return read_dataset(target, "assembly")

    return run


def trials(n_images, n_sites, n_trials, seed=0):
    """Signal + noise of SD 1/2, (images, sites, trials)."""
    rng = np.random.default_rng(seed)
    signal = rng.standard_normal((n_images, n_sites, 1))
    return signal + rng.standard_normal((n_images, n_sites, n_trials)) / 2


def test_averaged_responses_are_the_mean_of_the_window(tmp_path, prepare):
    start_ms = -70 + 10 * np.arange(36)
    rng = np.random.default_rng(0)
    site = rng.standard_normal((64, 3))
    # 1 in bins of 20 ms that tile 70-170 ms, and something else in every other bin.
    tiles = np.isin(start_ms, [70, 90, 110, 130, 150])
    rates = np.where(tiles[:, None, None], site, rng.standard_normal((36, 64, 3)))
    file = tmp_path / "SachiMajajHong2015.h5"
    native.write_majajhong(file, {"chabo": rates, "tito": rates})
    ids = [f"majajhong-{i:05d}" for i in (5, 2, 40)] + ["hvm640-00001"]
    ds = prepare(file, ids, "chabo")
    assert ds["stimulus_id"].values.tolist() == sorted(ids[:3])
    assert np.allclose(ds["rate"].values[:, 0], site[[2, 5, 40]], atol=1e-6)
    assert dict(ds.sizes) == {"stimulus": 3, "repetition": 1, "neuroid": 3, "time_bin": 0}
    assert ds["neuroid_id"].values.tolist() == [f"chabo.left.unknown.{i}" for i in range(3)]
    assert np.isnan(ds["reliability"]).all() and (ds["selected"] == 1).all()
    assert ds.attrs["source"] == "recorded: Dapello, Kar et al. 2023 ICLR"
    assert ds["rate"].attrs["units"] == "1"


def test_hemispheres_are_joined_and_padded(tmp_path, prepare):
    left, right = trials(32, 3, 5), trials(32, 2, 4, 1)
    file = tmp_path / "many_monkeys2.h5"
    native.write_many_monkeys(file, {"nano/left": left, "nano/right": right})
    ds = prepare(file, [f"hvm640-{i:05d}" for i in range(0, 32, 2)], "nano", reliability_min=0.2)
    assert ds["hemisphere"].values.tolist() == ["left"] * 3 + ["right"] * 2
    found = ds["rate"].values
    assert np.allclose(found[:, :, :3], left[::2].transpose(0, 2, 1))
    assert np.allclose(found[:, :4, 3:], right[::2].transpose(0, 2, 1))
    assert np.isnan(found[:, 4, 3:]).all()
    assert np.allclose(ds["reliability"], split_half_reliability(found, 5, 0), atol=1e-6)
    assert (ds["reliability_low"] < ds["reliability"]).all() and (ds["snr"] > 1).all()


def test_dead_sites_stay_with_their_reason(tmp_path, prepare):
    rates = trials(10, 4, 6)
    rates[:, 1] = 0
    rates[3, 2] = np.nan
    rates[7, 0, 1:] = np.nan  # once is enough for an average, not for a reliability
    file = tmp_path / "bento_nano_COCO.h5"
    native.write_coco(file, {"nano/left": rates})
    ds = prepare(file, [f"coco-{i:05d}" for i in range(10)], "nano", reliability_min=0.5)
    assert ds["selected"].values.tolist() == [1, 0, 0, 1]
    assert ds["drop_reason"].values.tolist() == ["kept", "all responses 0",
                                                 "no response to 1 of 10 images", "kept"]
    assert np.isnan(ds["reliability"].values).tolist() == [False, True, True, False]
    twice = np.delete(rates, 7, 0)[:, [0, 3]].transpose(0, 2, 1).astype(np.float32)
    assert np.allclose(ds["reliability"].values[[0, 3]], split_half_reliability(twice, 5, 0))


def test_measures_that_the_file_cannot_give_are_refused(tmp_path, prepare):
    file = tmp_path / "x.h5"
    native.write_majajhong(file, {"chabo": np.ones((36, 64, 2))})
    ids = ["majajhong-00000", "majajhong-00001"]
    with pytest.raises(ValueError, match=r"chabo, hvm: assemblies.selection.reliability_min is 0.7,"
                       r" but the file has 1 repetitions.*limits on nothing only: set it to null"):
        prepare(file, ids, "chabo", reliability_min=0.7)
    native.write_coco(file, {"nano/left": trials(10, 2, 3)})
    with pytest.raises(ValueError, match="limits on reliability and snr only"):
        prepare(file, [f"coco-{i:05d}" for i in range(10)], "nano", rate_hz_min=1)


def test_files_that_do_not_fit_are_refused(tmp_path, prepare):
    def refused(message, ids=("coco-00000", "coco-00001"), animal="nano", **changes):
        with pytest.raises(ValueError, match=message):
            prepare(file, ids, animal, **changes)

    file = tmp_path / "x.h5"
    native.write_coco(file, {"nano/left": trials(10, 2, 3), "bento/left": trials(9, 2, 3)})
    refused("x.h5: no animal 'chabo', expected one of bento, nano", animal="chabo")
    refused("sites are in IT, expected V4", region="V4")
    refused("responses are to coco-00000, coco-00001.*the images are hvm-1", ids=["hvm-1"])
    refused(r"/bento/left/coco/rates has shape \(9, 2, 3\), expected \(10 im", animal="bento")
    refused("unknown source 'studdy'", source="studdy")
    with h5py.File(file, "r+") as opened:
        opened["solo/left"], opened["tito/left/x"] = np.ones((5, 10, 2)), 1
        opened["void/left/rates"] = np.zeros((10, 2, 3))
    refused(r"solo/left has shape \(5, 10, 2\), expected \(36 time bins, 10 images", animal="solo")
    refused("tito/left holds x, expected rates or coco/rates", animal="tito")
    refused("none of 2 sites responds to all 2 images .all responses 0", animal="void")


SITES = {"neuroid_id": ["Chabo_L_A_1_1", "Chabo_L_M_0_3", "Chabo_L_P_2_2", "Tito_L_A_1_3"],
         "animal": ["Chabo"] * 3 + ["Tito"], "region": ["IT", "IT", "V4", "IT"],
         "arr": ["A", "M", "P", "A"], "hemisphere": ["L"] * 4}


def test_brainscore_presentations_become_repetitions(tmp_path, prepare):
    rng = np.random.default_rng(0)
    row = rng.permutation(np.repeat(np.arange(8), [4] * 7 + [3]))
    values = rng.standard_normal((8, 4, 1))[row] + rng.standard_normal((len(row), 4, 1)) / 4
    ids = np.array([f"{i:040x}" for i in range(8)])
    file = native.write_brainscore_assembly(tmp_path / "assy.nc", ids[row].astype(object), values,
                                            SITES)
    ds = prepare(file, ids[::-1][:6], "chabo", "brainscore", reliability_min=0.1)
    assert ds["stimulus_id"].values.tolist() == ids[2:].tolist()
    assert ds["neuroid_id"].values.tolist() == ["chabo.Chabo_L_A_1_1", "chabo.Chabo_L_M_0_3"]
    assert ds["array"].values.tolist() == ["A", "M"] and ds.sizes["repetition"] == 4
    for i in range(2, 8):
        expected = values[row == i][:, :2, 0]
        found = ds["rate"].values[i - 2]
        assert np.allclose(found[:len(expected)], expected)
        assert np.isnan(found[len(expected):]).all()
    assert (ds["reliability"] > 0.8).all()
    assert prepare(file, ids, "Chabo", "brainscore", region="V4").sizes["neuroid"] == 1


def test_brainscore_window_is_found_among_bins(tmp_path, prepare):
    values = np.random.default_rng(0).standard_normal((6, 4, 3))
    ids = np.array(["a", "b", "c"], dtype=object).repeat(2)
    edges = [(50, 100), (70, 170), (170, 270)]
    file = native.write_brainscore_assembly(tmp_path / "assy.nc", ids, values, SITES, edges)
    ds = prepare(file, ["a", "b", "c"], "tito", "brainscore")
    assert np.allclose(ds["rate"].values.ravel(), values[:, 3, 1])
    edges[1] = (70, 90)
    file = native.write_brainscore_assembly(tmp_path / "other.nc", ids, values, SITES, edges)
    with pytest.raises(ValueError, match=r"time bins are \(50, 100\), \(70, 90\).*\(70, 170\)"):
        prepare(file, ["a"], "tito", "brainscore")
    with pytest.raises(ValueError, match="animal 'nano' is not there, found chabo, tito"):
        prepare(file.replace("other", "assy"), ["a"], "nano", "brainscore")
    with pytest.raises(ValueError, match="no site of tito is in V4"):
        prepare(file.replace("other", "assy"), ["a"], "tito", "brainscore", region="V4")
