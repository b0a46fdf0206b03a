"""Two networks' relevance for the same picture and class: where one looks more (Prajod et al. 2021, figure 4).

The paper normalises each map to [0, 1], subtracts the raw maps, normalises the difference to [0, 1] again and has a
person name the Action Units. Here the units' regions do that: the share of the positive relevance in each region, for
either network, in units of what relevance spread evenly over the face would give. Shares, since a network with larger
raw outputs has more relevance everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.lrp.mu import Mask, Relevance, chance, mu


@dataclass(frozen=True, slots=True)
class RegionChange:
    """``first``, ``second``: mean share (μ) in the unit's region over ``pictures``; ``chance``: that of even spread."""

    unit: str
    first: float
    second: float
    chance: float
    pictures: int

    @property
    def change(self) -> float:
        """How many times the region's fair share the first network has there beyond the second."""
        return (self.first - self.second) / self.chance if self.chance > 0 else 0.0


def normalised(relevance: Relevance) -> NDArray[np.float64]:
    """(S, S) → [0, 1], the least value becoming 0 and the greatest 1; all 0 where nothing varies."""
    values = np.asarray(relevance, dtype=np.float64)
    low, high = float(values.min()), float(values.max())
    return (values - low) / (high - low) if high > low else np.zeros_like(values)


def shares(relevance: Relevance) -> NDArray[np.float64]:
    """(S, S) divided by its positive relevance, so that maps of different networks can be subtracted; 0 without any."""
    values = np.asarray(relevance, dtype=np.float64)
    total = float(np.clip(values, 0.0, None).sum())
    return values / total if total > 0 else np.zeros_like(values)


def difference(first: Relevance, second: Relevance) -> NDArray[np.float64]:
    """(S, S) in [0, 1] of two raw maps: ½ where both agree, 1 where the first has most beyond the second."""
    raw = np.asarray(first, dtype=np.float64) - np.asarray(second, dtype=np.float64)
    largest = float(np.abs(raw).max(initial=0.0))
    return 0.5 + raw / (2 * largest) if largest > 0 else np.full_like(raw, 0.5)


def region_changes(
    first: Sequence[Relevance], second: Sequence[Relevance], masks: Sequence[Mapping[str, Mask]], hulls: Sequence[Mask]
) -> tuple[RegionChange, ...]:
    """Every unit's region over P pictures, the one that the first network favours most first.

    ``masks[p]`` unit → (S, S) bool, the same units for every picture; ``hulls[p]`` the face. A picture in which either
    map has no positive relevance does not count.
    """
    sums: dict[str, list[tuple[float, float, float]]] = {}
    for mine, theirs, regions, hull in zip(first, second, masks, hulls, strict=True):
        for unit, mask in regions.items():
            shares = (mu(mine, mask), mu(theirs, mask), chance(mask, hull))
            if None not in shares:
                sums.setdefault(unit, []).append(shares)  # type: ignore[arg-type]
    found = []
    for unit, rows in sums.items():
        one, other, even = (float(mean) for mean in np.mean(rows, axis=0))
        found.append(RegionChange(unit, one, other, even, len(rows)))
    return tuple(sorted(found, key=lambda region: region.change, reverse=True))
