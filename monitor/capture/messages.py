"""Control messages between a camera's watcher and its capture process: JSON, one per packet of a Unix socket.

    watcher → process   Open (once; carries the password), Change
    process → watcher   Report (twice a second), Ended (once, when it gives up by itself)

Pictures never travel here; they lie in ``monitor.capture.ring``.
"""

from __future__ import annotations

import socket
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from monitor.alerts.topics import Topic
from monitor.errors import VigilError
from monitor.ward.sources import CaptureSettings, SourceSettings

LARGEST_BYTES = 1 << 16
Size = tuple[int, int]
"""Width and height in px."""


class MessageError(VigilError):
    """What arrived is none of the messages above."""


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Open(_Message):
    """Capture ``source`` into the ring of ``slots`` × ``capacity_bytes``.

    ``size``: the one that the camera had before, for its check. ``watcher``: process without which to end.
    """

    type: Literal["open"] = "open"
    source: Annotated[SourceSettings, Field(discriminator="kind")]
    capture: CaptureSettings
    slots: int
    capacity_bytes: int
    size: Size | None
    watcher: int
    password: str | None = Field(repr=False)


class Change(_Message):
    """What is given takes effect at once; the picture goes on."""

    type: Literal["change"] = "change"
    max_fps: float | None = None
    repeat: bool | None = None
    capture: CaptureSettings | None = None


class Report(_Message):
    """How capturing goes. Counters count from the process's start.

    ``last_s``: CLOCK_MONOTONIC of the newest picture, fit to be judged or not. ``size``: the camera's own;
    ``usual_size``: the one it is compared with. ``decoder``: who captures and decodes, in words.
    """

    type: Literal["report"] = "report"
    arrived: int
    last_s: float | None
    fps: float
    dropped: dict[str, int]
    faults: tuple[Topic, ...]
    size: Size | None
    usual_size: Size | None
    decoder: str


class Ended(_Message):
    """The process ends: ``reason`` in one line without secrets; ``final`` when trying again is of no use."""

    type: Literal["ended"] = "ended"
    reason: str
    final: bool = False


Message = Open | Change | Report | Ended
_ADAPTER: TypeAdapter[Message] = TypeAdapter(Annotated[Message, Field(discriminator="type")])


def channel() -> tuple[socket.socket, socket.socket]:
    """Both ends of a channel that keeps messages apart."""
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def encode(message: Message) -> bytes:
    """The message as it travels."""
    return message.model_dump_json().encode()


def decode(packet: bytes) -> Message:
    """Inverse of ``encode``; MessageError, which quotes nothing of the packet."""
    try:
        return _ADAPTER.validate_json(packet)
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        said = f"not a message: {'.'.join(map(str, first['loc']))}: {first['type']}"
    raise MessageError(said)  # out here, so that it does not carry the packet along as its context
