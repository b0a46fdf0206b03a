"""A real MJPEG server over HTTP on loopback, careless in the ways that cameras are."""

from __future__ import annotations

import base64
import hashlib
import ssl
import threading
import time
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self

REALM, NONCE = "camera", "5f2c9a"


class MjpegServer:
    """Sends ``pictures`` (JPEG files) round and round, ``fps`` a second.

    ``user``: (name, password), asked for by ``scheme`` "basic" or "digest". ``careless``: no lengths, bare line ends,
    a boundary with dashes. ``tls``: (certificate, key). ``last`` many pictures and the stream ends.
    """

    def __init__(
        self,
        pictures: Sequence[bytes],
        *,
        fps: float = 20.0,
        user: tuple[str, str] | None = None,
        scheme: str = "digest",
        careless: bool = False,
        tls: tuple[Path, Path] | None = None,
        last: int | None = None,
        content_type: str | None = None,
    ) -> None:
        self.pictures, self.fps, self.user, self.scheme = list(pictures), fps, user, scheme
        self.careless, self.last = careless, last
        self.content_type = content_type or f"multipart/x-mixed-replace; boundary={'--' if careless else ''}cut"
        self.quiet = threading.Event()
        self.ending = threading.Event()
        self.heard: list[str] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.serve(self)

            def log_message(self, *_: object) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.handle_error = lambda *_: None  # a client that goes away is no news
        self._scheme = "http"
        if tls is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*tls)
            self._http.socket = context.wrap_socket(self._http.socket, server_side=True)
            self._scheme = "https"
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.05})

    @property
    def url(self) -> str:
        """Where the pictures are."""
        return f"{self._scheme}://127.0.0.1:{self._http.server_address[1]}/video"

    def serve(self, request: BaseHTTPRequestHandler) -> None:
        """Answer one request."""
        header = request.headers.get("Authorization", "")
        self.heard.append(header)
        if self.user is not None and not self._admits(header):
            challenge = f'Digest realm="{REALM}", nonce="{NONCE}", qop="auth"'
            request.send_response(401)
            request.send_header("WWW-Authenticate", challenge if self.scheme == "digest" else f'Basic realm="{REALM}"')
            request.send_header("Content-Length", "0")
            request.end_headers()
            return
        request.send_response(200)
        request.send_header("Content-Type", self.content_type)
        request.end_headers()
        number = 0
        while not self.ending.is_set() and (self.last is None or number < self.last):
            if self.quiet.is_set():
                time.sleep(0.05)
                continue
            picture = self.pictures[number % len(self.pictures)]
            if self.careless:
                request.wfile.write(b"--cut\nContent-Type: image/jpeg\n\n" + picture + b"\n")
            else:
                length = f"Content-Length: {len(picture)}\r\n\r\n".encode()
                request.wfile.write(b"--cut\r\nContent-Type: image/jpeg\r\n" + length + picture + b"\r\n")
            number += 1
            self.ending.wait(1 / self.fps)
        if self.careless:
            request.wfile.write(b"--cut--\n")

    def _admits(self, header: str) -> bool:
        assert self.user is not None
        name, password = self.user
        if self.scheme == "basic":
            return header == "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()
        if not header.startswith("Digest "):
            return False
        given = dict(part.strip().split("=", 1) for part in header.removeprefix("Digest ").split(", "))
        given = {key: value.strip('"') for key, value in given.items()}

        def md5(text: str) -> str:
            return hashlib.md5(text.encode()).hexdigest()

        first, second = md5(f"{name}:{REALM}:{password}"), md5("GET:/video")
        wanted = md5(f"{first}:{NONCE}:{given['nc']}:{given['cnonce']}:auth:{second}")
        return given.get("username") == name and given.get("response") == wanted

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ending.set()
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()
