"""How single movements shift the face points, and what furrows they draw. Placed by hand, by muscle.

Written in px of the demo's photograph, and warped by the demo's moving least squares: neither this field nor these
furrows are those of the training's warps (``models.training.warps``).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from monitor.demo.expression import GRIMACE, LAUGH, Shifts
from monitor.demo.shading import GRIMACE_STROKES, LAUGH_STROKES, Stroke


class Move(StrEnum):
    """One movement of the face; its strength runs from 0 to 1."""

    GRIMACE = "grimace"  # AU4+6+7+9+10+25, the demo's grimace of pain
    LAUGH = "laugh"  # AU6+12+25+26, the demo's laugh
    LIDS = "lids"  # AU43
    BROWS_DOWN = "brows_down"  # AU4
    BROWS_UP = "brows_up"  # AU1+2
    LIDS_UP = "lids_up"  # AU5
    SQUEEZE = "squeeze"  # AU6+7
    SMILE = "smile"  # AU12, a little AU6
    JAW = "jaw"  # AU25+26, at 1 AU27
    CHIN = "chin"  # the jaw behind closed lips
    ASIDE = "aside"  # the chin towards the picture's right
    PUCKER = "pucker"  # AU18


Movement = Mapping[Move, float]
"""Strengths by movement; what is not named rests."""

SHIFTS: Mapping[Move, Shifts] = {
    Move.GRIMACE: GRIMACE,
    Move.LAUGH: LAUGH,
    Move.LIDS: {},
    Move.BROWS_DOWN: {
        107: (5, 9), 55: (6.5, 9), 66: (4, 8.5), 65: (4, 8.5), 105: (2, 5.5), 52: (2, 6), 63: (1, 3), 53: (1, 3.5),
        9: (0, 7), 8: (0, 4.5), 168: (0, 1.5),
    },
    Move.BROWS_UP: {
        107: (0, -12), 55: (0, -11), 66: (0, -13.5), 65: (0, -12.5), 105: (0, -14), 52: (0, -13), 63: (0, -13),
        53: (0, -12), 70: (0, -11), 46: (0, -9.5), 9: (0, -6), 8: (0, -3), 67: (0, -4), 54: (0, -3),
    },
    Move.LIDS_UP: {160: (0, -2.5), 159: (0, -3.2), 158: (0, -2.8), 157: (0, -1.6), 161: (0, -1.6)},
    Move.SQUEEZE: {
        117: (1, -6), 119: (1, -6), 50: (1, -7), 205: (0, -6), 187: (0, -4), 65: (0, 2.5), 52: (0, 3), 53: (0.5, 2.5),
        7: (0.5, -1.5), 163: (0.5, -2.5), 144: (0.5, -3), 145: (0.5, -3.4), 153: (0, -3), 154: (0, -2.5),
        155: (0, -1.5),
    },
    Move.SMILE: {
        61: (-9.5, -8.5), 78: (-9, -8), 40: (-7, -5), 39: (-4, -2.5), 37: (-2, -1.5), 0: (0, -1),
        80: (-6, -4), 81: (-3.5, -2), 82: (-1.5, -1), 88: (-6, -3.5), 178: (-3.5, -1), 87: (-1.5, 0),
        91: (-7, -4), 181: (-4, -1.5), 84: (-1.5, 0), 205: (-3, -7), 50: (-1, -5), 187: (-3, -4), 117: (0, -3),
        119: (0, -3), 144: (0, -1), 145: (0, -1.2), 153: (0, -1),
    },
    Move.JAW: {
        14: (0, 38), 87: (0.5, 37), 178: (1.5, 31), 88: (3, 18), 17: (0, 36), 84: (0.5, 35), 181: (1.5, 31),
        91: (3, 18),
        78: (4, 7.5), 61: (4.5, 7.5), 13: (0, -3), 82: (0, -3), 81: (0.5, -2.5), 80: (1.5, -1), 0: (0, -2.5),
        37: (0, -2.5), 39: (0.5, -2), 40: (1.5, 0), 152: (0, 34), 149: (1, 30), 172: (2, 15), 132: (0.5, 4),
        205: (1, 4), 187: (2, 9), 50: (0, 1.5),
    },
    Move.CHIN: {
        152: (0, 13), 149: (0, 11), 172: (0.5, 5), 17: (0, 3), 84: (0, 2.8), 181: (0, 2.2), 91: (0, 1), 14: (0, 0.6),
        187: (1, 3), 205: (1, 1),
    },
    Move.ASIDE: {152: (9, 0), 17: (6, 0), 14: (4, 0), 0: (2, 0), 13: (3, 0)},
    Move.PUCKER: {
        61: (11, 0), 78: (10.5, 0), 40: (7, -1.5), 39: (4, -2.5), 37: (1.5, -3), 0: (0, -3), 91: (7, 1.5),
        181: (4, 3), 84: (1.5, 3.5), 17: (0, 3.5), 80: (6.5, -0.4), 81: (4, -0.4), 82: (1.5, -0.4), 88: (6.5, 0.6),
        178: (4, 0.8), 87: (1.5, 0.8), 205: (4, 0), 187: (4, 1),
    },
}  # fmt: skip

_FOREHEAD_STROKES: tuple[Stroke, ...] = (
    (0.26, 2.2, ((218, 152), (240, 149), (264, 151), (288, 147), (310, 147))),
    (0.22, 2.2, ((222, 141), (264, 140), (306, 136))),
)
STROKES: Mapping[Move, tuple[Stroke, ...]] = {
    Move.GRIMACE: GRIMACE_STROKES,
    Move.LAUGH: LAUGH_STROKES,
    Move.SMILE: LAUGH_STROKES[:2],
    Move.SQUEEZE: LAUGH_STROKES[2:],
    Move.BROWS_DOWN: (*GRIMACE_STROKES[:2], *GRIMACE_STROKES[-2:]),
    Move.BROWS_UP: _FOREHEAD_STROKES,
}
"""Furrows (demo photograph px) that come with a movement."""

TEETH: Mapping[Move, float] = {Move.GRIMACE: 0.85, Move.LAUGH: 0.55, Move.SMILE: 0.5, Move.JAW: 0.22}
"""How much of the mouth's opening the teeth fill, by the movement that opens it."""
