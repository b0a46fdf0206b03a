"""What no single setting of a sink can know: beds that are not there, passwords without a user or encryption."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from urllib.parse import urlsplit

from monitor.config_tree import nearest
from monitor.ward.sinks import EmailSink, JournalSink, MqttSink, SinkSettings, WebhookSink
from monitor.ward.values import is_loopback

Finding = tuple[str, str]
"""Dotted path and what is wrong with it."""


def contradictions_of_sinks(sinks: Mapping[str, SinkSettings], beds: Collection[str]) -> Iterator[Finding]:
    """What makes sinks unusable. ``beds`` are the names in the files."""
    for name, sink in sinks.items():
        at = f"sinks.{name}"
        for number, bed in enumerate(() if isinstance(sink, JournalSink) else sink.beds or ()):
            if bed not in beds:
                yield f"{at}.beds[{number}]", f"there is no bed {bed!r}{nearest(bed, beds) if beds else ''}"
        match sink:
            case MqttSink():
                yield from _mqtt(at, sink)
            case WebhookSink():
                if sink.tls_ca_file and urlsplit(sink.url).scheme != "https":
                    yield f"{at}.tls_ca_file", "the address is not encrypted; write https://"
            case EmailSink():
                yield from _email(at, sink)
        if isinstance(sink, WebhookSink | EmailSink) and sink.longest_backoff_s < sink.first_backoff_s:
            yield f"{at}.longest_backoff_s", "must not be shorter than first_backoff_s"


def remarks_on_sinks(sinks: Mapping[str, SinkSettings]) -> Iterator[Finding]:
    """What is allowed and may still not be meant."""
    for name, sink in sinks.items():
        at = f"sinks.{name}"
        if isinstance(sink, WebhookSink):
            if urlsplit(sink.url).scheme == "http" and not is_loopback(urlsplit(sink.url).hostname or ""):
                yield f"{at}.url", "is not encrypted; others in the network may read alerts"
            if sink.secret_credential is None:
                yield at, "has no secret_credential; the receiver cannot tell who sent a message"
        elif isinstance(sink, MqttSink) and not is_loopback(sink.host):
            if not sink.tls:
                yield f"{at}.tls", "others in the network may read alerts"
            if sink.commands and sink.username is None:
                yield f"{at}.commands", "whoever reaches the broker may acknowledge alerts and begin pauses"
        elif isinstance(sink, EmailSink) and sink.security == "none" and not is_loopback(sink.host):
            yield f"{at}.security", "others in the network may read alerts"


def _mqtt(at: str, sink: MqttSink) -> Iterator[Finding]:
    if sink.password_credential and not sink.username:
        yield f"{at}.password_credential", "wants username beside it"
    if sink.password_credential and not sink.tls and not is_loopback(sink.host):
        yield f"{at}.tls", "a password goes to another machine only with TLS"
    if sink.tls_ca_file and not sink.tls:
        yield f"{at}.tls_ca_file", "wants tls: true"


def _email(at: str, sink: EmailSink) -> Iterator[Finding]:
    if sink.password_credential and not sink.username:
        yield f"{at}.password_credential", "wants username beside it"
    if sink.username and not sink.password_credential:
        yield f"{at}.username", "wants password_credential beside it"
    if sink.password_credential and sink.security == "none" and not is_loopback(sink.host):
        yield f"{at}.security", "a password goes to another machine only encrypted"
    if sink.tls_ca_file and sink.security == "none":
        yield f"{at}.tls_ca_file", "wants security: starttls or tls"
    if len({address.lower() for address in sink.to}) < len(sink.to):
        yield f"{at}.to", "names an address twice"
