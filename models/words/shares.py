"""Which share of the positive relevance every part of the face holds, and what chance would give it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.errors import SpecMismatch
from models.lrp.mu import mu
from models.words.face_parts import FacePart

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class PartShare:
    """``share`` of the positive relevance in ``part``; ``chance``: what evidence spread evenly over the face would put
    there, the part's share of the face (around the face: its share of the crop)."""

    part: FacePart
    share: float
    chance: float


def part_shares(relevance: NDArray[np.floating], parts: Mapping[FacePart, Mask]) -> tuple[PartShare, ...] | None:
    """Shares of an (S, S) signed map, the greatest first; their sum is 1. None as for ``mu``: no positive relevance.

    SpecMismatch where the parts overlap, leave a pixel out or have another size than the map.
    """
    covered = np.zeros(relevance.shape, np.int64)
    for part, mask in parts.items():
        if mask.shape != relevance.shape:
            raise SpecMismatch(f"part {part}: mask {mask.shape} and relevance {relevance.shape} differ")
        covered += mask
    if not (covered == 1).all():
        raise SpecMismatch("parts of the face must cover every pixel of the crop once")
    around = parts.get(FacePart.OUTSIDE)
    face = relevance.size - (int(np.count_nonzero(around)) if around is not None else 0)
    found = []
    for part, mask in parts.items():
        share = mu(relevance, mask)
        if share is None:
            return None
        area = mask.size if part is FacePart.OUTSIDE else face
        found.append(PartShare(part, share, float(np.count_nonzero(mask)) / max(area, 1)))
    return tuple(sorted(found, key=lambda one: (-one.share, one.part)))
