"""The newest picture of each camera, and what newer ones have overtaken."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from monitor.records import U8


class LivePicture(Protocol):
    """A picture out of a camera's ring; ``pixels`` (H, W, 3) uint8 BGR."""

    @property
    def sequence(self) -> int: ...  # noqa: D102
    @property
    def captured_s(self) -> float: ...  # noqa: D102
    @property
    def captured_at(self) -> datetime: ...  # noqa: D102
    @property
    def pixels(self) -> U8: ...  # noqa: D102


class Ring(Protocol):
    """Where a camera's pictures lie."""

    def newest(self, after: int) -> LivePicture | None:
        """The newest picture with a higher sequence number than ``after``, None when there is none."""

    def close(self) -> None:
        """Let it go."""


class Pictures:
    """All rings by source, and the newest picture that was read of each."""

    def __init__(self) -> None:
        self._rings: dict[str, Ring] = {}
        self._newest: dict[str, LivePicture] = {}

    def add(self, source: str, ring: Ring) -> None:
        """Take pictures of ``source`` from ``ring``; an earlier ring of that name is let go."""
        self.remove(source)
        self._rings[source] = ring

    def remove(self, source: str) -> None:
        """Let the ring of ``source`` go; nothing happens without one."""
        ring = self._rings.pop(source, None)
        self._newest.pop(source, None)
        if ring is not None:
            ring.close()

    def refresh(self) -> None:
        """Read what is new in any ring."""
        for source, ring in self._rings.items():
            known = self._newest.get(source)
            picture = ring.newest(0 if known is None else known.sequence)
            if picture is not None:
                self._newest[source] = picture

    def newest(self, source: str, after: int) -> LivePicture | None:
        """The newest picture of ``source`` at the last ``refresh``, None when ``after`` is no older."""
        picture = self._newest.get(source)
        return None if picture is None or picture.sequence <= after else picture

    def close(self) -> None:
        """Let all rings go."""
        for source in tuple(self._rings):
            self.remove(source)
