"""Turn image files of others into an image set: chosen, labelled and resized once.

How a source lays its files out is read by `italign/stimuli/sources/<source>.py`. The paper's sets
are HVM (variation 0 and 3 to train, 6 to test) and COCO photographs, section 2.1. Test images that
are the same as training images of another set are left out and listed.
"""

from italign.job import job, keywords, listed

import logging
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import xarray as xr

from italign.io import read_dataset, write_dataset, write_table
from italign.resources.registry import describe_files
from italign.stimuli.alike import SHARED_COLUMNS, shared_images
from italign.stimuli.prepared import join_blocks, name_outputs, prepare_block
from italign.stimuli.sources import label_files


def prepare_stimuli(
    *, files: Sequence[str] | str, file_keys: Sequence[str], stimuli: str, shared: str,
    set_name: str, source: str, categories: list[str], blocks: list[dict],
    outputs: Mapping | None, image_px: int, image_degrees: float, shared_correlation_min: float,
    registry: str, apart_from: Sequence[str] | str = (),
) -> None:
    """Read the blocks of one set from files and write them.

    Parameters
    ----------
    files : sequence of str
        Files of the set, under each key in the order that the source wants.
    file_keys : sequence of str
        Key of ``stimuli.sets.<set>.files`` of each.
    stimuli, shared : str
        Targets: contract ``stimuli``, and csv of the images left out as from `shared_images`.
    set_name : str
        Identifier of the set.
    source : str
        Name of a file of italign/stimuli/sources.
    categories : list of str
        Nouns of the set; images of others are left out.
    blocks : list of dict
        As for `prepare_block`.
    outputs : mapping or None
        As for `name_outputs`: the categories are some of the outputs of published weights.
    image_px : int
        Side of the images, pixels.
    image_degrees : float
        Side of the images, degrees of visual angle.
    shared_correlation_min : float
        Images that correlate as much are the same.
    registry : str
        resources/datasets.tsv, for licences and citations.
    apart_from : str or empty
        Contract ``stimuli``: no test image may be a training image of this set.
    """
    paths = listed(files)
    images = label_files(source, _by_key(file_keys, paths), categories, set_name)
    prepared = [prepare_block(images, block, categories, image_px, set_name) for block in blocks]
    ds, removed = _keep_apart(join_blocks(prepared), listed(apart_from), shared_correlation_min,
                              set_name)
    licence, citation = describe_files(sorted(set(paths)), registry)
    ds.attrs.update(identifier=set_name, image_degrees=image_degrees, licence=licence,
                    source=f"images: {citation}")
    if outputs:
        ds.attrs["outputs"] = name_outputs(outputs, categories, set_name)
    _log(ds, paths)
    write_table(removed, shared)
    write_dataset(ds, stimuli, "stimuli")


def _by_key(keys: Sequence[str], paths: Sequence[str]) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for key, path in zip(keys, paths, strict=True):
        grouped.setdefault(key, []).append(path)
    return grouped


def _keep_apart(ds: xr.Dataset, apart_from: list[str], correlation_min: float,
                set_name: str) -> tuple[xr.Dataset, pd.DataFrame]:
    if not apart_from:
        return ds, pd.DataFrame(columns=SHARED_COLUMNS)
    other = read_dataset(apart_from[0], "stimuli")
    removed = shared_images(ds, other, correlation_min)
    n_test = int((ds["split"].values == "test").sum())
    found = (f"test images are training images of {other.attrs['identifier']} (correlation "
             f"{correlation_min:g} or more)")
    if len(removed) == n_test:
        raise ValueError(f"stimuli.sets.{set_name}: all {n_test} {found}; expected some that are "
                         "not: test on other files, or remove apart_from")
    logging.info("left out %d of %d: %s", len(removed), n_test, found)
    is_kept = ~np.isin(ds["stimulus_id"].values, removed["stimulus_id"])
    return ds.isel(stimulus=np.flatnonzero(is_kept)), removed


def _log(ds: xr.Dataset, paths: list[str]) -> None:
    nouns, counts = np.unique(ds["category"].values, return_counts=True)
    logging.info("%s: %d images, %d px, from %s (licence: %s): %s", ds.attrs["identifier"],
                 ds.sizes["stimulus"], ds.sizes["x"], ", ".join(sorted(set(paths))),
                 ds.attrs["licence"],
                 ", ".join(f"{noun} {n}" for noun, n in zip(nouns, counts, strict=True)))


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.rule, snakemake.config, snakemake.threads):
        prepare_stimuli(**snakemake.input, **snakemake.output, **keywords(snakemake.params))
