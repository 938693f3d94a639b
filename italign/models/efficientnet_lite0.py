"""EfficientNet-Lite0 (Tan & Le 2019 without squeeze-and-excitation), ImageNet weights by pip.

The network is that of the package efficientnet-lite-pytorch, whose names its weights have.
"""

from collections.abc import Mapping
from types import ModuleType

from torch import nn

from italign.models._backbone import Backbone
from italign.models._regions import chosen_layers

# ASSUME: as of all networks, the last layer on the grids of CORnet-S' areas, see `_regions`.
LAYERS = {"V1": "_blocks.2", "V2": "_blocks.4", "V4": "_blocks.10", "IT": "_blocks.15"}
# Its authors' (x - 127) / 128 of 8-bit values, for each colour.
MEAN, SD = (127 / 255,) * 3, (128 / 255,) * 3
# ASSUME: torch's own, where its authors have 0.01: running statistics of 224 px are those of the
# images at hand after some dozen steps, and evaluation sees the network that was trained.
MOMENTUM = 0.1


def efficientnet_lite0(
    n_outputs: int, layers: Mapping[str, str | None] | None = None
) -> Backbone:
    """Build EfficientNet-Lite0 with fresh weights.

    Parameters
    ----------
    n_outputs : int
        Number of logits.
    layers : mapping of str to str, optional
        Region -> dotted name of a module, as ``_blocks.8``; goes before `LAYERS`.

    Returns
    -------
    Backbone
        Takes images of any size: each convolution pads its own input (TensorFlow's "same").

    Raises
    ------
    ValueError
        If the package is not installed, or there is no layer of a given name.

    Notes
    -----
    ASSUME: no dropout and no dropped paths, which the published weights were trained with: in an
    alignment of some hundred steps, CKA is to compare the features that are evaluated, and doses
    are to differ by the neural term only.
    """
    network = _package().EfficientNet.from_name(
        "efficientnet-lite0", num_classes=n_outputs, dropout_rate=0.0, drop_connect_rate=0.0,
        image_size=None,  # else the padding would be that of 224 px, whatever the image
    )
    _follow_statistics(network)
    _work_in_place(network)
    chosen = chosen_layers("efficientnet_lite0", network, LAYERS, layers)
    return Backbone(network, chosen, mean=MEAN, sd=SD)


def _package() -> ModuleType:
    try:
        import efficientnet_lite_pytorch
    except ModuleNotFoundError as error:
        raise ValueError("training.model.name: efficientnet_lite0 is the network of a package that "
                         "is not installed; run `pip install efficientnet-lite-pytorch`, or take "
                         "another network") from error
    return efficientnet_lite_pytorch


def _follow_statistics(network: nn.Module) -> None:
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = MOMENTUM


def _work_in_place(network: nn.Module) -> None:
    """Rectify without a copy: the same numbers, a tenth of the time of a step on a processor."""
    for module in network.modules():
        if isinstance(module, nn.ReLU6):
            module.inplace = True
