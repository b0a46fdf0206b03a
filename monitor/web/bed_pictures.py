"""What the beds look like now, out of the cameras' shared memory. Nothing is kept but the newest JPEG of a bed."""

from __future__ import annotations

from threading import Lock

from monitor.capture.ring import RingError, RingLayout, RingReader
from monitor.service.bed_picture import bed_jpeg
from monitor.service.page_messages import ShowBed, ShowSource

FRESH_S = 4.0
"""A picture that was captured earlier is not how the bed looks now."""
HEARD_WITHIN_S = 5.0
"""Who has not heard the supervisor for longer does not know whether care goes on at the bed, and shows nothing."""


class BedPictures:
    """Rings and beds as the supervisor told them. May be asked from any thread."""

    def __init__(self) -> None:
        self._rings: dict[str, RingReader] = {}
        self._beds: dict[str, ShowBed] = {}
        self._newest: dict[str, tuple[int, float, bytes]] = {}
        self._lock = Lock()

    def add_source(self, order: ShowSource, descriptor: int) -> None:
        """Look at the pictures behind ``descriptor``, which stays the caller's; what is no ring shows nothing."""
        with self._lock:
            self._let_go(order.source)
            try:
                layout = RingLayout(slots=order.slots, capacity_bytes=order.capacity_bytes)
                self._rings[order.source] = RingReader(descriptor, layout)
            except (RingError, OSError):
                return

    def remove_source(self, source: str) -> None:
        """Let the ring go."""
        with self._lock:
            self._let_go(source)

    def add_bed(self, order: ShowBed) -> None:
        """Show the bed so from now on; while it is ``paused`` nothing of it."""
        with self._lock:
            self._beds[order.bed] = order
            self._newest.pop(order.bed, None)

    def remove_bed(self, bed: str) -> None:
        """Show it no more."""
        with self._lock:
            self._beds.pop(bed, None)
            self._newest.pop(bed, None)

    def looks_at(self, bed: str) -> bool:
        """Whether the bed is watched and no care goes on there."""
        shown = self._beds.get(bed)
        return shown is not None and not shown.paused

    def jpeg(self, bed: str, now_s: float, silent_s: float) -> bytes | None:
        """The bed at ``now_s``, when the supervisor has been silent for ``silent_s``; None when it may not or cannot be
        shown.
        """
        with self._lock:
            shown = self._beds.get(bed)
            ring = None if shown is None else self._rings.get(shown.source)
            if shown is None or shown.paused or ring is None or silent_s > HEARD_WITHIN_S:
                return None
            known = self._newest.get(bed)
            picture = ring.newest(0 if known is None else known[0])
            if picture is not None:
                jpeg = bed_jpeg(picture.pixels, shown.zone, shown.rotate_deg)
                known = self._newest[bed] = picture.sequence, picture.captured_s, jpeg
            return None if known is None or now_s - known[1] > FRESH_S else known[2]

    def close(self) -> None:
        """Let everything go."""
        with self._lock:
            for source in tuple(self._rings):
                self._let_go(source)
            self._beds.clear()
            self._newest.clear()

    def _let_go(self, source: str) -> None:
        ring = self._rings.pop(source, None)
        if ring is not None:
            ring.close()
        for bed, shown in self._beds.items():
            if shown.source == source:
                self._newest.pop(bed, None)
