"""LRP rules that zennit lacks or that leak there: the addition of two branches, and α, β where one sign is absent.

Conventions: ``z_ij = x_i w_ij`` are the contributions of inputs i to output j; a rule turns the outputs'
relevance R_j into the inputs' R_i. Biases are left out of every denominator, so that none of R is kept by them
(with biases a ResNet keeps about a seventh of the seed relevance, see ``conservation_error``).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.grad import conv2d_input
from zennit.core import Hook, stabilize

from models.errors import SpecMismatch

STABILIZER = 1e-9
"""Added with the sign of the denominator where a rule itself has no ε: avoids 0/0 and changes nothing else."""


class AlphaBetaNoLeak(Hook):  # type: ignore[misc]
    """αβ rule (Bach et al. 2015, eq. 60): ``R_i = Σ_j (α z⁺_ij / Σ z⁺_j − β z⁻_ij / Σ z⁻_j) R_j`` with α − β = 1.

    Where an output has contributions of one sign only, that sign takes all of R_j (weight 1), otherwise α R_j or
    −β R_j would be passed on alone. α = 1, β = 0 is the z⁺ rule (Montavon et al. 2017): an output without positive
    contributions then passes nothing on.

    For convolutions and dense layers. What cannot contribute is not computed: the negative part of an input that a
    ReLU made, and the negative contributions when β = 0; z⁺ then costs one pass forward and one back.
    """

    def __init__(self, alpha: float = 2.0, beta: float = 1.0, stabilizer: float = STABILIZER) -> None:
        if alpha < 1 or beta < 0 or alpha - beta != 1.0:
            raise ValueError(f"alpha - beta must be 1 with beta >= 0, got alpha={alpha}, beta={beta}")
        super().__init__()
        self.alpha, self.beta, self.stabilizer = alpha, beta, stabilizer

    def forward(self, module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        """Remember the input."""
        self.stored_tensors["input"] = inputs[0]

    def backward(self, module: nn.Module, grad_input: Any, grad_output: tuple[Tensor, ...]) -> tuple[Tensor]:
        """The inputs' relevance from the outputs'."""
        x, relevance = self.stored_tensors["input"].detach(), grad_output[0].detach()
        weight = module.get_parameter("weight").detach()
        raising, lowering = weight.clamp(min=0), weight.clamp(max=0)
        parts = [(x.clamp(min=0), raising, lowering)]
        if bool((x < 0).any()):
            parts.append((x.clamp(max=0), lowering, raising))
        positive = _sum(_linear(module, part, up) for part, up, _ in parts)
        if self.beta == 0.0:
            gain = self.alpha * relevance / stabilize(positive, self.stabilizer)
            return (_sum(part * _transposed(module, part, up, gain) for part, up, _ in parts),)
        negative = _sum(_linear(module, part, down) for part, _, down in parts)
        up_share, down_share = _shares(positive, negative, self.alpha, self.beta)
        gain = up_share * relevance / stabilize(positive, self.stabilizer)
        loss = down_share * relevance / stabilize(negative, self.stabilizer)
        return (
            _sum(
                part * (_transposed(module, part, up, gain) + _transposed(module, part, down, loss))
                for part, up, down in parts
            ),
        )

    def copy(self) -> AlphaBetaNoLeak:
        """A fresh hook with the same parameters (zennit registers copies)."""
        return AlphaBetaNoLeak(self.alpha, self.beta, self.stabilizer)


class AddRule(Hook):  # type: ignore[misc]
    """Rule for a module that adds two inputs: a linear layer with weights 1 and 1 and no bias.

    ``alpha=None`` gives the z (or ε) rule, R split as left : right with ``epsilon`` in the denominator; else α, β as
    in ``AlphaBetaNoLeak``.
    """

    def __init__(self, alpha: float | None = None, beta: float = 0.0, epsilon: float = STABILIZER) -> None:
        super().__init__()
        self.alpha, self.beta, self.epsilon = alpha, beta, epsilon

    def forward(self, module: nn.Module, inputs: tuple[Tensor, Tensor], output: Tensor) -> None:
        """Remember both branches."""
        self.stored_tensors["branches"] = inputs

    def backward(self, module: nn.Module, grad_input: Any, grad_output: tuple[Tensor, ...]) -> tuple[Tensor, Tensor]:
        """Split the relevance over the two branches."""
        left, right = (branch.detach() for branch in self.stored_tensors["branches"])
        relevance = grad_output[0]
        if self.alpha is None:
            ratio = relevance / stabilize(left + right, self.epsilon)
            return left * ratio, right * ratio
        positive = left.clamp(min=0) + right.clamp(min=0)
        negative = left.clamp(max=0) + right.clamp(max=0)
        up, down = _shares(positive, negative, self.alpha, self.beta)
        gain = up * relevance / stabilize(positive, STABILIZER)
        loss = down * relevance / stabilize(negative, STABILIZER)
        return _by_sign(left, gain, loss), _by_sign(right, gain, loss)

    def copy(self) -> AddRule:
        """A fresh hook with the same parameters."""
        return AddRule(self.alpha, self.beta, self.epsilon)


def _by_sign(branch: Tensor, gain: Tensor, loss: Tensor) -> Tensor:
    return branch.clamp(min=0) * gain + branch.clamp(max=0) * loss


def _shares(positive: Tensor, negative: Tensor, alpha: float, beta: float) -> tuple[Tensor, Tensor]:
    """Weights of the positive and the negative part per output; (α, −β) where both exist."""
    if beta == 0.0:
        return torch.full_like(positive, alpha), torch.zeros_like(negative)
    up = torch.where(negative < 0, alpha, 1.0).to(positive)
    down = torch.where(positive > 0, -beta, 1.0).to(negative)
    return up, down


def _sum(terms: Iterable[Tensor]) -> Tensor:
    first, *rest = terms
    for term in rest:
        first = first + term
    return first


def _linear(module: nn.Module, x: Tensor, weight: Tensor) -> Tensor:
    """The layer's output for ``x`` with another weight and no bias."""
    if isinstance(module, nn.Linear):
        return F.linear(x, weight)
    convolution = _convolution(module)
    return F.conv2d(
        x, weight, None, convolution.stride, _padding(convolution), convolution.dilation, convolution.groups
    )


def _transposed(module: nn.Module, x: Tensor, weight: Tensor, upper: Tensor) -> Tensor:
    """What ``_linear`` with that weight sends back from its outputs to an input like ``x``."""
    if isinstance(module, nn.Linear):
        return upper @ weight
    convolution = _convolution(module)
    back: Tensor = conv2d_input(  # type: ignore[no-untyped-call]
        x.shape, weight, upper, convolution.stride, _padding(convolution), convolution.dilation, convolution.groups
    )
    return back


def _convolution(module: nn.Module) -> nn.Conv2d:
    if isinstance(module, nn.Conv2d) and module.padding_mode == "zeros":
        return module
    raise SpecMismatch(f"the α, β rules know dense layers and zero-padded 2-D convolutions, not {module}")


def _padding(module: nn.Conv2d) -> tuple[int, ...]:
    if isinstance(module.padding, str):
        raise SpecMismatch(f"the α, β rules want padding in px, not {module.padding!r}")
    return module.padding
