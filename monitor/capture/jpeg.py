"""Decodes a camera's JPEG, after a look at what it claims to be."""

from __future__ import annotations

import cv2
import numpy as np

from monitor.records import U8

LARGEST_SIDE_PX = 8192
_START, _END = b"\xff\xd8", b"\xff\xd9"
_SIZES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
_BARE = frozenset({0x01, *range(0xD0, 0xD9)})


def jpeg_size(content: bytes) -> tuple[int, int] | None:
    """Width and height in px that the frame header claims; None without one."""
    if not content.startswith(_START):
        return None
    at = 2
    while at + 4 <= len(content):
        if content[at] != 0xFF:
            return None
        marker = content[at + 1]
        if marker == 0xFF:
            at += 1
        elif marker in _BARE:
            at += 2
        elif marker in _SIZES:
            height, width = (int.from_bytes(content[at + 5 + 2 * i : at + 7 + 2 * i], "big") for i in range(2))
            return (width, height) if at + 9 <= len(content) and width and height else None
        else:
            at += 2 + max(2, int.from_bytes(content[at + 2 : at + 4], "big"))
    return None


def decoded_jpeg(content: bytes) -> U8 | None:
    """(H, W, 3) uint8 BGR; None for what is cut off, absurdly large or no JPEG: libjpeg would paint the rest grey."""
    size = jpeg_size(content)
    if size is None or max(size) > LARGEST_SIDE_PX or _END not in content[-64:]:
        return None
    try:
        pixels = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:
        return None
    return None if pixels is None else np.asarray(pixels, dtype=np.uint8)
