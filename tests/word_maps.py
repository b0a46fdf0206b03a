"""Relevance maps and parts of a face for tests of words: small, any sign, any concentration."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from models.words.face_parts import FacePart

SIDE = 24


def _parts() -> dict[FacePart, np.ndarray]:
    """A face of eight disjoint bands and blocks inside a border."""
    owner = np.full((SIDE, SIDE), list(FacePart).index(FacePart.OUTSIDE))
    places = {
        FacePart.FOREHEAD: np.s_[3:6, 4:20],
        FacePart.BROWS: np.s_[6:8, 4:20],
        FacePart.CHEEKS: np.s_[8:18, 4:20],
        FacePart.EYES: np.s_[8:10, 6:18],
        FacePart.NOSE: np.s_[10:14, 10:14],
        FacePart.MOUTH: np.s_[14:17, 8:16],
        FacePart.CHIN: np.s_[18:21, 6:18],
    }
    for part, place in places.items():
        owner[place] = list(FacePart).index(part)
    return {part: owner == number for number, part in enumerate(FacePart)}


PARTS = _parts()


@st.composite
def relevance_maps(draw: st.DrawFn) -> np.ndarray:
    """(SIDE, SIDE) float64: noise of any mean with some parts weighted up, sometimes without anything positive."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    relevance = rng.normal(draw(st.sampled_from([-3.0, -1.0, 0.0, 1.0])), 1.0, (SIDE, SIDE))
    for part in draw(st.lists(st.sampled_from(list(FacePart)), max_size=3, unique=True)):
        relevance[PARTS[part]] += draw(st.floats(0.0, 20.0))
    if draw(st.integers(0, 9)) == 0:
        relevance = -np.abs(relevance)
    return relevance * 10.0 ** draw(st.integers(-6, 6))
