"""Which images of a set's files a block of the config takes."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from italign.contracts import NO_CATEGORY
from italign.messages import first_names
from italign.stimuli.sources._records import ImageFiles


def files_of_block(
    images: Mapping[str, ImageFiles], block: Mapping, set_name: str,
) -> ImageFiles:
    """Find the files of one block: those under its ``files``, or else under its split.

    Raises
    ------
    ValueError
        If the set has no such key.
    """
    key = block.get("files", block["split"])
    if key not in images:
        raise ValueError(f"stimuli.sets.{set_name}: a block reads files {key!r}, found "
                         f"{first_names(images) or 'none'}; expected a key of files: name one by "
                         "files in the block (default: its split)")
    return images[key]


def choose_rows(
    files: ImageFiles, block: Mapping, categories: Sequence[str], set_name: str,
) -> np.ndarray:
    """Choose the images of one block.

    Parameters
    ----------
    files : ImageFiles
        Those of the block.
    block : mapping
        ``variation``, ``split`` and ``n_images``. Optional: ``labelled`` (false: images without a
        category) and ``of_each_object``, start and stop in the order of the files.
    categories : sequence of str
        Nouns of the set; images of others are left out.
    set_name : str
        Named in the message.

    Returns
    -------
    numpy.ndarray, int (n_images,)
        Rows of ``files.labels``, ascending.

    Raises
    ------
    ValueError
        If there are more or fewer images than ``n_images``.
    """
    labels = files.labels
    wanted = categories if block.get("labelled", True) else [NO_CATEGORY]
    candidates = labels[labels["category"].isin(wanted)].fillna({"variation": block["variation"]})
    chosen = candidates[candidates["variation"] == block["variation"]]
    if "split" in labels:
        chosen = chosen[chosen["split"] == block["split"]]
    if block.get("of_each_object"):
        start, stop = block["of_each_object"]
        chosen = chosen[chosen.groupby("object").cumcount().between(start, stop - 1)]
    if len(chosen) != block["n_images"]:
        raise ValueError(_other_count(chosen, candidates, files.source, block, set_name))
    return chosen.index.to_numpy()


def _other_count(chosen: pd.DataFrame, candidates: pd.DataFrame, source: str, block: Mapping,
                 set_name: str) -> str:
    part = block.get("of_each_object")
    words = f" and images {part[0]} to {part[1] - 1} of each object" if part else ""
    levels = candidates["variation"].value_counts().sort_index()
    held = ", ".join(f"{n} of variation {level:g}" for level, n in levels.items()) or "none"
    nouns = ", ".join(f"{name} {n}" for name, n in chosen["category"].value_counts(
        sort=False).items())
    found = f"; found {nouns}" if part and nouns else ""
    kind = "of these categories" if block.get("labelled", True) else "without a category"
    return (f"stimuli.sets.{set_name}: {len(chosen)} images of variation {block['variation']}"
            f"{words} in {source}, expected n_images {block['n_images']} (it holds {held} {kind}"
            f"{found}): correct the block, or get the whole file")
