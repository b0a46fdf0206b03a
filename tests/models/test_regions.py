"""Regions lie where the anatomy says, on a drawn mesh and on real faces."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
import pytest

from models.action_units import ActionUnit
from models.errors import SpecMismatch
from models.regions import (
    REGION_WORDS,
    UNIT_REGIONS,
    hull_mask,
    mirrored,
    region_mask,
    region_outlines,
    visibility_region_mask,
)

SIZE = 112
COARSE = ("right_eye", "left_eye", "nose", "mouth")


@pytest.fixture(scope="module")
def face(request: pytest.FixtureRequest) -> np.ndarray:
    """Landmarks in crop px of an upright frontal face, (478, 2)."""
    shared = request.getfixturevalue("shared")
    mediapipe = pytest.importorskip("mediapipe")
    from mediapipe.tasks.python import BaseOptions, vision

    from models.preprocess import align

    picture = cv2.imread(str(shared / "data/london/001_neutral.jpg"))
    options = vision.FaceLandmarkerOptions(
        base_options=BaseOptions(model_asset_path=str(shared / "assets/face_landmarker.task"))
    )
    with vision.FaceLandmarker.create_from_options(options) as landmarker:
        found = landmarker.detect(
            mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=cv2.cvtColor(picture, cv2.COLOR_BGR2RGB))
        ).face_landmarks[0]
    height, width = picture.shape[:2]
    points = np.array([[point.x * width, point.y * height] for point in found], dtype=np.float32)
    return align(picture, points, SIZE).landmarks


def centre_y(mask: np.ndarray) -> float:
    return float(np.nonzero(mask)[0].mean())


@pytest.mark.parametrize("unit", list(ActionUnit))
def test_every_region_is_a_sensible_part_of_the_face(unit: ActionUnit, face: np.ndarray) -> None:
    mask, hull = region_mask(unit, face, SIZE), hull_mask(face, SIZE)
    share = (mask & hull).sum() / hull.sum()
    assert 0.015 < share < 0.3
    assert (mask & ~hull).sum() <= 0.02 * mask.sum() + 2


@pytest.mark.parametrize("unit", list(ActionUnit))
def test_every_region_is_as_large_on_both_sides(unit: ActionUnit, face: np.ndarray) -> None:
    mask = region_mask(unit, face, SIZE)
    middle = round(float(face[[168, 2, 152], 0].mean()))
    right, left = mask[:, :middle].sum(), mask[:, middle:].sum()
    assert 0.6 < right / left < 1.6


def test_regions_lie_in_anatomical_order(face: np.ndarray) -> None:
    units = (ActionUnit.AU01, ActionUnit.AU04, ActionUnit.AU05, ActionUnit.AU06, ActionUnit.AU12, ActionUnit.AU26)
    heights = [centre_y(region_mask(unit, face, SIZE)) for unit in units]
    assert all(above < below for above, below in pairwise(heights))
    assert (
        centre_y(region_mask(ActionUnit.AU09, face, SIZE))
        < centre_y(region_mask(ActionUnit.AU10, face, SIZE))
        < centre_y(region_mask(ActionUnit.AU25, face, SIZE))
    )


@pytest.mark.parametrize(
    ("unit", "inside", "outside"),
    [
        (ActionUnit.AU04, (9, 105, 334), (1, 0, 159, 10)),
        (ActionUnit.AU06, (118, 347, 35), (159, 4, 61)),
        (ActionUnit.AU07, (159, 145, 386, 374), (105, 50, 4)),
        (ActionUnit.AU09, (168, 217, 437), (159, 0, 1)),
        (ActionUnit.AU10, (164, 37, 267), (17, 4, 152)),
        (ActionUnit.AU12, (57, 287, 207), (4, 13, 145)),
        (ActionUnit.AU25, (0, 17, 13), (2, 152, 50)),
        (ActionUnit.AU26, (17, 199, 13), (4, 105)),
        (ActionUnit.AU43, (159, 145), (105, 118, 4)),
    ],
)
def test_landmarks_inside_and_outside(unit: ActionUnit, inside, outside, face: np.ndarray) -> None:
    mask = region_mask(unit, face, SIZE)
    at = np.rint(face).astype(int)
    assert [point for point in inside if not mask[at[point, 1], at[point, 0]]] == []
    assert [point for point in outside if mask[at[point, 1], at[point, 0]]] == []


def test_au43_lies_in_au7_and_au25_in_au26(face: np.ndarray) -> None:
    for small, large in ((ActionUnit.AU43, ActionUnit.AU07), (ActionUnit.AU25, ActionUnit.AU26)):
        inner, outer = region_mask(small, face, SIZE), region_mask(large, face, SIZE)
        assert (inner & ~outer).sum() <= 0.02 * inner.sum()


def test_coarse_regions_do_not_mix_the_sides(face: np.ndarray) -> None:
    right, left = (visibility_region_mask(name, face, SIZE) for name in ("right_eye", "left_eye"))
    assert not (right & left).any()
    assert np.nonzero(right)[1].mean() < np.nonzero(left)[1].mean()  # the resident's right is on the picture's left
    assert centre_y(visibility_region_mask("nose", face, SIZE)) < centre_y(visibility_region_mask("mouth", face, SIZE))
    with pytest.raises(SpecMismatch, match="no face region 'ear'"):
        visibility_region_mask("ear", face, SIZE)


def test_outlines_scale_with_the_landmarks(rng: np.random.Generator) -> None:
    landmarks = rng.uniform(0, SIZE, (478, 2)).astype(np.float32)
    for small, large in zip(
        region_outlines(ActionUnit.AU04, landmarks), region_outlines(ActionUnit.AU04, 2 * landmarks), strict=True
    ):
        assert small.shape[1] == 2
        np.testing.assert_allclose(2 * small, large, rtol=1e-6)


def test_landmarks_far_outside_the_crop_give_an_empty_mask() -> None:
    far = np.full((478, 2), 1e9, dtype=np.float32)
    assert not region_mask(ActionUnit.AU04, far, SIZE).any()
    with pytest.raises(SpecMismatch, match="finite landmarks"):
        hull_mask(np.full((478, 2), np.nan, dtype=np.float32), SIZE)


def test_every_unit_has_words_and_needs_known_regions() -> None:
    assert set(REGION_WORDS) == set(UNIT_REGIONS) == set(ActionUnit)
    assert {region for regions in UNIT_REGIONS.values() for region in regions} == set(COARSE)


def test_mirroring_keeps_the_midline() -> None:
    assert mirrored((46, 168)) == (276, 168)
