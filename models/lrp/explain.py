"""LRP of several outputs of one crop in one batched pass."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from models.errors import SpecMismatch
from models.lrp.composites import DEFAULT, build
from models.spec import ModelSpec


@dataclass(frozen=True, slots=True)
class Target:
    """One raw output of the network: label number ``label`` of the head called ``head``."""

    head: str
    label: int


@dataclass(frozen=True, slots=True)
class TargetRelevance:
    """``relevance`` (S, S), signed, channels summed; ``logit`` the raw output that seeded it."""

    relevance: NDArray[np.floating]
    logit: float

    @property
    def conservation_error(self) -> float:
        """|ΣR − logit| / |logit|; 0 when both are 0."""
        gap = abs(float(self.relevance.sum(dtype=np.float64)) - self.logit)
        return gap / abs(self.logit) if self.logit else gap


def target_of(spec: ModelSpec, name: str) -> Target:
    """``AU04`` or ``emotion:happiness`` → the output meant; SpecMismatch when the network has none such."""
    head_name, _, label = name.rpartition(":")
    head = spec.head(head_name or "au")
    if label not in head.labels:
        raise SpecMismatch(f"{spec.model_id}: no target {name!r}, head {head.name} has {', '.join(head.labels)}")
    return Target(head.name, head.labels.index(label))


def relevances(
    network: nn.Module, x: Tensor, targets: Sequence[Target], composite: str = DEFAULT
) -> list[TargetRelevance]:
    """Relevance of each target for the one crop ``x`` (1, C, S, S), seeded with the target's raw output.

    The network must be in eval mode (SpecMismatch otherwise) and is bit-identical afterwards, whatever happens.
    """
    if x.ndim != 4 or x.shape[0] != 1:
        raise SpecMismatch(f"LRP explains one crop (1, C, S, S) at a time, got {tuple(x.shape)}")
    if not targets:
        return []
    return crop_relevances(network, x.detach().repeat(len(targets), 1, 1, 1), targets, composite)


def crop_relevances(
    network: nn.Module, x: Tensor, targets: Sequence[Target], composite: str = DEFAULT
) -> list[TargetRelevance]:
    """Relevance of ``targets[n]`` for crop ``x[n]`` of (N, C, S, S), all in one pass; otherwise as ``relevances``."""
    if network.training:
        raise SpecMismatch("LRP needs the network in eval mode: BatchNorm cannot be folded while it learns")
    if x.ndim != 4 or x.shape[0] != len(targets):
        raise SpecMismatch(f"{len(targets)} targets need as many crops (N, C, S, S), got {tuple(x.shape)}")
    heads = _heads(network)
    for target in targets:
        if target.head not in heads:
            raise SpecMismatch(f"network has no head {target.head!r}, only {', '.join(heads)}")
    batch = x.detach().clone().requires_grad_()
    with _hooked(network, composite), torch.enable_grad():
        outputs: tuple[Tensor, ...] = network(batch)
        seeds = [torch.zeros_like(output) for output in outputs]
        for row, target in enumerate(targets):
            head = heads.index(target.head)
            seeds[head][row, target.label] = outputs[head][row, target.label].detach()
        (gradient,) = torch.autograd.grad(outputs, batch, grad_outputs=seeds)
    summed = gradient.detach().sum(dim=1).cpu().numpy()
    return [
        TargetRelevance(summed[row], float(seeds[heads.index(target.head)][row, target.label]))
        for row, target in enumerate(targets)
    ]


def relevance(
    network: nn.Module, x: Tensor, head: str, label: int, composite: str = DEFAULT
) -> tuple[NDArray[np.floating], float]:
    """Relevance (S, S) and logit of a single target; see ``relevances``."""
    (only,) = relevances(network, x, [Target(head, label)], composite)
    return only.relevance, only.logit


@contextmanager
def _hooked(network: nn.Module, name: str) -> Iterator[None]:
    composite = build(name)
    try:
        composite.register(network)
        yield
    finally:
        composite.remove()


def _heads(network: nn.Module) -> list[str]:
    heads = getattr(network, "heads", None)
    if not isinstance(heads, nn.ModuleDict):
        raise SpecMismatch(f"{type(network).__name__} has no named heads to explain")
    return list(heads)
