"""A web server on loopback that takes posts: it can answer anything, hang, go away and come back, and speak TLS."""

from __future__ import annotations

import ssl
import threading
import time
from collections import deque
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from certificates import Certificates
from free_ports import free_port


@dataclass(frozen=True)
class Request:
    path: str
    headers: dict[str, str]
    body: bytes
    status: int
    at_s: float


class HttpReceiver:
    """``answers`` are the next statuses (with headers), then 204. ``requests`` is everything that came."""

    def __init__(self, certificates: Certificates | None = None) -> None:
        self.port = free_port()
        self.certificates = certificates
        self.requests: list[Request] = []
        self.answers: deque[tuple[int, dict[str, str]]] = deque()
        self.hanging = threading.Event()
        self.dripping = threading.Event()
        self._ended = threading.Event()
        self._server: ThreadingHTTPServer | None = None
        self._thread: threading.Thread | None = None

    @property
    def taken(self) -> list[Request]:
        """Those that were answered with success."""
        return [request for request in self.requests if request.status < 300]

    def url(self, path: str) -> str:
        return f"{'http' if self.certificates is None else 'https'}://127.0.0.1:{self.port}{path}"

    def start(self) -> None:
        receiver = self
        self._ended = ended = threading.Event()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                came_s = time.monotonic()
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if receiver.hanging.is_set():
                    ended.wait(30)
                    return
                if receiver.dripping.is_set():
                    self._drip()
                    return
                status, headers = receiver.answers.popleft() if receiver.answers else (204, {})
                receiver.requests.append(Request(self.path, dict(self.headers), body, status, came_s))
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()

            do_GET = do_POST  # noqa: N815 — the server's own naming

            def _drip(self) -> None:
                """An answer that never ends, a byte at a time."""
                self.wfile.write(b"HTTP/1.1 204 No Content\r\nX-Long: ")
                try:
                    while not ended.wait(0.05):
                        self.wfile.write(b"x")
                except OSError:
                    return

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            allow_reuse_address = True

            def handle_error(self, request: object, client_address: object) -> None:
                """A client that breaks off is no news."""

        self._server = Server(("127.0.0.1", self.port), Handler)
        if self.certificates is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.certificates.certificate, self.certificates.key)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        if self._server is not None and self._thread is not None:
            self._ended.set()
            self._server.shutdown()
            self._server.server_close()
            self._thread.join(10)
            self._server = self._thread = None
