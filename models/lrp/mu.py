"""μ: how much of the positive relevance lies where it should (Rieger et al.), and what chance alone would give."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Relevance = NDArray[np.floating]
Mask = NDArray[np.bool_]


def mu(relevance: Relevance, mask: Mask) -> float | None:
    """Positive relevance inside ``mask`` ÷ positive relevance in the image, both (S, S); in [0, 1].

    Negative relevance never counts. None when no relevance is positive, or when any is not finite: then there is
    nothing to divide, and 0 would be a claim.
    """
    if relevance.shape != mask.shape:
        raise ValueError(f"relevance {relevance.shape} and mask {mask.shape} differ")
    signed = np.asarray(relevance, dtype=np.float64)
    if not np.isfinite(signed).all():
        return None
    positive = np.clip(signed, 0.0, None)
    largest = float(positive.max(initial=0.0))
    if largest <= 0.0:
        return None
    positive /= largest  # keeps tiny relevance away from underflow and huge away from overflow
    inside = float(positive[mask].sum())
    outside = float(positive[~mask].sum())
    return inside / (inside + outside)


def chance(mask: Mask, hull: Mask) -> float | None:
    """The region's share of the face hull inside the crop: μ of relevance spread evenly over the face.

    None when no part of the face lies inside the crop.
    """
    face = int(np.count_nonzero(hull))
    if face == 0:
        return None
    return int(np.count_nonzero(mask & hull)) / face


def outside_face(relevance: Relevance, hull: Mask) -> float | None:
    """Share of the positive relevance that lies outside the face hull; None as for ``mu``."""
    return mu(relevance, ~hull)
