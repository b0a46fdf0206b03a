"""Renormalisation per layer: the sum of relevances a layer gives on equals the sum it got (Arbabzadah et al. 2016)."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from zennit.core import Hook

CANCELLED = 1e-9
"""A layer whose relevances cancel to less than this share of their magnitude is left alone: no factor restores it."""


class Renormalised(Hook):  # type: ignore[misc]
    """Another rule, its result scaled per picture so that a layer conserves relevance whatever its ε and bias keep.

    ``R_i ← R_i Σ_j R_j / Σ_i R_i``, both sums over all units of one picture, for several inputs over all of them.
    """

    def __init__(self, rule: Hook) -> None:
        super().__init__()
        self.rule = rule

    def forward(self, module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        """What the other rule remembers."""
        self.rule.forward(module, inputs, output)

    def backward(self, module: nn.Module, grad_input: Any, grad_output: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """The inputs' relevance from the outputs', of equal sum."""
        parts = tuple(part for part in self.rule.backward(module, grad_input, grad_output) if part is not None)
        got = grad_output[0].flatten(1).sum(1)
        given = torch.stack([part.flatten(1).sum(1) for part in parts]).sum(0)
        magnitude = torch.stack([part.flatten(1).abs().sum(1) for part in parts]).sum(0)
        factor = torch.where(given.abs() > CANCELLED * magnitude, got / given, torch.ones_like(given))
        return tuple(part * factor.view(-1, *[1] * (part.ndim - 1)) for part in parts)

    def copy(self) -> Renormalised:
        """A fresh hook around a copy of the rule."""
        return Renormalised(self.rule.copy())

    def remove(self) -> None:
        """Forget what both hold."""
        self.rule.remove()
        super().remove()
