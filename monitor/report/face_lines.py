"""The lines of a face as polylines over the 478 landmarks: enough to recognise parts, too little to know a person.

Landmark numbers follow MediaPipe's canonical mesh. Right and left are the resident's own.
"""

from __future__ import annotations

import numpy as np

from monitor.records import F32

OVAL = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377,
    152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109, 10,
)  # fmt: skip
RIGHT_EYE = (33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7, 33)
LEFT_EYE = (263, 466, 388, 387, 386, 385, 384, 398, 362, 382, 381, 380, 374, 373, 390, 249, 263)
RIGHT_BROW = (70, 63, 105, 66, 107)
LEFT_BROW = (300, 293, 334, 296, 336)
NOSE = (168, 6, 197, 195, 5, 4)
NOSTRILS = (98, 97, 2, 326, 327)
LIPS = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 375, 321, 405, 314, 17, 84, 181, 91, 146, 61)
LIPS_INNER = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308, 324, 318, 402, 317, 14, 87, 178, 88, 95, 78)
ALL = (OVAL, RIGHT_EYE, LEFT_EYE, RIGHT_BROW, LEFT_BROW, NOSE, NOSTRILS, LIPS, LIPS_INNER)


def face_lines(landmarks: F32) -> list[F32]:
    """(478, 2) landmarks → one (K, 2) polyline per part, in the same units."""
    points = np.asarray(landmarks, dtype=np.float32)
    return [points[list(numbers)] for numbers in ALL]
