"""How numbers are computed: 16 or 32 bits, compiled or not, deterministic or not.

Of TF32, convolutions only: Gram matrices of alignment stay in true 32 bits, because each entry
sums the products of thousands of features and 10 bits of mantissa move CKA in its third digit.
"""

import ctypes
import logging
import os
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor, nn

from italign.training.images import device

# Numbers of glibc's options, from its malloc.h.
M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_MAX = -1, -2, -4
DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


def autocast(precision: str) -> AbstractContextManager:
    """Forward passes in a precision; nothing at all for fp32.

    Raises
    ------
    ValueError
        If the precision is unknown.
    """
    if precision not in DTYPES:
        raise ValueError(f"training.precision: found {precision!r}, expected one of "
                         f"{', '.join(DTYPES)}")
    if precision == "fp32":
        return nullcontext()
    return torch.autocast(device().type, dtype=DTYPES[precision])


def attack_precision(precision: str) -> str:
    """Precision of the attacks of adversarial training.

    DEVIATION: 32 bits under fp16. The gradient of an image is too small for 16 bits with 5 of
    exponent; the original code attacks with it unscaled.
    """
    return "fp32" if precision == "fp16" else precision


def full_precision(values: Tensor) -> Tensor:
    """Raise 16 bits to 32; others pass."""
    return values.float() if values.dtype.itemsize < 4 else values


class AutocastLogits(nn.Module):
    """A network whose passes run in a precision and whose logits have 32 bits.

    Parameters
    ----------
    model : torch.nn.Module
        Shared, not copied.
    precision : str
        See `autocast`.
    """

    def __init__(self, model: nn.Module, precision: str):
        super().__init__()
        self.model, self.precision = model, precision

    def forward(self, images: Tensor) -> Tensor:
        """Logits of images."""
        with autocast(self.precision):
            logits = self.model(images)
        return full_precision(logits)


def new_scaler(precision: str) -> torch.amp.GradScaler:
    """Scaler of the loss, which keeps gradients of 16 bits from vanishing; idle but for fp16."""
    return torch.amp.GradScaler(device().type, enabled=precision == "fp16")


def new_sgd(network: nn.Module, precision: str, **options: float) -> torch.optim.SGD:
    """SGD with Nesterov momentum; one fused kernel on a GPU.

    Parameters
    ----------
    network : torch.nn.Module
        On its device.
    precision : str
        Not fused under fp16: a first step that the scaler skips would leave the fused kernel's
        momentum unwritten.
    **options
        ``lr``, ``momentum``, ``weight_decay``.
    """
    fused = True if device().type == "cuda" and precision != "fp16" else None
    return torch.optim.SGD(network.parameters(), nesterov=True, fused=fused, **options)


def compiled(model: nn.Module, compile_it: bool) -> Callable:
    """``model.forward_with``, through torch.compile if wanted; the model itself is unchanged."""
    return torch.compile(model.forward_with, dynamic=False) if compile_it else model.forward_with


def keep_freed_memory() -> None:
    """Let the batches of a step reuse the memory of the last one's.

    Otherwise each large tensor is new memory from the system, which first zeroes every page: half
    of the time of augmenting a batch of 224 px. Where the C library is not glibc nothing happens.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if os.name == "posix" else None
    if mallopt is not None:
        for option, value in (M_MMAP_MAX, 0), (M_TRIM_THRESHOLD, -1), (M_TOP_PAD, 1 << 26):
            mallopt(option, value)


def prepare_device(deterministic: bool) -> None:
    """Settle how a GPU computes, before its first use; on a processor no number changes.

    Parameters
    ----------
    deterministic : bool
        Only kernels that give the same bits every time; an operation that has none is an error,
        see `guards.explained`. Otherwise the fastest, chosen by trial.
    """
    if device().type != "cuda":
        keep_freed_memory()
        return
    if deterministic:
        # cuBLAS reads it when it is first used, and is not deterministic without.
        os.environ["CUBLAS_WORKSPACE_CONFIG"] = ":4096:8"
    torch.use_deterministic_algorithms(deterministic, warn_only=False)
    torch.backends.cudnn.deterministic = deterministic
    torch.backends.cudnn.benchmark = not deterministic
    torch.backends.cudnn.allow_tf32 = True
    torch.backends.cuda.matmul.allow_tf32 = False
    logging.info("%s, %s", torch.cuda.get_device_name(),
                 "deterministic" if deterministic else "not deterministic")
