"""Small control messages between client and worker: length-prefixed JSON over a socket pair, checked on arrival.

    client → worker   Configure (once), Job (one frame in a slot of the shared memory)
    worker → client   Loading (a sign of life, now and then), Ready or Refused (once), then Done or Failed for every Job

Arrays never travel here; they lie in ``monitor.sidecar.slots``.
"""

from __future__ import annotations

import socket
import struct
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from monitor.errors import VigilError

_LENGTH = struct.Struct("!I")
_LARGEST = 1 << 20


class WireError(VigilError):
    """What arrived is not one of the messages above."""


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Configure(_Message):
    """What the worker explains and how. ``crop_px``, ``slots`` and ``max_targets`` lay out the shared memory."""

    type: Literal["configure"] = "configure"
    bundle: str
    composite: str
    crop_px: int = Field(ge=1)
    slots: int = Field(ge=1)
    max_targets: int = Field(ge=1)
    nice: int = Field(ge=0, le=19)


class Loading(_Message):
    """A sign of life while the worker still loads its libraries and the network."""

    type: Literal["loading"] = "loading"


class Ready(_Message):
    """The network is loaded and its hashes agree.

    ``weights`` says what is explained where it is not the deployed weights themselves ("dequantised int8 weights").
    ``network`` is what the worker found in its reach (``monitor.sidecar.isolation.network_in_reach``).
    """

    type: Literal["ready"] = "ready"
    model_id: str
    weights: str = ""
    network: str = ""


class Refused(_Message):
    """The worker will not explain with this configuration; ``reason`` is one line for people.

    ``for_now``: asking again later may help (somebody else is served).
    """

    type: Literal["refused"] = "refused"
    reason: str
    for_now: bool = False


class Job(_Message):
    """Explain ``targets`` of the crop in ``slot``, which must carry ``seq``."""

    type: Literal["job"] = "job"
    seq: int = Field(ge=1)
    slot: int = Field(ge=0)
    targets: Annotated[tuple[str, ...], Field(strict=False, min_length=1)]


class TargetResult(_Message):
    """Figures of one target; its relevance lies in the slot, in the order of the job's targets."""

    target: str
    logit: float
    mu: float | None
    mu_chance: float | None
    outside_face: float | None
    conservation_error: float


class Done(_Message):
    """A job's results."""

    type: Literal["done"] = "done"
    seq: int
    results: Annotated[tuple[TargetResult, ...], Field(strict=False)]


class Failed(_Message):
    """A job that cannot be explained, and why."""

    type: Literal["failed"] = "failed"
    seq: int
    reason: str


Message = Annotated[Configure | Loading | Ready | Refused | Job | Done | Failed, Field(discriminator="type")]
_ADAPTER: TypeAdapter[Configure | Loading | Ready | Refused | Job | Done | Failed] = TypeAdapter(Message)


def encode(message: BaseModel) -> bytes:
    """The message as it travels: four bytes of length, then JSON."""
    body = message.model_dump_json().encode()
    if len(body) > _LARGEST:
        raise WireError(f"message of {len(body)} bytes, at most {_LARGEST} travel")
    return _LENGTH.pack(len(body)) + body


def decode(body: bytes) -> Configure | Loading | Ready | Refused | Job | Done | Failed:
    """Inverse of ``encode`` without the length; WireError in one line."""
    try:
        return _ADAPTER.validate_json(body)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise WireError(f"not a sidecar message: {where}: {first['msg']}") from error


class Channel:
    """One end of the socket pair. Reading never splits or joins messages, however the bytes arrive."""

    def __init__(self, end: socket.socket) -> None:
        self.socket = end
        self._buffer = bytearray()

    def fileno(self) -> int:
        """For ``select``."""
        return self.socket.fileno()

    def send(self, message: BaseModel) -> None:
        """Hand the message over; OSError when the other side is gone."""
        self.socket.sendall(encode(message))

    def receive(self) -> Configure | Loading | Ready | Refused | Job | Done | Failed | None:
        """The next message, waiting for it; None when the other side is gone."""
        while (message := self.buffered()) is None:
            if not self.fill():
                return None
        return message

    def fill(self) -> bool:
        """Read what is there (at least one byte, waiting for it); False when the other side is gone."""
        try:
            data = self.socket.recv(1 << 16)
        except ConnectionError:
            return False
        self._buffer += data
        return bool(data)

    def buffered(self) -> Configure | Loading | Ready | Refused | Job | Done | Failed | None:
        """The next message that has fully arrived, or None."""
        if len(self._buffer) < _LENGTH.size:
            return None
        (length,) = _LENGTH.unpack_from(self._buffer)
        if length > _LARGEST:
            raise WireError(f"a message claims {length} bytes, at most {_LARGEST} travel")
        if len(self._buffer) < _LENGTH.size + length:
            return None
        body = bytes(self._buffer[_LENGTH.size : _LENGTH.size + length])
        del self._buffer[: _LENGTH.size + length]
        return decode(body)

    def close(self) -> None:
        """Close this end; the other one reads an end of stream."""
        self.socket.close()
