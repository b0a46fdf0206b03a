"""Pixel flipping (Bach et al. 2015): hide pixels, the most relevant first, and watch the output fall. By Quantus.

Quantus ranks channels one by one and wants steps that divide H·W, which splits pixels of colour pictures. It is given
a mask of pixels instead, all ones; the network it sees multiplies the pictures with the mask.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from models.errors import SpecMismatch
from models.evaluation.explanation_metrics import Maps, contained, quantus
from models.lrp.named_rules import wanted_outputs

BATCH = 16


@dataclass(frozen=True, slots=True)
class FlippingCurves:
    """``scores`` (N, steps + 1): the output with the first 0, 1/steps, … of all pixels hidden."""

    scores: NDArray[np.float64]

    @property
    def area(self) -> NDArray[np.float64]:
        """(N,) mean fall over the curve (AOPC, Samek et al. 2017): the greater, the better the order."""
        fall: NDArray[np.float64] = (self.scores[:, :1] - self.scores[:, 1:]).mean(axis=1)
        return fall


def pixel_flipping(
    network: nn.Module,
    x: Tensor,
    target: Sequence[int] | NDArray[np.integer] | Tensor,
    relevance: Maps,
    *,
    steps: int = 16,
    baseline: float = 0.0,
    softmax: bool = False,
) -> FlippingCurves:
    """Curves of output ``target[n]`` as ``relevance[n]`` (N, H, W) orders the pixels of ``x[n]`` (N, C, H, W).

    Hidden pixels have the value ``baseline`` in every channel. ``softmax`` watches the probability in place of the
    raw output. Needs eval mode and finite relevance of the pictures' size, otherwise SpecMismatch.
    """
    index = wanted_outputs(network, x, target)
    if relevance.shape != (len(x), *x.shape[2:]) or not np.isfinite(relevance).all():
        raise SpecMismatch(f"pictures {tuple(x.shape)} want finite relevance (N, H, W), got {relevance.shape}")
    pixels = relevance[0].size
    if not 1 <= steps <= pixels:
        raise SpecMismatch(f"{pixels} pixels cannot be hidden in {steps} steps")
    per_step = -(-pixels // steps)
    rows = []
    for start in range(0, len(x), BATCH):
        part = slice(start, start + BATCH)
        hidden = _Hidden(network, x[part].detach(), baseline).eval()
        order = _ranks(relevance[part], per_step * steps)
        whole = np.ones((len(order), 1, 1, per_step * steps), np.float32)
        with torch.no_grad():
            first = hidden(torch.from_numpy(whole))
        first = first.softmax(dim=1) if softmax else first
        outputs = index[part].numpy()
        made = quantus().PixelFlipping(
            features_in_step=per_step, normalise=False, abs=False, perturb_baseline=0.0, disable_warnings=True
        )
        with contained(), torch.no_grad():
            found = made(
                model=hidden,
                x_batch=whole,
                y_batch=outputs,
                a_batch=order[:, None, None],
                channel_first=True,
                softmax=softmax,
                batch_size=len(order),
                device="cpu",
            )
        begin = first.cpu().numpy()[np.arange(len(order)), outputs]
        rows.append(np.column_stack([begin, np.asarray(found)]))
    return FlippingCurves(np.concatenate(rows).astype(np.float64))


def _ranks(relevance: Maps, length: int) -> NDArray[np.float64]:
    """(N, length) ranks, greatest first relevant, no two equal; what fills up to ``length`` comes last."""
    flat = relevance.reshape(len(relevance), -1)
    ranks = np.full((len(flat), length), -np.arange(1.0, length + 1))
    places = np.argsort(-flat, axis=1, kind="stable")
    np.put_along_axis(ranks, places, np.arange(flat.shape[1], 0.0, -1.0)[None].repeat(len(flat), 0), axis=1)
    return ranks


class _Hidden(nn.Module):
    """(N, 1, 1, L) mask, its first H·W entries the pixels → outputs of the pictures with the masked ones hidden."""

    def __init__(self, network: nn.Module, x: Tensor, baseline: float) -> None:
        super().__init__()
        self.network, self.x, self.baseline = network, x, baseline

    def forward(self, mask: Tensor) -> Tensor:
        """Raw outputs (N, K)."""
        height, width = self.x.shape[2:]
        seen = mask[:, 0, 0, : height * width].reshape(-1, 1, height, width).to(self.x)
        output: Tensor = self.network(self.x * seen + self.baseline * (1 - seen))
        return output
