"""One pass of a checkpoint over all images: what `Study` needs and what `Look` holds."""

from dataclasses import dataclass

from torch import nn

from italign.evaluation.activations import activations
from italign.evaluation.jitter import jitter_images
from italign.evaluation.study import Look, Study
from italign.models._statistics import base_statistics
from italign.training.images import ImageSet, image_set


@dataclass(frozen=True)
class Shown:
    """Images that a checkpoint is shown, on its device.

    Parameters
    ----------
    images : dict of (str, str) to torch.Tensor
        (set, split) to uint8 (n, y, x, channel).
    moved : dict
        Test images moved as in training, where the original code does so; else empty.
    base : torch.Tensor
        Test images of the base task, uint8.
    """

    images: dict
    moved: dict
    base: object


def shown_images(study: Study, decoded_sets: list[str], base_test: ImageSet,
                 jitter: dict | None, seed: int) -> Shown:
    """Take to the device what every checkpoint of a seed is shown.

    Parameters
    ----------
    study : Study
        With all sets; of each the test split is shown, if it has one.
    decoded_sets : list of str
        Sets whose train split is shown too, to fit decoders.
    base_test : ImageSet
        Test images of the base task.
    jitter : dict or None
        See `jitter_images`.
    seed : int
        Of the runs, by which images are moved.
    """
    # A set may serve training only, and is here for its nouns.
    tested = [name for name, ds in study.stimuli.items() if (ds.split.values == "test").any()]
    keys = [(name, "test") for name in tested] + [(name, "train") for name in decoded_sets]
    images = {key: image_set(study.stimuli[key[0]], key[1]).images for key in keys}
    moved = {key: jitter_images(part, jitter, seed)
             for key, part in images.items() if jitter and key[1] == "test"}
    return Shown(images, moved, base_test.images)


def look_at(network: nn.Module, shown: Shown, study: Study, has_labels: bool,
            batch_size: int) -> Look:
    """Compute everything that measures read of a checkpoint, each image once.

    Parameters
    ----------
    network : torch.nn.Module
        In evaluation mode.
    shown : Shown
        Images.
    study : Study
        For the region and the number of base outputs.
    has_labels : bool
        Whether the outputs of the stimulus labels were trained.
    batch_size : int
        Images of one pass.
    """
    regions = (study.region, "penultimate")

    def seen(images: dict) -> dict:
        return {key: _arrays(activations(network, part, regions, batch_size))
                for key, part in images.items()}

    plain = seen(shown.images)
    logits = base_logits(network, shown, len(study.base_categories), batch_size)
    return Look(has_labels, plain, plain | seen(shown.moved), logits)


def base_logits(network: nn.Module, shown: Shown, n_base: int, batch_size: int):
    """Outputs of the base task for its test images, numpy (n_images, n_base)."""
    with base_statistics(network):
        logits = activations(network, shown.base, (), batch_size)["logits"]
    return logits[:, :n_base].numpy()


def _arrays(tensors: dict) -> dict:
    return {name: values.numpy() for name, values in tensors.items()}
