"""Action Units put onto neutral faces by warping: landmark displacements, dense field, furrow shading, mouth interior.

Each AU moves MediaPipe landmarks by vectors given in interocular distances (IOD); the field between them is piecewise
linear over a Delaunay triangulation. What a warp cannot show is painted: furrows where the skin bunches up, and the
dark mouth with teeth where the lips part. The vectors are our reading of FACS (Ekman, Friesen & Hager 2002).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import LinearNDInterpolator

from models.preprocess import LEFT_EYE, RIGHT_EYE

Points = NDArray[np.float64]

IRIS = 468
"""From here on MediaPipe numbers the irises, which lie inside the eye opening and must not hold the lids apart."""
INNER_LIPS = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308, 324, 318, 402, 317, 14, 87, 178, 88, 95)
UPPER_LIDS = ((246, 161, 160, 159, 158, 157, 173), (466, 388, 387, 386, 385, 384, 398))
LOWER_LIDS = ((7, 163, 144, 145, 153, 154, 155), (249, 390, 373, 374, 380, 381, 382))
CONFUSERS = ("AU15", "AU18", "AU20")
"""Movements shown in training without being outputs: lip corners down, pucker, stretched lips."""


@dataclass(frozen=True, slots=True)
class Handle:
    """A pair of mirrored landmarks pulled by (outward, down) IODs at intensity 5, felt within ``reach`` IODs."""

    right: int
    left: int
    outward: float
    down: float
    reach: float


HANDLES: Mapping[str, tuple[Handle, ...]] = {
    "AU01": (Handle(55, 285, 0.0, -0.22, 0.22), Handle(107, 336, 0.0, -0.20, 0.20)),
    "AU02": (Handle(46, 276, 0.02, -0.20, 0.22), Handle(70, 300, 0.02, -0.20, 0.22)),
    "AU04": (
        Handle(55, 285, -0.07, 0.13, 0.20),
        Handle(65, 295, -0.04, 0.11, 0.20),
        Handle(52, 282, -0.02, 0.07, 0.20),
        Handle(107, 336, -0.05, 0.09, 0.22),
    ),
    "AU06": (
        Handle(50, 280, -0.01, -0.16, 0.28),
        Handle(117, 346, -0.02, -0.14, 0.24),
        Handle(145, 374, 0.0, -0.05, 0.14),
        Handle(130, 359, -0.03, 0.02, 0.12),
    ),
    "AU07": (Handle(145, 374, 0.0, -0.05, 0.16), Handle(159, 386, 0.0, 0.03, 0.12)),
    "AU09": (
        Handle(64, 294, -0.01, -0.10, 0.20),
        Handle(129, 358, 0.0, -0.09, 0.20),
        Handle(193, 417, -0.03, 0.07, 0.16),
        Handle(55, 285, -0.03, 0.07, 0.16),
        Handle(37, 267, 0.0, -0.07, 0.18),
    ),
    "AU10": (
        Handle(37, 267, 0.01, -0.15, 0.16),
        Handle(40, 270, 0.03, -0.17, 0.16),
        Handle(206, 426, 0.02, -0.10, 0.18),
        Handle(203, 423, 0.02, -0.08, 0.18),
    ),
    "AU12": (
        Handle(61, 291, 0.20, -0.20, 0.26),
        Handle(92, 322, 0.10, -0.08, 0.20),
        Handle(207, 427, 0.05, -0.12, 0.26),
        Handle(205, 425, 0.03, -0.10, 0.26),
    ),
    "AU15": (Handle(61, 291, 0.02, 0.16, 0.20),),
    "AU18": (Handle(61, 291, -0.16, 0.0, 0.24), Handle(92, 322, -0.10, 0.0, 0.20)),
    "AU20": (Handle(61, 291, 0.18, 0.03, 0.24),),
}


@dataclass(frozen=True, slots=True)
class Style:
    """How one rendering differs from another: per-side asymmetry, field scale and how much furrows show.

    ``field`` other than 0 seeds a change of every handle's pull, direction and reach, so that no two warps move the
    skin alike: people do not, and a network must not learn one field by heart.
    """

    reach: float
    asymmetry: float
    furrow: float
    gain: float
    teeth: float
    jaw: float
    field: int = 0

    @staticmethod
    def draw(rng: np.random.Generator) -> Style:
        """A random style."""
        return Style(
            reach=float(rng.uniform(0.8, 1.35)),
            asymmetry=float(rng.normal(0.0, 0.12)),
            furrow=float(rng.uniform(0.0, 1.3)),
            gain=float(rng.uniform(0.75, 1.2)),
            teeth=float(rng.uniform(0.0, 1.0)),
            jaw=float(rng.uniform(0.12, 0.55)),
            field=int(rng.integers(1, 2**31)),
        )

    def varied(self, number: int, handle: Handle) -> Handle:
        """The handle ``number`` as this style pulls it."""
        if self.field == 0:
            return handle
        rng = np.random.default_rng([self.field, number])
        pull, reach = np.exp(rng.normal(0.0, [0.3, 0.25]))
        length = float(np.hypot(handle.outward, handle.down))
        aside, along = rng.normal(0.0, 0.25, 2) * length
        return Handle(
            handle.right,
            handle.left,
            float(pull * (handle.outward + aside)),
            float(pull * (handle.down + 0.5 * along)),
            float(handle.reach * reach),
        )


def move(landmarks: Points, strength: Mapping[str, float], style: Style) -> Points:
    """(478, 2) upright landmarks displaced by the AUs of ``strength`` (0–5; AU43 0–1). Same units in and out.

    A negative strength takes an AU back that the face already shows.
    """
    right, left = landmarks[list(RIGHT_EYE)].mean(0), landmarks[list(LEFT_EYE)].mean(0)
    iod = float(np.linalg.norm(left - right))
    across = (left - right) / iod
    down = np.array([-across[1], across[0]])
    moved = landmarks.copy()
    number = 0
    for unit, handles in HANDLES.items():
        level = strength.get(unit, 0.0) / 5.0 * style.gain
        for plain in handles if level else ():
            number += 1
            handle = style.varied(number, plain)
            for index, side, gain in (
                (handle.right, -1.0, 1 + style.asymmetry),
                (handle.left, 1.0, 1 - style.asymmetry),
            ):
                reach = handle.reach * style.reach * iod
                weight = np.exp(-0.5 * np.sum((landmarks - landmarks[index]) ** 2, axis=1) / reach**2)
                pull = level * gain * iod * (handle.outward * side * across + handle.down * down)
                moved += weight[:, None] * pull
    _part_lips(moved, landmarks, strength.get("AU25", 0.0) / 5.0, style.jaw * iod, down)
    _narrow_lids(moved, strength, style)
    return moved


def _part_lips(moved: Points, landmarks: Points, level: float, jaw_px: float, down: Points) -> None:
    if level <= 0:
        return
    middle = landmarks[[13, 14]].mean(0)
    below = (landmarks - middle) @ down
    iod = float(np.linalg.norm(landmarks[list(LEFT_EYE)].mean(0) - landmarks[list(RIGHT_EYE)].mean(0)))
    aside = np.abs((landmarks - middle) @ np.array([down[1], -down[0]]))
    lower = np.zeros(len(landmarks), dtype=bool)
    lower[[14, 87, 178, 88, 95, 317, 402, 318, 324]] = True
    upper = np.zeros(len(landmarks), dtype=bool)
    upper[[13, 82, 81, 80, 191, 312, 311, 310, 415]] = True
    half_width = max(0.5 * float(np.linalg.norm(landmarks[308] - landmarks[78])), 1e-3)
    taper = np.clip(1.15 - (aside / half_width) ** 2, 0.0, 1.0)
    chin = lower | ((below > 0.02 * iod) & ~upper)
    fade = np.where(lower, taper, np.where(chin, np.exp(-0.5 * (aside / (0.9 * iod)) ** 2), 0.0))
    moved += fade[:, None] * level * jaw_px * down
    moved[upper] -= taper[upper, None] * level * 0.06 * iod * down


def _narrow_lids(moved: Points, strength: Mapping[str, float], style: Style) -> None:
    squeeze = strength.get("AU07", 0.0) / 5.0 * style.gain
    raised = strength.get("AU06", 0.0) / 5.0 * style.gain
    closed = strength.get("AU43", 0.0)
    for uppers, lowers in zip(UPPER_LIDS, LOWER_LIDS, strict=True):
        for upper, lower in zip(uppers, lowers, strict=True):
            opening = moved[lower] - moved[upper]
            fall = min(0.86, 0.22 * squeeze + (1.0 - 0.22 * squeeze) * 0.86 * closed)
            rise = min(0.95 - fall, 0.34 * squeeze + 0.22 * raised + 0.14 * closed)
            moved[upper] += fall * opening
            moved[lower] -= rise * opening


def frame_points(size: int) -> Points:
    """(16, 2) fixed points on the border of a crop, so that the background stays."""
    steps = np.linspace(0, size - 1, 5)
    edge = [(x, y) for x in steps for y in (0.0, size - 1.0)] + [(x, y) for y in steps[1:-1] for x in (0.0, size - 1.0)]
    return np.array(edge, dtype=np.float64)


def warp(
    crop: NDArray[np.uint8],
    landmarks: Points,
    strength: Mapping[str, float],
    style: Style,
    rng: np.random.Generator,
    *,
    identity: float = 0.0,
) -> tuple[NDArray[np.uint8], Points]:
    """The (S, S) grey ``crop`` with the AUs of ``strength`` put on, and the moved (478, 2) landmarks.

    ``identity`` > 0 adds a smooth random change of face shape of that many px, which means no AU.
    """
    size = crop.shape[0]
    moved = move(landmarks, strength, style)
    if identity > 0:
        coarse = rng.normal(0.0, identity, (2, 4, 4)).astype(np.float32)
        smooth = np.stack([cv2.resize(c, (size, size), interpolation=cv2.INTER_CUBIC) for c in coarse], axis=-1)
        where = np.clip(np.round(landmarks), 0, size - 1).astype(int)
        moved += smooth[where[:, 1], where[:, 0]]
    fixed = frame_points(size)
    field = LinearNDInterpolator(np.vstack([moved[:IRIS], fixed]), np.vstack([landmarks[:IRIS], fixed]))
    grid_x, grid_y = np.meshgrid(np.arange(size), np.arange(size))
    source = np.nan_to_num(field(grid_x, grid_y), nan=0.0).astype(np.float32)
    picture = cv2.remap(crop, source[..., 0], source[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    shaded = _paint_mouth(picture.astype(np.float32), moved, landmarks, strength, style, rng)
    shaded = _shade(shaded, moved, strength, style, rng)
    return np.clip(shaded, 0, 255).astype(np.uint8), moved


def _paint_mouth(
    picture: NDArray[np.float32],
    moved: Points,
    landmarks: Points,
    strength: Mapping[str, float],
    style: Style,
    rng: np.random.Generator,
) -> NDArray[np.float32]:
    before = float(np.linalg.norm(landmarks[14] - landmarks[13]))
    gap = float(np.linalg.norm(moved[14] - moved[13]))
    if gap - before < 0.8:
        return picture
    size, zoom = picture.shape[0], 4
    polygon = np.round(moved[list(INNER_LIPS)] * zoom).astype(np.int32)
    mask = np.zeros((size * zoom, size * zoom), np.uint8)
    cv2.fillPoly(mask, [polygon], 255)
    skin = float(np.median(picture[picture > 0])) if np.any(picture > 0) else 128.0
    inside = np.full(mask.shape, skin * float(rng.uniform(0.12, 0.45)), np.float32)
    if style.teeth > 0.5 and rng.random() < 0.5:
        inside = _clenched(polygon, inside, skin, zoom, rng)
    elif style.teeth + 0.1 * strength.get("AU12", 0.0) + 0.1 * strength.get("AU10", 0.0) > 0.55:
        teeth = np.zeros_like(mask)
        shift = min(gap * float(rng.uniform(0.35, 0.8)), 8.0) * zoom
        cv2.fillPoly(teeth, [polygon + np.array([0, round(shift)], np.int32)], 255)
        white = (mask > 0) & (teeth == 0)
        inside[white] = min(235.0, skin * float(rng.uniform(1.0, 1.5)))
    soft = cv2.resize(cv2.GaussianBlur(mask, (0, 0), zoom * 0.5), (size, size), interpolation=cv2.INTER_AREA) / 255.0
    fill = cv2.resize(cv2.GaussianBlur(inside, (0, 0), zoom * 0.4), (size, size), interpolation=cv2.INTER_AREA)
    return np.asarray(picture * (1 - soft) + fill * soft, dtype=np.float32)


def _clenched(
    polygon: NDArray[np.int32], inside: NDArray[np.float32], skin: float, zoom: int, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Both rows of teeth in the whole opening, with gaps between them and a dark line where they meet."""
    left, right = int(polygon[:, 0].min()), int(polygon[:, 0].max())
    top, bottom = int(polygon[:, 1].min()), int(polygon[:, 1].max())
    shown = np.full(inside.shape, min(235.0, skin * float(rng.uniform(1.0, 1.5))), np.float32)
    dark = skin * float(rng.uniform(0.3, 0.7))
    for x in range(left, right, max(2, round(zoom * float(rng.uniform(2.0, 3.5))))):
        cv2.line(shown, (x, top), (x, bottom), float(shown[0, 0] * rng.uniform(0.75, 0.95)), 1)
    middle = (top + bottom) // 2 + round(float(rng.uniform(-0.15, 0.15)) * (bottom - top))
    cv2.line(shown, (left, middle), (right, middle), dark, max(1, round(zoom * float(rng.uniform(0.3, 1.2)))))
    corners = np.abs(np.arange(inside.shape[1]) - 0.5 * (left + right)) / max(0.5 * (right - left), 1.0)
    return np.asarray(shown * (1.0 - 0.5 * np.clip(corners - 0.5, 0.0, 1.0))[None, :], dtype=np.float32)


def _shade(
    picture: NDArray[np.float32],
    points: Points,
    strength: Mapping[str, float],
    style: Style,
    rng: np.random.Generator,
) -> NDArray[np.float32]:
    size, zoom = picture.shape[0], 4
    iod = float(np.linalg.norm(points[list(LEFT_EYE)].mean(0) - points[list(RIGHT_EYE)].mean(0)))
    dark = np.zeros((size * zoom, size * zoom), np.float32)
    for unit, lines in _furrows(points, iod, rng).items():
        level = strength.get(unit, 0.0) / (1.0 if unit == "AU43" else 5.0) * style.furrow
        for line in lines if level > 0.02 else []:
            layer = np.zeros_like(dark)
            shaped = np.round(line * zoom).astype(np.int32)
            cv2.polylines(layer, [shaped], False, 1.0, max(1, round(iod * zoom * 0.022)), cv2.LINE_AA)
            dark = np.maximum(dark, layer * level * float(rng.uniform(0.6, 1.0)))
    if not dark.any():
        return picture
    narrow = cv2.GaussianBlur(dark, (0, 0), iod * zoom * 0.018)
    wide = cv2.GaussianBlur(dark, (0, 0), iod * zoom * 0.06)
    furrow = cv2.resize(narrow - 0.9 * wide, (size, size), interpolation=cv2.INTER_AREA)
    return np.asarray(picture * (1.0 - 0.5 * furrow), dtype=np.float32)


def _furrows(points: Points, iod: float, rng: np.random.Generator) -> dict[str, list[Points]]:
    """Lines along which the skin folds, per AU, in crop px."""

    def at(index: int, out: float, low: float) -> Points:
        side = np.sign(points[index, 0] - points[168, 0]) or 1.0
        return np.asarray(points[index] + iod * np.array([out * side, low]), dtype=np.float64)

    jitter = float(rng.uniform(-0.02, 0.02))
    both = ((55, 33, 129, 61, 145), (285, 263, 358, 291, 374))
    lines: dict[str, list[Points]] = {unit: [] for unit in ("AU04", "AU06", "AU07", "AU09", "AU10", "AU12")}
    for brow, canthus, ala, corner, lid in both:
        lines["AU04"].append(np.stack([at(brow, -0.05 + jitter, -0.20), at(brow, -0.06, -0.03), at(brow, -0.03, 0.12)]))
        for low in (-0.07, 0.02, 0.11):
            lines["AU06"].append(np.stack([at(canthus, 0.05, low * 0.4), at(canthus, 0.22 + jitter, low)]))
        lines["AU06"].append(np.stack([at(lid, -0.22, 0.17), at(lid, 0.0, 0.20), at(lid, 0.24, 0.13)]))
        lines["AU07"].append(np.stack([at(lid, -0.18, 0.07), at(lid, 0.0, 0.10), at(lid, 0.20, 0.06)]))
        lines["AU09"].append(np.stack([at(ala, -0.14, -0.50), at(ala, -0.10, -0.30), at(ala, 0.02, -0.08)]))
        fold = np.stack([at(ala, 0.04, -0.05), (at(ala, 0.14, 0.0) + at(corner, 0.14, 0.0)) / 2, at(corner, 0.12, 0.0)])
        lines["AU10"].append(fold)
        lines["AU12"].append(fold + np.array([0.0, 0.01 * iod]))
    for low in (-0.06, 0.03, 0.12):
        root = points[6] + np.array([0.0, (low + jitter) * iod])
        lines["AU09"].append(root + iod * np.array([[-0.11, 0.0], [0.0, 0.02], [0.11, 0.0]]))
    return lines
