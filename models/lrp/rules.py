"""LRP rules that zennit lacks or that leak there: the addition of two branches, and α, β where one sign is absent.

Conventions: ``z_ij = x_i w_ij`` are the contributions of inputs i to output j; a rule turns the outputs'
relevance R_j into the inputs' R_i. Biases are left out of every denominator, so that none of R is kept by them
(with biases a ResNet keeps about a seventh of the seed relevance, see ``conservation_error``).
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from zennit.core import BasicHook, Hook, stabilize
from zennit.rules import ClampMod

STABILIZER = 1e-9
"""Added with the sign of the denominator where a rule itself has no ε: avoids 0/0 and changes nothing else."""

_NO_BIAS = ["bias"]


class AlphaBetaNoLeak(BasicHook):  # type: ignore[misc]
    """αβ rule (Bach et al. 2015, eq. 60): ``R_i = Σ_j (α z⁺_ij / Σ z⁺_j − β z⁻_ij / Σ z⁻_j) R_j`` with α − β = 1.

    Where an output has contributions of one sign only, that sign takes all of R_j (weight 1), otherwise α R_j or
    −β R_j would be passed on alone. α = 1, β = 0 is the z⁺ rule (Montavon et al. 2017): an output without positive
    contributions then passes nothing on.
    """

    def __init__(self, alpha: float = 2.0, beta: float = 1.0, stabilizer: float = STABILIZER) -> None:
        if alpha < 1 or beta < 0 or alpha - beta != 1.0:
            raise ValueError(f"alpha - beta must be 1 with beta >= 0, got alpha={alpha}, beta={beta}")
        self.alpha, self.beta, self.stabilizer = alpha, beta, stabilizer
        mods = {"zero_params": _NO_BIAS}
        super().__init__(
            input_modifiers=[_positive, _negative, _positive, _negative],
            param_modifiers=[
                ClampMod(min=0.0, **mods),
                ClampMod(max=0.0, **mods),
                ClampMod(max=0.0, **mods),
                ClampMod(min=0.0, **mods),
            ],
            output_modifiers=[_same] * 4,
            gradient_mapper=self._divide,
            reducer=_weighted_sum,
        )

    def _divide(self, relevance: Tensor, outputs: list[Tensor]) -> list[Tensor]:
        positive, negative = outputs[0] + outputs[1], outputs[2] + outputs[3]
        up, down = _shares(positive, negative, self.alpha, self.beta)
        gain = up * relevance / stabilize(positive, self.stabilizer)
        loss = down * relevance / stabilize(negative, self.stabilizer)
        return [gain, gain, loss, loss]

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


def _positive(value: Tensor) -> Tensor:
    return value.clamp(min=0)


def _negative(value: Tensor) -> Tensor:
    return value.clamp(max=0)


def _same(value: Tensor) -> Tensor:
    return value


def _weighted_sum(inputs: list[Tensor], gradients: list[Tensor]) -> Tensor:
    return torch.stack([part * gradient for part, gradient in zip(inputs, gradients, strict=True)]).sum(dim=0)
