"""Kohlbrenner's size-weighted μ: how many times more relevance lies in the region than its size alone would give."""

from __future__ import annotations

import numpy as np

from models.lrp.mu import Mask, Relevance, mu


def weighted_mu(relevance: Relevance, mask: Mask) -> float | None:
    """μ_w = μ · S_total ÷ S_inside (Kohlbrenner et al. 2020), both (S, S); 1 for even relevance.

    ``S`` counts pixels of the image and of the mask. None as for ``mu``, and for an empty mask, which no relevance
    can be compared with.
    """
    inside = int(np.count_nonzero(mask))
    share = mu(relevance, mask)
    if share is None or inside == 0:
        return None
    return share * mask.size / inside
