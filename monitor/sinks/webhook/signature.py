"""How a receiver knows that a message is ours, unchanged and fresh: HMAC-SHA256 over its time and body."""

from __future__ import annotations

import hashlib
import hmac

SIGNATURE_HEADER = "Vigil-Signature"
TIMESTAMP_HEADER = "Vigil-Timestamp"
ID_HEADER = "Vigil-Message-Id"
FRESH_S = 300
"""A receiver should refuse what is older, or from further ahead, than this."""


def signature(secret: str, timestamp: int, body: bytes) -> str:
    """``v1=`` and the hexadecimal HMAC-SHA256 of ``TIMESTAMP.BODY``; ``timestamp`` is in seconds since 1970."""
    signed = str(timestamp).encode() + b"." + body
    return f"v1={hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()}"


def is_genuine(secret: str, timestamp: str, body: bytes, given: str, *, now_s: float) -> bool:
    """What a receiver does: whether ``given`` signs ``body`` and ``timestamp`` is within ``FRESH_S`` of ``now_s``.

    Messages repeated within that time are told apart by their ``message_id``.
    """
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        return False
    fresh = abs(now_s - int(timestamp)) <= FRESH_S
    return hmac.compare_digest(signature(secret, int(timestamp), body).encode(), given.encode()) and fresh
