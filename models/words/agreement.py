"""How far several explanations of one decision agree: maps of slightly changed inputs and of other composites."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import cv2
import numpy as np
from numpy.typing import NDArray

from models.errors import SpecMismatch
from models.words.face_parts import FacePart
from models.words.shares import part_shares

F32 = NDArray[np.float32]
Explain = Callable[[F32, str], NDArray[np.floating]]
"""(N, C, H, W) inputs and the name of a composite → (N, H, W) signed relevance of one and the same output."""

STEADY_FROM, UNCLEAR_BELOW = 0.75, 0.5
"""Of the rank correlation. Our choice: between them an explanation is told with a caveat, below them not at all."""
MOST_SPREAD = 0.15
"""Largest standard deviation of a part's share over the maps of a steady explanation; from twice of it on: unclear."""
POOLED = 16
"""Maps are compared on a grid of this side: a heatmap that moves by one pixel says the same."""


class Steadiness(StrEnum):
    """What agreement allows to be said."""

    STEADY = "steady"
    FAIR = "fair"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Agreement:
    """``rank_correlation``: mean Spearman of every other map with the first, in [-1, 1]; ``spread``: the largest
    standard deviation of any part's share; ``range_of`` part → least and greatest share; ``maps``: how many."""

    rank_correlation: float
    spread: float
    range_of: Mapping[FacePart, tuple[float, float]]
    maps: int

    @property
    def steadiness(self) -> Steadiness:
        """Steady, fair or unclear by ``STEADY_FROM``, ``UNCLEAR_BELOW`` and ``MOST_SPREAD``."""
        if not (self.rank_correlation >= UNCLEAR_BELOW and self.spread < 2 * MOST_SPREAD):
            return Steadiness.UNCLEAR
        if self.rank_correlation >= STEADY_FROM and self.spread < MOST_SPREAD:
            return Steadiness.STEADY
        return Steadiness.FAIR


def agreement(maps: NDArray[np.floating], parts: Mapping[FacePart, NDArray[np.bool_]]) -> Agreement | None:
    """Agreement of (M, S, S) maps of one decision with the first of them, M ≥ 2; None where that one says nothing.

    A map says nothing where nothing in it is positive or something is not finite; as a second opinion it counts as
    one that does not agree at all (correlation 0, no share anywhere).
    """
    if maps.ndim != 3 or len(maps) < 2:
        raise SpecMismatch(f"agreement needs at least two (S, S) maps, got {maps.shape}")
    found = [part_shares(one, parts) for one in maps]
    shares: dict[FacePart, list[float]] = {part: [] for part in parts}
    if found[0] is None:
        return None
    for ranking in found:
        told = {one.part: one.share for one in ranking or ()}
        for part, values in shares.items():
            values.append(told.get(part, 0.0))
    first = _ranks(maps[0])
    others = [
        0.0 if ranking is None else _correlation(first, _ranks(one))
        for one, ranking in zip(maps[1:], found[1:], strict=True)
    ]
    return Agreement(
        rank_correlation=float(np.mean(others)),
        spread=max(float(np.std(values)) for values in shares.values()),
        range_of={part: (min(values), max(values)) for part, values in shares.items()},
        maps=len(maps),
    )


def explained_again(
    explain: Explain, x: F32, composites: Sequence[str], *, changes: int = 4, seed: int = 0
) -> NDArray[np.floating]:
    """(M, H, W) maps of one input (C, H, W): unchanged by every composite, then changed a little by the first.

    A change is noise of 2% of the input's spread, 3% more or less contrast and a shift by up to one pixel, which is
    taken back on the map. M = number of composites + ``changes``.
    """
    if not composites:
        raise SpecMismatch("explained again: no composite was named")
    rng = np.random.default_rng(seed)
    maps = [explain(x[None], name)[0] for name in composites]
    spread = float(x.std())
    for _ in range(changes):
        right, down = (int(step) for step in rng.integers(-1, 2, 2))
        noisy = x * float(rng.uniform(0.97, 1.03)) + rng.normal(0, 0.02 * spread, x.shape).astype(x.dtype)
        moved = np.stack([_shifted(plane, right, down) for plane in noisy])
        maps.append(_shifted(explain(np.asarray(moved, x.dtype)[None], composites[0])[0], -right, -down))
    return np.stack(maps)


def _shifted(plane: NDArray[np.floating], right: int, down: int) -> NDArray[np.floating]:
    padded = np.pad(plane, 1, mode="edge")
    height, width = plane.shape
    return padded[1 - down : 1 - down + height, 1 - right : 1 - right + width]


def _ranks(relevance: NDArray[np.floating]) -> NDArray[np.float64]:
    """Ranks, ties shared, of the positive relevance pooled to POOLED × POOLED (of all pixels in a smaller map)."""
    positive = np.clip(np.asarray(relevance, np.float64), 0, None)
    positive /= positive.max()
    if min(positive.shape) > POOLED:
        positive = np.asarray(cv2.resize(positive, (POOLED, POOLED), interpolation=cv2.INTER_AREA))
    values, inverse, counts = np.unique(positive.ravel(), return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return np.asarray((ends - (counts - 1) / 2)[inverse], dtype=np.float64) if len(values) else positive.ravel()


def _correlation(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    a, b = one - one.mean(), other - other.mean()
    scale = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / scale if scale > 0 else 0.0
