"""GStreamer pipelines for live sources. Addresses, devices and passwords are set as properties, never as text."""

from __future__ import annotations

from typing import Any

from monitor.errors import ServiceUnavailable
from monitor.sources.gstreamer import load_gstreamer
from monitor.ward.sources import RtspSource, V4l2Source

TAIL = (
    "decodebin name=decode ! videoconvert name=convert ! video/x-raw,format=(string){BGR,GRAY8} "
    "! appsink name=out sync=false max-buffers=1 drop=true enable-last-sample=false"
)
"""Grey stays grey: videoconvert tints grey pictures whose colour matrix is given as RGB (1.22)."""
RTSP_HEAD = "rtspsrc name=source ! "
V4L2_HEAD = "v4l2src name=source ! capsfilter name=asked ! "
_ELEMENTS = ("decodebin", "videoconvert", "appsink")
_HARDWARE_ABOVE = 64
_RANK_PRIMARY = 256
_DECODER_THREADS = 2
_MICROSECONDS = 1_000_000
_UDP_BUFFER_BYTES = 2 << 20
_TCP_PATIENCE_S = 1.0
"""Packets come in order there, so that none is waited for: only so far may this process fall behind, when it gets no
processor time, before pictures are dropped up to the next key picture."""


def gstreamer_for(source: RtspSource | V4l2Source) -> Any:
    """The ``Gst`` module, hardware preferred. ServiceUnavailable when it lacks what ``source`` needs."""
    gst = load_gstreamer()
    needed = (*_ELEMENTS, "rtspsrc" if isinstance(source, RtspSource) else "v4l2src")
    missing = [name for name in needed if gst.ElementFactory.find(name) is None]
    if missing:
        raise ServiceUnavailable(f"GStreamer has no {', '.join(missing)}: install gstreamer1.0-plugins-base and -good")
    prefer_hardware(gst)
    return gst


def hardware_decoders(gst: Any) -> list[Any]:
    """Factories of video decoders in hardware whose drivers are here."""
    kinds = gst.ELEMENT_FACTORY_TYPE_DECODER | gst.ELEMENT_FACTORY_TYPE_MEDIA_VIDEO
    listed = gst.ElementFactory.list_get_elements(kinds, gst.Rank.NONE)
    return [factory for factory in listed if "Hardware" in factory.get_metadata("klass")]


def prefer_hardware(gst: Any) -> None:
    """Let decodebin try decoders in hardware first; it falls back to the others by itself."""
    for factory in hardware_decoders(gst):
        factory.set_rank(max(factory.get_rank(), _RANK_PRIMARY + _HARDWARE_ABOVE))


def build(gst: Any, source: RtspSource | V4l2Source, password: str | None) -> Any:
    """The stopped pipeline for ``source``."""
    if isinstance(source, RtspSource):
        pipeline = gst.parse_launch(RTSP_HEAD + TAIL)
        _set_rtsp(gst, pipeline.get_by_name("source"), source, password)
    else:
        pipeline = gst.parse_launch(V4L2_HEAD + TAIL)
        pipeline.get_by_name("source").set_property("device", str(source.device))
        pipeline.get_by_name("asked").set_property("caps", gst.Caps.from_string(asked_caps(source)))
    pipeline.get_by_name("decode").connect("deep-element-added", _prepare_decoder)
    return pipeline


def asked_caps(source: V4l2Source) -> str:
    """What is asked of a V4L2 camera, best first; its nearest offer, in any size, comes last."""
    formats = {"mjpeg": "image/jpeg", "yuyv": "video/x-raw,format=YUY2", "h264": "video/x-h264"}
    kinds = [formats[source.pixel_format]] if source.pixel_format in formats else ["image/jpeg", "video/x-raw"]
    size = f"width={source.width_px},height={source.height_px}"
    return ";".join([*(f"{kind},{size}" for kind in kinds), *kinds])


def _set_rtsp(gst: Any, element: Any, source: RtspSource, password: str | None) -> None:
    from gi.repository import Gio

    element.set_property("location", source.url)
    gst.util_set_object_arg(element, "protocols", source.transport)
    patience_s = source.latency_s if source.transport == "udp" else max(source.latency_s, _TCP_PATIENCE_S)
    element.set_property("latency", round(patience_s * 1000))
    element.set_property("tcp-timeout", 5 * _MICROSECONDS)
    element.set_property("timeout", 5 * _MICROSECONDS)
    element.set_property("drop-on-latency", True)
    element.set_property("udp-buffer-size", _UDP_BUFFER_BYTES)
    element.set_property("user-agent", "vigil")
    if source.username is not None:
        element.set_property("user-id", source.username)
        element.set_property("user-pw", password or "")
    if source.tls_ca_file is not None:
        element.set_property("tls-database", Gio.TlsFileDatabase.new(str(source.tls_ca_file)))
    if not source.tls_verify:
        element.set_property("tls-validation-flags", Gio.TlsCertificateFlags.NO_FLAGS)
    element.connect("new-manager", lambda _source, manager: manager.connect("new-jitterbuffer", _tell_drops))
    element.connect("select-stream", lambda _source, _number, caps: _is_video(caps))


def _is_video(caps: Any) -> bool:
    """A microphone is never listened to."""
    return bool(caps.get_size() > 0 and caps.get_structure(0).get_string("media") == "video")


def _tell_drops(_manager: Any, buffer: Any, _session: int, _ssrc: int) -> None:
    """Say on the bus what is dropped because it waited here for too long, which is no fault of camera or network."""
    if buffer.find_property("post-drop-messages") is not None:
        buffer.set_property("post-drop-messages", True)
        buffer.set_property("drop-messages-interval", 0)


def _prepare_decoder(_decodebin: Any, _bin: Any, element: Any) -> None:
    """Any number of damaged pictures is endured; a decoder takes few threads, since other cameras want some too."""
    if element.find_property("max-errors") is not None:
        element.set_property("max-errors", -1)
    if element.find_property("max-threads") is not None:
        element.set_property("max-threads", _DECODER_THREADS)
