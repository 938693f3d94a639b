"""Batches: draws of the global batch, parts of replicas."""

import torch

from italign.training.batches import base_batches, stimulus_batch
from italign.training.parallel import SINGLE, Replicas


def test_parts_of_replicas_are_slices_of_one_global_batch(joined, options):
    whole = list(base_batches(joined.base[0], options(), range(3), SINGLE))
    halves = [list(base_batches(joined.base[0], options(), range(3), Replicas(rank, 2)))
              for rank in range(2)]
    for step, (images, labels) in enumerate(whole):
        assert torch.equal(torch.cat([half[step][0] for half in halves]), images)
        assert torch.equal(torch.cat([half[step][1] for half in halves]), labels)


def test_batches_are_functions_of_the_step(joined, options):
    late = list(base_batches(joined.base[0], options(), range(2, 4), SINGLE))
    early = list(base_batches(joined.base[0], options(), range(4), SINGLE))[2:]
    assert all(torch.equal(a[0], b[0]) for a, b in zip(late, early, strict=True))
    first, again = (stimulus_batch(joined.stimuli[0], options(), 3) for _ in range(2))
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))


def test_labels_and_rows_belong_to_the_images(joined, options):
    still = options(translate_fraction=0.0, rotate_deg=0.0, scale=0.0)
    images, labels, rows = stimulus_batch(joined.stimuli[0], still, 1)
    shown = joined.stimuli[0].images[rows].permute(0, 3, 1, 2) / 255
    torch.testing.assert_close(images, shown, rtol=0, atol=1e-4)
    assert torch.equal(labels, joined.stimuli[0].labels[rows])


def test_the_original_code_s_shear_and_sampling_are_passed_on(joined, options):
    plain = stimulus_batch(joined.stimuli[0], options(), 0)[0]
    for change in ({"shear_deg": (20.0, 30.0)}, {"nearest_pixel": True}):
        assert not torch.equal(stimulus_batch(joined.stimuli[0], options(**change), 0)[0], plain)
