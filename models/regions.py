"""AU → region of the face, in crop coordinates, from MediaPipe's 478 landmarks (numpy and OpenCV alone).

Rieger et al. measure μ inside a box per AU; their boxes are not public, so the regions here follow the muscles
(FACS; papers R and the anatomy of frontalis, corrugator, orbicularis oculi, levator labii, zygomaticus). A region
is the union of convex patches, each spanned by landmarks; regions of different AUs may overlap. Right and left
are the resident's own: the right side lies on the left of the picture.
"""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

from models.action_units import ActionUnit
from models.errors import SpecMismatch

F32 = NDArray[np.float32]
Mask = NDArray[np.bool_]
Patch = tuple[int, ...]

# fmt: off
_TO_LEFT: Mapping[int, int] = {
    22: 252, 23: 253, 24: 254, 25: 255, 26: 256, 27: 257, 28: 258, 29: 259, 30: 260, 31: 261, 34: 264, 36: 266,
    37: 267, 39: 269, 40: 270, 43: 273, 46: 276, 47: 277, 50: 280, 51: 281, 52: 282, 53: 283, 54: 284, 55: 285,
    56: 286, 57: 287, 61: 291, 63: 293, 64: 294, 65: 295, 66: 296, 67: 297, 68: 298, 69: 299, 70: 300, 84: 314,
    91: 321, 92: 322, 97: 326, 98: 327, 100: 329, 101: 330, 103: 332, 104: 333, 105: 334, 106: 335, 107: 336,
    108: 337, 109: 338, 110: 339, 111: 340, 112: 341, 113: 342, 116: 345, 123: 352, 124: 353, 129: 358, 130: 359,
    134: 363, 136: 365, 142: 371, 143: 372, 146: 375, 148: 377, 149: 378, 150: 379, 156: 383, 172: 397, 176: 400,
    181: 405, 185: 409, 187: 411, 189: 413, 190: 414, 193: 417, 202: 422, 203: 423, 206: 426, 212: 432, 216: 436,
    220: 440, 226: 446, 228: 448, 229: 449, 230: 450, 231: 451, 232: 452, 233: 453, 243: 463, 244: 464, 245: 465,
    247: 467,
}
# fmt: on
"""Landmarks of the right side → their counterparts on the left; what is missing lies on the midline."""


def mirrored(patch: Patch) -> Patch:
    """The same patch on the other side; points of the midline stay."""
    return tuple(_TO_LEFT.get(point, point) for point in patch)


def _both(*patches: Patch) -> tuple[Patch, ...]:
    return (*patches, *(mirrored(patch) for patch in patches))


def _across(*points: int) -> Patch:
    """A patch over the midline, given by the midline and the right side."""
    return tuple(dict.fromkeys((*points, *mirrored(points))))


_BROW: Patch = (46, 53, 52, 65, 55, 107, 66, 105, 63, 70)
_UPPER_LID: Patch = (130, 247, 30, 29, 27, 28, 56, 190, 243)
_LOWER_LID: Patch = (130, 25, 110, 24, 23, 22, 26, 112, 243)
_UNDER_LID: Patch = (226, 31, 228, 229, 230, 231, 232, 233, 243)
_LIPS: Patch = _across(61, 185, 40, 39, 37, 0, 146, 91, 181, 84, 17)
_JAW: Patch = _across(172, 136, 150, 149, 176, 148, 152)

_PATCHES: Mapping[ActionUnit, tuple[Patch, ...]] = {
    # frontalis, medial and lateral part: brow and the forehead above it
    ActionUnit.AU01: _both((55, 65, 66, 69, 67, 109, 10, 9)),
    ActionUnit.AU02: _both((46, 53, 52, 65, 66, 69, 67, 103, 54, 68, 70)),
    # corrugator, procerus: brows, between them and just above
    ActionUnit.AU04: (*_both((*_BROW, 104, 69, 108)), _across(55, 107, 108, 151, 9, 193, 168)),
    # levator palpebrae: upper lid
    ActionUnit.AU05: _both(_UPPER_LID),
    # orbicularis oculi, orbital part: cheek below the eye, outer eye corner
    ActionUnit.AU06: _both(
        (31, 228, 229, 230, 231, 232, 100, 36, 101, 50, 123, 116, 111), (226, 113, 124, 156, 34, 143, 116, 111, 31)
    ),
    # orbicularis oculi, palpebral part: both lids and the eye opening
    ActionUnit.AU07: _both((*_UPPER_LID, *_UNDER_LID)),
    # levator labii superioris alaeque nasi: nose root, sides and wings, inner eye corners
    ActionUnit.AU09: (
        _across(8, 189, 193, 245, 6, 197),
        *_both((6, 193, 244, 243, 233, 47, 142, 129, 64, 98, 220, 134, 51)),
    ),
    # levator labii superioris: upper lip to nose base with the nasolabial fold
    ActionUnit.AU10: (_across(129, 64, 98, 97, 2, 203, 206, 216, 61, 185, 40, 39, 37, 0, 13),),
    # zygomaticus major: mouth corners and the cheek they pull on
    ActionUnit.AU12: _both((40, 91, 106, 43, 202, 212, 187, 50, 36, 203, 92)),
    # buccinator: mouth corners
    ActionUnit.AU14: _both((40, 91, 106, 43, 202, 212, 216, 92)),
    # lips parted
    ActionUnit.AU25: (_LIPS,),
    # jaw dropped, mouth stretched: lips, chin and jaw down to the contour
    ActionUnit.AU26: ((*_LIPS, *_JAW),),
    ActionUnit.AU27: ((*_LIPS, *_JAW),),
    # eyes closed: lids and eye opening
    ActionUnit.AU43: _both((*_UPPER_LID, *_LOWER_LID)),
}

_EYE_AND_BROW: Patch = (*_BROW, 124, *_UNDER_LID)
_VISIBILITY: Mapping[str, Patch] = {
    "right_eye": _EYE_AND_BROW,
    "left_eye": mirrored(_EYE_AND_BROW),
    "nose": _across(168, 193, 245, 129, 64, 98, 2),
    "mouth": _across(2, 97, 206, 216, 57, 43, 106, 61, 17, 18),
}
"""Coarse regions whose visibility is estimated from pixels."""

UNIT_REGIONS: Mapping[ActionUnit, tuple[str, ...]] = {
    **dict.fromkeys(
        (
            ActionUnit.AU01,
            ActionUnit.AU02,
            ActionUnit.AU04,
            ActionUnit.AU05,
            ActionUnit.AU06,
            ActionUnit.AU07,
            ActionUnit.AU43,
        ),
        ("right_eye", "left_eye"),
    ),
    ActionUnit.AU09: ("nose",),
    ActionUnit.AU10: ("nose", "mouth"),
    **dict.fromkeys((ActionUnit.AU12, ActionUnit.AU14, ActionUnit.AU25, ActionUnit.AU26, ActionUnit.AU27), ("mouth",)),
}
"""Coarse regions that must be visible before an AU can be judged."""

REGION_WORDS: Mapping[ActionUnit, str] = {
    ActionUnit.AU01: "inner brow",
    ActionUnit.AU02: "outer brow",
    ActionUnit.AU04: "brow",
    ActionUnit.AU05: "upper lid",
    ActionUnit.AU06: "cheek",
    ActionUnit.AU07: "eye",
    ActionUnit.AU09: "nose",
    ActionUnit.AU10: "upper lip",
    ActionUnit.AU12: "mouth corner",
    ActionUnit.AU14: "mouth corner",
    ActionUnit.AU25: "lip",
    ActionUnit.AU26: "jaw",
    ActionUnit.AU27: "jaw",
    ActionUnit.AU43: "eye",
}
"""What to call each AU's region in a sentence ("… in the brow and eye regions")."""


def region_outlines(unit: ActionUnit, landmarks: F32) -> list[F32]:
    """Outline of every patch of the AU's region: list of (K, 2) float32, in the landmarks' own pixels."""
    return [_hull(landmarks, patch) for patch in _PATCHES[unit]]


def region_mask(unit: ActionUnit, landmarks: F32, size: int) -> Mask:
    """(size, size) bool: the AU's region in a crop of side ``size``, from (478, 2) landmarks in crop px."""
    return _filled(region_outlines(unit, landmarks), size)


def hull_mask(landmarks: F32, size: int) -> Mask:
    """(size, size) bool: the convex hull of the whole face, as far as it lies inside the crop."""
    return _filled([_hull(landmarks, None)], size)


def visibility_region_mask(region_name: str, landmarks: F32, size: int) -> Mask:
    """(size, size) bool: coarse region ``right_eye``, ``left_eye`` (each with its brow), ``nose`` or ``mouth``."""
    if region_name not in _VISIBILITY:
        raise SpecMismatch(f"no face region {region_name!r}, only {', '.join(_VISIBILITY)}")
    return _filled([_hull(landmarks, _VISIBILITY[region_name])], size)


def _hull(landmarks: F32, patch: Patch | None) -> F32:
    points = np.asarray(landmarks, dtype=np.float32)
    if points.shape != (478, 2) or not np.isfinite(points).all():
        raise SpecMismatch(f"regions need (478, 2) finite landmarks in crop px, got {points.shape}")
    chosen = points if patch is None else points[list(patch)]
    return np.asarray(cv2.convexHull(np.ascontiguousarray(chosen))[:, 0], dtype=np.float32)


_SUBPIXEL_BITS = 6
_FARTHEST_PX = 1e5
"""Landmarks beyond this are clipped, so that fixed-point drawing cannot overflow."""


def _filled(outlines: list[F32], size: int) -> Mask:
    canvas = np.zeros((size, size), dtype=np.uint8)
    for outline in outlines:
        fixed = np.rint(np.clip(outline, -_FARTHEST_PX, _FARTHEST_PX) * (1 << _SUBPIXEL_BITS)).astype(np.int32)
        cv2.fillConvexPoly(canvas, fixed, 1, lineType=cv2.LINE_8, shift=_SUBPIXEL_BITS)
    return canvas.astype(np.bool_)
