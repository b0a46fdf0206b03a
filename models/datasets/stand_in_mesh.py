"""The face that stand-ins are built on: 478 points of a calm, symmetric face in the aligned crop's own frame."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]

CROP_SHARE = 0.84
"""Side of the aligned crop as a share of a stand-in picture's side, around the same centre."""
OVAL = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176, 149, 150,
    136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
)  # fmt: skip
"""MediaPipe's face outline, clockwise in the picture from the top."""
OUTER_LIPS = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185)
LIDS = (
    ((33, 246, 161, 160, 159, 158, 157, 173, 133), (33, 7, 163, 144, 145, 153, 154, 155, 133)),
    ((362, 398, 384, 385, 386, 387, 388, 466, 263), (362, 382, 381, 380, 374, 373, 390, 249, 263)),
)
"""Upper and lower lid line of either eye, left to right in the picture."""
UPPER_SEAM = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308)
LOWER_SEAM = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308)
BROWS = ((46, 53, 52, 65, 55, 107, 66, 105, 63, 70), (276, 283, 282, 295, 285, 336, 296, 334, 293, 300))
IRIS_CENTRES = (468, 473)


@cache
def _document() -> tuple[F32, NDArray[np.int64]]:
    text = files("models.datasets").joinpath("stand_in_mesh.json").read_text(encoding="utf-8")
    document = json.loads(text)
    return np.array(document["points"], np.float32), np.array(document["mirrored"], np.int64)


def calm_mesh(picture_px: int) -> F32:
    """(478, 2) float32 px of the calm face in a square picture of side ``picture_px``."""
    margin = (1.0 - CROP_SHARE) / 2.0
    return np.asarray((_document()[0] * CROP_SHARE + margin) * picture_px, dtype=np.float32)


def mirrored_points() -> NDArray[np.int64]:
    """(478,) for every point the one on the other side; points of the midline name themselves."""
    return _document()[1].copy()
