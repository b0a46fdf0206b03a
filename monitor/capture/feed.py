"""What every kind of live source offers inside the capture process."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from monitor.capture.pace import Pace
from monitor.errors import VigilError
from monitor.records import U8


class FeedEnded(VigilError):
    """No more pictures come of it; the message says why, in one line.

    ``final``: trying again is of no use (a recording came to its end).
    """

    def __init__(self, reason: str, *, final: bool = False) -> None:
        super().__init__(reason)
        self.final = final


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A picture (H, W, 3) uint8 BGR at its moment of arrival; ``pixels`` None: one that cannot be decoded."""

    captured_s: float
    captured_at: datetime
    pixels: U8 | None


class Feed(Protocol):
    """An open source. Its pictures pass ``pace`` first, before they cost anything."""

    pace: Pace

    @property
    def decoder(self) -> str:
        """Who captures and decodes, in words."""
        ...

    def next(self, wait_s: float) -> Arrival | None:
        """The newest picture, waiting at most about ``wait_s``; FeedEnded when there will be none.

        A read inside a library may wait longer; who watches the process then ends it.
        """
        ...

    def close(self) -> None:
        """Say goodbye to the camera and free everything."""
        ...
