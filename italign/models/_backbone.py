"""A network that was not written for this package, with regions.

A forward hook on the layer of each region keeps the output while `forward_with` asks for it.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial

from torch import Tensor, nn

from italign.models._normalisation import IMAGENET_MEAN, IMAGENET_SD, add_normalisation


class Backbone(nn.Module):
    """A network that normalises inside and gives the activations of named regions.

    Parameters
    ----------
    network : torch.nn.Module
        Images (N, 3, H, W) to logits; its last linear layer is its last step.
    layers : mapping of str to str
        Region -> dotted name of a module that runs once per pass.
    mean, sd : sequence of float
        Of red, green and blue in [0, 1], that the network's weights expect; default: ImageNet's.

    Attributes
    ----------
    regions, time_steps, readout
        As of every network, see `italign.models.build`; penultimate is the readout's input.
    published_prefix : str
        What stands before the published names in the state dict.
    """

    published_prefix = "network."

    def __init__(
        self, network: nn.Module, layers: Mapping[str, str], *,
        mean: Sequence[float] = IMAGENET_MEAN, sd: Sequence[float] = IMAGENET_SD,
    ):
        super().__init__()
        self.network = network
        self.readout = self.published_prefix + _last_linear(network)
        self.regions = {region: (self.published_prefix + layer, 0)
                        for region, layer in layers.items()}
        self.regions["penultimate"] = (self.readout, 0)
        self.time_steps = dict.fromkeys(self.regions, 1)
        self.kept: dict[str, list[Tensor]] = {}
        add_normalisation(self, mean, sd)
        for region, (layer, _) in self.regions.items():
            # A partial, and not a closure: a deep copy of the network then keeps in its own dict.
            self.get_submodule(layer).register_forward_hook(partial(_keep, self.kept, region))

    def forward(self, images: Tensor) -> Tensor:
        """Logits (N, n_outputs) of images (N, 3, H, W) in [0, 1]."""
        return self.forward_with(images, ())[0]

    def forward_with(
        self, images: Tensor, regions: Iterable[str]
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Logits and the named activations, each (N, features), from one pass.

        Raises
        ------
        ValueError
            If the images do not have the size that a vision transformer was built for, or a layer
            does not give one activation of each image.
        """
        _check_size(images, getattr(self.network, "image_size", None))
        regions = tuple(regions)
        self.kept.update({region: [] for region in regions})
        try:
            logits = self.network((images - self.mean).div_(self.sd))
            activation = {region: self._activation(region, len(images)) for region in regions}
        finally:
            self.kept.clear()
        return logits, activation

    def _activation(self, region: str, n_images: int) -> Tensor:
        kept = self.kept[region]
        if len(kept) != 1 or kept[0].ndim < 2 or len(kept[0]) != n_images:
            layer = self.regions[region][0].removeprefix(self.published_prefix)
            raise ValueError(
                f"training.model.layers.{region}: {layer!r} gave {[tuple(k.shape) for k in kept]} "
                f"for {n_images} images, expected one activation (images, ...); name the block "
                "that it is part of")
        return kept[0].flatten(1)


def _keep(
    kept: dict[str, list[Tensor]], region: str, _: nn.Module, inputs: tuple, output: object
) -> None:
    if region in kept:
        activation = inputs[0] if region == "penultimate" else output
        if isinstance(activation, Tensor):
            # A copy, since the next layer may work in place.
            kept[region].append(activation.clone())


def _last_linear(network: nn.Module) -> str:
    names = [name for name, module in network.named_modules() if isinstance(module, nn.Linear)]
    if not names:
        raise ValueError(f"training.model.name: {type(network).__name__} has no linear readout to "
                         "extend by the stimulus labels; take another network")
    return names[-1]


def _check_size(images: Tensor, expected_px: int | None) -> None:
    if expected_px is not None and tuple(images.shape[2:]) != (expected_px, expected_px):
        raise ValueError(f"stimuli.image_px: images are {tuple(images.shape[2:])} px, but this "
                         f"vision transformer takes {expected_px} x {expected_px}; set "
                         f"stimuli.image_px: {expected_px} or take a convolutional network")
