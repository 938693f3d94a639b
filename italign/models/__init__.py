"""Networks with named cortical regions; one file each."""

import sys

from torch import nn

from italign.plugins import functions_by_file, pick


def build(name: str, n_outputs: int, **options) -> nn.Module:
    """Build a network by name.

    Parameters
    ----------
    name : str
        A file of this package, for example ``"cornet_s"``.
    n_outputs : int
        Number of logits.
    **options
        Passed to the network, for example ``width=0.125``.

    Returns
    -------
    torch.nn.Module
        Takes RGB in [0, 1] (N, 3, H, W), normalises inside, returns logits (N, n_outputs).
        ``regions`` maps V1, V2, V4, IT and penultimate to (module, time step);
        ``forward_with(images, regions)`` returns logits and {region: activation} from one pass.

    Raises
    ------
    ValueError
        If no network has that name.
    """
    return pick(functions_by_file(sys.modules[__name__]), name, "model")(n_outputs, **options)


def build_configured(entry: dict, n_outputs: int) -> nn.Module:
    """Build a network from a config entry.

    Parameters
    ----------
    entry : dict
        ``name``, the network's options, and ``region``, which is for those who compare it.
    n_outputs : int
        Number of logits.

    Returns
    -------
    torch.nn.Module
        As `build`.
    """
    options = {key: value for key, value in entry.items() if key not in ("name", "region")}
    return build(entry["name"], n_outputs, **options)
