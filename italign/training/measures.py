"""Validation for the training log, on held-out images of both tasks."""

from collections.abc import Iterable

import torch
from torch import Tensor

from italign.evaluation.similarity import MIN_STIMULI, linear_cka
from italign.models._statistics import base_statistics
from italign.training.augmentation import to_unit
from italign.training.batches import jittered
from italign.training.images import NO_LABEL, ImageSet, TrainingData
from italign.training.schedule import step_generator
from italign.training.step import Setting, StepOptions

PIXELS = 1024 * 64 * 64  # of one pass: 1,024 images of 64 px, 83 of 224 px


@torch.no_grad()
def measure(setting: Setting) -> dict[str, float]:
    """Accuracies and biased CKA on held-out images, in 32 bits.

    Images without a label do not count in the accuracy; of several blocks (sessions) the CKA is the
    mean, over those with stimuli enough.

    Parameters
    ----------
    setting : Setting
        Its model is left in eval mode.

    Returns
    -------
    dict of str to float
        ``base_accuracy``, ``stimulus_accuracy`` (NaN without labels) and ``similarity_biased``,
        each in [0, 1].

    DEVIATION: the original code jitters its validation images too; here they are as shown, unless
    the option `augmented_validation` is set.
    """
    model, data, region = setting.model.eval(), setting.data, setting.options.region
    (_, base), (_, stimuli) = data.base, data.stimuli
    with base_statistics(model):
        base_logits = torch.cat([model(images) for images in _passes(base)])[:, : data.n_base]
    passes = [model.forward_with(images, (region,))
              for images in _stimulus_passes(stimuli, setting.options)]
    logits = torch.cat([logits for logits, _ in passes])
    features = torch.cat([activation[region] for _, activation in passes])
    return {
        "base_accuracy": _accuracy(base_logits, base.labels),
        "stimulus_accuracy": _accuracy(logits[:, data.n_base :], stimuli.labels),
        "similarity_biased": _similarity(features, data),
    }


def _accuracy(logits: Tensor, labels: Tensor) -> float:
    labelled = labels != NO_LABEL
    if not labelled.any():
        return float("nan")
    return (logits.argmax(1) == labels)[labelled].float().mean().item()


def _similarity(features: Tensor, data: TrainingData) -> float:
    targets, blocks = data.targets[1], data.blocks[1]
    found = [linear_cka(features[block.rows], block.rates(targets, block.rows), estimator="biased")
             for block in blocks if len(block.rows) >= MIN_STIMULI]
    return torch.stack(found).mean().item()


def _passes(data: ImageSet) -> Iterable[Tensor]:
    return (to_unit(images) for images in data.images.split(_batch_size(data)))


def _stimulus_passes(data: ImageSet, options: StepOptions) -> Iterable[Tensor]:
    if not options.augmented_validation:
        return _passes(data)
    generator = step_generator(options.seed, 0, "validation")
    return jittered(data.images, generator, options).split(_batch_size(data))


def _batch_size(data: ImageSet) -> int:
    height, width = data.images.shape[1:3]
    return max(1, PIXELS // (height * width))
