"""The flat rule for the addition of two branches."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn
from zennit.core import Hook


class EvenAddition(Hook):  # type: ignore[misc]
    """Each branch gets half of the relevance: a linear layer of weights 1 and 1 by the flat or the w² rule."""

    def backward(self, module: nn.Module, grad_input: Any, grad_output: tuple[Tensor, ...]) -> tuple[Tensor, Tensor]:
        """Half and half."""
        half = grad_output[0] / 2
        return half, half
