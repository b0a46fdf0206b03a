"""μ and its chance level on maps small enough to count by hand."""

from __future__ import annotations

import numpy as np
import pytest

from models.lrp.mu import chance, mu, outside_face

MASK = np.array([[True, False], [False, False]])


def test_share_of_positive_relevance_inside() -> None:
    assert mu(np.array([[3.0, 1.0], [0.0, 0.0]]), MASK) == pytest.approx(0.75)


def test_negative_relevance_never_counts() -> None:
    assert mu(np.array([[3.0, 1.0], [-50.0, -1.0]]), MASK) == pytest.approx(0.75)
    assert mu(np.array([[-9.0, 1.0], [0.0, 0.0]]), MASK) == 0.0


def test_unknown_without_positive_relevance() -> None:
    assert mu(np.zeros((2, 2)), MASK) is None
    assert mu(-np.ones((2, 2)), MASK) is None
    assert mu(np.array([[np.nan, 1.0], [1.0, 1.0]]), MASK) is None


def test_even_relevance_over_the_face_gives_chance() -> None:
    hull = np.array([[True, True], [True, False]])
    assert chance(MASK, hull) == pytest.approx(1 / 3)
    assert mu(hull.astype(np.float32), MASK) == pytest.approx(chance(MASK, hull))
    assert outside_face(hull.astype(np.float32), hull) == 0.0
    assert outside_face(np.ones((2, 2)), hull) == pytest.approx(0.25)


def test_region_beyond_the_face_does_not_raise_chance() -> None:
    assert chance(np.ones((2, 2), dtype=bool), MASK) == 1.0
    assert chance(MASK, np.zeros((2, 2), dtype=bool)) is None


def test_shapes_must_agree() -> None:
    with pytest.raises(ValueError, match="differ"):
        mu(np.zeros((3, 3)), MASK)
