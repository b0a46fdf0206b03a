"""The newest pictures of one camera in shared memory, from the capture process to whoever reads them.

The memory has no name (memfd): it is inherited or passed as a file descriptor and vanishes with its last process.
A slot holds one picture behind a lock word, a seqlock: ``2n - 1`` while picture ``n`` is written, ``2n`` when it is
whole. A reader copies a slot and looks at the word before and after. Processors may show another one's writes in
another order, and a writer can be killed at any byte, so the word alone is not trusted: the header carries the
picture's number, size, times and CRC-32, and its own CRC-32. What does not agree in all of them is not a picture.

Latest wins: the writer never waits and never asks who reads.
"""

from __future__ import annotations

import fcntl
import math
import mmap
import os
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from monitor.errors import VigilError
from monitor.records import U8

LONGEST_SIDE_PX = 1920
"""Pictures with a longer side are made smaller by the capture process; memory that is never used costs nothing."""
CAPACITY_BYTES = LONGEST_SIDE_PX * LONGEST_SIDE_PX * 3
_MAGIC = 0x31_47_4E_52_4C_47_56_00
_PAGE = 4096
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HEADER = np.dtype(
    [
        ("magic", "<u8"),
        ("sequence", "<u8"),
        ("captured_s", "<f8"),
        ("captured_us", "<i8"),
        ("height", "<u4"),
        ("width", "<u4"),
        ("pixels_crc", "<u4"),
        ("header_crc", "<u4"),
    ]
)
_SUMMED = _HEADER.itemsize - 4
_READ_ATTEMPTS = 8


class RingError(VigilError):
    """The memory is no ring of this layout, or a picture does not fit into it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RingLayout:
    """``slots`` pictures of up to ``capacity_bytes`` each; both sides must use the same."""

    slots: int = 4
    capacity_bytes: int = CAPACITY_BYTES

    def __post_init__(self) -> None:
        if self.slots < 2 or self.capacity_bytes < 3:
            raise RingError(f"a ring has 2 slots or more for 3 bytes or more, got {self}")

    @property
    def stride(self) -> int:
        """Bytes from one slot to the next: lock word, header, picture, rounded up to a page."""
        return -(-(8 + _HEADER.itemsize + self.capacity_bytes) // _PAGE) * _PAGE

    @property
    def size(self) -> int:
        """Bytes of all slots."""
        return self.slots * self.stride


@dataclass(frozen=True, slots=True, kw_only=True)
class LivePicture:
    """``pixels`` (H, W, 3) uint8 BGR, the reader's own copy. ``captured_s`` is CLOCK_MONOTONIC, which all share."""

    sequence: int
    captured_s: float
    captured_at: datetime
    pixels: U8


def ring_memory(layout: RingLayout) -> int:
    """File descriptor of memory for ``layout``, all zero; the caller closes it. Nobody can change its size any more."""
    descriptor = os.memfd_create("vigil-ring", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        os.ftruncate(descriptor, layout.size)
        fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


class _Ring:
    """One process's view; the descriptor may be closed afterwards."""

    def __init__(self, descriptor: int, layout: RingLayout) -> None:
        if os.fstat(descriptor).st_size != layout.size:
            raise RingError(f"the memory has {os.fstat(descriptor).st_size} bytes, {layout} takes {layout.size}")
        self.layout = layout
        self._map = mmap.mmap(descriptor, layout.size)
        self._bytes = np.frombuffer(self._map, np.uint8).reshape(layout.slots, layout.stride)
        # One aligned 8-byte store or load per access, which no processor splits.
        self._locks = self._bytes[:, :8].view(np.uint64)[:, 0]

    def newest_sequence(self) -> int:
        """Number of the newest whole picture, 0 before the first; costs a few loads."""
        words = [int(word) for word in self._locks]
        return max((word // 2 for word in words if word % 2 == 0), default=0)

    def close(self) -> None:
        """Unmap; may be called twice."""
        if not self._map.closed:
            del self._bytes, self._locks
            self._map.close()


class RingWriter(_Ring):
    """The only writer of a ring. One that follows a killed writer counts on where that one stopped."""

    def __init__(self, descriptor: int, layout: RingLayout) -> None:
        super().__init__(descriptor, layout)
        self._sequence = max((int(word) + 1) // 2 for word in self._locks)

    def write(self, pixels: U8, captured_s: float, captured_at: datetime) -> int:
        """Put a picture (H, W, 3) uint8 BGR over the oldest one; its number, which counts from 1.

        RingError when it is larger than a slot.
        """
        if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.dtype != np.uint8 or not pixels.size:
            raise RingError(f"a picture is (H, W, 3) uint8, got {pixels.shape} {pixels.dtype}")
        if pixels.nbytes > self.layout.capacity_bytes:
            raise RingError(f"a picture of {pixels.nbytes} bytes, a slot holds {self.layout.capacity_bytes}")
        self._sequence += 1
        slot, flat = self._sequence % self.layout.slots, np.ascontiguousarray(pixels).reshape(-1)
        header = np.zeros((), _HEADER)
        header["magic"], header["sequence"] = _MAGIC, self._sequence
        header["captured_s"] = captured_s
        header["captured_us"] = _microseconds(captured_at)
        header["height"], header["width"] = pixels.shape[:2]
        header["pixels_crc"] = zlib.crc32(flat.data)
        header["header_crc"] = zlib.crc32(header.tobytes()[:_SUMMED])
        row = self._bytes[slot]
        self._locks[slot] = 2 * self._sequence - 1
        row[8 : 8 + _HEADER.itemsize] = np.frombuffer(header.tobytes(), np.uint8)
        row[8 + _HEADER.itemsize : 8 + _HEADER.itemsize + flat.size] = flat
        self._locks[slot] = 2 * self._sequence
        return self._sequence


class RingReader(_Ring):
    """One of any number of readers. ``refused`` counts copies that were torn or overwritten while they were made."""

    def __init__(self, descriptor: int, layout: RingLayout) -> None:
        super().__init__(descriptor, layout)
        self.refused = 0

    def newest_captured_s(self) -> float | None:
        """When the newest picture was captured, without copying it; None when there is none or it is being written."""
        sequence = self.newest_sequence()
        header = self._header(sequence % self.layout.slots, 2 * sequence) if sequence else None
        return None if header is None else float(header["captured_s"])

    def newest(self, after: int = 0) -> LivePicture | None:
        """The newest picture whose number is above ``after``; None when there is none (yet)."""
        for _ in range(_READ_ATTEMPTS):
            words = [int(word) for word in self._locks]
            whole = [(word, slot) for slot, word in enumerate(words) if word % 2 == 0 and word // 2 > after]
            if not whole:
                return None
            for word, slot in sorted(whole, reverse=True):
                picture = self._copy(slot, word)
                if picture is not None:
                    return picture
                self.refused += 1
        return None

    def _header(self, slot: int, word: int) -> np.void | None:
        """The header of the picture under lock word ``word``; None unless it is whole and belongs to it."""
        head = self._bytes[slot, 8 : 8 + _HEADER.itemsize].tobytes()
        header: np.void = np.frombuffer(head, _HEADER)[0]
        sound = (
            int(header["header_crc"]) == zlib.crc32(head[:_SUMMED])
            and int(header["magic"]) == _MAGIC
            and int(header["sequence"]) == word // 2
            and 0 < int(header["height"]) * int(header["width"]) * 3 <= self.layout.capacity_bytes
            and math.isfinite(header["captured_s"])
        )
        return header if sound else None

    def _copy(self, slot: int, word: int) -> LivePicture | None:
        header = self._header(slot, word)
        if header is None:
            return None
        height, width = int(header["height"]), int(header["width"])
        begin = 8 + _HEADER.itemsize
        flat = self._bytes[slot, begin : begin + height * width * 3].copy()
        if int(self._locks[slot]) != word or zlib.crc32(flat.data) != int(header["pixels_crc"]):
            return None
        try:
            captured_at = _EPOCH + timedelta(microseconds=int(header["captured_us"]))
        except OverflowError:
            return None
        return LivePicture(
            sequence=word // 2,
            captured_s=float(header["captured_s"]),
            captured_at=captured_at,
            pixels=flat.reshape(height, width, 3),
        )


def _microseconds(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(microseconds=1)
