"""What the service keeps, shows and says: storage, privacy, health endpoint, log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from monitor.ward.values import Credential, DatabaseUrl, Days, HostName, Port


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageSettings:
    """The database and how long it keeps what."""

    database_url: DatabaseUrl | None = None
    """sqlite:////… or postgresql://user@host/name, without a password; none: vigil.sqlite in the state directory."""
    password_credential: Credential | None = None
    """Credential file with the password of the database's user."""
    seconds_kept_days: Days = 7.0
    """How long trends by the second are kept."""
    minutes_kept_days: Days = 365.0
    """How long trends by the minute are kept; no shorter than those by the second."""
    alerts_kept_days: Days = 1825.0
    """How long alerts and acknowledgements are kept."""
    pixels_kept_days: Days = 1.0
    """How long pictures are kept, where they are kept at all."""
    largest_mib: Annotated[int, Field(ge=64, le=16_777_216)] = 4096
    """Size at which the oldest trends and pictures go; alerts go by age alone."""
    pixels_key_credential: Credential | None = None
    """Credential file with the key that encrypts pictures; needed by, and only with, privacy.pixels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivacySettings:
    """What is never shown, stored or sent unless it is turned on here."""

    emotion_scores: bool = False
    """Whether emotion scores are shown, stored and sent. In judging pain they are used all the same, inside."""
    pixels: bool = False
    """Whether pictures of faces are stored (encrypted). Needs storage.pixels_key_credential."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthSettings:
    """/livez, /readyz, /status and /metrics."""

    enabled: bool = True
    """Whether they are served."""
    host: HostName = "127.0.0.1"
    """Address they are served at."""
    port: Port = 8710
    """Port they are served at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggingSettings:
    """The log, on standard output."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    """Least weight of a line that is written."""
    format: Literal["json", "console"] = "json"
    """One JSON object a line, or lines for people."""
