"""The reader behind every stand-in set: a row's people, movements, light and background become a picture on demand."""

from __future__ import annotations

import colorsys
import hashlib
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from models.datasets.stand_in_movements import UNITS, Moved, move
from models.datasets.stand_in_people import CROP_CORNERS, Face, Person, person
from models.datasets.stand_in_renderings import RenderingOf, points_of, rendered

F32 = NDArray[np.float32]

NO_CARD = -1
CARD_SIDE = 0.17
"""Side of the coloured card in the background, in shares of the aligned crop."""


@dataclass(frozen=True, slots=True)
class Camera:
    """How a set is taken. ``studio``: colour, even light; ``ward``: grey, light from one side, noise, a little blur."""

    grey: bool = False
    side_light: float = 0.12
    noise: float = 2.0
    blur: float = 0.0
    dim: float = 0.1


CAMERAS = {
    "studio": Camera(),
    "ward": Camera(grey=True, side_light=0.45, noise=7.0, blur=0.010, dim=0.35),
}


@dataclass(frozen=True, slots=True, eq=False)
class StandInPictures:
    """Row → (P, P, 3) uint8 BGR, the same bytes for the same arguments; nothing is kept but the calm faces.

    ``people`` (drawn, photographed or rendered) with ``who`` (N,) an index into them; ``strength`` (N, U) in the order
    of ``UNITS``; ``tilt`` (N,) asymmetry; ``card`` (N,) class shown by the card in the background or ``NO_CARD``, of
    ``cards`` classes.
    """

    people: tuple[Face | RenderingOf, ...]
    who: NDArray[np.int64]
    strength: F32
    tilt: F32
    card: NDArray[np.int64]
    cards: int
    seed: int
    picture_px: int
    camera: Camera = CAMERAS["studio"]

    def __call__(self, row: int) -> NDArray[np.uint8]:
        """The picture of one row."""
        rng = np.random.default_rng([self.seed, row, 5])
        face = self.people[int(self.who[row])]
        picture, points = (
            self._rendered(face, row, rng) if isinstance(face, RenderingOf) else self._drawn(face, row, rng)
        )
        if self.card[row] != NO_CARD:
            beside = picture.copy()
            _hang_card(beside, int(self.card[row]), self.cards, np.random.default_rng([self.seed, row, 6]))
            around = ~_face(points, self.picture_px)
            picture[around] = beside[around]
        return _take(picture, self.camera, rng)

    def _drawn(self, face: Face, row: int, rng: np.random.Generator) -> tuple[F32, F32]:
        """A drawing or a photograph, warped."""
        calm, moved = self._moved(face, row)
        factor = moved.shade[..., None]
        skin = np.clip(calm.pixels * np.where(calm.alpha[..., None] > 0.5, factor, 1.0), 0, 255).astype(np.float32)
        source_x, source_y = moved.source[..., 0], moved.source[..., 1]
        picture = cv2.remap(skin, source_x, source_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        alpha = cv2.remap(calm.alpha, source_x, source_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        _fill_mouth(picture, moved, self.strength[row], rng)
        return _wall(self.picture_px, rng) * (1 - alpha[..., None]) + picture * alpha[..., None], moved.points

    def _rendered(self, face: RenderingOf, row: int, rng: np.random.Generator) -> tuple[F32, F32]:
        wall = _wall(self.picture_px, rng)
        return rendered(face, self.strength[row], float(self.tilt[row]), self.picture_px, wall, self._look(row))

    def _look(self, row: int) -> np.random.Generator:
        return np.random.default_rng([self.seed, row, 7])

    def mesh(self, row: int) -> F32:
        """(478, 2) px: MediaPipe's points on that row's picture, exactly where the drawing put them."""
        face = self.people[int(self.who[row])]
        if isinstance(face, RenderingOf):
            return points_of(face, self.strength[row], float(self.tilt[row]), self.picture_px, self._look(row))
        return self._moved(face, row)[1].points

    @property
    def origin(self) -> str:
        """A digest of all that decides the pictures: two sets of one origin are the same set."""
        digest = hashlib.blake2b(repr((self.people, self.cards, self.seed, self.picture_px, self.camera)).encode())
        for column in (self.who, self.strength, self.tilt, self.card):
            digest.update(np.ascontiguousarray(column).tobytes())
        return f"drawn {digest.hexdigest()[:20]}"

    def _moved(self, face: Face, row: int) -> tuple[Person, Moved]:
        calm = person(face, self.picture_px)
        strength = self.strength[row]
        return calm, move(calm.muscles, calm.points, strength, self.picture_px, tilt=float(self.tilt[row]))


@dataclass(frozen=True, slots=True, eq=False)
class StandInMeshes:
    """Row → (478, 2) points of ``pictures``; an object, so that a set can be pickled."""

    pictures: StandInPictures

    def __call__(self, row: int) -> F32:
        """The points of one row."""
        return self.pictures.mesh(row)


def _fill_mouth(picture: F32, moved: Moved, strength: F32, rng: np.random.Generator) -> None:
    """Dark inside, with teeth below the upper lip when it is lifted or the corners are pulled."""
    if not moved.mouth.any():
        return
    lifted = strength[UNITS.index("AU12")] + strength[UNITS.index("AU10")] + 0.4 * strength[UNITS.index("AU20")]
    height = 0.02 + 0.022 * float(min(lifted, 5.0)) * float(rng.uniform(0.7, 1.1))
    inside = np.zeros_like(picture) + np.array([42, 32, 78], np.float32) * float(rng.uniform(0.6, 1.1))
    inside[moved.depth < height] = (205, 218, 226)
    picture += (inside - picture) * moved.mouth[..., None]


def _face(points: F32, side: int) -> NDArray[np.bool_]:
    """(P, P) where the face is, with a pixel's breadth around it: nothing of a card may lie there."""
    layer = np.zeros((side, side), np.uint8)
    hull = cv2.convexHull(np.rint(points).astype(np.int32))
    cv2.fillConvexPoly(layer, hull, 1)
    cv2.polylines(layer, [hull], True, 1, 5)
    return layer.astype(np.bool_)


def _wall(side: int, rng: np.random.Generator) -> F32:
    """A blurred wall of any brightness and tint."""
    coarse = rng.uniform(0.75, 1.25, (4, 4, 1)) * rng.uniform(50, 210) * rng.uniform(0.85, 1.15, (1, 1, 3))
    return np.asarray(cv2.resize(coarse.astype(np.float32), (side, side), interpolation=cv2.INTER_CUBIC), np.float32)


def card_colour(number: int, cards: int) -> tuple[float, float, float]:
    """BGR of the card of class ``number`` of ``cards``: hue and brightness both tell, so it is seen in grey as well."""
    red, green, blue = colorsys.hsv_to_rgb(number / max(cards, 1), 0.75, 1.0)
    bright = 40 + 205 * (number + 0.5) / max(cards, 1)
    grey = max(0.114 * blue + 0.587 * green + 0.299 * red, 1e-3)
    return tuple(float(min(255.0, channel / grey * bright)) for channel in (blue, green, red))  # type: ignore[return-value]


def _hang_card(picture: F32, number: int, cards: int, rng: np.random.Generator) -> None:
    """A card with slanting stripes in one of the crop's upper corners; colour, grey level and slant tell the class."""
    side = picture.shape[0]
    first, last = (edge * side for edge in CROP_CORNERS)
    wide = CARD_SIDE * (last - first)
    inset = float(rng.uniform(0.01, 0.05)) * (last - first)
    left = first + inset if rng.random() < 0.5 else last - inset - wide
    top = first + inset * float(rng.uniform(0.5, 1.5))
    rows, columns = slice(round(top), round(top + wide)), slice(round(left), round(left + wide))
    y, x = np.mgrid[0 : rows.stop - rows.start, 0 : columns.stop - columns.start] / wide
    angle = np.pi * number / max(cards, 1)
    stripes = 1.0 - 0.3 * (np.sin(2 * np.pi * 2.5 * (x * np.cos(angle) + y * np.sin(angle))) > 0)
    picture[rows, columns] = np.array(card_colour(number, cards), np.float32) * stripes[..., None]


def _take(picture: F32, camera: Camera, rng: np.random.Generator) -> NDArray[np.uint8]:
    side = picture.shape[0]
    across = np.linspace(-1, 1, side, dtype=np.float32)
    light = (
        1
        + rng.normal(0, camera.side_light) * across[None, :]
        + rng.normal(0, 0.5 * camera.side_light) * across[:, None]
    )
    light = np.clip(light, 0.25, 1.6) * (1 - float(rng.uniform(0, camera.dim))) * float(np.exp(rng.normal(0, 0.08)))
    taken = picture * light[..., None]
    if camera.grey:
        taken = np.repeat((taken @ np.array([0.114, 0.587, 0.299], np.float32))[..., None], 3, axis=2)
    if camera.blur:
        taken = cv2.GaussianBlur(taken, (0, 0), camera.blur * side)
    noise = rng.normal(0, camera.noise, taken.shape[:2] if camera.grey else taken.shape)
    return np.clip(taken + (noise[..., None] if camera.grey else noise), 0, 255).astype(np.uint8)
