"""Encrypted connections of sinks: certificates are always checked."""

from __future__ import annotations

import ssl
from pathlib import Path

from monitor.errors import ConfigurationError


def tls_context(ca_file: Path | None, dotted: str) -> ssl.SSLContext:
    """TLS 1.2 or later, trusting ``ca_file`` or the system's authorities. ConfigurationError begins with ``dotted``."""
    try:
        context = ssl.create_default_context(cafile=ca_file)
    except ssl.SSLError:
        raise ConfigurationError(f"{dotted}: {ca_file}: holds no certificate (PEM)") from None
    except OSError as error:
        raise ConfigurationError(f"{dotted}: {ca_file}: {error.strerror}") from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
