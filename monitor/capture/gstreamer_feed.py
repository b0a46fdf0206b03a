"""Cameras by GStreamer: RTSP over TCP, TLS or UDP, and V4L2; decoded in hardware where there is some."""

from __future__ import annotations

import weakref
from collections import deque
from datetime import datetime
from typing import Any

import numpy as np

from monitor.capture.feed import Arrival, FeedEnded
from monitor.capture.pace import Pace
from monitor.capture.pipeline import build
from monitor.clock import now_at, now_s
from monitor.errors import ServiceUnavailable
from monitor.records import U8
from monitor.ward.sources import RtspSource, V4l2Source

_KEPT_TIMES = 16
_TOO_SLOW = "drop-on-latency"
TAINTED_S = 10.0
"""Pictures after a damaged one refer to it until the next key picture; cameras send one in this time."""


class DecoderMissing(ServiceUnavailable):
    """GStreamer has no decoder for what the camera sends; another backend may."""


class GStreamerFeed:
    """An open pipeline; ``gst`` comes of ``gstreamer_for``. FeedEnded when it cannot be set up."""

    def __init__(self, gst: Any, source: RtspSource | V4l2Source, pace: Pace, password: str | None) -> None:
        self.pace = pace
        self._gst = gst
        self._decoders: dict[str, str] = {}
        self._damaged = 0
        self._tainted_since_s: float | None = None
        self._key_pts: int | None = None
        self._behind_s: float | None = None
        self._decoding = False
        self._times: deque[tuple[int, float, datetime]] = deque(maxlen=_KEPT_TIMES)
        try:
            pipeline = build(gst, source, password)
        except Exception as error:  # noqa: BLE001 — GLib.Error of a certificate that cannot be read, or of the text
            raise FeedEnded(f"GStreamer cannot set it up: {' '.join(str(error).split())}") from None
        self._out, self._bus = pipeline.get_by_name("out"), pipeline.get_bus()
        self._bus.set_sync_handler(self._posted)
        pipeline.get_by_name("decode").connect("deep-element-added", self._note_decoder)
        pad = pipeline.get_by_name("convert").get_static_pad("sink")
        pad.add_probe(gst.PadProbeType.BUFFER, self._arrived)
        self._stop = weakref.finalize(self, pipeline.set_state, gst.State.NULL)
        pipeline.set_state(gst.State.PLAYING)

    @property
    def decoder(self) -> str:
        """GStreamer's elements that decode."""
        return ", ".join(["gstreamer", *self._decoders])

    def next(self, wait_s: float) -> Arrival | None:
        """See ``Feed``."""
        if self._damaged:
            self._damaged -= 1
            return Arrival(captured_s=now_s(), captured_at=now_at(), pixels=None)
        self._listen()
        if self._out.get_property("eos"):
            raise FeedEnded("the camera has ended the stream")
        sample = self._out.emit("try-pull-sample", int(wait_s * 1e9))
        if sample is None:
            self._listen()
            return None
        return self._arrival(sample)

    def close(self) -> None:
        """Say goodbye to the camera (TEARDOWN) and free the pipeline; may wait for the camera."""
        self._stop()

    def _posted(self, _bus: Any, message: Any) -> Any:
        """On whatever thread says something: packets that were dropped are told before the hole reaches the decoder."""
        said = message.get_structure() if message.type == self._gst.MessageType.ELEMENT else None
        if said is None or said.get_name() != "drop-msg":
            return self._gst.BusSyncReply.PASS
        if said.get_string("reason") == _TOO_SLOW:
            self._behind_s = now_s()
        return self._gst.BusSyncReply.DROP

    def _arrived(self, _pad: Any, info: Any) -> Any:
        """On the decoder's thread, before the picture costs a conversion."""
        buffer, at_s = info.get_buffer(), now_s()
        if self._is_tainted(buffer, at_s):
            if self._is_behind(at_s):
                self.pace.late(at_s)
            else:
                self._damaged += 1
            return self._gst.PadProbeReturn.DROP
        if not self.pace.due(at_s):
            return self._gst.PadProbeReturn.DROP
        self._times.append((buffer.pts, at_s, now_at()))
        return self._gst.PadProbeReturn.OK

    def _is_tainted(self, buffer: Any, at_s: float) -> bool:
        """Whether a picture is damaged, or made from a damaged one."""
        if buffer.has_flags(self._gst.BufferFlags.CORRUPTED):
            self._tainted_since_s, self._key_pts = at_s, None
        elif self._key_pts is not None and buffer.pts >= self._key_pts:
            if self._behind_s is not None and self._behind_s <= (self._tainted_since_s or at_s):
                self._behind_s = None
            self._tainted_since_s = None
        return self._tainted_since_s is not None and at_s - self._tainted_since_s < TAINTED_S

    def _is_behind(self, at_s: float) -> bool:
        """Whether the hole was made here: packets waited longer than ``latency_s`` and were dropped for newer ones."""
        return self._behind_s is not None and at_s - self._behind_s < TAINTED_S

    def _to_decode(self, _pad: Any, info: Any) -> Any:
        """On its way into the decoder: was something lost before it, and is it a key picture, which needs no other?

        Decoders hide what they did not get, so a hole counts as damage. A key picture right behind one may itself lack
        packets; only the next one is trusted.
        """
        buffer, flags = info.get_buffer(), self._gst.BufferFlags
        if buffer.has_flags(flags.DISCONT) and self._decoding:
            self._tainted_since_s, self._key_pts = now_s(), None
        elif self._tainted_since_s is not None and not buffer.has_flags(flags.DELTA_UNIT) and self._key_pts is None:
            self._key_pts = buffer.pts
        self._decoding = True
        return self._gst.PadProbeReturn.OK

    def _arrival(self, sample: Any) -> Arrival:
        structure, buffer = sample.get_caps().get_structure(0), sample.get_buffer()
        at_s, at = self._time_of(buffer.pts)
        width, height = structure.get_value("width"), structure.get_value("height")
        mapped, view = buffer.map(self._gst.MapFlags.READ)
        if not mapped:
            return Arrival(captured_s=at_s, captured_at=at, pixels=None)
        try:
            flat = np.frombuffer(view.data, np.uint8)
            rows = flat[: flat.size // height * height].reshape(height, -1)  # rows are padded to 4 bytes
            pixels = _bgr(rows, width, structure.get_value("format"))
        finally:
            buffer.unmap(view)
        return Arrival(captured_s=at_s, captured_at=at, pixels=pixels)

    def _time_of(self, pts: int) -> tuple[float, datetime]:
        """When the picture arrived; those before it that nobody took in time are counted."""
        passed_over = 0
        while self._times:
            found, at_s, at = self._times.popleft()
            if found == pts:
                self.pace.drop("superseded", passed_over)
                return at_s, at
            passed_over += 1
        return now_s(), now_at()

    def _listen(self) -> None:
        """Raise what ended the pipeline."""
        kinds = self._gst.MessageType
        while (message := self._bus.pop_filtered(kinds.ERROR)) is not None:
            error, detail = message.parse_error()
            if error.matches(self._gst.CoreError.quark(), self._gst.CoreError.MISSING_PLUGIN) or error.matches(
                self._gst.StreamError.quark(), self._gst.StreamError.CODEC_NOT_FOUND
            ):
                raise DecoderMissing(f"GStreamer has no decoder for it: {' '.join(error.message.split())}")
            raise FeedEnded(_words(self._gst, error, detail or ""))

    def _note_decoder(self, _decodebin: Any, _bin: Any, element: Any) -> None:
        factory = element.get_factory()
        if factory is not None and "Decoder" in (factory.get_metadata("klass") or ""):
            self._decoders[factory.get_name()] = ""
            pad = element.get_static_pad("sink")
            if pad is not None:
                pad.add_probe(self._gst.PadProbeType.BUFFER, self._to_decode)


def _bgr(rows: U8, width: int, pixel_format: str) -> U8:
    """Own copy (H, W, 3) of padded rows (H, bytes)."""
    if pixel_format == "BGR":
        return rows[:, : width * 3].reshape(len(rows), width, 3).copy()
    return np.repeat(rows[:, :width, None], 3, axis=2)


def _words(gst: Any, error: Any, detail: str) -> str:
    """What went wrong, for people; the library's own words behind it."""
    resource = gst.ResourceError
    known = {
        resource.NOT_AUTHORIZED: "the camera refuses user or password",
        resource.NOT_FOUND: "the camera has no such stream or device",
        resource.OPEN_READ: "the camera cannot be reached or refuses",
        resource.OPEN_READ_WRITE: "the camera cannot be reached or refuses",
        resource.READ: "the camera has broken off",
        resource.BUSY: "another program uses the camera",
        resource.NO_SPACE_LEFT: "the machine has no memory left for it",
    }
    said = next((words for code, words in known.items() if error.matches(resource.quark(), code)), "GStreamer gave up")
    last = detail.strip().splitlines()[-1] if detail.strip() else ""
    return f"{said} ({' '.join(error.message.split())}{' ' + last if last else ''})"
