"""What an MP4 or QuickTime file says of itself, read from its boxes (ISO/IEC 14496-12): its date, its index."""

from __future__ import annotations

import struct
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

_EPOCH = datetime(1904, 1, 1, tzinfo=UTC)
_MOST_BOXES = 4096


def creation_time(path: Path) -> datetime | None:
    """UTC from the movie header, or None when the file has none (another container, or the field left 0)."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            movie = _find(file, b"moov", 0, size)
            header = _find(file, b"mvhd", *movie) if movie else None
            if header is None:
                return None
            file.seek(header[0])
            version = file.read(4)[:1]
            seconds = int.from_bytes(file.read(8 if version == b"\x01" else 4), "big")
            return _EPOCH + timedelta(seconds=seconds) if seconds else None
    except (OSError, OverflowError):
        return None


def lost_its_index(path: Path) -> bool:
    """Whether this is an MP4 without a movie box: the recorder was stopped, or the copy broken off, before the end."""
    try:
        with path.open("rb") as file:
            return file.read(12)[4:8] == b"ftyp" and _find(file, b"moov", 0, file.seek(0, 2)) is None
    except OSError:
        return False


def _find(file: BinaryIO, kind: bytes, start: int, end: int) -> tuple[int, int] | None:
    """Content (start, end) of the first box of this kind between two offsets."""
    for _ in range(_MOST_BOXES):
        if start + 8 > end:
            return None
        file.seek(start)
        head = file.read(16)
        if len(head) < 8:
            return None
        length, found = struct.unpack(">I4s", head[:8])
        skip = 8
        if length == 1 and len(head) == 16:
            length, skip = struct.unpack(">Q", head[8:])[0], 16
        stop = end if length == 0 else start + length
        if stop < start + skip:
            return None
        if found == kind:
            return start + skip, min(stop, end)
        start = stop
    return None
