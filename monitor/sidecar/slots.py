"""Crops and relevance in shared memory: a few numbered slots in anonymous memory that both processes map.

The memory has no name: it is passed as a file descriptor and vanishes with the last process that maps it, so a
killed process leaves nothing behind. A slot holds one crop with its landmarks and, later, its relevance. The
sequence number is written in front of and behind the crop: a slot that was torn or reused is noticed.
"""

from __future__ import annotations

import mmap
import os
import tempfile
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monitor.sidecar.wire import WireError

_MARK = np.dtype("<u8")
_LANDMARKS = (478, 2)


@dataclass(frozen=True, slots=True)
class SlotLayout:
    """``slots`` slots for crops of side ``crop_px`` and up to ``max_targets`` relevance maps each."""

    slots: int
    crop_px: int
    max_targets: int

    @property
    def dtype(self) -> np.dtype[np.void]:
        """One slot as a structured type."""
        side = self.crop_px
        return np.dtype(
            [
                ("front", _MARK),
                ("pixels", np.uint8, (side, side, 3)),
                ("landmarks", np.dtype("<f4"), _LANDMARKS),
                ("back", _MARK),
                ("relevance", np.dtype("<f4"), (self.max_targets, side, side)),
            ],
            align=True,
        )

    @property
    def size(self) -> int:
        """Bytes of all slots."""
        return self.slots * self.dtype.itemsize


def anonymous_memory(size: int) -> int:
    """File descriptor of ``size`` bytes of memory without a name; the caller closes it."""
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("vigil-sidecar")
    else:
        with tempfile.TemporaryFile() as file:
            descriptor = os.dup(file.fileno())
    os.ftruncate(descriptor, size)
    return descriptor


class Slots:
    """One process's view of the shared memory behind ``descriptor``."""

    def __init__(self, descriptor: int, layout: SlotLayout) -> None:
        self.layout = layout
        self._map = mmap.mmap(descriptor, layout.size)
        self._rows = np.frombuffer(self._map, dtype=layout.dtype, count=layout.slots)

    def write_crop(self, slot: int, seq: int, pixels: NDArray[np.uint8], landmarks: NDArray[np.float32]) -> None:
        """Put a crop (S, S, 3) and its landmarks (478, 2) into a slot, under sequence number ``seq``."""
        row = self._rows[slot : slot + 1]
        row["back"] = 0
        row["front"] = seq
        row["pixels"] = pixels
        row["landmarks"] = landmarks
        row["back"] = seq

    def read_crop(self, slot: int, seq: int) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        """Copies of the crop and its landmarks; WireError unless the slot holds ``seq`` whole."""
        self._require(slot)
        row = self._rows[slot]
        pixels, landmarks = row["pixels"].copy(), row["landmarks"].copy()
        if int(row["front"]) != seq or int(row["back"]) != seq:
            raise WireError(f"slot {slot} does not hold frame {seq}")
        return pixels, landmarks

    def write_relevance(self, slot: int, maps: NDArray[np.float32]) -> None:
        """Put relevance maps (T, S, S) into a slot."""
        self._require(slot)
        self._rows[slot]["relevance"][: len(maps)] = maps

    def read_relevance(self, slot: int, count: int) -> NDArray[np.float32]:
        """A copy of the first ``count`` relevance maps (count, S, S)."""
        self._require(slot)
        return np.array(self._rows[slot]["relevance"][:count], dtype=np.float32)

    def close(self) -> None:
        """Unmap the memory."""
        del self._rows
        self._map.close()

    def _require(self, slot: int) -> None:
        if not 0 <= slot < self.layout.slots:
            raise WireError(f"no slot {slot}, there are {self.layout.slots}")
