"""The 68 Multi-PIE landmarks (Gross et al. 2010) from MediaPipe's 478: which mesh point stands for which.

Paper R had its 68 from SHORE; the drawing of the scheme is the usual one, seen in the picture from left to right
(the resident's right side first): 0–16 the contour from ear over chin to ear, 17–21 and 22–26 the brows, 27–30 the
bridge of the nose, 31–35 below it, 36–41 and 42–47 the eyes (outer corner, upper lid, inner corner, lower lid; the
left eye from its inner corner), 48–59 the outer and 60–67 the inner line of the lips.

``FROM_MESH[i]`` is the mesh point nearest to point i on MediaPipe's canonical face. Two things differ by nature: the
mesh's contour runs at the hairline beside the eyes where the scheme begins at the ear, and the brow's points lie along
its upper edge. UNBC's 66 points are these without 60 and 64, the inner corners of the mouth.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.errors import DataInvalid

COUNT = 68
INNER_CORNERS = (60, 64)
# fmt: off
FROM_MESH: tuple[int, ...] = (
    127, 234, 93, 132, 58, 172, 150, 176, 152, 400, 379, 397, 288, 361, 323, 454, 356,  # contour
    70, 63, 105, 66, 107,                                                               # right brow
    336, 296, 334, 293, 300,                                                            # left brow
    168, 197, 5, 4,                                                                     # bridge, tip
    98, 97, 2, 326, 327,                                                                # below the nose
    33, 160, 158, 133, 153, 144,                                                        # right eye
    362, 385, 387, 263, 373, 380,                                                       # left eye
    61, 40, 37, 0, 267, 270, 291, 321, 314, 17, 84, 91,                                 # lips, outer line
    78, 81, 13, 311, 308, 402, 14, 178,                                                 # lips, inner line
)
# fmt: on
MIRROR: tuple[int, ...] = (
    *range(16, -1, -1),
    *range(26, 16, -1),
    27,
    28,
    29,
    30,
    *range(35, 30, -1),
    45,
    44,
    43,
    42,
    47,
    46,
    39,
    38,
    37,
    36,
    41,
    40,
    54,
    53,
    52,
    51,
    50,
    49,
    48,
    59,
    58,
    57,
    56,
    55,
    64,
    63,
    62,
    61,
    60,
    67,
    66,
    65,
)  # fmt: skip
"""Point i of a mirrored face is point ``MIRROR[i]`` of the face."""


def from_mesh(landmarks: NDArray[np.float32]) -> NDArray[np.float32]:
    """(…, 478, 2) landmarks in any units → (…, 68, 2) in the same."""
    if landmarks.shape[-2] < 478:
        raise DataInvalid(f"68 points need MediaPipe's 478 landmarks, got {landmarks.shape[-2]}")
    return np.asarray(landmarks[..., FROM_MESH, :], np.float32)


def all_68(points: NDArray[np.float32]) -> NDArray[np.float32]:
    """(66, 2) points of UNBC → (68, 2), the inner corners half way between the outer ones and the inner line.

    (68, 2) come back unchanged; DataInvalid for any other number.
    """
    if len(points) == COUNT:
        return points
    if len(points) != COUNT - len(INNER_CORNERS):
        raise DataInvalid(f"{len(points)} landmarks are neither the 68 nor the 66 without inner mouth corners")
    whole = np.insert(points, [60, 63], np.nan, axis=0)
    whole[60] = (whole[48] + (whole[61] + whole[67]) / 2) / 2
    whole[64] = (whole[54] + (whole[63] + whole[65]) / 2) / 2
    return np.asarray(whole, np.float32)


def anchors_of(points: NDArray[np.float32]) -> NDArray[np.float64] | None:
    """(3, 2) right eye, left eye, nose base of (68, 2) or (66, 2) points, as ``preprocess.anchors``; None for others.

    The eyes are the means of their corners; the nose base is point 33, which lies where the mesh's point 2 does.
    """
    if len(points) not in (COUNT, COUNT - len(INNER_CORNERS)) or not np.isfinite(points).all():
        return None
    right, left = points[[36, 39]].mean(axis=0), points[[42, 45]].mean(axis=0)
    return np.stack([right, left, points[33]]).astype(np.float64)
