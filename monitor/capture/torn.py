"""Signs that a decoder painted over what it did not get: a grey or green part, or one row drawn down to the bottom.

No sensor gives these. A part counts when it reaches over the whole width and enough of the height, at top or bottom,
and the rest of the picture is alive. Black and blown-out parts are left alone: letterboxes, night, a window. What a
decoder smears more cleverly cannot be told from a picture; that one it must report itself (``Arrival.pixels`` None).
"""

from __future__ import annotations

import numpy as np

from monitor.records import U8

SAMPLED_ROWS = 72
SAMPLED_COLUMNS = 64
PLAIN_SHARE, STREAKED_SHARE = 0.125, 0.25
"""Share of the height from which a part of one colour, or of streaks, counts."""
_SAME = 1
"""Rows that were painted differ by no more than this (rounding of the colour conversion)."""
_STREAKED = 12.0
"""Deviation along a row from which it is a drawn-down picture row and not a plain wall."""
_NEVER = 2.0
_PLAIN = (24, 232)
"""A part of one colour counts between these; darker is night or letterbox, brighter is blown out."""


def looks_torn(pixels: U8) -> bool:
    """Whether ``pixels`` (H, W, 3) carry such a part. Looks at some 5000 of them."""
    height, width = pixels.shape[:2]
    if height < SAMPLED_ROWS or width < 16:
        return False
    rows = pixels[:: height // SAMPLED_ROWS, :: max(1, width // SAMPLED_COLUMNS)].astype(np.int16)
    same = np.abs(np.diff(rows, axis=0)).max(axis=(1, 2)) <= _SAME
    for run, edge in ((_leading(same), rows[0]), (_leading(same[::-1]), rows[-1])):
        nothing_else = run >= len(same) - 1  # black, covered, a test card
        if not nothing_else and run >= len(rows) * _share_of(edge):
            return True
    return False


def _leading(same: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> int:
    """How many rows from the edge on are like their neighbour."""
    return int(len(same) if same.all() else np.argmin(same))


def _share_of(row: np.ndarray[tuple[int, int], np.dtype[np.int16]]) -> float:
    """Share of the height from which a part that begins with ``row`` (W, 3) is painted."""
    along = row.max(axis=0) - row.min(axis=0)
    if int(along.max()) <= _SAME:
        return PLAIN_SHARE if _PLAIN[0] <= float(row.mean()) <= _PLAIN[1] else _NEVER
    return STREAKED_SHARE if float(row.std(axis=0).max()) >= _STREAKED else _NEVER
