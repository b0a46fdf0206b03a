"""The secret that a sink's settings name."""

from __future__ import annotations

from monitor.errors import ConfigurationError
from monitor.sinks.base import SinkContext
from monitor.ward.credentials import Secret


def secret_of(name: str, setting: str, credential: str | None, context: SinkContext) -> Secret | None:
    """The secret of ``sinks.NAME.SETTING``; None when no credential is named there.

    ConfigurationError when one is named and was not read: a message without it would go out unsigned or unencrypted.
    """
    if credential is None:
        return None
    dotted = f"sinks.{name}.{setting}"
    if dotted not in context.credentials:
        raise ConfigurationError(f"{dotted}: its credential was not read")
    return context.credentials[dotted]
