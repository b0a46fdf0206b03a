"""Posts messages to a receiver by HTTP: signed, no redirects, no proxies, every answer judged."""

from __future__ import annotations

import contextlib
import math
import socket
import ssl
from collections.abc import Callable, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any

import httpx

from monitor.sinks.message import AlertMessage
from monitor.sinks.transport import Outcome, Result
from monitor.sinks.trouble_words import words_of_error
from monitor.sinks.webhook.signature import ID_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER, signature
from monitor.ward.credentials import Secret
from monitor.ward.sinks import WebhookSink

_AWAY = frozenset({HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT})
"""Answers of a proxy whose receiver is away."""
_TRY_AGAIN = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})
_GRACE_S = 1.0


class Poster:
    """Satisfies ``Transport``. One message a request, one request a connection: no answer is read to its end."""

    most = 1

    def __init__(
        self, settings: WebhookSink, secret: Secret | None, tls: ssl.SSLContext, now_at: Callable[[], datetime]
    ) -> None:
        self.limit_s = settings.timeout_s + _GRACE_S
        self._url = settings.url
        self._secret = secret
        self._now_at = now_at
        self._socket: socket.socket | None = None
        self._client = httpx.Client(
            verify=tls,
            timeout=settings.timeout_s,
            follow_redirects=False,
            trust_env=False,
            limits=httpx.Limits(max_connections=1, max_keepalive_connections=0),
            headers={"User-Agent": "vigil", "Content-Type": "application/json", "Accept-Encoding": "identity"},
        )

    def wants(self, message: AlertMessage) -> bool:
        """Every message."""
        return True

    def pause_s(self, now_s: float) -> float:
        """Requests may be made at any time."""
        return 0.0

    def deliver(self, messages: Sequence[AlertMessage]) -> Outcome:
        """Post one message. The answer's content is never read."""
        (message,) = messages
        body = message.to_json().encode()
        headers = {ID_HEADER: message.message_id}
        if self._secret is not None:
            timestamp = int(self._now_at().timestamp())
            headers[TIMESTAMP_HEADER] = str(timestamp)
            headers[SIGNATURE_HEADER] = signature(self._secret.reveal(), timestamp, body)
        try:
            with self._client.stream(
                "POST", self._url, content=body, headers=headers, extensions={"trace": self._trace}
            ) as answer:
                return _judged(answer)
        except httpx.HTTPError as error:
            return Outcome(result=Result.AWAY, words=f"the receiver cannot be reached: {words_of_error(error)}")

    def abort(self) -> None:
        """Break the connection, so that whoever waits for an answer is done waiting."""
        held = self._socket
        if held is not None:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(held, socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def _trace(self, event: str, info: dict[str, Any]) -> None:
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            self._socket = info["return_value"].get_extra_info("socket")


def _judged(answer: httpx.Response) -> Outcome:
    status = answer.status_code
    if answer.is_success:
        return Outcome(result=Result.DELIVERED)
    try:
        named = f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        named = str(status)
    if answer.is_redirect or 300 <= status < 400:
        return Outcome(result=Result.REFUSED, words=f"the receiver redirects ({named}); write its real address as url")
    if status in _AWAY or status in _TRY_AGAIN or status >= 500:
        result = Result.AWAY if status in _AWAY else Result.FAILED
        return Outcome(result=result, words=f"the receiver answers {named}", pause_s=_asked_pause_s(answer))
    return Outcome(result=Result.REFUSED, words=f"the receiver does not take the message ({named})")


def _asked_pause_s(answer: httpx.Response) -> float:
    """``Retry-After`` in seconds; 0 when it is missing or a date."""
    try:
        asked = float(answer.headers.get("Retry-After", "0"))
    except ValueError:
        return 0.0
    return asked if math.isfinite(asked) and asked > 0 else 0.0
