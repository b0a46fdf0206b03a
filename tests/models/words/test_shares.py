"""Shares are what they say: positive relevance in a part over all positive relevance."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from word_maps import PARTS, SIDE, relevance_maps

from models.errors import SpecMismatch
from models.words.face_parts import FacePart
from models.words.shares import part_shares


@settings(deadline=None, max_examples=60)
@given(relevance_maps())
def test_shares_are_the_true_ones_add_up_and_fall(relevance: np.ndarray) -> None:
    shares = part_shares(relevance, PARTS)
    positive = np.clip(relevance, 0, None)
    if positive.max() <= 0:
        assert shares is None
        return
    assert shares is not None
    assert {one.part for one in shares} == set(PARTS)
    assert sum(one.share for one in shares) == pytest.approx(1.0)
    assert [one.share for one in shares] == sorted((one.share for one in shares), reverse=True)
    for one in shares:
        assert one.share == pytest.approx(positive[PARTS[one.part]].sum() / positive.sum())


@settings(deadline=None, max_examples=60)
@given(relevance_maps(), st.floats(0.01, 100))
def test_shares_do_not_depend_on_scale_nor_on_negative_relevance(relevance: np.ndarray, factor: float) -> None:
    changed = np.where(relevance > 0, relevance * factor, relevance - 1.0)
    before, after = part_shares(relevance, PARTS), part_shares(changed, PARTS)
    assert (before is None) == (after is None)
    if before is not None and after is not None:
        found = {one.part: one.share for one in after}
        assert all(found[one.part] == pytest.approx(one.share) for one in before)


def test_chance_of_a_part_is_its_share_of_the_face() -> None:
    shares = part_shares(np.ones((SIDE, SIDE)), PARTS)
    assert shares is not None
    inside = [one for one in shares if one.part is not FacePart.OUTSIDE]
    assert sum(one.chance for one in inside) == pytest.approx(1.0)
    around = next(one for one in shares if one.part is FacePart.OUTSIDE)
    assert around.chance == pytest.approx(around.share)


def test_parts_that_overlap_or_leave_a_gap_are_refused() -> None:
    both = dict(PARTS)
    both[FacePart.NOSE] = np.ones((SIDE, SIDE), bool)
    with pytest.raises(SpecMismatch, match="cover every pixel"):
        part_shares(np.ones((SIDE, SIDE)), both)
    with pytest.raises(SpecMismatch, match="differ"):
        part_shares(np.ones((SIDE + 1, SIDE)), PARTS)
