"""Where alerts go: console, journal, sound, MQTT, webhook, e-mail. Secrets are named by their credential file."""

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
    MailAddress,
    MailAddresses,
    Name,
    Port,
    Seconds,
    Share,
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
class SoundSink:
    """Short tones through this machine's loudspeaker, one pattern per priority, as long as an alert may be heard."""

    kind: Literal["sound"] = "sound"
    player: AbsolutePath | None = None
    """Program that plays a WAV file named as its last argument; none: pw-play, paplay or aplay, whichever is found."""
    volume: Share = 0.6
    """Loudness of the tones; 1 is all that the file format can hold."""
    high_every_s: Annotated[float, Field(ge=2.5, le=15)] = 8.0
    """How often the tone of a high priority comes again while its alert may be heard."""
    medium_every_s: Annotated[float, Field(ge=2.5, le=30)] = 15.0
    """The same for medium priority."""
    low_every_s: Annotated[float, Field(ge=15, le=600)] | None = None
    """The same for low priority; null: once."""
    beds: tuple[Name, ...] | None = None
    """Beds whose alerts go here; none named: all."""
    least_priority: LeastPriority = "low"
    """Alerts of a lower priority do not go here."""


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
    protocol: Literal["5", "3.1.1"] = "5"
    """Version of MQTT that the broker speaks."""
    client_id: Name | None = None
    """Name at the broker; none: vigil- and the facility's name."""
    topic_prefix: TopicPrefix = "vigil"
    """Topics begin with it."""
    discovery_prefix: TopicPrefix | None = "homeassistant"
    """Where Home Assistant looks for devices; null: no discovery."""
    commands: bool = True
    """Whether alerts can be acknowledged and pauses begun from there, by anybody whom the broker lets publish."""
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
    """Attempts for one message that the receiver answers with an error of its own; while it is away, messages wait."""
    first_backoff_s: Seconds = 1.0
    """Pause before the second attempt; it doubles."""
    longest_backoff_s: Seconds = 300.0
    """Longest pause between attempts."""
    outbox_messages: Count = 10_000
    """Most messages kept while the receiver is away; the oldest go first, counted."""
    outbox_s: Seconds = 172_800.0
    """How long a message is kept for a receiver that is away."""
    beds: tuple[Name, ...] | None = None
    """Beds whose alerts go here; none named: all."""
    least_priority: LeastPriority = "low"
    """Alerts of a lower priority do not go here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailSink:
    """Plain mails by SMTP about new alerts and escalations, bounded in number; what comes too fast shares a mail."""

    host: HostName
    """The mail server."""
    sender: MailAddress
    """Address that mails come from."""
    to: MailAddresses
    """Who gets them."""
    kind: Literal["email"] = "email"
    port: Port | None = None
    """Port; none: 587 with starttls, 465 with tls, 25 without."""
    security: Literal["starttls", "tls", "none"] = "starttls"
    """How the connection is encrypted. A password goes to another machine only encrypted."""
    tls_ca_file: AbsolutePath | None = None
    """Certificates that may sign the server's; none: those of the system."""
    username: Annotated[str, Field(min_length=1, max_length=320, pattern=r"^[^\x00-\x1f\x7f]*$")] | None = None
    """User at the mail server."""
    password_credential: Credential | None = None
    """Credential file with the password of ``username``."""
    timeout_s: Seconds = 15.0
    """Longest wait for one answer of the server."""
    mails_per_hour: Annotated[int, Field(ge=1, le=3600)] = 60
    """Most mails in an hour; ten may go at once after a quiet time, then alerts wait and share mails."""
    first_backoff_s: Seconds = 2.0
    """Pause before the second attempt; it doubles."""
    longest_backoff_s: Seconds = 300.0
    """Longest pause between attempts."""
    outbox_messages: Count = 1000
    """Most messages kept while the server is away; the oldest go first, counted."""
    outbox_s: Seconds = 43_200.0
    """How long a message is kept for a server that is away."""
    beds: tuple[Name, ...] | None = None
    """Beds whose alerts go here; none named: all."""
    least_priority: LeastPriority = "medium"
    """Alerts of a lower priority do not go here."""


DeliveredSink = ConsoleSink | SoundSink | MqttSink | WebhookSink | EmailSink
"""Kinds that `monitor.sinks` makes; the journal is written by the service itself."""
SinkSettings = DeliveredSink | JournalSink
