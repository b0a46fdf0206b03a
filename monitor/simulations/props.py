"""What may lie between the camera and the face: glasses, a hand, a blanket, a pillow under a head on its side.

A prop is made once per person (``glasses(face)``) and then laid over each picture; ``put_on`` in [0, 1] says how far
it has come.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from models.preprocess import LEFT_EYE, RIGHT_EYE
from monitor.demo.blanket import draw_blanket
from monitor.records import F32, F64, U8
from monitor.simulations.faces import Face

Prop = Callable[[U8, float], U8]
"""(picture (H, W, 3), put_on) → a new picture; the first one is left as it was."""

_CHEEK = 50
_PILLOW = (206.0, 214.0, 218.0)


def nothing(face: Face) -> Prop:
    """The bare face."""
    return lambda picture, put_on: picture


def glasses(face: Face) -> Prop:
    """A dark frame, temples, lenses with a slant reflection of a window."""
    return _spectacles(face, lens=0.06, reflection=0.38, frame=np.array([32.0, 30.0, 40.0]))


def dark_glasses(face: Face) -> Prop:
    """Lenses that hide the eyes; a little light on them."""
    return _spectacles(face, lens=0.95, reflection=0.14, frame=np.array([20.0, 20.0, 22.0]))


def hand(face: Face) -> Prop:
    """Four fingers across the mouth, the back of the hand and the wrist below, in the person's skin colour."""
    layer, cover = _hand(face)

    def prop(picture: U8, put_on: float) -> U8:
        below = round((1.0 - put_on) * picture.shape[0])
        if below >= picture.shape[0]:
            return picture
        alpha = np.zeros_like(cover)
        colour = np.zeros_like(layer)
        alpha[below:], colour[below:] = cover[: picture.shape[0] - below], layer[: picture.shape[0] - below]
        return _over(picture, colour, alpha)

    return prop


def blanket(face: Face) -> Prop:
    """A woven blanket drawn up to the nose, the eyes free."""
    nose, unit = face.mesh[4].astype(float), face.unit_px
    left, right = nose[0] - 1.2 * unit, nose[0] + 1.2 * unit

    def prop(picture: U8, put_on: float) -> U8:
        covered = picture.copy()
        draw_blanket(covered, put_on, over=(left, nose[1] + 0.30 * unit), under=(right, nose[1] - 0.36 * unit))
        return covered

    return prop


def pillow(face: Face) -> Prop:
    """The head lies on its side: the picture turned by 90° clockwise, a pillow along the lower cheek."""
    size = face.photograph.pixels.shape[0]
    side_x = float(face.mesh[361, 0])  # the resident's left cheek comes to lie below
    unit = face.unit_px
    sink = side_x + 0.02 * unit
    middle_y = float(size - 1 - face.mesh[4, 1])

    def prop(picture: U8, put_on: float) -> U8:
        turned = np.ascontiguousarray(np.rot90(picture, k=-1))
        left, right = middle_y - 2.0 * unit, middle_y + 2.0 * unit
        draw_blanket(turned, 1.0, over=(left, sink + 0.60 * unit), under=(right, sink - 0.60 * unit), colour=_PILLOW)
        return turned

    return prop


def _over(picture: U8, colour: F32, alpha: F32) -> U8:
    mixed = picture * (1.0 - alpha[:, :, None]) + colour * alpha[:, :, None]
    return np.asarray(np.clip(mixed, 0, 255), dtype=np.uint8)


def _spectacles(face: Face, *, lens: float, reflection: float, frame: F64) -> Prop:
    size = face.photograph.pixels.shape[:2]
    unit = face.unit_px
    glass, rim = np.zeros(size, np.float32), np.zeros(size, np.float32)
    shine = np.zeros(size, np.float32)
    centres = [face.mesh[list(eye)].mean(axis=0) + np.array([0.0, 0.05 * unit]) for eye in (RIGHT_EYE, LEFT_EYE)]
    half = np.array([0.38, 0.27]) * unit
    thick = max(2, round(0.055 * unit))
    for centre in centres:
        outline = _rounded(centre, half)
        cv2.fillPoly(glass, [outline], 1.0, cv2.LINE_AA, 4)
        cv2.polylines(rim, [outline], True, 1.0, thick, cv2.LINE_AA, 4)
        x, y = centre - half * [0.55, 1.0]
        w, h = 0.30 * half[0], 2.0 * half[1]
        slant = np.array([[x, y + h], [x + w, y + h], [x + w + 0.6 * h, y], [x + 0.6 * h, y]])
        cv2.fillPoly(shine, [np.round(slant * 16).astype(np.int32)], 1.0, cv2.LINE_AA, 4)
    for one, other in ((centres[0] + [half[0], -0.06 * unit], centres[1] + [-half[0], -0.06 * unit]),
                       (centres[0] - [half[0], 0.08 * unit], face.mesh[127] - [0.0, 0.02 * unit]),
                       (centres[1] + [half[0], -0.08 * unit], face.mesh[356] - [0.0, 0.02 * unit])):  # fmt: skip
        ends = [tuple(int(v) for v in np.round(np.asarray(end) * 16)) for end in (one, other)]
        cv2.line(rim, ends[0], ends[1], 1.0, thick, cv2.LINE_AA, 4)
    shine = cv2.GaussianBlur(shine, (0, 0), 1.2) * glass * reflection

    def prop(picture: U8, put_on: float) -> U8:
        tinted = picture * (1.0 - lens * glass[:, :, None]) + frame * (lens * glass[:, :, None])
        lit = tinted + (245.0 - tinted) * shine[:, :, None]
        return np.asarray(np.clip(lit * (1 - rim[:, :, None]) + frame * rim[:, :, None], 0, 255), dtype=np.uint8)

    return prop


def _rounded(centre: F32, half: F64) -> np.ndarray:
    """Outline of a rounded lens (superellipse) in sixteenths of px."""
    angle = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    cos, sin = np.cos(angle), np.sin(angle)
    outline = centre + half * np.stack([np.sign(cos) * np.abs(cos) ** 0.6, np.sign(sin) * np.abs(sin) ** 0.6], axis=1)
    return np.round(outline * 16).astype(np.int32)


def _hand(face: Face) -> tuple[F32, F32]:
    """(H, W, 3) colour and (H, W) cover of a hand over the mouth."""
    size, unit = face.photograph.pixels.shape[0], face.unit_px
    x, y = (int(v) for v in face.mesh[_CHEEK])
    skin = face.photograph.pixels[y - 3 : y + 4, x - 3 : x + 4].reshape(-1, 3).mean(axis=0) * 0.97
    mouth = face.mesh[[13, 14]].mean(axis=0).astype(np.float64)
    rng = np.random.default_rng(3)
    grain = cv2.GaussianBlur(rng.standard_normal((size, size)).astype(np.float32), (0, 0), 1.5)
    colour, cover = np.zeros((size, size, 3), np.float32), np.zeros((size, size), np.float32)
    limbs = [
        (np.array([-1.15, 0.95]), np.array([-2.4, 3.4]), 0.62),
        (np.array([-0.75, 0.55]), np.array([-1.2, 1.3]), 0.60),
    ]
    for finger, (drop, reach) in enumerate(((0.52, 0.62), (0.20, 0.95), (-0.13, 1.0), (-0.45, 0.80))):
        knuckle, tip = np.array([-0.75, 0.30 + drop]), np.array([reach, drop - 0.10])
        limbs.append((knuckle, tip, 0.185 - 0.012 * finger))
    for start, end, radius in limbs:
        apart = _distance(size, mouth + start * unit, mouth + end * unit) / (radius * unit)
        inside = np.clip((1.0 - apart) * radius * unit + 0.5, 0.0, 1.0).astype(np.float32)
        shade = 0.62 + 0.38 * np.sqrt(np.clip(1.0 - apart**2 * 0.92, 0.0, 1.0)) + 0.012 * grain / grain.std()
        painted = skin[None, None, :] * shade[:, :, None]
        colour += (painted.astype(np.float32) - colour) * inside[:, :, None]
        cover = np.maximum(cover, inside)
    return colour, cover


def _distance(size: int, start: F64, end: F64) -> F64:
    """(size, size) px from each pixel to the segment between two places."""
    y, x = np.mgrid[0:size, 0:size].astype(np.float64)
    along = end - start
    share = np.clip(((x - start[0]) * along[0] + (y - start[1]) * along[1]) / (along @ along), 0.0, 1.0)
    apart = np.hypot(x - start[0] - share * along[0], y - start[1] - share * along[1])
    return np.asarray(apart, dtype=np.float64)
