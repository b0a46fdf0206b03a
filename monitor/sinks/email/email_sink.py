"""The e-mail sink: new alerts and escalations, few mails, from the outbox."""

from __future__ import annotations

from monitor.sinks.base import SinkContext
from monitor.sinks.courier import Patience
from monitor.sinks.email.mailer import Mailer
from monitor.sinks.posted import PostedSink
from monitor.sinks.secrets import secret_of
from monitor.sinks.tls import tls_context
from monitor.ward.sinks import EmailSink


def email_sink(name: str, settings: EmailSink, context: SinkContext) -> PostedSink:
    """The sink. ConfigurationError when its password or certificates cannot be read."""
    password = secret_of(name, "password_credential", settings.password_credential, context)
    tls = tls_context(settings.tls_ca_file, f"sinks.{name}.tls_ca_file")
    return PostedSink(
        name,
        settings,
        context,
        Mailer(settings, password, tls, now_s=context.now_s, now_at=context.now_at),
        outbox=context.outbox(name, settings.outbox_messages, settings.outbox_s),
        most_messages=settings.outbox_messages,
        most_age_s=settings.outbox_s,
        patience=Patience(first_backoff_s=settings.first_backoff_s, longest_backoff_s=settings.longest_backoff_s),
    )
