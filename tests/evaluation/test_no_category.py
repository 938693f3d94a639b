"""Images without a noun are no category, and none is decoded, named or attacked."""

import numpy as np
import pytest
import xarray as xr

from italign.contracts import NO_CATEGORY
from italign.evaluation.attacked import labelled_sets
from italign.evaluation.category_subsets import subsets_of_set
from italign.evaluation.decoder import decoded, decoder_probabilities, from_outputs
from italign.evaluation.measures import measure
from italign.evaluation.study import NO_NOUN, Look, Study
from tests.evaluation.attack_files import MODEL, N_TEST, write_set

NOUNS = np.array(["bear", "car", "dog"])
C = 0.1


def image_set(name, nouns):
    """Twenty train and twenty test images; every fourth without a noun."""
    category = np.array([NO_CATEGORY if i % 4 == 3 else nouns[i % len(nouns)] for i in range(40)])
    return xr.Dataset(coords={
        "stimulus_id": ("stimulus", np.array([f"{name}-{i}" for i in range(40)])),
        "category": ("stimulus", category),
        "split": ("stimulus", ["train"] * 20 + ["test"] * 20)}, attrs={"identifier": name})


@pytest.fixture
def study():
    natural = image_set("natural", NOUNS)
    natural = natural.assign_coords(category=("stimulus", [NO_CATEGORY] * 40))
    sets = {"hvm": image_set("hvm", NOUNS), "natural": natural,
            "cifar": image_set("cifar", ["automobile", "dog", "frog"])}
    return Study(sets, [], [], [], tuple(NOUNS), tuple(f"output {i:04d}" for i in range(1000)),
                 "base", np.arange(5), "V4", 3, {"cifar": ["automobile", "dog"]})


@pytest.fixture
def look(study):
    rng = np.random.default_rng(0)
    def shown(name, split):
        truth = study.truth(name, split)
        return {"penultimate": rng.normal(size=(20, 5)) + 2 * np.eye(5)[truth],
                "logits": np.hstack([np.full((20, 1000), 9.0), np.eye(3)[truth % 3]])}
    seen = {(name, split): shown(name, split) for name in study.stimuli
            for split in ("train", "test")}
    return Look(True, seen, seen, np.eye(5, 1000))


def test_having_no_noun_is_no_category(study):
    assert study.categories("hvm") == ["bear", "car", "dog"] and study.categories("natural") == []
    truth = study.truth("hvm", "test")
    nouns = study.stimuli["hvm"].category.values[20:]
    assert (truth == NO_NOUN).sum() == 5 and (nouns[truth == NO_NOUN] == NO_CATEGORY).all()
    assert (NOUNS[truth[truth != NO_NOUN]] == nouns[truth != NO_NOUN]).all()
    assert (study.truth("natural", "test") == NO_NOUN).all()
    assert study.trained_categories("natural") == [] and subsets_of_set(study, "natural") == []


def test_the_decoder_is_fitted_to_images_with_a_noun(study, look):
    truth = study.truth("hvm", "train")
    known = truth != NO_NOUN
    train, test = (look.seen["hvm", split]["penultimate"] for split in ("train", "test"))
    expected = decoder_probabilities(train[known], truth[known], test, C)
    np.testing.assert_array_equal(decoded(look, study, "hvm", C), expected)


def test_probe_and_accuracy_count_images_with_a_noun(study, look):
    probed = measure("probe", study, {"sets": ["hvm"], "inverse_regularisation": C})(look)
    known = study.truth("hvm", "test") != NO_NOUN
    named = decoded(look, study, "hvm", C).argmax(1)[known] == study.truth("hvm", "test")[known]
    assert [(row["n"], row["raw"]) for row in probed] == [(15, pytest.approx(named.mean()))]
    base, hvm = measure("accuracy", study, {})(look)
    # Neither the images without nouns nor those of other nouns; planted logits are all right.
    assert (base["stimulus_set"], base["n"], base["chance"]) == ("base", 5, 1 / 1000)
    assert (hvm["stimulus_set"], hvm["n"], hvm["raw"]) == ("hvm", 15, 1.0)


def test_outputs_name_no_set_without_nouns_or_of_other_nouns(study, look):
    assert from_outputs(look, study, "natural") is None
    assert from_outputs(look, study, "cifar") is None
    assert from_outputs(look, study, "hvm").shape == (20, 3)
    assert [subset.name for subset in subsets_of_set(study, "cifar")] == ["all", "overlapping"]


def test_only_images_with_a_label_are_attacked(tmp_path):
    rng = np.random.default_rng(0)
    base = write_set(tmp_path / "base.nc", "base", ["a", "b", "c"], N_TEST + 9, rng)
    mixed = write_set(tmp_path / "v4.nc", "v4", ["bear", NO_CATEGORY, "dog"], N_TEST + 9, rng)
    found = labelled_sets([mixed], mixed, base, None, MODEL)
    assert found.n_labels == 2 and found.base_set is None
    assert set(found.sets["v4"].labels.tolist()) == {0, 1}
    assert 0 < len(found.sets["v4"].images) == len(found.sets["v4"].labels) < N_TEST
    none = write_set(tmp_path / "natural.nc", "natural", [NO_CATEGORY], N_TEST + 9, rng)
    with pytest.raises(ValueError, match=r"'natural' has no test image with a label, .* take it "
                                         "out of evaluation.robustness.sets"):
        labelled_sets([none], mixed, base, None, MODEL)
