"""Image sets: blocks of scenes with their labels, as one dataset (contract `stimuli`)."""

import zlib
from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr

from italign.stimuli.backgrounds import make_backgrounds
from italign.stimuli.rendering import render
from italign.stimuli.scenes import Poses, Scenes, join_scenes, sample_scenes


def make_set(set_name: str, style: str, categories: Sequence[str], blocks: Sequence[Mapping],
             image_px: int, image_degrees: float, seed: int) -> xr.Dataset:
    """Sample and render the blocks of one set (paper 2.1).

    Parameters
    ----------
    set_name : str
        Part of every stimulus_id; together with the seed it decides all draws.
    style : str
        grey, colour or mixed.
    categories : sequence of str
        Nouns.
    blocks : sequence of mapping
        variation, split and per_category of each.
    image_px, image_degrees : int, float
        Side of the images.
    seed : int
        Of the world.

    Returns
    -------
    xarray.Dataset
        One row per image, contract ``stimuli`` without its attributes.

    Raises
    ------
    ValueError
        If two blocks share split and variation, or a noun, variation or style is unknown.
    """
    names = [(block["split"], block["variation"]) for block in blocks]
    if len(set(names)) < len(names):
        raise ValueError(f"set {set_name!r} repeats a block: {names}; give each pair of split and "
                         "variation one block, with the sum of per_category")
    # One stream per set and block: sets never share images, and a new block changes no other.
    streams = np.random.SeedSequence([seed, zlib.crc32(set_name.encode())]).spawn(len(blocks))
    scenes, backgrounds, labels = [], [], []
    for block, stream in zip(blocks, streams, strict=True):
        rng = np.random.default_rng(stream)
        drawn = sample_scenes(categories, block["variation"], block["per_category"], style, rng)
        scenes.append(drawn)
        backgrounds.append(make_backgrounds(drawn.looks.grey, image_px, rng))
        labels.append(_labels(drawn, set_name, block))
    # All blocks together: the larger an exemplar's batch, the faster an image.
    joined = join_scenes(scenes)
    images = render(joined.objects, joined.poses, joined.looks, np.concatenate(backgrounds),
                    image_px, image_degrees)
    return xr.concat(labels, dim="stimulus").assign(
        image=(("stimulus", "y", "x", "channel"), images))


def _labels(scenes: Scenes, set_name: str, block: Mapping) -> xr.Dataset:
    split, variation = block["split"], block["variation"]
    n = len(scenes.objects)
    within = np.arange(n) % block["per_category"]
    labels = {
        "stimulus_id": [f"{set_name}-{split}-{noun}-{variation}-{i:04d}"
                        for noun, i in zip(scenes.categories, within, strict=True)],
        "category": scenes.categories,
        "object": scenes.objects,
        "variation": np.full(n, variation),
        "background": [f"{set_name}-{split}-{variation}-background-{i:05d}" for i in range(n)],
        "split": np.full(n, split),
        **_pose_coords(scenes.poses),
    }
    return xr.Dataset(coords={name: ("stimulus", values) for name, values in labels.items()})


def _pose_coords(poses: Poses) -> dict[str, np.ndarray]:
    turned, moved = poses.rotation_deg.T, poses.position_deg.T
    return {
        "rotation_x_deg": turned[0], "rotation_y_deg": turned[1], "rotation_z_deg": turned[2],
        "position_x_deg": moved[0], "position_y_deg": moved[1], "size": poses.size,
    }
