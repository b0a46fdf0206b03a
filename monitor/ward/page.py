"""The bedside page: where it is served, to whom, and what it shows of other wards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from monitor.ward.values import AbsolutePath, Credential, HostName, Port, Seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class PageSettings:
    """The bedside page, in a browser. Who may see what is kept in the database: `vigil user`."""

    enabled: bool = False
    """Whether it is served."""
    host: HostName = "127.0.0.1"
    """Address it is served at; one that others reach needs a certificate, or a proxy in front of it."""
    port: Port = 8720
    """Port it is served at."""
    certificate: AbsolutePath | None = None
    """File with its certificate and those between, in PEM; with it the page is served by HTTPS alone."""
    private_key_credential: Credential | None = None
    """Credential file with the certificate's private key, in PEM, without a password."""
    behind_proxy: bool = False
    """Whether a proxy on this machine encrypts what leaves it and says whom it serves (X-Forwarded-For, -Proto)."""
    language: Literal["en", "de"] = "en"
    """Language of a page whose visitor has not chosen another."""
    live_fps: Annotated[float, Field(gt=0, le=10)] = 2.0
    """Most pictures a second of a live picture."""
    session_hours: Annotated[float, Field(gt=0, le=24 * 366)] = 12.0
    """How long a login lasts at most."""
    idle_minutes: Annotated[float, Field(ge=0, le=60 * 24 * 366)] = 60.0
    """A login that nobody used for so long ends; 0: it does not, for a display on the wall."""
    failed_logins: Annotated[int, Field(ge=1, le=100)] = 5
    """So many wrong passwords in a row shut out a name, and an address, for lockout_s."""
    lockout_s: Seconds = 300.0
    """How long that is."""
    fleet: Literal["off", "database"] = "off"
    """Whether the page shows the beds of other wards as well: database, those that share its PostgreSQL database."""
