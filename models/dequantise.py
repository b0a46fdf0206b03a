"""Stored weights of a float16 or int8 bundle → float32 weights of the folded network."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from models.errors import SpecMismatch

_QUANTIZED, _SCALE, _ZERO = "_quantized", "_scale", "_zero_point"
"""ONNX Runtime's suffixes: ``NAME_quantized`` holds what ``NAME_scale`` (weights) or ``NAME_quantized_scale`` (biases)
turns back into ``NAME``, per output channel."""


def dequantised(state: Mapping[str, Tensor], source: Path) -> dict[str, Tensor]:
    """float32 tensors: half precision widened, integers minus their zero point times their scale.

    SpecMismatch, naming ``source``, when a quantised tensor has no scale that fits it.
    """
    found = {}
    for name, tensor in state.items():
        if name.endswith(_QUANTIZED):
            found[name.removesuffix(_QUANTIZED)] = _widened(name, tensor, state, source)
        elif not name.endswith((_SCALE, _ZERO)):
            found[name] = tensor.to(torch.float32)
    return found


def _widened(name: str, tensor: Tensor, state: Mapping[str, Tensor], source: Path) -> Tensor:
    stem = name if f"{name}{_SCALE}" in state else name.removesuffix(_QUANTIZED)
    scale, zero = state.get(f"{stem}{_SCALE}"), state.get(f"{stem}{_ZERO}")
    if scale is None or zero is None:
        raise SpecMismatch(f"{source}: {name} has no scale and zero point; export the model again")
    if tensor.ndim == 0 or scale.shape != zero.shape or scale.numel() not in (1, tensor.shape[0]):
        raise SpecMismatch(f"{source}: {name} is {tuple(tensor.shape)}, its scale {tuple(scale.shape)}")
    shape = (-1, *[1] * (tensor.ndim - 1))
    exact = (tensor.to(torch.float64) - zero.to(torch.float64).view(shape)) * scale.to(torch.float64).view(shape)
    return exact.to(torch.float32)
