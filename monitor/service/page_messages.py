"""What supervisor and page say to each other: one JSON object a message, checked on arrival. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from monitor.errors import VigilError
from monitor.service.control.requests import Answer, Request
from monitor.service.packets import PacketChannel
from monitor.ward.page import PageSettings
from monitor.ward.service import LoggingSettings, PrivacySettings
from monitor.web.link import BedPlace

Zone = tuple[float, float, float, float]


class UnreadablePageMessage(VigilError):
    """The other side said something that is no message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetUp:
    """First of all, and again after every reload: what the page must know of the ward's configuration.

    Secrets travel in here, over a socket that only the two processes hold. ``private_key`` and ``state`` are paths.
    """

    kind: Literal["set_up"] = "set_up"
    ward: str
    page: PageSettings
    beds: Mapping[str, BedPlace]
    privacy: PrivacySettings
    logging: LoggingSettings
    database_url: str
    database_password: str | None = field(default=None, repr=False)
    pixels_key: str | None = field(default=None, repr=False)
    private_key: str | None = None
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowSource:
    """A camera's ring; its file descriptor travels beside the message. One of that name is let go."""

    kind: Literal["show_source"] = "show_source"
    source: str
    slots: int
    capacity_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HideSource:
    """The ring is let go."""

    kind: Literal["hide_source"] = "hide_source"
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowBed:
    """Which part of which picture is the bed's. ``paused``: care goes on there, nobody looks."""

    kind: Literal["show_bed"] = "show_bed"
    bed: str
    source: str
    zone: Zone | None
    rotate_deg: Literal[0, 90, 180, 270]
    paused: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HideBed:
    """The bed is no longer watched."""

    kind: Literal["hide_bed"] = "hide_bed"
    bed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """How everything is now (``monitor.service.status``)."""

    kind: Literal["status"] = "status"
    status: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What came of the question of that number."""

    kind: Literal["answered"] = "answered"
    number: int
    answer: Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceCame:
    """What was asked for under ``number``: JSON of ``monitor.web.heatmap_document`` and the face (JPEG, base 64).

    Both None when nothing is known of the bed now.
    """

    kind: Literal["evidence_came"] = "evidence_came"
    number: int
    document: str | None = None
    face: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EndPage:
    """Serve no more."""

    kind: Literal["end_page"] = "end_page"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alive:
    """A sign of life, every second. ``serving``: the page answers at its address."""

    kind: Literal["alive"] = "alive"
    serving: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CannotServe:
    """It cannot be served, in one line; it ends after this."""

    kind: Literal["cannot_serve"] = "cannot_serve"
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Somebody at the page asks something of the ward."""

    kind: Literal["asked"] = "asked"
    number: int
    request: Request


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedEvidence:
    """Somebody wants to see where in the face the network looks now."""

    kind: Literal["asked_evidence"] = "asked_evidence"
    number: int
    bed: str


PageOrder = SetUp | ShowSource | HideSource | ShowBed | HideBed | Status | Answered | EvidenceCame | EndPage
"""What the supervisor says."""
PageReport = Alive | CannotServe | Asked | AskedEvidence
"""What the page says."""


class PageChannel(PacketChannel[PageOrder | PageReport]):
    """Speaks these messages; UnreadablePageMessage when the other side talks nonsense."""

    def __init__(self, end: Any) -> None:
        super().__init__(end, pack, unpack)


def pack(message: PageOrder | PageReport) -> bytes:
    """``message`` as JSON."""
    return _adapter().dump_json(message)


def unpack(payload: bytes) -> Any:
    """The message in ``payload``; UnreadablePageMessage when there is none."""
    try:
        return _adapter().validate_json(payload)
    except (ValueError, VigilError) as error:
        raise UnreadablePageMessage(f"no message of the page: {str(error).splitlines()[0]}") from error


@cache
def _adapter() -> TypeAdapter[Any]:
    return TypeAdapter(Annotated[PageOrder | PageReport, Field(discriminator="kind")])
