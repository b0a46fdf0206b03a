"""Losses of the papers: focal loss, class-balanced weights, weighted binary cross-entropy.

Each is a function of raw logits and targets that returns the mean over what is known, or builds such a function.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from models.errors import SpecMismatch

Loss = Callable[[Tensor, Tensor], Tensor]
"""Logits (N, K) and targets → scalar loss."""


def class_balanced_weights(counts: Sequence[int], beta: float) -> NDArray[np.float64]:
    """One weight a class, ``(1 − β) / (1 − βⁿ)``, scaled so that they sum to the number of classes K.

    Cui et al. 2019, eq. 4; ``n`` are the training rows of each class. β = 0 weighs all alike, β → 1 by 1/n. A class
    without rows gets the weight 0: nothing can be learnt of it. SpecMismatch for β outside [0, 1) or no rows at all.
    """
    rows = np.asarray(counts, dtype=np.float64)
    if not 0.0 <= beta < 1.0:
        raise SpecMismatch(f"class-balanced weights need β in [0, 1), got {beta}")
    if rows.ndim != 1 or (rows < 0).any() or not (rows > 0).any():
        raise SpecMismatch(f"class-balanced weights need the rows of each class, got {list(counts)}")
    effective = -np.expm1(np.where(rows > 0, rows, 1.0) * np.log(beta)) if beta > 0 else np.ones_like(rows)
    weights = np.where(rows > 0, (1.0 - beta) / effective, 0.0)
    return np.asarray(weights * len(rows) / weights.sum(), dtype=np.float64)


def focal(gamma: float, weights: ArrayLike | None = None) -> Loss:
    """Focal loss ``−w_y (1 − p_y)^γ log p_y`` of logits (N, K) and classes (N,) int64, mean over rows.

    Lin et al. 2017, eq. 4–5, in its softmax form. γ = 0 without ``weights`` (K,) is the cross-entropy. With weights
    the sum is divided by N, not by the weights' sum, as Cui et al. do.
    """
    if gamma < 0:
        raise SpecMismatch(f"focal loss needs γ >= 0, got {gamma}")
    per_class = None if weights is None else torch.as_tensor(np.asarray(weights), dtype=torch.float32)

    def loss(logits: Tensor, target: Tensor) -> Tensor:
        log_p = F.log_softmax(logits.float(), dim=1).gather(1, target[:, None])[:, 0]
        hardness = (-torch.expm1(log_p)).clamp_min(0.0) ** gamma if gamma else torch.ones_like(log_p)
        scale = hardness if per_class is None else hardness * per_class.to(log_p.device)[target]
        return -(scale * log_p).mean()

    return loss


def positive_weights(present: NDArray[np.floating], most: float = 100.0) -> NDArray[np.float64]:
    """One weight a label: absent ÷ present rows of ``present`` (N, U) with values 0, 1 and NaN for unknown.

    A label without a positive row gets 1, and none more than ``most``: a handful of rows would drown all others.
    """
    known = np.isfinite(present)
    positive = ((present > 0.5) & known).sum(axis=0).astype(np.float64)
    negative = known.sum(axis=0) - positive
    ratio = np.where((positive > 0) & (negative > 0), negative / np.maximum(positive, 1.0), 1.0)
    return np.asarray(np.minimum(ratio, most), dtype=np.float64)


def weighted_bce(weights: ArrayLike | None = None) -> Loss:
    """Binary cross-entropy of logits (N, U) and targets (N, U) in 0–1, positives weighed by ``weights`` (U,).

    A NaN target is unknown and counts for nothing; a batch in which nothing is known has the loss 0.
    """
    scale = None if weights is None else torch.as_tensor(np.asarray(weights), dtype=torch.float32)

    def loss(logits: Tensor, target: Tensor) -> Tensor:
        known = torch.isfinite(target)
        asked = torch.where(known, target, torch.zeros_like(target)).to(logits.dtype)
        positive = None if scale is None else scale.to(logits)
        each = F.binary_cross_entropy_with_logits(logits, asked, pos_weight=positive, reduction="none")
        return (each * known).sum() / known.sum().clamp_min(1)

    return loss
