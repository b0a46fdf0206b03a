"""Cameras for the bench: GStreamer's RTSP server on loopback, each film round and round. A process of its own.

``python -m monitor.bench.rtsp_server PORT NAME=FILM…``; films are MP4 with H.264 without B pictures. It serves until
its standard input closes. The packets go out as they are, so that the cameras cost next to nothing.
"""

from __future__ import annotations

import importlib.util
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from monitor.errors import ServiceUnavailable

FPS = 15
_CAPS = "video/x-h264,stream-format=byte-stream,alignment=au"


class RtspCameras:
    """Cameras by name while the context lasts. ServiceUnavailable where GStreamer's RTSP server is missing."""

    def __init__(self, films: Mapping[str, Path]) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port = int(free.getsockname()[1])
        named = [f"{name}={film}" for name, film in films.items()]
        self._command = [sys.executable, "-P", "-m", __name__, str(self._port), *named]
        self._process: subprocess.Popen[bytes] | None = None

    def url(self, name: str) -> str:
        """Address of a camera."""
        return f"rtsp://127.0.0.1:{self._port}/{name}"

    def start(self) -> None:
        """Begin to serve; after ``stop`` again, at the same address."""
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        assert self._process.stdout is not None
        if self._process.stdout.readline() != b"ready\n":
            self.stop()
            raise ServiceUnavailable("GStreamer's RTSP server does not start here")

    def stop(self) -> None:
        """End it at once, as if its plug were pulled."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def rtsp_possible() -> bool:
    """Whether this machine has what it takes."""
    if shutil.which("ffmpeg") is None or importlib.util.find_spec("gi") is None:
        return False
    trial = "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import GstRtspServer"
    return subprocess.run([sys.executable, "-c", trial], stderr=subprocess.DEVNULL, check=False).returncode == 0


def as_h264(recording: Path, film: Path) -> Path:
    """``recording`` as a camera would encode it: H.264, a key picture every two seconds, no B pictures."""
    words = f"-nostdin -v error -y -i {recording} -an -c:v libx264 -preset ultrafast -tune zerolatency -bf 0"
    words += f" -pix_fmt yuv420p -r {FPS} -g {2 * FPS} -threads 1 {film}"
    done = subprocess.run(["ffmpeg", *words.split()], capture_output=True, check=False)
    if done.returncode != 0:
        raise ServiceUnavailable(f"ffmpeg cannot encode the bench's film: {done.stderr.decode(errors='replace')[:200]}")
    return film


def access_units(gst: Any, film: str) -> list[bytes]:
    """The film's pictures as Annex B, with parameter sets before each key picture. ServiceUnavailable without any."""
    pipeline = gst.parse_launch(
        f"filesrc name=file ! parsebin ! h264parse config-interval=-1 ! {_CAPS} ! appsink name=out sync=false"
    )
    pipeline.get_by_name("file").set_property("location", film)
    out = pipeline.get_by_name("out")
    pipeline.set_state(gst.State.PLAYING)
    units = []
    while (sample := out.emit("try-pull-sample", 5 * gst.SECOND)) is not None:
        buffer = sample.get_buffer()
        units.append(buffer.extract_dup(0, buffer.get_size()))
    pipeline.set_state(gst.State.NULL)
    if not units:
        raise ServiceUnavailable(f"{film}: no H.264 in it")
    return units


def camera_factory(gst: Any, server: Any, units: list[bytes], *, fps: int = FPS, loss: float = 0.0) -> Any:
    """A camera that sends ``units`` round and round, ``fps`` a second; ``loss``: share of packets not sent."""
    factory = server.RTSPMediaFactory()
    source = "appsrc name=source is-live=true format=time max-bytes=0 max-buffers=4"
    payloader = "rtph264pay pt=96 config-interval=-1"
    named = f"{payloader} ! identity name=pay0 drop-probability={loss}" if loss else f"{payloader} name=pay0"
    factory.set_launch(f"( {source} caps={_CAPS},framerate={fps}/1 ! h264parse ! {named} )")
    factory.set_shared(True)
    period_ns = gst.SECOND // fps

    def configure(_factory: Any, media: Any) -> None:
        sent = 0

        def wanted(source: Any, _length: int) -> None:
            nonlocal sent
            buffer = gst.Buffer.new_wrapped(units[sent % len(units)])
            buffer.pts = buffer.dts = sent * period_ns
            buffer.duration = period_ns
            sent += 1
            source.emit("push-buffer", buffer)

        media.get_element().get_by_name_recurse_up("source").connect("need-data", wanted)

    factory.connect("media-configure", configure)
    return factory


def main() -> None:
    """Serve the films of the command line until standard input closes."""
    import gi

    for name in ("Gst", "GstRtspServer"):
        gi.require_version(name, "1.0")
    from gi.repository import GLib, Gst, GstRtspServer

    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(sys.argv[1])
    known: dict[str, list[bytes]] = {}
    factories = []
    for word in sys.argv[2:]:
        name, _, film = word.partition("=")
        units = known.setdefault(film, known.get(film) or access_units(Gst, film))
        factories.append(camera_factory(Gst, GstRtspServer, units))
        server.get_mount_points().add_factory(f"/{name}", factories[-1])
    if not server.attach(None):
        sys.exit(1)
    loop = GLib.MainLoop()
    threading.Thread(target=lambda: (sys.stdin.read(), loop.quit()), daemon=True).start()
    print("ready", flush=True)
    loop.run()


if __name__ == "__main__":
    main()
