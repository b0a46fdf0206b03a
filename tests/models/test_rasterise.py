"""The vectorised z-buffer against a slow one that looks at every pixel and every triangle."""

from __future__ import annotations

import numpy as np
import pytest

from models.training.rasterise import rasterise


def slow(screen: np.ndarray, triangles: np.ndarray, size: int) -> np.ndarray:
    """(S, S) index of the nearest triangle, -1 where there is none."""
    owner = np.full((size, size), -1)
    nearest = np.full((size, size), -np.inf)
    for number, corners in enumerate(triangles):
        points = screen[corners]
        matrix = np.vstack([points[:, :2].T, np.ones(3)])
        if np.linalg.det(matrix) >= 0:  # turned away
            continue
        for row in range(size):
            for column in range(size):
                weights = np.linalg.solve(matrix, [column, row, 1.0])
                depth = weights @ points[:, 2]
                if (weights >= -1e-9).all() and depth > nearest[row, column]:
                    nearest[row, column], owner[row, column] = depth, number
    return owner


def soup(rng: np.random.Generator, count: int, size: int) -> tuple[np.ndarray, np.ndarray]:
    screen = rng.uniform(-3, size + 3, (count * 3, 3)).astype(np.float32)
    return screen, np.arange(count * 3, dtype=np.int32).reshape(-1, 3)


def test_the_nearest_triangle_owns_each_pixel(rng: np.random.Generator) -> None:
    screen, triangles = soup(rng, 14, 20)
    seen = rasterise(screen, triangles, 20)
    owner = np.full(400, -1)
    owner[seen.pixel] = seen.triangle
    wanted = slow(screen.astype(np.float64), triangles, 20).reshape(-1)
    assert (wanted >= 0).sum() > 100
    assert (owner == wanted).mean() > 0.995  # edges that run through a pixel's centre may fall either way


def test_weights_give_back_where_the_pixel_is(rng: np.random.Generator) -> None:
    screen, triangles = soup(rng, 8, 24)
    seen = rasterise(screen, triangles, 24)
    assert len(seen.pixel) > 50
    place = seen.interpolate(triangles, screen[:, :2])
    assert place[:, 0] == pytest.approx(seen.pixel % 24, abs=2e-2)
    assert place[:, 1] == pytest.approx(seen.pixel // 24, abs=2e-2)
    assert seen.weights.sum(axis=1) == pytest.approx(1.0, abs=1e-4)


def test_a_pixel_is_seen_once_and_neighbouring_triangles_leave_no_hole() -> None:
    screen = np.array([[0, 0, 1], [19, 0, 1], [19, 19, 1], [0, 19, 1]], np.float32)
    triangles = np.array([[0, 2, 1], [0, 3, 2]], np.int32)
    seen = rasterise(screen, triangles, 20)
    assert sorted(seen.pixel) == list(range(400))


def test_what_is_turned_away_or_kept_at_nothing_is_not_drawn() -> None:
    screen = np.array([[0, 0, 1], [19, 0, 1], [19, 19, 1]], np.float32)
    towards, away = np.array([[0, 2, 1]], np.int32), np.array([[0, 1, 2]], np.int32)
    assert len(rasterise(screen, away, 20).pixel) == 0
    full = len(rasterise(screen, towards, 20).pixel)
    assert full > 150
    assert len(rasterise(screen, towards, 20, keep=np.zeros(1, np.float32)).pixel) == 0
    half = len(rasterise(screen, towards, 20, keep=np.full(1, 0.5, np.float32), seed=3).pixel)
    assert 0.3 * full < half < 0.7 * full
