"""A picture of a textured face with known Action Units: pose, light, skin, eyes, teeth, background.

The skin's own light stays in the texture; what pose, expression and another light change is put on as a ratio of
Lambertian shadings, and folds darken by how far the surface sinks below its surroundings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from models.preprocess import similarity
from models.training.face_model import EYE, LASHES, SKIN, TEETH, TONGUE, FaceModel
from models.training.rasterise import Fragments, rasterise
from models.training.skin import Skin

F32 = NDArray[np.float32]
PICTURE_PX = 224
IOD_PX = 58.0
"""Interocular distance in the picture, frontal: 1.6 times that of the crop."""
LIPS_TOUCH_CM = 0.02
INNER_MOUTH = tuple(range(60, 68))
"""iBUG numbers of the inner lips."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Everything about a rendering but its expression. Angles in degrees; ``light`` points from face to lamp."""

    skin: Skin
    laid: F32
    """(V, 2) px of the skin's photograph per vertex: ``Surface.lay``."""
    behind: NDArray[np.uint8] | None
    """Background picture of PICTURE_PX, or None: the skin's own photograph around the head."""
    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    light: tuple[float, float, float] = (0.2, 0.3, 0.93)
    ambient: float = 0.6
    relief: float = 0.6
    """How much the change of the normals is exaggerated: 0 not at all."""
    fold: float = 6.0
    """Darkening per cm that a fold sinks in."""
    teeth: float = 205.0
    lashes: float = 0.12
    distance_cm: float = 60.0
    behind_blur_px: float = 1.0
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Surface:
    """Where things lie: ``texture`` (V, 478) spline; MediaPipe's points by (478, 3) ``corners`` and ``weights``."""

    texture: F32
    corners: NDArray[np.int64]
    weights: F32

    def lay(self, skin: Skin) -> F32:
        """(V, 2) px of the photograph of ``skin`` per vertex."""
        return np.asarray(self.texture @ skin.landmarks, dtype=np.float32)

    def points(self, screen: F32) -> F32:
        """(478, C) values at MediaPipe's points of per-vertex ``screen`` (V, C)."""
        return np.asarray(np.einsum("pk,pkc->pc", self.weights, screen[self.corners]), dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Rendering:
    """``pixels`` (S, S) uint8 grey; ``landmarks`` (478, 2) in its px, in MediaPipe's numbering."""

    pixels: NDArray[np.uint8]
    landmarks: F32
    mouth_px: int
    """Pixels between the lips."""


def rotation(yaw: float, pitch: float, roll: float) -> F32:
    """(3, 3) rotation of a column vector, degrees: roll · pitch · yaw."""
    y, p, r = np.radians([yaw, pitch, roll])
    turn = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    nod = np.array([[1, 0, 0], [0, np.cos(p), -np.sin(p)], [0, np.sin(p), np.cos(p)]])
    tilt = np.array([[np.cos(r), -np.sin(r), 0], [np.sin(r), np.cos(r), 0], [0, 0, 1]])
    return np.asarray(tilt @ nod @ turn, dtype=np.float32)


def project(model: FaceModel, points: F32, person: F32, look: Look) -> tuple[F32, F32]:
    """(V, 3) screen x, y in px and depth (nearer is more), and the (3, 3) rotation used."""
    eyes = person[model.landmarks[[36, 39, 42, 45]]]
    iod_cm = float(np.linalg.norm(eyes[:2].mean(axis=0) - eyes[2:].mean(axis=0)))
    centre = np.array([0.0, float(eyes[:, 1].mean()) - 0.62 * iod_cm, 4.0], np.float32)
    turn = rotation(look.yaw, look.pitch, look.roll)
    turned = (points - centre) @ turn.T
    near = look.distance_cm / (look.distance_cm + 4.0 - turned[:, 2])
    scale = IOD_PX / iod_cm
    middle = PICTURE_PX / 2
    screen = np.stack(
        [middle + scale * near * turned[:, 0], middle - scale * near * turned[:, 1], turned[:, 2]], axis=1
    )
    return screen.astype(np.float32), turn


def render(model: FaceModel, surface: Surface, person: F32, shapes: Mapping[str, float], look: Look) -> Rendering:
    """The picture of ``person`` (V, 3) showing the expression ``shapes``."""
    points = model.posed(person, shapes)
    screen, turn = project(model, points, person, look)
    share = np.where(model.material == LASHES, look.lashes, 1.0).astype(np.float32)
    if not _lips_apart(model, points, person):
        share[(model.material == TEETH) | (model.material == TONGUE)] = 0.0
    seen = rasterise(screen, model.triangles, PICTURE_PX, keep=share, seed=look.seed)
    calm, now = model.normals(person), model.normals(points)
    shade = _shading(model, points, person, calm, now, turn, look)
    local = np.concatenate([look.laid, model.eye_local, shade[:, None], screen[:, 2:]], axis=1)
    values = seen.interpolate(model.triangles, local)
    grey = _colour(model, seen, values, look)
    canvas = _background(surface, screen, look).reshape(-1)
    canvas[seen.pixel] = grey
    picture = canvas.reshape(PICTURE_PX, PICTURE_PX)
    mouth_px = _darken_inside(picture, model, seen, values[:, 5], screen)
    soft = cv2.GaussianBlur(picture, (0, 0), 0.55)
    return Rendering(np.asarray(np.clip(soft, 0, 255), dtype=np.uint8), surface.points(screen[:, :2]), mouth_px)


def _lips_apart(model: FaceModel, points: F32, person: F32) -> bool:
    """Whether an expression (V, 3) has parted the lips of ``person`` (V, 3); a closed mouth hides its teeth."""
    upper, lower = (model.landmarks[list(pair)] for pair in ((61, 62, 63), (67, 66, 65)))
    gap = (points[upper] - points[lower])[:, 1] - np.maximum((person[upper] - person[lower])[:, 1], 0)
    return bool((gap > LIPS_TOUCH_CM).any())


def _shading(model: FaceModel, points: F32, person: F32, calm: F32, now: F32, turn: F32, look: Look) -> F32:
    """(V,) factor on the skin's own grey level."""
    bent = now + np.float32(look.relief) * (now - calm)
    bent /= np.maximum(np.linalg.norm(bent, axis=1, keepdims=True), 1e-6)
    lamp = np.asarray(look.light, np.float32)
    lit = look.ambient + (1 - look.ambient) * np.clip(bent @ (turn.T @ lamp / np.linalg.norm(lamp)), 0, 1)
    usual = 0.6 + 0.4 * np.clip(calm[:, 2], 0, 1)
    sunk = model.hollow(points, now) - model.hollow(person, calm)
    fold = np.clip(1 - look.fold * sunk, 0.55, 1.2)
    return np.asarray(np.clip(lit / usual, 0.25, 1.5) * fold, dtype=np.float32)


def _colour(model: FaceModel, seen: Fragments, values: F32, look: Look) -> F32:
    """(P,) grey levels of the fragments; ``values`` photo x, y, eye x, y, shading, depth."""
    kind = model.material[seen.triangle]
    grey = np.empty(len(kind), np.float32)
    skin = kind == SKIN
    where = np.zeros((2, PICTURE_PX * PICTURE_PX), np.float32)
    where[:, seen.pixel] = values[:, :2].T
    x, y = where.reshape(2, PICTURE_PX, PICTURE_PX)
    texture = cv2.remap(look.skin.texture, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT).reshape(-1)
    grey[skin] = texture[seen.pixel[skin]] * values[skin, 4]
    eye = kind == EYE
    radius = np.hypot(values[eye, 2], values[eye, 3])
    ball = np.interp(
        radius, [0, 0.18, 0.22, 0.42, 0.50], [12, 12, look.skin.iris, 0.8 * look.skin.iris, look.skin.sclera]
    )
    shine = np.hypot(values[eye, 2] - 0.2 * look.light[0], values[eye, 3] - 0.12 - 0.1 * look.light[1]) < 0.09
    grey[eye] = np.where(shine, 230.0, ball) * np.clip(values[eye, 4], 0.7, 1.2)
    for material, level in ((TEETH, look.teeth), (TONGUE, 0.55 * look.skin.level), (LASHES, 0.3 * look.skin.level)):
        chosen = kind == material
        grey[chosen] = level * np.clip(values[chosen, 4], 0.3, 1.1)
    return grey


def _background(surface: Surface, screen: F32, look: Look) -> F32:
    """(S, S) float32 behind the head."""
    if look.behind is not None:
        return look.behind.astype(np.float32)
    size = (PICTURE_PX, PICTURE_PX)
    rim = [10, 127, 356, 152, 234, 454, 33, 263]
    to_picture = similarity(
        look.skin.landmarks[rim].astype(np.float64), surface.points(screen[:, :2])[rim].astype(np.float64)
    )
    behind = cv2.warpAffine(look.skin.photo, to_picture, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(cv2.GaussianBlur(behind, (0, 0), max(look.behind_blur_px, 0.3)), dtype=np.float32)


def _darken_inside(picture: F32, model: FaceModel, seen: Fragments, depth: F32, screen: F32) -> int:
    """Shades eyeballs under lids and what lies behind the lips, in place; the number of pixels between the lips."""
    kind = model.material[seen.triangle]
    eye = (_kinds(seen, kind, picture.shape) == EYE).astype(np.float32)
    picture *= 1.0 - eye * 0.55 * np.clip(1.5 - 1.7 * cv2.GaussianBlur(eye, (0, 0), 1.9), 0, 1)
    lips = screen[model.landmarks[list(INNER_MOUTH)]]
    mouth = np.zeros(picture.shape, np.uint8)
    cv2.fillPoly(mouth, [np.round(lips[:, :2]).astype(np.int32)], 1)
    behind = np.zeros(picture.size, np.float32)
    behind[seen.pixel] = np.clip(float(np.median(lips[:, 2])) - 0.5 - depth, 0, 8)
    inside = (mouth > 0) & (behind.reshape(picture.shape) > 0)
    inside |= np.isin(_kinds(seen, kind, picture.shape), (TEETH, TONGUE))
    soft = cv2.GaussianBlur(inside.astype(np.float32), (0, 0), 3.0)
    shadow = np.exp(-behind.reshape(picture.shape) / 1.6) * np.clip(0.35 + 0.9 * soft, 0, 1)
    picture[inside] *= shadow[inside]
    return int(inside.sum())


def _kinds(seen: Fragments, kind: NDArray[np.int8], shape: tuple[int, ...]) -> NDArray[np.int8]:
    """(S, S) material per pixel, -1 where nothing is."""
    flat = np.full(int(np.prod(shape)), -1, np.int8)
    flat[seen.pixel] = kind
    return flat.reshape(shape)
