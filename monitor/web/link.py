"""What the page needs of the ward: all that the web side knows of the service behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from monitor.service.control.requests import Answer, Request
from monitor.ward.service import PrivacySettings
from monitor.web.heatmap import Heatmap

if TYPE_CHECKING:
    from monitor.ward.page import PageSettings
    from monitor.ward.secret import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class BedPlace:
    """A bed as people call it. ``audio_pause_most_s`` and ``privacy_pause_most_s`` are its longest pauses."""

    room: str = ""
    resident: str = ""
    audio_pause_most_s: float = 120.0
    privacy_pause_most_s: float = 1800.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PageConfiguration:
    """What the page must know of the ward's configuration.

    ``database_url`` is never without a value (the default is filled in); ``state`` is the service's state directory.
    """

    ward: str
    page: PageSettings
    beds: Mapping[str, BedPlace]
    privacy: PrivacySettings
    database_url: str
    database_password: Secret | None = field(default=None, repr=False)
    pixels_key: Secret | None = field(default=None, repr=False)
    private_key: Path | None = field(default=None, repr=False)
    """File with the key of ``page.certificate``, in PEM."""
    state: Path


class WardLink(Protocol):
    """The running ward. No method raises for a ward that is away: what cannot be known is None."""

    def configuration(self) -> PageConfiguration:
        """As of the last start or reload."""

    def snapshot(self) -> Mapping[str, Any] | None:
        """The newest ``monitor.service.status.ward_status``, None before the first."""

    def number(self) -> int:
        """How many snapshots came so far."""

    def age_s(self) -> float:
        """Seconds since the supervisor was last heard; infinite before the first word."""

    async def changed(self, after: int) -> int:
        """Wait for a snapshot whose number is above ``after``; that number."""

    async def ask(self, request: Request) -> Answer:
        """What the supervisor answers; an answer with an error when it does not in time."""

    def picture(self, bed: str) -> bytes | None:
        """JPEG of the bed's zone now, upright. None: no fresh picture, unknown bed, or a privacy pause."""

    async def heatmap(self, bed: str) -> Heatmap | None:
        """The bed's newest explanation; one older than 2 s is asked for anew and waited for, at most 5 s."""
