"""Mean rates of Figure 1A: of kept sites, over repetitions, evenly spread."""

import numpy as np
import pytest

from italign.assemblies.mean_rates import MOST_IMAGES, MOST_SITES, mean_rates, spread
from italign.io import read_dataset, write_dataset
from tests.figures.synthetic_recordings import assembly


@pytest.mark.parametrize(("n_sites", "n_stimuli"), [(24, 20), (120, 100)], ids=["all", "some"])
def test_script_averages_kept_sites(n_sites, n_stimuli, load_script, tmp_path):
    paths = {name: str(tmp_path / f"{name}.nc") for name in ("assembly", "rates")}
    write_dataset(assembly("sim1", "hvm", n_sites, n_stimuli), paths["assembly"], "assembly")
    load_script("assemblies", "pick_mean_rates").pick_mean_rates(**paths)
    found, ds = read_dataset(paths["rates"]), read_dataset(paths["assembly"])
    kept = ds.isel(neuroid=ds["selected"].values == 1)
    assert found.attrs["n_sites"] == kept.sizes["neuroid"] and found.attrs["n_images"] == n_stimuli
    assert found["rate_hz"].shape == (min(MOST_SITES, kept.sizes["neuroid"]),
                                      min(MOST_IMAGES, n_stimuli))
    places = [[kept[key].values.tolist().index(name) for name in found[key].values]
              for key in ("neuroid_id", "stimulus_id")]
    trials = kept["rate"].transpose("neuroid", "stimulus", "repetition").values
    np.testing.assert_allclose(found["rate_hz"], np.nanmean(trials, axis=2)[np.ix_(*places)],
                               rtol=1e-6)


def test_no_kept_site_is_refused():
    ds = assembly("sim1", "hvm")
    with pytest.raises(ValueError, match="assembly of sim1: no site is kept"):
        mean_rates(ds.assign(selected=ds["selected"] * 0))


def test_places_are_spread_from_first_to_last():
    assert spread(3, 5).tolist() == [0, 1, 2]
    assert spread(9, 3).tolist() == [0, 4, 8]
