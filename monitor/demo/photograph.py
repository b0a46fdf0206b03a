"""The public-domain photograph that matplotlib installs (Grace Hopper, US Navy), with points placed on the face."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from monitor.errors import ServiceUnavailable
from monitor.records import F64, U8

PHOTOGRAPH_SIZE = (600, 512)
"""Rows and columns of the photograph that ``POINTS`` were placed on."""

POINTS: dict[int, tuple[float, float]] = {
    # brows
    46: (191, 181), 53: (198, 175), 52: (208, 171), 65: (224, 172), 55: (245, 177),
    70: (186, 178), 63: (193, 170), 105: (205, 165), 66: (222, 165), 107: (242, 167),
    276: (336, 172), 283: (329, 167), 282: (318, 165), 295: (303, 167), 285: (282, 175),
    300: (341, 168), 293: (333, 162), 334: (321, 158), 296: (304, 160), 336: (284, 164),
    # lids, the resident's right eye and left eye
    33: (207.2, 193.5), 246: (208.5, 192.0), 161: (210.3, 190.2), 160: (213.6, 188.1), 159: (219.6, 186.7),
    158: (226.1, 187.2), 157: (232.8, 189.9), 173: (238.0, 193.5), 133: (240.5, 195.8),
    7: (210.3, 195.2), 163: (213.2, 196.2), 144: (217.2, 196.9), 145: (223.2, 197.1),
    153: (229.2, 196.6), 154: (234.9, 196.2), 155: (238.8, 196.1),
    263: (322.0, 186.7), 466: (320.6, 185.4), 388: (318.5, 183.9), 387: (314.7, 182.1), 386: (308.7, 181.3),
    385: (301.9, 182.5), 384: (295.7, 186.0), 398: (291.2, 190.1), 362: (288.9, 192.8),
    249: (319.2, 188.9), 390: (316.2, 190.3), 373: (312.0, 191.4), 374: (306.1, 192.3),
    380: (299.8, 192.5), 381: (294.4, 192.6), 382: (290.7, 192.8),
    # nose
    9: (263, 168), 8: (264, 178), 168: (264, 189), 6: (265, 199), 197: (265, 209), 195: (266, 218), 4: (266, 239),
    2: (267, 254), 48: (240, 243), 278: (293, 241), 98: (243, 251), 327: (291, 249), 129: (238, 242), 358: (295, 239),
    # cheeks
    50: (202, 237), 280: (330, 230), 205: (214, 247), 425: (320, 241), 117: (197, 217), 346: (333, 209),
    119: (222, 217), 348: (309, 212), 187: (198, 254), 411: (335, 246),
    # lips: outer upper, outer lower, inner upper, inner lower
    61: (234, 279), 40: (241, 275), 39: (247, 273), 37: (256, 271), 0: (266, 273), 267: (277, 270), 269: (287, 272),
    270: (294, 273), 291: (303, 277),
    91: (242, 285), 181: (249, 288), 84: (257, 290), 17: (267, 290), 314: (277, 289), 405: (286, 286), 321: (294, 283),
    78: (237.0, 279.1), 80: (245.7, 278.8), 81: (251.4, 278.6), 82: (258.5, 279.0), 13: (266.6, 279.3),
    312: (275.4, 278.6), 311: (283.1, 277.7), 310: (289.5, 277.3), 308: (299.7, 276.8),
    88: (246.0, 279.6), 178: (251.8, 279.8), 87: (258.7, 279.9), 14: (266.7, 280.1), 317: (275.2, 279.3),
    402: (282.9, 278.3), 318: (289.2, 277.8),
    # contour
    10: (261, 133), 297: (309, 134), 284: (343, 148), 454: (354, 207), 361: (349, 244), 397: (340, 283),
    378: (315, 318), 152: (270, 335), 149: (225, 323), 172: (195, 291), 132: (182, 253), 234: (174, 217),
    54: (180, 157), 67: (213, 139),
}  # fmt: skip
"""Points on the face in px of the photograph, numbered as in MediaPipe's face mesh."""


@dataclass(frozen=True, slots=True)
class Photograph:
    """The photograph enlarged by ``scale``, and its face points (by mesh number) in the same px."""

    pixels: U8
    scale: float
    points: dict[int, F64]

    def at(self, x: float, y: float) -> tuple[float, float]:
        """A place given in px of the original, in px of this enlargement."""
        return x * self.scale, y * self.scale


def photograph_path() -> Path:
    """Where matplotlib keeps the photograph."""
    from matplotlib import get_data_path

    return Path(get_data_path()) / "sample_data" / "grace_hopper.jpg"


def load_photograph(scale: float, path: Path | None = None) -> Photograph:
    """The photograph enlarged by ``scale``; ``ServiceUnavailable`` when matplotlib does not carry it as expected."""
    path = path or photograph_path()
    pixels = cv2.imread(str(path), cv2.IMREAD_COLOR) if path.is_file() else None
    if pixels is None or pixels.shape[:2] != PHOTOGRAPH_SIZE:
        raise ServiceUnavailable(
            f"{path}: the photograph for the demo is not there as expected; reinstall matplotlib, or replay a recording"
        )
    enlarged = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    points = {number: np.array(place, dtype=np.float64) * scale for number, place in POINTS.items()}
    return Photograph(np.asarray(enlarged, dtype=np.uint8), scale, points)
