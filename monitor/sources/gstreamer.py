"""Recordings decoded by GStreamer, where the distribution's GStreamer and PyGObject are present."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from monitor.errors import InputError, ServiceUnavailable
from monitor.records import U8, Frame, Gap
from monitor.sources.packets import Packets
from monitor.sources.presentation import Presentation, turned
from monitor.sources.source import SourceInfo, SourceSettings

PIPELINE = (
    "filesrc name=file ! decodebin name=decode "
    "decode. ! videoconvert ! videoflip video-direction=auto ! videoconvert "
    "! video/x-raw,format=(string){BGR,GRAY8,GRAY16_LE} ! appsink name=out sync=false max-buffers=2"
)
"""Grey stays grey up to here: videoconvert tints grey pictures whose colour matrix is given as RGB (1.22)."""
PULL_NS = 200_000_000
FIRST_LEAP_S = 0.5
SILENT_PULLS = 75
"""Pulls without a picture, end or error after which the decoder counts as stuck (30 s)."""


def load_gstreamer() -> Any:
    """The ``Gst`` module, initialised. ServiceUnavailable, with what to install, when it is not here."""
    try:
        import gi

        gi.require_version("Gst", "1.0")
        from gi.repository import Gst
    except (ImportError, ValueError) as error:
        raise ServiceUnavailable(
            "GStreamer is not here: on Debian run apt-get install gstreamer1.0-plugins-base gstreamer1.0-plugins-good "
            "gstreamer1.0-libav gir1.2-gstreamer-1.0 libgirepository1.0-dev and install vigil[gstreamer]; "
            "recordings open through OpenCV without it"
        ) from error
    if not Gst.is_initialized():
        Gst.init(None)
    return Gst


class GStreamerSource:
    """One pass over a recording. InputError when nothing in it can be decoded."""

    def __init__(self, path: Path, settings: SourceSettings, *, source_id: str, started_at: datetime) -> None:
        self._gst = load_gstreamer()
        self._settings = settings
        self._trouble = ""
        self._offset_s: float | None = None
        self._closed = False
        self._path = path
        self._build()
        self._pipeline.set_state(self._gst.State.PLAYING)
        sample = self._pull(None)
        if sample is None:
            self.close()
            raise InputError(
                f"{path}: GStreamer finds no picture in it{f' ({self._trouble})' if self._trouble else ''}"
            )
        self._first: tuple[U8, float] | None = self._picture(sample)
        self._packets = Packets(path)
        fps = self._packets.nominal_fps(self._rate(sample))
        known, duration_ns = self._pipeline.query_duration(self._gst.Format.TIME)
        duration_s = duration_ns / 1e9 if known and duration_ns > 0 else None
        height, width = turned(self._first[0], settings.rotate_deg).shape[:2]
        self.info = SourceInfo(
            source_id=source_id,
            width=width,
            height=height,
            fps=fps,
            frame_count=round(duration_s * fps) if duration_s and fps else None,
            duration_s=duration_s,
            backend="gstreamer",
            started_at=started_at,
        )

    def frames(self) -> Iterator[Frame | Gap]:
        """One pass; see ``Source``."""
        presentation = Presentation(
            self.info.source_id, self.info.started_at, self.info.fps, self._settings, self._packets.lasts
        )
        picture, self._first = self._first, None
        try:
            while picture is not None and not self._closed:
                shown_s = picture[1]
                yield from presentation.picture(*picture)
                if not self._closed:
                    picture = self._next_picture(presentation, shown_s)
            if not self._closed:
                yield from presentation.end(self.info.duration_s)
        finally:
            self.close()

    def close(self) -> None:
        """Stop and free the pipeline."""
        self._closed = True
        self._stop()

    def _build(self) -> None:
        """A fresh pipeline, stopped; it is also stopped when this source is dropped without ``close``."""
        self._pipeline = self._gst.parse_launch(PIPELINE)
        self._pipeline.get_by_name("file").set_property("location", str(self._path.absolute()))
        self._pipeline.get_by_name("decode").connect("deep-element-added", _endure_errors)
        self._out = self._pipeline.get_by_name("out")
        self._bus = self._pipeline.get_bus()
        self._broken = False
        self._stop = weakref.finalize(self, self._pipeline.set_state, self._gst.State.NULL)

    def _next_picture(self, lost: Presentation, shown_s: float) -> tuple[U8, float] | None:
        """The next picture; where reading breaks off early, the one after the damage; None at the end."""
        sample = self._pull(lost)
        leap_s = FIRST_LEAP_S
        while sample is None:
            if self.info.duration_s is None or shown_s + leap_s >= self.info.duration_s:
                return None
            if not self._broken and self._packets.lasts(shown_s, self.info.duration_s):
                return None
            lost.failed(self._trouble or "the recording breaks off and goes on later")
            sample = self._pull_after(shown_s, shown_s + leap_s)
            leap_s *= 2
        return self._picture(sample)

    def _pull_after(self, shown_s: float, target_s: float) -> Any | None:
        """Start anew at the key picture after ``target_s``; None when none later than ``shown_s`` is there."""
        gst = self._gst
        self._stop()
        self._build()
        self._pipeline.set_state(gst.State.PAUSED)
        if self._pipeline.get_state(PULL_NS * SILENT_PULLS)[0] != gst.StateChangeReturn.SUCCESS:
            return None
        flags = gst.SeekFlags.FLUSH | gst.SeekFlags.KEY_UNIT | gst.SeekFlags.SNAP_AFTER
        if not self._pipeline.seek_simple(gst.Format.TIME, flags, int((target_s + (self._offset_s or 0.0)) * 1e9)):
            return None
        self._pipeline.set_state(gst.State.PLAYING)
        while (sample := self._pull(None)) is not None:
            if self._shown_s(sample) > shown_s:
                return sample
        return None

    def _pull(self, lost: Presentation | None) -> Any | None:
        """The next sound sample; None at the end, after an error, or when the decoder is stuck."""
        silent_pulls = 0
        while silent_pulls < SILENT_PULLS:
            sample = self._out.emit("try-pull-sample", PULL_NS)
            # A sink that never started answers at once, so without a sample the wait is for a message.
            self._listen(lost, wait_ns=PULL_NS if sample is None and not self._ended() else 0)
            if sample is None:
                if self._ended():
                    return None
                silent_pulls += 1
            elif sample.get_buffer().has_flags(self._gst.BufferFlags.CORRUPTED):
                silent_pulls = 0
                if lost is not None:
                    lost.failed("the picture is damaged")
            else:
                return sample
        self._trouble = f"the decoder gave nothing for {2 * SILENT_PULLS * PULL_NS / 1e9:.0f} s"
        return None

    def _ended(self) -> bool:
        return self._broken or bool(self._out.get_property("eos"))

    def _listen(self, lost: Presentation | None, wait_ns: int) -> None:
        """Note what the pipeline complained about, waiting this long for a first message."""
        kinds = self._gst.MessageType
        wanted = kinds.ERROR | kinds.WARNING | kinds.QOS | kinds.EOS
        while (message := self._bus.timed_pop_filtered(wait_ns, wanted)) is not None:
            wait_ns = 0
            if message.type == kinds.EOS:
                continue
            if message.type == kinds.QOS:  # how a decoder reports a picture it had to leave out
                complaint = "the picture cannot be decoded"
            elif message.type == kinds.ERROR:
                self._broken = True
                complaint = self._trouble = _one_line(message.parse_error()[0])
            else:
                complaint = self._trouble = _one_line(message.parse_warning()[0])
            if lost is not None:
                lost.failed(complaint)

    def _picture(self, sample: Any) -> tuple[U8, float]:
        structure = sample.get_caps().get_structure(0)
        width, height = structure.get_value("width"), structure.get_value("height")
        buffer = sample.get_buffer()
        mapped, view = buffer.map(self._gst.MapFlags.READ)
        if not mapped:
            raise InputError("GStreamer's picture cannot be read from memory")
        try:
            flat = np.frombuffer(view.data, np.uint8)
            rows = flat[: flat.size // height * height].reshape(height, -1)  # rows are padded to 4 bytes
            pixels = _bgr(rows, width, structure.get_value("format"))
        finally:
            buffer.unmap(view)
        return pixels, self._shown_s(sample)

    def _shown_s(self, sample: Any) -> float:
        """Presentation time since the first picture."""
        shown_ns = sample.get_segment().to_stream_time(self._gst.Format.TIME, sample.get_buffer().pts)
        presented_s = 0.0 if shown_ns == self._gst.CLOCK_TIME_NONE else shown_ns / 1e9
        if self._offset_s is None:
            self._offset_s = presented_s
        return presented_s - self._offset_s

    def _rate(self, sample: Any) -> float | None:
        known, numerator, denominator = sample.get_caps().get_structure(0).get_fraction("framerate")
        return numerator / denominator if known and numerator > 0 and denominator > 0 else None


def _bgr(rows: U8, width: int, pixel_format: str) -> U8:
    """Own copy (H, W, 3) of padded rows (H, bytes)."""
    if pixel_format == "BGR":
        return rows[:, : width * 3].reshape(len(rows), width, 3).copy()
    grey = rows[:, :width] if pixel_format == "GRAY8" else rows[:, 1 : 2 * width : 2]  # the upper byte of 16 bits
    return np.repeat(grey[:, :, None], 3, axis=2)


def _endure_errors(_decodebin: Any, _bin: Any, element: Any) -> None:
    """Decoders go on after any number of damaged pictures, instead of giving up after ten."""
    if element.find_property("max-errors") is not None:
        element.set_property("max-errors", -1)


def _one_line(complaint: Any) -> str:
    return " ".join(str(complaint.message).split())
