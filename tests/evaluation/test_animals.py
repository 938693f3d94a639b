"""Animals with each other: shared images by name and by pixels, planted likeness, honest gaps."""

import io

import numpy as np
import pandas as pd
import pytest
import torch
import xarray as xr
from PIL import Image

from italign.evaluation.animals import BY_ID, BY_PIXELS, common_images, sessions_of
from italign.evaluation.animals_rows import direct_rows, through_rows
from italign.evaluation.animals_through import fitted
from italign.evaluation.similarity import linear_cka
from italign.io import read_dataset
from italign.models import build
from italign.training.state import write_tensors
from tests.evaluation.attack_files import N_BASE
from tests.evaluation.comparison_files import assembly, images_and_base, write


def recompressed(image):
    handle = io.BytesIO()
    Image.fromarray(image).save(handle, "JPEG", quality=80)
    return np.asarray(Image.open(handle))


def smooth(rng, n):
    """Photographs, as far as correlations go: blobs of every size."""
    small = rng.integers(0, 255, (n, 6, 6, 3), dtype=np.uint8)
    return np.stack([np.asarray(Image.fromarray(one).resize((48, 48), Image.Resampling.BICUBIC))
                     for one in small])


def image_file(name, images):
    return xr.Dataset({"image": (("stimulus", "y", "x", "channel"), images)},
                      coords={"stimulus_id": ("stimulus", [f"{name}-{i}" for i in
                                                           range(len(images))])})


@pytest.fixture
def stimuli():
    """Two sets; images 5 to 29 of the first are 24 to 0 of the second, compressed anew."""
    rng = np.random.default_rng(0)
    first, second = smooth(rng, 60), smooth(rng, 60)
    for k in range(25):
        second[24 - k] = recompressed(first[5 + k])
    return {"a": image_file("a", first), "b": image_file("b", second)}


def session(animal, stimulus_set, ids, rate, arrays=None):
    return sessions_of(assembly(animal, stimulus_set, np.array(ids), rate, arrays))


def test_several_sessions_of_an_assembly_are_told_apart():
    rate = np.random.default_rng(0).standard_normal((10, 2, 4))
    rate[:6, :, 1], rate[6:, :, [0, 2]] = np.nan, np.nan
    rate[7, 1, 1] = np.nan  # a missing repetition is no missing image
    ds = assembly("pe", "a", np.array([f"a-{i}" for i in range(10)]), rate,
                  np.array(["201025", "210225", "201025", "x"]))
    ds["selected"].values[3] = 0
    first, second = sessions_of(ds)
    assert (first.sessions, second.sessions) == ("201025", "210225")
    assert first.responses.shape == (6, 2) and second.stimulus_id.tolist() == [
        "a-6", "a-7", "a-8", "a-9"]
    np.testing.assert_allclose(second.responses[1, 0], rate[7, 0, 1], rtol=1e-6)
    ds["selected"].values[:] = 0
    with pytest.raises(ValueError, match="pe, a: none of 4 sites is selected"):
        sessions_of(ds)


def test_images_are_matched_by_name_in_any_order(stimuli):
    rate = np.random.default_rng(0).standard_normal((40, 3))
    (a,) = session("pe", "a", [f"a-{i}" for i in range(40)], rate)
    (b,) = session("we", "a", [f"a-{i}" for i in range(59, 19, -1)], rate)
    rows_a, rows_b, how = common_images(a, b, stimuli, 0.99)
    assert how == BY_ID and len(rows_a) == 20
    assert (a.stimulus_id[rows_a] == b.stimulus_id[rows_b]).all()


def test_photographs_of_other_names_are_matched_by_pixels(stimuli):
    rate = np.random.default_rng(0).standard_normal((60, 3))
    (a,), (b,) = (session(animal, name, stimuli[name].stimulus_id.values, rate)
                  for animal, name in (("pe", "a"), ("we", "b")))
    rows_a, rows_b, how = common_images(a, b, stimuli, 0.99)
    assert how == BY_PIXELS
    assert rows_a.tolist() == list(range(5, 30)) and rows_b.tolist() == list(range(24, -1, -1))


def test_an_image_that_the_set_lacks_is_named(stimuli):
    rate = np.random.default_rng(0).standard_normal((4, 3))
    (a,) = session("pe", "a", ["a-0", "a-1", "a-2", "lost"], rate)
    (b,) = session("we", "b", [f"b-{i}" for i in range(4)], rate)
    with pytest.raises(ValueError, match="pe, a: 1 images of the assembly, first 'lost'"):
        common_images(a, b, stimuli, 0.99)


def planted(rng, n):
    """Features of n images, and sites of two animals that read the same dimensions of them."""
    features = rng.standard_normal((n, 30)) * np.linspace(2, 0.1, 30)
    tuning = rng.standard_normal((8, 12))
    sites = features[:, :8] @ tuning + 0.5 * rng.standard_normal((n, 12))
    return features, sites


def test_two_animals_alike_have_a_high_cka_and_few_images_a_reason():
    rng = np.random.default_rng(0)
    _, sites = planted(rng, 60)
    other = sites @ rng.standard_normal((12, 12)) / 3 + rng.standard_normal((60, 12))
    ids = [f"a-{i}" for i in range(60)]
    (a,), (b,), (c,) = (session("pe", "a", ids, sites), session("we", "a", ids, other),
                        session("ra", "b", [f"b-{i}" for i in range(60)], sites))
    few = (np.arange(2), np.arange(2), BY_PIXELS)
    common = {(0, 1): (np.arange(60), np.arange(60), BY_ID), (0, 2): few, (1, 2): few}
    rows = pd.DataFrame(direct_rows([a, b, c], common, 50, 1))
    whole = rows[rows["animal_b"] == "we"].set_index("estimator")
    assert whole.loc["unbiased", "value"] == pytest.approx(
        linear_cka(a.responses, b.responses, "unbiased"))
    assert whole.loc["unbiased", "low"] > 0.3 and (whole["n_images"] == 60).all()
    empty = rows[rows["animal_b"] == "ra"]
    assert empty["value"].isna().all() and len(empty) == 4
    assert empty["note"].eq("2 images in common, expected at least 20").all()


def test_prediction_elsewhere_recovers_what_features_hold():
    rng = np.random.default_rng(0)
    features, sites = planted(rng, 300)
    noiseless = features[:, :8] @ np.linalg.lstsq(features[:, :8], sites, rcond=None)[0]
    predict, penalty = fitted(features[:200], sites[:200])
    predicted = predict(features[200:])
    r = [np.corrcoef(predicted[:, k], noiseless[200:, k])[0, 1] for k in range(12)]
    assert min(r) > 0.95 and 1e-5 < penalty < 100
    scaled, same = fitted(50 * features[:200] + 3, sites[:200])
    # The penalty knows no units.
    np.testing.assert_allclose(scaled(50 * features[200:] + 3), predicted, rtol=1e-6)
    assert same == penalty


def test_through_the_model_animals_are_alike_where_they_read_the_same():
    """Two animals that read the same 8 of 30 dimensions are closer to each other than the model."""
    rng = np.random.default_rng(1)
    tuning, features = rng.standard_normal((2, 8, 12)), rng.standard_normal((3, 200, 30))
    read = [features[0][:, :8] @ tuning[0], features[1][:, :8] @ tuning[1],
            features[2] @ rng.standard_normal((30, 12))]
    sessions = [session(animal, name, [f"{name}-{i}" for i in range(200)],
                        sites + rng.standard_normal((200, 12)))[0]
                for animal, name, sites in zip(("pe", "we", "ra"), "abc", read, strict=True)]
    none = (np.arange(0), np.arange(0), BY_PIXELS)
    common = dict.fromkeys([(0, 1), (0, 2), (1, 2)], none)
    rows = pd.DataFrame(through_rows(sessions, dict(enumerate(features)), common, "net", 20, 1))
    rows = rows[rows["estimator"] == "unbiased"].set_index(["comparison", "animal_a", "animal_b"])
    assert len(rows) == 3 + 6
    assert rows.loc[("through_model", "pe", "we"), "value"] > 1.3 * rows.loc[
        ("model", "net", "we"), "value"]
    assert rows.loc[("through_model", "ra", "we"), "value"] < rows.loc[
        ("through_model", "pe", "we"), "value"]
    assert rows.loc[("through_model", "pe", "we"), "note"].startswith(
        "a predicted from the network (ridge, 200 images")


def test_images_that_both_saw_are_not_fitted():
    rng = np.random.default_rng(2)
    features = rng.standard_normal((50, 10))
    sites = features @ rng.standard_normal((10, 6)) + rng.standard_normal((50, 6))
    ids = [f"a-{i}" for i in range(50)]
    sessions = [session(animal, "a", ids, sites)[0] for animal in ("pe", "kar")]
    everything = {(0, 1): (np.arange(50), np.arange(50), BY_ID)}
    rows = through_rows(sessions, {0: features, 1: features}, everything, "net", 20, 1)
    through = [row for row in rows if row["comparison"] == "through_model"]
    assert all(np.isnan(row["value"]) for row in through) and len(through) == 4
    assert through[0]["note"].startswith("0 images of a that b did not see, expected at least 20")


def test_the_script_compares_everything_with_everything(tmp_path, load_script):
    shared = images_and_base(tmp_path, ("hvm", "natural"), 90)
    torch.manual_seed(0)
    network = build("cornet_s", N_BASE, width=0.0625, bottleneck=1)
    write_tensors(dict(network.state_dict()), tmp_path / "pretrained.safetensors")
    ids = [read_dataset(path, "stimuli").stimulus_id.values for path in shared["stimuli"]]
    rng = np.random.default_rng(0)
    files = []
    for animal, name, seen in (("pe", "hvm", ids[0][:50]), ("pe", "natural", ids[1][50:]),
                               ("we", "natural", ids[1][45:75])):
        ds = assembly(animal, name, seen, rng.standard_normal((len(seen), 5)))
        files.append(write(ds, tmp_path / f"{animal}-{name}.nc", "assembly"))
    load_script("evaluation", "compare_animals").compare_animals(
        **shared, assemblies=files, pretrained=str(tmp_path / "pretrained.safetensors"),
        animals=str(tmp_path / "animals.csv"),
        options={"n_resamples": 20, "alike_correlation_min": 0.99})
    table = pd.read_csv(tmp_path / "animals.csv").query("estimator == 'unbiased'")
    assert table["comparison"].value_counts().to_dict() == {"direct": 3, "model": 3,
                                                            "through_model": 6}
    direct = table[table["comparison"] == "direct"].set_index(["set_a", "set_b", "animal_b"])
    assert direct.loc[("natural", "natural", "we"), "n_images"] == 25
    assert direct.loc[("natural", "natural", "we"), "matched_by"] == "stimulus_id"
    assert np.isfinite(direct.loc[("natural", "natural", "we"), "value"])
    assert set(table.loc[table["comparison"] == "model", "animal_a"]) == {"cornet_s"}
    through = table[table["comparison"] == "through_model"]
    fitted = through.set_index(["animal_a", "set_a", "animal_b"])["note"]
    assert "5 images of a that b did not see" in fitted[("we", "natural", "pe")].iloc[1]
