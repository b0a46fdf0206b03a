"""Skin tone by its typology angle: lighter skin has a higher one, a grey picture none."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
import pytest

from models.evaluation.skin_tone import BANDS, CHEEKS, typology_angle

SIDE = 112


def painted(lightness: float, yellow: float) -> np.ndarray:
    lab = np.zeros((1, 1, 3), np.float32)
    lab[0, 0] = lightness, 12.0, yellow
    bgr = (cv2.cvtColor(lab, cv2.COLOR_Lab2BGR) * 255).round().clip(0, 255).astype(np.uint8)
    return np.broadcast_to(bgr, (SIDE, SIDE, 3)).copy()


def cheeks() -> np.ndarray:
    points = np.zeros((478, 2), np.float32)
    points[list(CHEEKS)] = [(36, 66), (76, 66)]
    return points


@pytest.mark.parametrize(
    ("lightness", "yellow", "band"), [(70, 14, "light"), (62, 18, "intermediate"), (45, 18, "brown")]
)
def test_the_angle_is_that_of_the_colour(lightness: float, yellow: float, band: str) -> None:
    found = typology_angle(painted(lightness, yellow), cheeks())
    assert found == pytest.approx(np.degrees(np.arctan2(lightness - 50, yellow)), abs=2.0)
    assert [name for name, low, high in BANDS if low < found <= high] == [band]


def test_what_lies_beside_the_cheeks_does_not_count() -> None:
    crop = painted(70, 14)
    expected = typology_angle(crop, cheeks())
    crop[:40] = 0
    crop[90:] = 255
    assert typology_angle(crop, cheeks()) == expected


def test_a_grey_picture_has_no_tone() -> None:
    assert np.isnan(typology_angle(np.full((SIDE, SIDE), 128, np.uint8), cheeks()))
    assert np.isnan(typology_angle(np.full((SIDE, SIDE, 3), 128, np.uint8), cheeks()))


def test_the_bands_meet_and_cover_everything() -> None:
    edges = [(low, high) for _, low, high in reversed(BANDS)]
    assert (edges[0][0], edges[-1][1]) == (-np.inf, np.inf)
    assert all(below[1] == above[0] for below, above in pairwise(edges))
