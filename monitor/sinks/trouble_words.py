"""What went wrong on the way to a receiver, in words for whoever looks after it. Quotes nothing that was exchanged."""

from __future__ import annotations

import socket
import ssl

_WORDS: tuple[tuple[type[OSError], str], ...] = (
    (socket.gaierror, "the host's name is not known"),
    (TimeoutError, "no answer in time"),
    (ConnectionRefusedError, "nobody listens there"),
    (ConnectionError, "the connection broke"),
)


def words_of_error(error: BaseException) -> str:
    """``error``, or the system's error behind it, in words."""
    found = _system_error(error)
    if isinstance(found, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({found.verify_message})"
    if isinstance(found, ssl.SSLError):
        return f"the encrypted connection fails ({(found.reason or 'TLS').replace('_', ' ').lower()})"
    for kind, words in _WORDS:
        if isinstance(found, kind):
            return words
    if "timeout" in type(error).__name__.lower():
        return "no answer in time"
    return (found.strerror if found is not None else None) or type(error).__name__


def _system_error(error: BaseException) -> OSError | None:
    seen: BaseException | None = error
    for _ in range(8):
        if seen is None or isinstance(seen, OSError):
            return seen
        seen = seen.__cause__ or seen.__context__
    return None
