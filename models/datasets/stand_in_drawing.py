"""Invented people: their traits drawn by seed, their calm faces painted on the symmetric mesh. Nobody's likeness."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from models.datasets.stand_in_mesh import (
    BROWS,
    CROP_SHARE,
    IRIS_CENTRES,
    LIDS,
    LOWER_SEAM,
    OUTER_LIPS,
    OVAL,
    UPPER_SEAM,
    calm_mesh,
)  # fmt: skip

F32 = NDArray[np.float32]
Colour = tuple[float, float, float]

_FINE = 16
"""Polygons are drawn in sixteenths of a pixel."""
_SKINS: tuple[Colour, ...] = (
    (190, 208, 238), (160, 188, 228), (135, 168, 214), (105, 140, 190), (78, 108, 158), (55, 78, 118),
)  # fmt: skip
_HAIRS: tuple[Colour, ...] = (
    (30, 32, 38),
    (38, 55, 82),
    (60, 92, 130),
    (110, 160, 190),
    (165, 165, 165),
    (35, 50, 110),
)
_IRISES: tuple[Colour, ...] = ((60, 80, 110), (40, 55, 80), (150, 130, 90), (100, 140, 110))


@dataclass(frozen=True, slots=True)
class Traits:
    """What tells one invented person from another; colours are BGR, the rest 0–1 or IODs (``shape``)."""

    seed: int
    skin: Colour
    hair: Colour
    iris: Colour
    age: float
    """Years: wrinkles of the forehead, at the eyes and beside the nose, and grey hair grow with them."""
    female: float
    """0 man, 1 woman; how far it shows in the lips is ``lips_tell``."""
    lips_tell: float
    blemishes: float
    brow: float
    """Thickness of the brows, 0–1."""
    lids: float
    """How wide the eyes are open at rest: 0 narrow, 1 wide."""
    shape: tuple[float, ...]


SHAPES = 8
"""Numbers in ``Traits.shape``: widths of face, jaw, eyes, nose, mouth; heights of brows, lips and chin."""


def draw_traits(seed: int, *, age: float | None = None, female: float | None = None, lips_tell: float = 0.6) -> Traits:
    """A person by ``seed``; age (years) and sex are drawn as well unless given."""
    rng = np.random.default_rng([seed, 11])
    years, sex = float(rng.uniform(18, 85)), float(rng.random() < 0.5)
    years, sex = (years if age is None else age), (sex if female is None else female)
    tone = _mixed(_SKINS, rng)
    hair = _mixed(_HAIRS, rng)
    grey = float(np.clip((years - 40) / 40, 0, 0.9))
    return Traits(
        seed=seed,
        skin=tone,
        hair=_between(hair, (175, 175, 175), grey),
        iris=_mixed(_IRISES, rng),
        age=years,
        female=sex,
        lips_tell=lips_tell,
        blemishes=float(rng.uniform(0, 1)),
        brow=float(np.clip(rng.normal(0.5, 0.25), 0, 1)),
        lids=float(np.clip(rng.normal(0.5, 0.22), 0, 1)),
        shape=tuple(float(mode) for mode in np.clip(rng.normal(0, 1, SHAPES), -2, 2)),
    )


def shaped(traits: Traits, picture_px: int) -> F32:
    """(478, 2) px: the calm mesh with this person's proportions; the eyes' corners stay where a crop wants them."""
    calm = calm_mesh(picture_px).astype(np.float64)
    iod = 0.32 * CROP_SHARE * picture_px
    middle, eyes = picture_px / 2.0, calm[[33, 133, 263, 362], 1].mean()
    x, y = (calm[:, 0] - middle) / iod, (calm[:, 1] - eyes) / iod
    face, jaw, eye, nose, mouth, brow, lips, chin = traits.shape
    low, lower = np.clip(y / 1.6, 0, 1), np.clip((y - 0.35) / 1.2, 0, 1)
    near_mouth = np.exp(-((y - 1.05) ** 2) / 0.06) * np.exp(-(x**2) / 0.5)
    near_nose = np.exp(-((y - 0.65) ** 2) / 0.08) * np.exp(-(x**2) / 0.1)
    near_brow = np.exp(-((y + 0.26) ** 2) / 0.02)
    outside = np.clip((np.abs(x) - 0.6) / 0.4, 0, 1)
    dx = x * (
        0.07 * face * outside + 0.09 * jaw * lower * outside + 0.10 * mouth * near_mouth + 0.16 * nose * near_nose
    )
    dy = -0.035 * brow * near_brow + 0.05 * chin * low**2 + (0.04 * (y - 1.05) * (lips + 2.0)) * 4 * near_mouth
    for upper, lower_lid in LIDS:
        corners = [upper[0], upper[-1]]
        level = y[corners].mean()
        wide = 0.35 * (traits.lids - 0.5) + 0.06 * eye
        for line in (upper[1:-1], lower_lid[1:-1]):
            dy[list(line)] += wide * (y[list(line)] - level)
    moved = np.stack([middle + (x + dx) * iod, eyes + (y + dy) * iod], axis=1)
    return np.asarray(moved, dtype=np.float32)


def paint(traits: Traits, points: F32, picture_px: int) -> tuple[NDArray[np.uint8], F32]:
    """The calm face (P, P, 3) uint8 BGR over black, and where the head lies: (P, P) float32 in [0, 1]."""
    zoom = 2
    size = picture_px * zoom
    rng = np.random.default_rng([traits.seed, 12])
    where = points * zoom + (zoom - 1) / 2
    iod = float(np.linalg.norm(where[[263, 362]].mean(axis=0) - where[[33, 133]].mean(axis=0)))
    head = _head(where, iod, size)
    canvas = np.zeros((size, size, 3), np.float32) + np.array(traits.hair, np.float32)
    _over(canvas, _torso(where, iod, size), _darker(traits.skin, 0.78))
    face = _soft(_polygon(where[list(OVAL)], size), 0.05 * iod)
    _over(canvas, face, traits.skin)
    _shade(canvas, where, iod, face, traits, rng)
    _paint_eyes(canvas, where, iod, traits)
    for brow in BROWS:
        centre = where[list(brow)].mean(axis=0)
        thick = centre + (where[list(brow)] - centre) * np.array([1.0, 0.7 + 0.9 * traits.brow])
        _over(canvas, _soft(_hull(thick, size), 0.02 * iod) * 0.85, _darker(traits.hair, 0.7))
    _paint_nose(canvas, where, iod, traits)
    _paint_lips(canvas, where, iod, traits)
    small = cv2.resize(canvas, (picture_px, picture_px), interpolation=cv2.INTER_AREA)
    alpha = cv2.resize(
        np.maximum(head, _torso(where, iod, size)), (picture_px, picture_px), interpolation=cv2.INTER_AREA
    )
    return np.clip(small, 0, 255).astype(np.uint8), np.asarray(alpha, np.float32)


def _shade(canvas: F32, where: F32, iod: float, face: F32, traits: Traits, rng: np.random.Generator) -> None:
    """Roundness, eye sockets, cheeks, wrinkles with the years, blemishes and grain, as a factor on the skin."""
    size = canvas.shape[0]
    side = np.arange(size, dtype=np.float32)
    middle, eyes = float(where[168, 0]), float(where[[33, 133, 263, 362], 1].mean())
    across, down = (side[None, :] - middle) / iod, (side[:, None] - eyes) / iod
    light = 1.06 - 0.22 * (across / 1.05) ** 2 - 0.05 * np.clip(down - 1.0, 0, 1)
    for index in (159, 386):
        light -= 0.13 * _blob(side, where[index] + [0, 0.02 * iod], 0.30 * iod, 0.20 * iod)
    for index in (50, 280):
        light += 0.06 * _blob(side, where[index], 0.25 * iod, 0.25 * iod)
    light += 0.10 * _blob(side, where[[6, 4]].mean(axis=0), 0.07 * iod, 0.40 * iod)
    light -= 0.10 * _blob(side, where[2] + [0, 0.04 * iod], 0.2 * iod, 0.05 * iod)
    light -= 0.08 * _blob(side, where[17] + [0, 0.10 * iod], 0.22 * iod, 0.06 * iod)
    light *= 1 - 0.5 * _wrinkles(where, iod, size, np.clip((traits.age - 25) / 55, 0, 1), rng)
    for _ in range(round(26 * traits.blemishes)):
        spot = where[int(rng.choice([50, 280, 205, 425, 151, 108, 337, 117, 346, 187, 411]))]
        place = spot + rng.normal(0, 0.14 * iod, 2)
        light -= float(rng.uniform(0.12, 0.3)) * _blob(side, place, *([float(rng.uniform(0.02, 0.045)) * iod] * 2))
    grain = cv2.GaussianBlur(rng.normal(0, 1, (size, size)).astype(np.float32), (0, 0), 0.02 * iod)
    light += (0.015 + 0.05 * traits.blemishes) * grain / max(float(grain.std()), 1e-6) * 0.5
    canvas *= (1 + face * (light - 1))[..., None]


def _wrinkles(where: F32, iod: float, size: int, depth: float, rng: np.random.Generator) -> F32:
    lines: list[F32] = []
    for low in (-0.30, -0.18, -0.06):
        left, right = where[108] + [-0.25 * iod, low * iod], where[337] + [0.25 * iod, low * iod]
        lines.append(np.stack([left, (left + right) / 2 - [0, 0.03 * iod], right]))
    for outer, side in ((33, -1), (263, 1)):
        for low in (-0.08, 0.02, 0.12):
            lines.append(
                np.stack([where[outer] + [side * 0.08 * iod, 0], where[outer] + [side * 0.24 * iod, low * iod]])
            )
    for wing, corner, side in ((129, 61, -1), (358, 291, 1)):
        lines.append(np.stack([where[wing] + [side * 0.03 * iod, 0], where[corner] + [side * 0.14 * iod, -0.04 * iod]]))
    canvas = np.zeros((size, size), np.float32)
    for line in lines:
        stroke(canvas, line + rng.normal(0, 0.012 * iod, line.shape), depth * float(rng.uniform(0.5, 1.0)), 0.022 * iod)
    return np.asarray(cv2.GaussianBlur(canvas, (0, 0), 0.02 * iod), dtype=np.float32)


def _paint_eyes(canvas: F32, where: F32, iod: float, traits: Traits) -> None:
    size = canvas.shape[0]
    for (upper, lower), centre in zip(LIDS, IRIS_CENTRES, strict=True):
        opening = _polygon(where[[*upper, *reversed(lower)]], size)
        _over(canvas, opening, (222, 228, 232))
        middle = where[centre].copy()
        middle[1] = where[[upper[4], lower[4]], 1].mean()
        _over(canvas, opening * _disc(middle, 0.115 * iod, size), traits.iris)
        _over(canvas, opening * _disc(middle, 0.05 * iod, size), (15, 15, 15))
        _over(canvas, opening * _disc(middle + np.array([0.03, -0.03]) * iod, 0.02 * iod, size), (250, 250, 250))
        for line, dark in ((upper, 0.9), (lower, 0.35)):
            lash = np.zeros((size, size), np.float32)
            stroke(lash, where[list(line)], dark, 0.028 * iod)
            _over(canvas, lash, (25, 25, 30))
        crease = np.zeros((size, size), np.float32)
        stroke(crease, where[list(upper)] - [0, 0.075 * iod], 0.35, 0.02 * iod)
        _over(canvas, crease, _darker(traits.skin, 0.5))


def _paint_nose(canvas: F32, where: F32, iod: float, traits: Traits) -> None:
    size = canvas.shape[0]
    for nostril, wing in ((98, 129), (327, 358)):
        middle = where[nostril] * 0.55 + where[2] * 0.45
        _over(canvas, _soft(_disc(middle, 0.04 * iod, size), 0.015 * iod) * 0.8, _darker(traits.skin, 0.3))
        side = np.zeros((size, size), np.float32)
        stroke(side, np.stack([where[wing] - [0, 0.12 * iod], where[wing], where[nostril]]), 0.4, 0.022 * iod)
        _over(canvas, _soft(side, 0.012 * iod), _darker(traits.skin, 0.5))


def _paint_lips(canvas: F32, where: F32, iod: float, traits: Traits) -> None:
    size = canvas.shape[0]
    lips = _soft(_polygon(where[list(OUTER_LIPS)], size), 0.015 * iod)
    calm = (traits.skin[0] * 0.72, traits.skin[1] * 0.70, traits.skin[2] * 0.86)
    tells = np.clip(0.5 + (traits.female - 0.5) * traits.lips_tell, 0, 1)
    _over(canvas, lips * 0.9, _between(calm, (60, 45, 185), 0.9 * float(tells)))
    seam = np.zeros((size, size), np.float32)
    stroke(seam, (where[list(UPPER_SEAM)] + where[list(LOWER_SEAM)]) / 2, 0.8, 0.03 * iod)
    _over(canvas, seam, _darker(traits.skin, 0.3))


def stroke(canvas: F32, line: NDArray[np.floating], level: float, thick_px: float) -> None:
    """Draws an open line of (K, 2) px into (S, S) ``canvas``, no fainter than ``level``."""
    layer = np.zeros(canvas.shape, np.uint8)
    fixed = np.rint(np.asarray(line) * _FINE).astype(np.int32)
    cv2.polylines(layer, [fixed], False, 255, max(1, round(thick_px)), cv2.LINE_AA, shift=4)
    np.maximum(canvas, layer.astype(np.float32) * (level / 255.0), out=canvas)


def _head(where: F32, iod: float, size: int) -> F32:
    middle = where[list(OVAL)].mean(axis=0) - [0, 0.22 * iod]
    widest = float(np.ptp(where[list(OVAL), 0])) * 0.56
    tallest = float(np.ptp(where[list(OVAL), 1])) * 0.56
    layer = np.zeros((size, size), np.uint8)
    cv2.ellipse(layer, [round(v) for v in middle], (round(widest), round(tallest)), 0, 0, 360, 255, -1, cv2.LINE_AA)
    return np.maximum(layer.astype(np.float32) / 255, _polygon(where[list(OVAL)], size))


def _torso(where: F32, iod: float, size: int) -> F32:
    chin = where[152]
    left, right = chin + np.array([-0.55, -0.25]) * iod, chin + np.array([0.55, -0.25]) * iod
    return _polygon(np.stack([left, right, [right[0] + 0.05 * iod, size], [left[0] - 0.05 * iod, size]]), size)


def _polygon(points: NDArray[np.floating], size: int) -> F32:
    layer = np.zeros((size, size), np.uint8)
    cv2.fillPoly(layer, [np.rint(points * _FINE).astype(np.int32)], 255, cv2.LINE_AA, shift=4)
    return np.asarray(layer, np.float32) / np.float32(255)


def _hull(points: NDArray[np.floating], size: int) -> F32:
    return _polygon(cv2.convexHull(points.astype(np.float32))[:, 0], size)


def _disc(centre: NDArray[np.floating], radius: float, size: int) -> F32:
    layer = np.zeros((size, size), np.uint8)
    cv2.circle(layer, [round(float(v) * _FINE) for v in centre], round(radius * _FINE), 255, -1, cv2.LINE_AA, shift=4)
    return np.asarray(layer, np.float32) / np.float32(255)


def _blob(side: F32, centre: NDArray[np.floating], wide: float, tall: float) -> F32:
    across, down = np.exp(-(((side - centre[0]) / wide) ** 2)), np.exp(-(((side - centre[1]) / tall) ** 2))
    return np.asarray(np.outer(down, across), dtype=np.float32)


def _soft(mask: F32, sigma: float) -> F32:
    return np.asarray(cv2.GaussianBlur(mask, (0, 0), max(sigma, 0.3)), dtype=np.float32)


def _over(canvas: F32, mask: F32, colour: Colour) -> None:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if len(rows):
        box = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
        canvas[box] += (np.array(colour, np.float32) - canvas[box]) * mask[box][..., None]


def _darker(colour: Colour, by: float) -> Colour:
    return (colour[0] * by, colour[1] * by, colour[2] * by)


def _between(one: Colour, other: Colour, share: float) -> Colour:
    return tuple((1 - share) * a + share * b for a, b in zip(one, other, strict=True))  # type: ignore[return-value]


def _mixed(palette: tuple[Colour, ...], rng: np.random.Generator) -> Colour:
    first, second = rng.integers(len(palette), size=2)
    return _between(palette[int(first)], palette[int(second)], float(rng.random()))
