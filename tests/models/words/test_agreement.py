"""Agreement between explanations: one for the same map, low for another, and blind to what says the same."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from scipy.stats import spearmanr
from word_maps import PARTS, SIDE, relevance_maps

from models.errors import SpecMismatch
from models.words.agreement import Steadiness, agreement, explained_again
from models.words.face_parts import FacePart


@settings(deadline=None, max_examples=60)
@given(relevance_maps())
def test_a_map_agrees_with_itself_at_any_scale(relevance: np.ndarray) -> None:
    found = agreement(np.stack([relevance, 3 * relevance]), PARTS)
    if (relevance <= 0).all():
        assert found is None
        return
    assert found is not None
    assert found.rank_correlation == pytest.approx(1.0)
    assert found.spread == pytest.approx(0.0, abs=1e-9)
    assert found.steadiness is Steadiness.STEADY
    assert found.range_of[FacePart.MOUTH][0] == pytest.approx(found.range_of[FacePart.MOUTH][1])


def test_rank_correlation_is_spearmans() -> None:
    rng = np.random.default_rng(3)
    small = {part: mask[4:20, 4:20] for part, mask in PARTS.items()}
    maps = np.abs(rng.normal(size=(2, 16, 16))).round(1)
    found = agreement(maps, small)
    assert found is not None
    assert found.rank_correlation == pytest.approx(spearmanr(maps[0].ravel(), maps[1].ravel()).statistic)


def test_maps_that_look_elsewhere_are_unclear() -> None:
    mouth, eyes = PARTS[FacePart.MOUTH] * 1.0, PARTS[FacePart.EYES] * 1.0
    found = agreement(np.stack([mouth, eyes, mouth, eyes]), PARTS)
    assert found is not None
    assert found.steadiness is Steadiness.UNCLEAR
    assert found.range_of[FacePart.MOUTH] == (0.0, 1.0)


def test_a_shift_by_one_pixel_of_a_large_map_is_steady() -> None:
    rng = np.random.default_rng(0)
    coarse = np.kron(rng.random((8, 8)), np.ones((14, 14)))
    parts = {FacePart.FOREHEAD: np.zeros((112, 112), bool), FacePart.OUTSIDE: np.ones((112, 112), bool)}
    found = agreement(np.stack([coarse, np.roll(coarse, 1, axis=1)]), parts)
    assert found is not None
    assert found.rank_correlation > 0.9


@pytest.mark.parametrize("nothing", [-1.0, 0.0, np.nan])
def test_an_explanation_that_finds_nothing_does_not_agree(nothing: float) -> None:
    mouth, empty = PARTS[FacePart.MOUTH] * 1.0, np.full((SIDE, SIDE), nothing)
    assert agreement(np.stack([empty, mouth]), PARTS) is None
    found = agreement(np.stack([mouth, empty]), PARTS)
    assert found is not None
    assert found.rank_correlation == 0.0
    assert found.range_of[FacePart.MOUTH] == (0.0, 1.0)
    assert found.steadiness is Steadiness.UNCLEAR


def test_one_map_alone_cannot_agree() -> None:
    with pytest.raises(SpecMismatch, match="at least two"):
        agreement(np.ones((1, SIDE, SIDE)), PARTS)


def test_explained_again_takes_shifts_back() -> None:
    rng = np.random.default_rng(1)
    x = rng.random((3, 20, 20)).astype(np.float32)
    asked: list[str] = []

    def explain(batch: np.ndarray, composite: str) -> np.ndarray:
        asked.append(composite)
        return batch.sum(axis=1)

    maps = explained_again(explain, x, ["one", "two"], changes=5, seed=4)
    assert maps.shape == (7, 20, 20)
    assert asked == ["one", "two", *["one"] * 5]
    # the explanation is the picture itself, so each map but for noise and contrast is the first one
    inner = np.s_[2:-2, 2:-2]
    for one in maps[2:]:
        assert np.corrcoef(one[inner].ravel(), maps[0][inner].ravel())[0, 1] > 0.99
    again = explained_again(explain, x, ["one", "two"], changes=5, seed=4)
    np.testing.assert_array_equal(maps, again)


def test_explained_again_needs_a_composite() -> None:
    with pytest.raises(SpecMismatch, match="no composite"):
        explained_again(lambda x, _: x.sum(axis=1), np.ones((1, 8, 8), np.float32), [])
