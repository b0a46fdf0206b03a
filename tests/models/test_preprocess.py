"""The one crop: upright, centred, the same for grey and colour, free of aliasing."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from models.preprocess import CROP_PX, LEFT_EYE, NOSE_BASE, RIGHT_EYE, align, anchors, similarity, to_input


def mesh(right: tuple[float, float], left: tuple[float, float], nose: tuple[float, float]) -> np.ndarray:
    points = np.zeros((478, 2), np.float32)
    for group, place in ((RIGHT_EYE, right), (LEFT_EYE, left), (NOSE_BASE, nose)):
        points[list(group)] = place
    return points


@pytest.fixture
def picture(rng: np.random.Generator) -> np.ndarray:
    coarse = rng.integers(0, 255, (12, 16), dtype=np.uint8)
    return cv2.resize(coarse, (640, 480), interpolation=cv2.INTER_CUBIC)


def test_grey_and_colour_of_the_same_picture_give_the_same_bytes(picture: np.ndarray) -> None:
    points = mesh((280, 200), (360, 210), (318, 262))
    colour = np.repeat(picture[:, :, None], 3, axis=2)
    alpha = np.dstack([colour, np.full(picture.shape, 7, np.uint8)])
    crops = [align(shape, points).pixels for shape in (picture, picture[:, :, None], colour, alpha)]
    assert all(np.array_equal(crops[0], crop) for crop in crops[1:])


def test_eyes_and_nose_land_on_the_template_whatever_the_roll(picture: np.ndarray) -> None:
    template = np.array([[0.34, 0.37], [0.66, 0.37], [0.5, 0.6]]) * CROP_PX
    centre = np.array([300.0, 220.0])
    for degrees in (0, 37, 90, 180, -120):
        angle = np.deg2rad(degrees)
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        right, left, nose = (((template - template.mean(0)) * 1.7) @ turn.T + centre).astype(np.float32)
        crop = align(picture, mesh(tuple(right), tuple(left), tuple(nose)))
        assert np.allclose(anchors(crop.landmarks), template, atol=1e-2)


def test_to_frame_inverts_the_crop(picture: np.ndarray) -> None:
    points = mesh((280, 200), (360, 210), (318, 262))
    crop = align(picture, points)
    back = crop.landmarks @ crop.to_frame[:, :2].T + crop.to_frame[:, 2]
    assert np.allclose(back, points, atol=1e-2)


def test_a_large_face_is_averaged_not_subsampled() -> None:
    board = (np.indices((1600, 1600)).sum(axis=0) % 2 * 255).astype(np.uint8)
    crop = align(board, mesh((480, 500), (1120, 500), (800, 960)))
    assert crop.pixels[20:-20, 20:-20].std() < 25


@pytest.mark.parametrize("factor", [1.0, 2.0, 4.3])
def test_the_crop_shows_the_same_place_at_any_scale(factor: float) -> None:
    height, width = round(300 * factor), round(300 * factor)
    _y, x = np.mgrid[0:height, 0:width]
    ramp = np.clip(x / factor * 0.8, 0, 255).astype(np.uint8)
    points = mesh((120 * factor, 120 * factor), (180 * factor, 120 * factor), (150 * factor, 163 * factor))
    crop = align(ramp, points).pixels[:, :, 0].astype(float)
    assert crop[56, 38] == pytest.approx(120 * 0.8, abs=2.5)
    assert crop[56, 74] == pytest.approx(180 * 0.8, abs=2.5)


def test_outside_the_picture_is_black(picture: np.ndarray) -> None:
    crop = align(picture + 1, mesh((-10, 10), (20, 10), (5, 31)))
    assert not crop.pixels[:, :20].any()


def test_input_ignores_brightness_contrast_and_what_stands_beside_the_face(rng: np.random.Generator) -> None:
    crop = rng.integers(60, 120, (CROP_PX, CROP_PX), dtype=np.uint8)
    brighter = (crop.astype(int) + 80).astype(np.uint8)
    lamp = crop.copy()
    lamp[:, 100:] = 255
    plain, bright, lit = to_input(np.stack([crop, brighter, lamp]))
    assert plain.shape == (1, CROP_PX, CROP_PX)
    assert np.allclose(plain, bright, atol=1e-4)
    assert np.array_equal(plain[0, :, :100], lit[0, :, :100])
    assert np.abs(lit).max() <= 4.0


def test_flat_picture_is_not_blown_up() -> None:
    crop = np.full((1, CROP_PX, CROP_PX), 90, np.uint8)
    crop[0, 50, 50] = 92
    assert np.abs(to_input(crop)).max() < 0.3


def test_similarity_recovers_a_known_motion(rng: np.random.Generator) -> None:
    source = rng.normal(size=(7, 2))
    linear = 1.8 * np.array([[np.cos(0.6), -np.sin(0.6)], [np.sin(0.6), np.cos(0.6)]])
    found = similarity(source, source @ linear.T + [3, -2])
    assert np.allclose(found, np.hstack([linear, [[3], [-2]]]))
