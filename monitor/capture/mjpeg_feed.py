"""Cameras that send JPEG after JPEG over HTTP, with or without a password (basic or digest) and TLS."""

from __future__ import annotations

import ssl
from collections.abc import Generator, Iterator

import httpx

from monitor.capture.feed import Arrival, FeedEnded
from monitor.capture.jpeg import decoded_jpeg
from monitor.capture.multipart import Multipart, MultipartError, boundary_of
from monitor.capture.pace import Pace
from monitor.clock import now_at, now_s
from monitor.ward.sources import MjpegSource

TIMEOUT_S, CONNECT_S = 8.0, 5.0


class AskedAuth(httpx.Auth):
    """Sends the password only when asked for it, and by digest where the camera offers that."""

    def __init__(self, username: str, password: str) -> None:
        self._login = (username, password)

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """See ``httpx.Auth``."""
        response = yield request
        asked = response.headers.get_list("www-authenticate")
        if response.status_code != httpx.codes.UNAUTHORIZED or not asked:
            return
        if any("digest" in challenge.lower() for challenge in asked):
            flow = httpx.DigestAuth(*self._login).auth_flow(request)
            next(flow)
            yield flow.send(response)
        elif any("basic" in challenge.lower() for challenge in asked):
            yield next(httpx.BasicAuth(*self._login).auth_flow(request))


class MjpegFeed:
    """An open connection. FeedEnded when the camera cannot be reached, refuses, or sends something else."""

    def __init__(self, source: MjpegSource, pace: Pace, password: str | None) -> None:
        self.pace = pace
        auth = AskedAuth(source.username, password or "") if source.username is not None else None
        limits = httpx.Timeout(TIMEOUT_S, connect=CONNECT_S)
        # no proxies and no redirects: nothing goes to a host that is not configured
        self._client = httpx.Client(verify=_tls(source), trust_env=False, follow_redirects=False, timeout=limits)
        self._waiting: list[bytes] = []
        try:
            request = self._client.build_request("GET", source.url, headers={"User-Agent": "vigil"})
            self._response = self._client.send(request, auth=auth, stream=True)
            _require_ok(self._response.status_code)
            self._parts = Multipart(boundary_of(self._response.headers.get("content-type", "")))
        except (httpx.HTTPError, httpx.InvalidURL, MultipartError, FeedEnded) as error:
            self._client.close()
            raise FeedEnded(_words(error)) from None
        self._chunks: Iterator[bytes] = self._response.iter_raw()

    @property
    def decoder(self) -> str:
        """Who captures and decodes."""
        return "http, opencv jpeg"

    def next(self, wait_s: float) -> Arrival | None:
        """See ``Feed``; waits for the camera up to ``TIMEOUT_S``."""
        try:
            chunk = next(self._chunks, None)
            if chunk is None:
                raise FeedEnded("the camera has ended the stream")
            parts = list(self._parts.feed(chunk))
        except (httpx.HTTPError, httpx.StreamError, MultipartError) as error:
            raise FeedEnded(_words(error)) from None
        at_s, at = now_s(), now_at()
        wanted = [part for part in parts if self.pace.due(at_s)]
        self.pace.drop("superseded", len(wanted) - 1)
        return Arrival(captured_s=at_s, captured_at=at, pixels=decoded_jpeg(wanted[-1])) if wanted else None

    def close(self) -> None:
        """Close the connection."""
        self._response.close()
        self._client.close()


def _tls(source: MjpegSource) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=None if source.tls_ca_file is None else str(source.tls_ca_file))
    except (OSError, ssl.SSLError) as error:
        raise FeedEnded(f"tls_ca_file: {error.strerror or error}") from None
    if not source.tls_verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _require_ok(status: int) -> None:
    if status in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
        raise FeedEnded("the camera refuses user or password")
    if status == httpx.codes.NOT_FOUND:
        raise FeedEnded("the camera has no such stream")
    if status != httpx.codes.OK:
        raise FeedEnded(f"the camera answers with HTTP status {status}")


def _words(error: Exception) -> str:
    if isinstance(error, FeedEnded | MultipartError):
        return str(error)
    if isinstance(error, httpx.ConnectTimeout):
        return f"the camera cannot be reached (no answer within {CONNECT_S:g} s)"
    if isinstance(error, httpx.TimeoutException):
        return f"the camera says nothing for {TIMEOUT_S:g} s"
    if isinstance(error, httpx.ConnectError):
        return f"the camera cannot be reached or refuses ({error})"
    return f"the camera has broken off ({type(error).__name__}: {error})"
