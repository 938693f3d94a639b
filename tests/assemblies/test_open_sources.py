"""Native files of the open world: what was written comes back, and what does not fit is named."""

import re
from zipfile import ZipFile

import numpy as np
import pytest

from italign.assemblies.ceilings import cka_ceilings
from italign.assemblies.quality import split_half_reliability
from italign.assemblies.sources.cowley import cowley
from italign.assemblies.sources.kar import kar
from tests.assemblies.open_files import poisson_counts, write_cowley, write_kar


def test_trials_and_averages_of_a_session_come_back_in_hz(tmp_path):
    trials = poisson_counts(3, 12, 5)
    trials[:, ::2, 3:] = np.nan  # fewer repetitions
    raw = cowley(write_cowley(tmp_path, "210325", trials), "pe", "V4")
    average = cowley(write_cowley(tmp_path, "210325", np.nanmean(trials, 2)), "pe", "V4")
    assert raw.rate.shape == (12, 5, 3) and average.rate.shape == (12, 1, 3)
    assert np.array_equal(raw.rate, 10 * trials.transpose(1, 2, 0), equal_nan=True)
    assert np.allclose(average.rate[:, 0], np.nanmean(raw.rate, 1), rtol=1e-6)
    for one in (raw, average):
        assert one.units == "Hz" and one.rate.dtype == np.float32
        assert one.stimulus_ids.tolist() == [f"210325-{k:04d}" for k in range(1, 13)]
        assert one.sites["neuroid_id"].tolist() == [f"pe.unknown.210325.{k}" for k in range(3)]
        assert set(one.sites["region"]) == {"V4"} and set(one.sites["array"]) == {"210325"}


def test_sessions_that_do_not_fit_are_refused(tmp_path):
    def refused(message, path, animal="pe", region="V4"):
        with pytest.raises(ValueError, match=message):
            cowley(path, animal, region)

    counts = np.ones((2, 6))
    good = write_cowley(tmp_path, "201025", counts)
    refused("session 201025 is of animal pe, expected we: correct assemblies.prepared", good, "we")
    refused("sites are in V4, expected IT: correct the region", good, region="IT")
    refused("session 201125 is in no row of the authors' table, expected one of 190923",
            write_cowley(tmp_path, "201125", counts))
    odd = tmp_path / "responses_201025.npy"
    np.save(odd, counts)
    refused("the name tells no session, expected responses_avg_<session>.npy", str(odd))
    np.save(good, counts[..., None])
    refused(r"of shape \(2, 6, 1\), expected counts \(sites, images\): take the original", good)
    whole = (tmp_path / "responses_avg_201025.npy").read_bytes()
    (tmp_path / "responses_avg_201025.npy").write_bytes(whole[:-8])
    refused("cannot be read as .npy .*: it is cut short or another format", good)
    np.save(good, np.array([{"a": 1}]), allow_pickle=True)
    refused("cannot be read as .npy .*allow_pickle", good)


def test_the_it_site_comes_back(tmp_path):
    rates = np.random.default_rng(0).standard_normal((640, 4))
    one = kar(write_kar(tmp_path / "sample_neuron.h5", rates), "kar", "IT")
    assert np.array_equal(one.rate[:, :, 0], rates.astype(np.float32)) and one.units == "1"
    assert one.stimulus_ids[[0, 639]].tolist() == ["210325-0001", "210325-0640"]
    assert one.sites["neuroid_id"].tolist() == ["kar.unknown.unknown.0"]


def test_other_files_than_the_it_site_are_refused(tmp_path):
    def refused(message, path, region="IT"):
        with pytest.raises(ValueError, match=message):
            kar(path, "kar", region)

    path = write_kar(tmp_path / "a.h5", np.ones((639, 4)))
    refused(r"holds {'rates': \(639, 4\)}, expected rates \(640 images, repetitions\)", path)
    refused("the site is in IT, expected V4: add region: IT to its entry", path, "V4")
    refused("holds {'fc7': .*}, expected rates",
            write_kar(tmp_path / "b.h5", np.ones((640, 4)), "fc7"))
    (tmp_path / "c.h5").write_bytes(b"<html>")
    refused("cannot be read as HDF5 .*: it is cut short", str(tmp_path / "c.h5"))


@pytest.mark.data
def test_recorded_averages_are_those_of_the_trials(mirror):
    for session, n_images in (("201016", 600), ("210325", 640)):
        trials, average = (cowley(str(mirror(f"responses_{kind}_{session}.npy")), "pe", "V4")
                           for kind in ("raw", "avg"))
        assert np.allclose(np.nanmean(trials.rate, 1), average.rate[:, 0], rtol=1e-5)
        assert len(average.stimulus_ids) == n_images
        assert np.median(split_half_reliability(trials.rate, 10, 0)) > 0.7


@pytest.mark.data
@pytest.mark.parametrize(("session", "animal"), [
    ("190923", "we"), ("201016", "pe"), ("201025", "pe"), ("210225", "pe"), ("210322", "pe"),
    ("210325", "pe"), ("210621", "ra")])
def test_columns_are_the_images_of_the_archive(mirror, session, animal):
    found = cowley(str(mirror(f"responses_avg_{session}.npy")), animal, "V4").stimulus_ids
    with ZipFile(mirror(f"images_{session}.zip")) as archive:
        numbers = re.findall(r"image(\d{4})\.jpg", " ".join(sorted(archive.namelist())))
    assert found.tolist() == [f"{session}-{number}" for number in numbers]


@pytest.mark.data
def test_one_site_has_a_ceiling(mirror):
    site = kar(str(mirror("sample_neuron.h5")), "kar", "IT")
    assert site.rate.shape == (640, 63, 1) and np.isfinite(site.rate).all()
    assert split_half_reliability(site.rate, 20, 0) == pytest.approx([0.85], abs=0.01)
    ceilings = cka_ceilings(site.rate, 10, 0).mean(-1)  # rule x estimator
    # One site: unbiased CKA of halves is nearly their squared correlation, here r = 0.74.
    half = 0.85 / (2 - 0.85)
    assert ceilings[0] == pytest.approx([half**2] * 2, abs=0.03)
    assert (ceilings[0] < ceilings[1]).all() and (ceilings < 1).all()
