"""Boxes and windows in frame px: (x, y, w, h) of faces, and the rectangles that are searched. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass

Box = tuple[float, float, float, float]

FOLLOW_SHARE = 3.0
"""Side of a follower's window in face sizes; at 3 the detector found 15 of 15 heads at any quarter, at 4 to 5 14."""
SEARCH_SHARE = 6.0
"""Largest side of a searched square in sizes of the smallest face (measured: 30 of 30 found up to 7, 28 at 8)."""
_LEVEL_RATIO = 2.0
_TILE_OVERLAP = 0.3
_MOST_TILES_A_SIDE = 5


@dataclass(frozen=True, slots=True)
class Window:
    """A rectangle of whole px that lies inside the frame."""

    x: int
    y: int
    w: int
    h: int

    def holds(self, box: Box, width: int, height: int, share: float = FOLLOW_SHARE) -> bool:
        """Whether a face in ``box`` can go on being followed here: with room around it, neither tiny nor filling it.

        At the edges of the frame of ``width`` × ``height`` there is no more room to be had.
        """
        side, face = max(self.w, self.h), max(box[2], box[3])
        room = 0.3 * face
        return (
            (self.x == 0 or self.x <= box[0] - room)
            and (self.y == 0 or self.y <= box[1] - room)
            and (self.x + self.w == width or box[0] + box[2] + room <= self.x + self.w)
            and (self.y + self.h == height or box[1] + box[3] + room <= self.y + self.h)
            and (side == max(width, height) or face < side / (0.5 * share))
            and face > side / (1.5 * share)
        )


def size_of(box: Box) -> float:
    """Face size in px: the geometric mean of width and height."""
    return math.sqrt(max(box[2], 0.0) * max(box[3], 0.0))


def centre_of(box: Box) -> tuple[float, float]:
    """Centre of a box in px."""
    return box[0] + box[2] / 2, box[1] + box[3] / 2


def overlap(one: Box, other: Box) -> float:
    """Intersection over union."""
    w = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    h = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    if w <= 0 or h <= 0:
        return 0.0
    return w * h / (one[2] * one[3] + other[2] * other[3] - w * h)


def same_face(one: Box, other: Box) -> bool:
    """Whether two meshes lie on one face: two heads cannot come as close in a picture at like size."""
    (ax, ay), (bx, by) = centre_of(one), centre_of(other)
    return math.hypot(ax - bx, ay - by) < 0.35 * min(size_of(one), size_of(other)) or overlap(one, other) > 0.6


def around(box: Box, width: int, height: int, share: float = FOLLOW_SHARE) -> Window:
    """The window of ``share`` face sizes around a box, moved and cut to lie inside a ``width`` × ``height`` frame."""
    side = max(16, round(max(box[2], box[3]) * share))
    cx, cy = centre_of(box)
    w, h = min(side, width), min(side, height)
    return Window(
        int(min(max(cx - w / 2, 0), width - w)),
        int(min(max(cy - h / 2, 0), height - h)),
        w,
        h,
    )


def search_windows(
    width: int, height: int, min_face_px: float, zones: tuple[tuple[float, float, float, float], ...] = ()
) -> list[Window]:
    """What is searched for faces, in turn: the zones, the whole frame, then squares from large to small.

    Squares overlap by so much that a face too large to lie whole in one of them lies in one of the next level. At
    most five smallest squares fit the short side: in an 8K picture (4320 px high) the smallest face looked for is
    thus 144 px.
    """
    found = [Window(0, 0, width, height)]
    short = min(width, height)
    side = max(SEARCH_SHARE * min_face_px, short / _MOST_TILES_A_SIDE)
    levels: list[float] = []
    while side < short:
        levels.append(side)
        side *= _LEVEL_RATIO
    for level in reversed(levels):
        found += _tiles(0, 0, width, height, level)
    looked: list[Window] = []
    for zx, zy, zw, zh in zones:
        zone = Window(int(zx * width), int(zy * height), max(1, int(zw * width)), max(1, int(zh * height)))
        looked.append(zone)
        if levels and max(zone.w, zone.h) > 1.5 * levels[0]:
            looked += _tiles(zone.x, zone.y, zone.w, zone.h, levels[0])
    return looked + found


def _tiles(x: int, y: int, width: int, height: int, side: float) -> list[Window]:
    side = min(side, width, height)
    overlap_px = _TILE_OVERLAP * side

    def starts(length: int) -> list[int]:
        count = 1 if length <= side else math.ceil((length - side) / (side - overlap_px)) + 1
        return [round(i * (length - side) / max(count - 1, 1)) for i in range(count)]

    return [Window(x + sx, y + sy, int(side), int(side)) for sy in starts(height) for sx in starts(width)]
