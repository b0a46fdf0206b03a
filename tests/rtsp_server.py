"""A real RTSP server (GStreamer's gst-rtsp-server) with recordings as cameras, in a process of its own.

    with RtspServer({"bed-1": film, "bed-2": other}) as server:
        server.url("bed-1")        # rtsp://127.0.0.1:PORT/bed-1

Films are MP4 or MKV with H.264 (``encoded`` makes one); each plays round and round, packets as they are, so that four
cameras cost next to nothing. ``kill`` and ``start`` take the server away and bring it back at the same port, ``stop``
and ``go_on`` (SIGSTOP, SIGCONT) make it a network that accepts and says nothing.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from free_ports import free_port

from monitor.bench.rtsp_server import access_units, camera_factory


def encoded(recording: Path, target: Path, *, size: str = "640:360", fps: int = 15, seconds: float = 8.0) -> Path:
    """``recording`` as H.264 without B pictures, a key picture every second; ``target`` ends in .mp4."""
    subprocess.run(
        ["ffmpeg", "-nostdin", "-v", "error", "-y", "-i", str(recording), "-t", str(seconds), "-an",
         "-vf", f"scale={size},fps={fps},format=yuv420p", "-c:v", "libx264", "-preset", "ultrafast",
         "-tune", "zerolatency", "-bf", "0", "-g", str(fps), "-threads", "1", str(target)],
        check=True, timeout=120,
    )  # fmt: skip
    return target


class RtspServer:
    """Starts at ``__enter__`` or ``start``; ``films`` are the cameras by name.

    ``user``: (name, password) that clients must give, by digest. ``tls``: (certificate file, key file) in
    PEM; the addresses are rtsps then. ``transport``: "tcp", "udp" or "both", what the server offers. ``loss``: share of
    the packets that are never sent.
    """

    def __init__(
        self,
        films: Mapping[str, Path],
        *,
        fps: int = 15,
        user: tuple[str, str] | None = None,
        tls: tuple[Path, Path] | None = None,
        transport: str = "both",
        port: int | None = None,
        loss: float = 0.0,
    ) -> None:
        self.port = port or free_port()
        self._scheme = "rtsps" if tls else "rtsp"
        self._process: subprocess.Popen[bytes] | None = None
        self._order = {
            "port": self.port,
            "films": {name: str(path) for name, path in films.items()},
            "fps": fps,
            "user": user,
            "tls": [str(path) for path in tls] if tls else None,
            "transport": transport,
            "loss": loss,
        }

    @property
    def pid(self) -> int | None:
        """The server's process while it runs."""
        return None if self._process is None else self._process.pid

    def url(self, name: str) -> str:
        """Address of a camera, without user and password."""
        return f"{self._scheme}://127.0.0.1:{self.port}/{name}"

    def start(self) -> Self:
        """Start it and wait until it listens."""
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).resolve())],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(self._order).encode() + b"\n")
        self._process.stdin.flush()
        said = self._process.stdout.readline()
        if said != b"ready\n":
            self.kill()
            raise RuntimeError(f"the RTSP server does not start: {said!r}")
        return self

    def kill(self) -> None:
        """End it at once, as if its plug were pulled (its kernel still closes the connections)."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait(10)
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    with contextlib.suppress(BrokenPipeError):
                        pipe.close()

    def stop(self) -> None:
        """From now on it accepts connections and says nothing."""
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        """Wake it up after ``stop``."""
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGCONT)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.kill()


# What follows runs in the server's own process.


def _authorise(gst_rtsp: Any, rtsp_server: Any, gio: Any, order: dict[str, Any], factories: list[Any]) -> Any:
    """Who may look: the user by digest alone (a client that only knows basic would send the password in the clear)."""
    auth, token = rtsp_server.RTSPAuth(), rtsp_server.RTSPToken()
    token.set_string("media.factory.role", "viewer")
    if order["tls"]:
        auth.set_tls_certificate(gio.TlsCertificate.new_from_files(*order["tls"]))
    if order["user"]:
        auth.set_supported_methods(gst_rtsp.RTSPAuthMethod.DIGEST)
        auth.add_digest(*order["user"], token)
    else:
        auth.set_default_token(token)
    for factory in factories:
        permissions = rtsp_server.RTSPPermissions()
        for what in ("access", "construct"):
            permissions.add_permission_for_role("viewer", f"media.factory.{what}", True)
        factory.set_permissions(permissions)
    return auth


def main() -> None:
    """Read the order (one JSON line) from stdin, serve until stdin closes."""
    import threading

    import gi

    gi.require_version("Gst", "1.0")
    gi.require_version("GstRtsp", "1.0")
    gi.require_version("GstRtspServer", "1.0")
    from gi.repository import Gio, GLib, Gst, GstRtsp, GstRtspServer

    Gst.init(None)
    order = json.loads(sys.stdin.readline())
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(str(order["port"]))
    films = {path: access_units(Gst, path) for path in set(order["films"].values())}
    factories = []
    transports = {
        "tcp": GstRtsp.RTSPLowerTrans.TCP,
        "udp": GstRtsp.RTSPLowerTrans.UDP,
        "both": GstRtsp.RTSPLowerTrans.TCP | GstRtsp.RTSPLowerTrans.UDP,
    }
    for name, path in order["films"].items():
        factory = camera_factory(Gst, GstRtspServer, films[path], fps=order["fps"], loss=order["loss"])
        factory.set_protocols(transports[order["transport"]])
        server.get_mount_points().add_factory(f"/{name}", factory)
        factories.append(factory)
    if order["user"] or order["tls"]:
        server.set_auth(_authorise(GstRtsp, GstRtspServer, Gio, order, factories))
    if not server.attach(None):
        sys.exit(1)
    loop = GLib.MainLoop()

    def until_closed() -> None:
        sys.stdin.read()
        loop.quit()

    threading.Thread(target=until_closed, daemon=True).start()
    print("ready", flush=True)
    loop.run()


if __name__ == "__main__":
    main()
