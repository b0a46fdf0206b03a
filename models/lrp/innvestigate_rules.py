"""Rules as iNNvestigate 1.0.8 computes them where they differ from ours: biases in α, β; BatchNorm on its own.

W and R used iNNvestigate. Its presets keep every bias in the denominators, so relevance leaks into biases, and its
BatchNorm is not folded into the convolution before it but passed by a rule of its own.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from zennit.core import BasicHook, Hook, stabilize
from zennit.rules import ClampMod

from models.errors import SpecMismatch

SAFE = 1e-7
"""Keras' epsilon: stands in for a denominator that is exactly 0."""


class AlphaBetaWithBias(BasicHook):  # type: ignore[misc]
    """αβ rule with the whole bias in both denominators.

    ``R_i = Σ_j (α z⁺_ij / (Σ z⁺_j + b_j) − β z⁻_ij / (Σ z⁻_j + b_j)) R_j``: iNNvestigate adds the positive and the
    negative part of the bias to the positive and to the negative contributions alike.
    """

    def __init__(self, alpha: float, beta: float) -> None:
        up, down = ClampMod(min=0.0), ClampMod(max=0.0)
        super().__init__(
            input_modifiers=[_raise, _lower, _raise, _lower],
            param_modifiers=[up, down, down, up],
            output_modifiers=[_same] * 4,
            gradient_mapper=lambda relevance, outputs: [
                relevance / _safe(total) for total in (outputs[0] + outputs[1], outputs[2] + outputs[3]) for _ in (0, 1)
            ],
            reducer=lambda inputs, gradients: (
                alpha * (inputs[0] * gradients[0] + inputs[1] * gradients[1])
                - beta * (inputs[2] * gradients[2] + inputs[3] * gradients[3])
            ),
        )


class BatchNormRule(Hook):  # type: ignore[misc]
    """iNNvestigate's rule for ``y = γ (x − μ) / σ + β``: ``R_in = x (y − β) R / ((x − μ) y)``.

    Three layers by the z rule: the subtraction keeps the share x / (x − μ), the scaling everything, the addition
    (y − β) / y. Shares of 1 ± what μ and β take: relevance is not conserved, and where x comes close to μ or y to 0
    it grows without bound. Eval mode only.
    """

    def forward(self, module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        """Remember input and output."""
        self.stored_tensors["input"], self.stored_tensors["output"] = inputs[0], output

    def backward(self, module: nn.Module, grad_input: Any, grad_output: tuple[Tensor, ...]) -> tuple[Tensor]:
        """The input's relevance from the output's."""
        x, y = self.stored_tensors["input"].detach(), self.stored_tensors["output"].detach()
        if not isinstance(module, _BatchNorm) or module.running_mean is None:
            raise SpecMismatch(f"the BatchNorm rule wants a BatchNorm with running statistics, not {module}")
        shape = (1, -1, *[1] * (x.ndim - 2))
        mean = module.running_mean.view(shape)
        shift = module.bias.detach().view(shape) if module.bias is not None else torch.zeros_like(mean)
        return (x * (y - shift) * grad_output[0] / stabilize((x - mean) * y, SAFE),)


def _safe(total: Tensor) -> Tensor:
    return total + (total == 0).to(total) * SAFE


def _raise(x: Tensor) -> Tensor:
    return x.clamp(min=0)


def _lower(x: Tensor) -> Tensor:
    return x.clamp(max=0)


def _same(output: Tensor) -> Tensor:
    return output
