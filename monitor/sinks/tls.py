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
    context.sslsocket_class = _TidySocket
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


class _TidySocket(ssl.SSLSocket):
    """Closes itself when the handshake fails; not every library that shakes hands by hand does that."""

    def do_handshake(self, block: bool = False) -> None:
        try:
            super().do_handshake(block)
        except BaseException:
            self.close()
            raise
