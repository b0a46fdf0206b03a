"""What every source offers: its facts, one pass of Frame or Gap, and a close."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from monitor.errors import ConfigurationError
from monitor.records import Frame, Gap

Backend = Literal["auto", "opencv", "gstreamer"]
BACKENDS: tuple[Backend, ...] = ("auto", "opencv", "gstreamer")


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSettings:
    """How a source is opened.

    ``backend``: who decodes recordings; "auto" takes OpenCV, and GStreamer for what OpenCV cannot open.
    ``rotate_deg``: clockwise turn after the recording's own rotation metadata (a resident lies on the side).
    ``started_at``: UTC of the first picture; None takes the container's creation time, else 1970-01-01.
    ``image_period_s``: time between the pictures of a folder.
    ``gap_after_s``: a longer time without a picture (and than three frame periods) is a hole: the picture before stands
    on when the container has none to show there, else it is a Gap.
    ``hold_s``: longest time for which a picture stands on; what is longer is a Gap.
    """

    backend: Backend = "auto"
    rotate_deg: Literal[0, 90, 180, 270] = 0
    started_at: datetime | None = None
    image_period_s: float = 1.0
    gap_after_s: float = 0.5
    hold_s: float = 60.0

    def __post_init__(self) -> None:
        if self.backend not in BACKENDS:
            raise ConfigurationError(f"source.backend: must be one of {', '.join(BACKENDS)}, got {self.backend!r}")
        if self.rotate_deg not in (0, 90, 180, 270):
            raise ConfigurationError(f"source.rotate_deg: must be 0, 90, 180 or 270, got {self.rotate_deg}")
        if self.started_at is not None and self.started_at.tzinfo is None:
            raise ConfigurationError("source.started_at: must carry a time zone")
        for name in ("image_period_s", "gap_after_s", "hold_s"):
            if not getattr(self, name) > 0:
                raise ConfigurationError(f"source.{name}: must be > 0, got {getattr(self, name)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceInfo:
    """Facts of an opened source. ``width`` and ``height`` are those of the frames it yields, after rotation.

    ``fps`` is nominal, ``frame_count`` and ``duration_s`` are what the container claims; None when it says nothing.
    """

    source_id: str
    width: int
    height: int
    fps: float | None
    frame_count: int | None
    duration_s: float | None
    backend: str
    started_at: datetime


class Source(Protocol):
    """A recording, picture or folder of pictures."""

    @property
    def info(self) -> SourceInfo:
        """Facts known since opening."""
        ...

    def frames(self) -> Iterator[Frame | Gap]:
        """One pass in presentation order; ``captured_s`` rises strictly, ``frame_id`` counts from 0."""
        ...

    def close(self) -> None:
        """Free the decoder; may be called twice, and ends a pass under way."""
        ...
