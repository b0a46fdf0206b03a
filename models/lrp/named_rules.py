"""Relevance of one output for each picture of a batch, by any named rule, with what conservation it kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from zennit.core import Composite

from models.errors import SpecMismatch
from models.lrp.rule_table import RULES as RULES
from models.lrp.rule_table import RuleOptions, composite

PIXELS = 16 * 112 * 112
"""Pixels of all pictures explained at a time: VGG16 at 224 px holds a third of a gigabyte for each picture."""


@dataclass(frozen=True, slots=True)
class Attribution:
    """``relevance`` (N, H, W) signed, channels summed; ``logit`` (N,) the raw outputs that seeded it."""

    relevance: NDArray[np.floating]
    logit: NDArray[np.floating]

    @property
    def kept(self) -> NDArray[np.floating]:
        """(N,) ΣR ÷ logit: 1 where the rule conserved; NaN for a logit of 0."""
        total = self.relevance.sum(axis=(1, 2), dtype=np.float64)
        kept: NDArray[np.floating] = np.divide(
            total, self.logit, out=np.full(len(total), np.nan), where=self.logit != 0
        )
        return kept

    @property
    def conservation_error(self) -> NDArray[np.floating]:
        """(N,) |ΣR − logit| / |logit|; the bare |ΣR| for a logit of 0."""
        gap = np.abs(self.relevance.sum(axis=(1, 2), dtype=np.float64) - self.logit)
        return np.asarray(gap / np.where(self.logit == 0, 1.0, np.abs(self.logit)))


def attribute(
    network: nn.Module,
    x: Tensor,
    target: Sequence[int] | NDArray[np.integer] | Tensor,
    rule: str = "zplus",
    *,
    first: str | None = None,
    epsilon: float | None = None,
    low: float = 0.0,
    high: float = 1.0,
    renormalise: bool = False,
) -> Attribution:
    """LRP of ``target[n]``, an output of ``network``: (N, C, H, W) → (N, K), for each picture ``x[n]``.

    ``rule`` is one of ``RULES``, the rest as in ``RuleOptions``. Seeded with the raw output itself. The network must
    be in eval mode and give one tensor of raw outputs, otherwise SpecMismatch; it is bit-identical afterwards, also
    after an error.
    """
    options = RuleOptions(epsilon=epsilon, first=first, low=low, high=high, renormalise=renormalise)
    index = wanted_outputs(network, x, target)
    relevance, logits = [], []
    with hooked(network, composite(rule, options)), torch.enable_grad():
        size = max(1, PIXELS // (x.shape[2] * x.shape[3]))
        for start in range(0, len(x), size):
            batch = x[start : start + size].detach().clone().requires_grad_()
            output = raw_outputs(network, batch)
            chosen = index[start : start + size].to(output.device)
            seed = torch.zeros_like(output)
            seed[torch.arange(len(batch)), chosen] = output[torch.arange(len(batch)), chosen].detach()
            (gradient,) = torch.autograd.grad(output, batch, grad_outputs=seed)
            relevance.append(gradient.detach().sum(dim=1).cpu().numpy())
            logits.append(seed.sum(dim=1).cpu().numpy())
    return Attribution(np.concatenate(relevance), np.concatenate(logits))


def wanted_outputs(network: nn.Module, x: Tensor, target: Sequence[int] | NDArray[np.integer] | Tensor) -> Tensor:
    """``target`` as (N,) int64, after the checks that every explanation needs; SpecMismatch says what is wrong."""
    if network.training:
        raise SpecMismatch("an explanation needs the network in eval mode: dropout and BatchNorm would change it")
    index = torch.as_tensor(np.asarray(target), dtype=torch.int64).reshape(-1)
    if x.ndim != 4 or len(x) != len(index) or not len(x):
        raise SpecMismatch(f"{len(index)} targets need as many pictures (N, C, H, W), got {tuple(x.shape)}")
    with torch.no_grad():
        count = raw_outputs(network, x[:1]).shape[1]
    if int(index.min()) < 0 or int(index.max()) >= count:
        raise SpecMismatch(f"targets go from {int(index.min())} to {int(index.max())}, the network has {count} outputs")
    return index


def raw_outputs(network: nn.Module, x: Tensor) -> Tensor:
    """``network(x)``, which must be one tensor (N, K); SpecMismatch otherwise."""
    output = network(x)
    if not isinstance(output, Tensor) or output.ndim != 2:
        kind = tuple(output.shape) if isinstance(output, Tensor) else type(output).__name__
        raise SpecMismatch(f"{type(network).__name__} must give raw outputs (N, K), it gives {kind}")
    return output


@contextmanager
def hooked(network: nn.Module, made: Composite) -> Iterator[None]:
    """``network`` with the composite's hooks, undone whatever happens."""
    try:
        made.register(network)
        yield
    finally:
        made.remove()
