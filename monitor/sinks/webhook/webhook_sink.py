"""The webhook sink: every alert as a signed POST, in order, from the outbox."""

from __future__ import annotations

from monitor.sinks.base import SinkContext
from monitor.sinks.courier import Patience
from monitor.sinks.posted import PostedSink
from monitor.sinks.secrets import secret_of
from monitor.sinks.tls import tls_context
from monitor.sinks.webhook.poster import Poster
from monitor.ward.sinks import WebhookSink


def webhook_sink(name: str, settings: WebhookSink, context: SinkContext) -> PostedSink:
    """The sink. ConfigurationError when its secret or certificates cannot be read."""
    secret = secret_of(name, "secret_credential", settings.secret_credential, context)
    tls = tls_context(settings.tls_ca_file, f"sinks.{name}.tls_ca_file")
    return PostedSink(
        name,
        settings,
        context,
        Poster(settings, secret, tls, context.now_at),
        outbox=context.outbox(name, settings.outbox_messages, settings.outbox_s),
        most_messages=settings.outbox_messages,
        most_age_s=settings.outbox_s,
        patience=Patience(
            attempts=settings.attempts,
            first_backoff_s=settings.first_backoff_s,
            longest_backoff_s=settings.longest_backoff_s,
        ),
    )
