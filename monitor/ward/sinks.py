"""Where alerts go: console, journal, MQTT, webhook. Secrets are named by their credential file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from monitor.alerts.alert_journal import AlertJournalSettings
from monitor.ward.values import (
    AbsolutePath,
    Count,
    Credential,
    HostName,
    HttpUrl,
    Label,
    Name,
    Port,
    Seconds,
    TopicPrefix,
)

LeastPriority = Literal["low", "medium", "high"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleSink:
    """One line per alert on standard output, where systemd's journal takes it."""

    kind: Literal["console"] = "console"
    beds: tuple[Name, ...] | None = None
    """Beds whose alerts go here; none named: all."""
    least_priority: LeastPriority = "low"
    """Alerts of a lower priority do not go here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalSink:
    """Append-only file of every transition of every alert with its reason; `vigil burden` and `vigil shift` read it."""

    kind: Literal["journal"] = "journal"
    path: AbsolutePath | None = None
    """The file; none: alerts.jsonl in the state directory."""
    turn_mib: Annotated[int, Field(ge=1, le=4096)] = 16
    """Size from which the file is renamed and begun anew."""

    def journal_settings(self) -> AlertJournalSettings:
        """Settings of the alert journal."""
        return AlertJournalSettings(turn_bytes=self.turn_mib << 20)


@dataclass(frozen=True, slots=True, kw_only=True)
class MqttSink:
    """An MQTT broker: last will, retained state per bed, bounded outbox while it is away."""

    host: HostName
    """The broker."""
    kind: Literal["mqtt"] = "mqtt"
    port: Port | None = None
    """Port; none: 8883 with TLS, 1883 without."""
    tls: bool = True
    """Whether the connection is encrypted. A password goes to another machine only with TLS."""
    tls_ca_file: AbsolutePath | None = None
    """Certificates that may sign the broker's; none: those of the system."""
    username: Label | None = None
    """User at the broker."""
    password_credential: Credential | None = None
    """Credential file with the password of ``username``."""
    client_id: Name | None = None
    """Name at the broker; none: vigil- and the facility's name."""
    topic_prefix: TopicPrefix = "vigil"
    """Topics begin with it."""
    discovery_prefix: TopicPrefix | None = "homeassistant"
    """Where Home Assistant looks for devices; null: no discovery."""
    keepalive_s: Annotated[int, Field(ge=5, le=600)] = 30
    """How often the connection is proven alive."""
    outbox_messages: Count = 10_000
    """Most messages kept while the broker is away; the oldest go first, counted."""
    outbox_s: Seconds = 172_800.0
    """How long a message is kept for a broker that is away."""
    beds: tuple[Name, ...] | None = None
    """Beds whose alerts go here; none named: all."""
    least_priority: LeastPriority = "low"
    """Alerts of a lower priority do not go here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookSink:
    """An HTTP POST per alert, signed (HMAC-SHA256) when a secret is named, tried again when it fails."""

    url: HttpUrl
    """Address without user, password or token."""
    kind: Literal["webhook"] = "webhook"
    secret_credential: Credential | None = None
    """Credential file with the secret that signs every message."""
    tls_ca_file: AbsolutePath | None = None
    """Certificates that may sign the receiver's; none: those of the system."""
    timeout_s: Seconds = 5.0
    """Longest wait for one answer."""
    attempts: Annotated[int, Field(ge=1, le=100)] = 8
    """Attempts for one message."""
    first_backoff_s: Seconds = 1.0
    """Pause before the second attempt; it doubles."""
    longest_backoff_s: Seconds = 300.0
    """Longest pause between attempts."""
    outbox_messages: Count = 10_000
    """Most messages kept while the receiver is away; the oldest go first, counted."""
    beds: tuple[Name, ...] | None = None
    """Beds whose alerts go here; none named: all."""
    least_priority: LeastPriority = "low"
    """Alerts of a lower priority do not go here."""


SinkSettings = ConsoleSink | JournalSink | MqttSink | WebhookSink
