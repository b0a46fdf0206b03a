"""How the face points move in a grimace of pain and in a laugh. Placed by hand, by muscle.

The grimace's strength was adjusted once while looking at the outputs of a half-trained network, so the demo shows
how vigil works; it is no evidence of how well.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from monitor.records import F64

Shifts = Mapping[int, tuple[float, float]]
"""(right, down) by mesh number at full strength, px of the photograph: right half of the face and its middle."""

MIRROR = {
    46: 276, 53: 283, 52: 282, 65: 295, 55: 285, 70: 300, 63: 293, 105: 334, 66: 296, 107: 336,
    48: 278, 98: 327, 129: 358, 50: 280, 205: 425, 117: 346, 119: 348, 187: 411,
    61: 291, 40: 270, 39: 269, 37: 267, 91: 321, 181: 405, 84: 314,
    78: 308, 80: 310, 81: 311, 82: 312, 88: 318, 178: 402, 87: 317,
    7: 249, 163: 390, 144: 373, 145: 374, 153: 380, 154: 381, 155: 382, 172: 397, 149: 378,
}  # fmt: skip
"""Right half of the face → left half."""

UPPER_LIP_LINE = (78, 80, 81, 82, 13, 312, 311, 310, 308)
"""The upper edge of the mouth's opening, from the resident's right corner to the left one."""
LOWER_LIP_LINE = (78, 88, 178, 87, 14, 317, 402, 318, 308)
"""The lower edge of the mouth's opening."""

# Shifts in px of the photograph (the eyes are 78 px apart): right half and middle; the left half mirrors it.
GRIMACE: Shifts = {
    # AU4: brows down and together
    107: (6.5, 12), 55: (8, 12), 66: (5, 11), 65: (5, 11), 105: (3, 7), 52: (3, 8), 63: (1, 3.5), 53: (1, 4),
    9: (0, 9.5), 8: (0, 6), 168: (0, 2),
    # AU6, AU7: cheeks up, lower lids up
    117: (1, -7), 119: (1, -7), 50: (1, -8.5), 205: (0, -8.5), 187: (0, -6),
    7: (0.5, -1.5), 163: (0.5, -2.5), 144: (0.5, -3), 145: (0.5, -3.5), 153: (0, -3), 154: (0, -2.5), 155: (0, -1.5),
    # AU9: the nose shortens, its wings rise
    197: (0, -2.5), 195: (0, -3.5), 4: (0, -5), 2: (0, -5.5), 48: (-2.5, -7), 129: (-2.5, -8), 98: (-2.5, -7),
    # AU10, AU25: the upper lip rises squarely, the teeth show
    61: (-5, 0), 40: (-5, -8.5), 39: (-3, -10), 37: (-1, -9.5), 0: (0, -8.5),
    78: (-3.5, 0), 80: (-4, -6), 81: (-2.5, -8), 82: (-1, -8), 13: (0, -7),
    88: (-3.5, 3.5), 178: (-2, 4.5), 87: (-1, 4.5), 14: (0, 4.5),
    91: (-3.5, 3.5), 181: (-2, 4.5), 84: (-1, 4.5), 17: (0, 4.5), 152: (0, 3), 149: (0, 2),
}  # fmt: skip

LAUGH: Shifts = {
    # AU12: the corners of the mouth go up and out
    61: (-11, -11), 78: (-10.5, -10.5), 40: (-8, -7), 39: (-5, -4), 37: (-2, -2.5), 0: (0, -2),
    80: (-7, -5.5), 81: (-4.5, -3.5), 82: (-2, -2.5), 13: (0, -2),
    # AU25, AU26: the jaw drops
    88: (-6.5, 6), 178: (-4, 12), 87: (-2, 14.5), 14: (0, 15),
    91: (-7.5, 5), 181: (-4, 11.5), 84: (-1.5, 14), 17: (0, 14.5), 152: (0, 12), 149: (1, 10), 172: (0.5, 3),
    # AU6: the cheeks rise, the lower lids with them
    205: (-4, -9), 50: (-2, -7), 187: (-4, -5), 117: (0, -4), 119: (0, -4),
    163: (0, -0.8), 144: (0, -1.2), 145: (0, -1.4), 153: (0, -1.2), 154: (0, -0.8),
    # the brows stay up, the nose widens a little
    107: (0, -2), 55: (0, -2), 66: (0, -2.5), 65: (0, -2.5), 105: (0, -2.5), 52: (0, -2.5), 9: (0, -1.5),
    48: (-3, -1), 129: (-3.5, -1), 98: (-2.5, -1), 4: (0, 0), 2: (0, 0),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Expression:
    """Strengths in [0, 1]: how far the grimace, the laugh and the closing of the lids have gone."""

    grimace: float = 0.0
    laugh: float = 0.0
    lids: float = 0.0

    def rounded(self, steps: int) -> Expression:
        """The same on a scale of ``steps`` steps, so that equal faces are computed once."""
        return Expression(
            grimace=round(self.grimace * steps) / steps,
            laugh=round(self.laugh * steps) / steps,
            lids=round(self.lids * steps) / steps,
        )


def moved_points(points: dict[int, F64], scale: float, *, grimace: float, laugh: float) -> dict[int, F64]:
    """The face points (px, enlarged by ``scale``) as a grimace and a laugh of these strengths leave them."""
    return shifted(points, scale, ((grimace, GRIMACE), (laugh, LAUGH)))


def shifted(points: Mapping[int, F64], scale: float, moves: Iterable[tuple[float, Shifts]]) -> dict[int, F64]:
    """The face points (px, enlarged by ``scale``) after ``moves`` (strength, shifts), mirrored for the left half."""
    moved = {number: place.copy() for number, place in points.items()}
    for strength, shifts in moves:
        for number, (right, down) in shifts.items():
            moved[number] += np.array([right, down]) * (strength * scale)
            if number in MIRROR:
                moved[MIRROR[number]] += np.array([-right, down]) * (strength * scale)
    return moved
