"""μ by chance, the region moved at random: the relevance that its shape and size find anywhere in the face."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from models.lrp.mu import Mask, Relevance, mu


def moved_regions(mask: Mask, hull: Mask, count: int, rng: np.random.Generator) -> Iterator[Mask]:
    """``count`` copies of ``mask`` (S, S), shifted as a whole to random places of the face.

    Every place where the shifted region lies wholly inside the picture and its middle inside ``hull`` is as likely,
    its own place too. Nothing for an empty region, or where the face offers no place.
    """
    rows, columns = np.nonzero(mask)
    if not len(rows):
        return
    height, width = mask.shape
    down = np.arange(-rows.min(), height - rows.max())
    right = np.arange(-columns.min(), width - columns.max())
    middle = np.rint([rows.mean(), columns.mean()]).astype(int)
    inside = hull[np.ix_(middle[0] + down, middle[1] + right)]
    places = np.argwhere(inside)
    if not len(places):
        return
    for place in rng.integers(len(places), size=count):
        moved = np.zeros_like(mask)
        by_down, by_right = down[places[place][0]], right[places[place][1]]
        moved[rows + by_down, columns + by_right] = True
        yield moved


def null_mu_of_regions(
    relevances: Sequence[Relevance], masks: Sequence[Mask], hulls: Sequence[Mask], *, count: int = 100, seed: int = 0
) -> NDArray[np.float64]:
    """(count,) null distribution of the mean μ over faces: each draw moves every face's region at random.

    ``relevances[n]``, ``masks[n]`` and ``hulls[n]`` are (S, S) of one face; faces without an answer (no positive
    relevance, no place to move to) stand aside. Empty when none has one.
    """
    rng = np.random.default_rng(seed)
    drawn = []
    for relevance, mask, hull in zip(relevances, masks, hulls, strict=True):
        shares = [mu(relevance, moved) for moved in moved_regions(mask, hull, count, rng)]
        known = [share for share in shares if share is not None]
        if known:
            drawn.append(known)
    return np.mean(drawn, axis=0, dtype=np.float64) if drawn else np.empty(0)


def exceedance(value: float, null: NDArray[np.floating]) -> float:
    """P(null ≥ value) as (1 + hits) ÷ (1 + draws), never 0 (Phipson and Smyth 2010)."""
    return float((1 + np.count_nonzero(null >= value)) / (1 + len(null)))
