"""Penalties that pull a network's evidence for an AU into the AU's region of the face.

"Right for the right reasons" (Ross, Hughes & Doshi-Velez 2017) penalises the squared input gradient where an annotator
says that no reason lies. Here the annotator is anatomy (``models.regions``), the gradient is weighed by what the
picture shows there, and only the *share* outside counts, so that a network cannot do better by small gradients:

    e(p) = |∂y_u/∂x(p) · (x(p) − blurred x(p))|        evidence of unit u at pixel p
    penalty = Σ_{p outside region} e(p) / Σ_p e(p) + Σ_{p outside face} e(p) / Σ_p e(p)

What lies beside the face counts twice. The share is differentiable (one backward pass with ``create_graph``), in any
memory format. BatchNorm may be in training mode, but its batch statistics then spread a part of every gradient over
all pixels of all crops, which the trained network will not do: forward the crops under ``frozen_statistics``.

On one core, float32, 24 crops of 112 px at width 32, forward and both backward passes included: 1.2 s for
``gradient_outside``, 0.44 s for ``activation_outside`` on the 14×14 map after ``blocks[:4]``, 0.23 s on the last map,
where an ordinary training step on 136 crops takes 1.8 s.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
import torch.nn.functional as F
from torch import Tensor, nn

_TINY = 1e-12


def gradient_outside(
    network_outputs: Tensor, inputs: Tensor, unit_columns: Tensor, region_masks: Tensor, hull: Tensor
) -> Tensor:
    """Mean penalty over the crops that have a unit and a region, in [0, 2]; 0 when none has.

    ``network_outputs`` (N, U) raw AU outputs computed from ``inputs`` (N, 1, S, S), which must have ``requires_grad``;
    ``unit_columns`` (N,) the present unit to explain per crop, −1 for none (``draw_units``); ``region_masks``
    (N, U, G, G) and ``hull`` (N, G, G) bool on any grid, moved along with the crop where the crop was augmented.
    """
    gradient = _gradient(network_outputs, inputs, unit_columns)
    shown = inputs.detach().float()
    blurred = F.avg_pool2d(shown, 9, stride=1, padding=4, count_include_pad=False)
    evidence = (gradient * (shown - blurred)).abs().sum(dim=1)
    return _outside(evidence, unit_columns, region_masks, hull)


def activation_outside(
    network_outputs: Tensor, features: Tensor, unit_columns: Tensor, region_masks: Tensor, hull: Tensor
) -> Tensor:
    """The same penalty on gradient × activation of a feature map (N, C, H, W) inside the network, positive part.

    ``features`` must be a tensor that ``network_outputs`` were computed from. For the last map before the pooling this
    is the class activation map (Zhou et al. 2016), whose second derivative costs next to nothing.
    """
    gradient = _gradient(network_outputs, features, unit_columns)
    evidence = (gradient * features.float()).sum(dim=1).clamp_min(0.0)
    return _outside(evidence, unit_columns, region_masks, hull)


def draw_units(present: Tensor, generator: torch.Generator, priority: Tensor | None = None) -> Tensor:
    """(N, U) bool of units labelled present → (N,) one of them per crop at random, −1 where there is none.

    ``priority`` (U,) > 0 are the chances of the units relative to each other; without it they are alike.
    """
    lot = torch.rand(present.shape, generator=generator)
    if priority is not None:
        lot = lot ** (1.0 / priority)
    lot = lot * present
    return torch.where(present.any(dim=1), lot.argmax(dim=1), -1)


@contextmanager
def frozen_statistics(network: nn.Module) -> Iterator[None]:
    """BatchNorm and dropout as when the network is used, gradients and all, and back in their modes afterwards."""
    frozen = [m for m in network.modules() if isinstance(m, nn.BatchNorm2d | nn.Dropout) and m.training]
    for module in frozen:
        module.eval()
    try:
        yield
    finally:
        for module in frozen:
            module.train()


def _gradient(outputs: Tensor, inputs: Tensor, unit_columns: Tensor) -> Tensor:
    explained = outputs.float().gather(1, unit_columns.clamp_min(0)[:, None])[:, 0]
    total = (explained * (unit_columns >= 0)).sum()
    (gradient,) = torch.autograd.grad(total, inputs, create_graph=True)
    return gradient.float()


def _outside(evidence: Tensor, unit_columns: Tensor, region_masks: Tensor, hull: Tensor) -> Tensor:
    rows = torch.arange(len(evidence), device=evidence.device)
    region = region_masks[rows, unit_columns.clamp_min(0)]
    counts = (unit_columns >= 0) & region.flatten(1).any(dim=1)
    inside = _shares(region, evidence)
    face = _shares(hull | region, evidence)
    total = evidence.sum(dim=(1, 2))
    safe = total.clamp_min(_TINY)
    penalty = 2.0 - ((inside + face) * evidence).sum(dim=(1, 2)) / safe
    counts = counts & (total > _TINY)
    return torch.where(counts, penalty, torch.zeros_like(penalty)).sum() / counts.sum().clamp_min(1)


def _shares(mask: Tensor, evidence: Tensor) -> Tensor:
    """(N, G, G) bool → (N, H, W) float: the share of each cell of ``evidence`` that the mask covers."""
    size = (evidence.shape[-2], evidence.shape[-1])
    grown = mask[:, None].float()
    if all(large % small == 0 for large, small in zip(size, mask.shape[-2:], strict=True)):
        return F.interpolate(grown, size=size, mode="nearest")[:, 0]
    return F.adaptive_avg_pool2d(grown, size)[:, 0]
