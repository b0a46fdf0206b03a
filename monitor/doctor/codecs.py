"""Who can capture and decode here: OpenCV's FFmpeg, GStreamer, and decoders in hardware."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

import cv2

from monitor.doctor.finding import Finding, Verdict
from monitor.errors import ServiceUnavailable
from monitor.ward.sources import SourceSettings

AREA = "codecs"
FORMATS = {"H.264": "video/x-h264", "H.265": "video/x-h265", "JPEG": "image/jpeg"}
_PLUGINS = "gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad gstreamer1.0-libav"


def codecs(sources: Collection[SourceSettings]) -> Iterator[Finding]:
    """``sources`` are the configured ones; what they need and is not here is wrong."""
    wants = {getattr(source, "backend", "") for source in sources}
    opencv = _opencv()
    try:
        found = list(_gstreamer(wants))
    except ServiceUnavailable as error:
        verdict = Verdict.WRONG if "gstreamer" in wants else Verdict.WARN
        said = "is not here; cameras are captured by OpenCV, without decoders in hardware"
        found = [Finding(area=AREA, about="GStreamer", verdict=verdict, said=said, advice=str(error))]
    if not opencv and ("opencv" in wants or any(finding.verdict is not Verdict.OK for finding in found)):
        advice = "install opencv-contrib-python from its wheel; a build of one's own needs FFmpeg"
        said = "was built without FFmpeg and V4L2"
        yield Finding(area=AREA, about="OpenCV", verdict=Verdict.WRONG, said=said, advice=advice)
    else:
        said = f"{cv2.__version__} with {' and '.join(opencv) or 'neither FFmpeg nor V4L2'}"
        yield Finding(area=AREA, about="OpenCV", verdict=Verdict.OK if opencv else Verdict.WARN, said=said)
    yield from found


def _opencv() -> list[str]:
    registry = cv2.videoio_registry
    names = {cv2.CAP_FFMPEG: "FFmpeg", cv2.CAP_V4L2: "V4L2"}
    return [name for backend, name in names.items() if registry.hasBackend(backend)]


def _gstreamer(wants: Collection[str]) -> Iterator[Finding]:
    from monitor.sources.gstreamer import load_gstreamer

    gst = load_gstreamer()
    needed = {"rtspsrc": "RTSP", "v4l2src": "USB cameras", "decodebin": "decoding", "appsink": "pictures"}
    missing = [f"{name} ({what})" for name, what in needed.items() if gst.ElementFactory.find(name) is None]
    version = ".".join(map(str, gst.version()[:3]))
    if missing:
        verdict = Verdict.WRONG if "gstreamer" in wants else Verdict.WARN
        said, advice = f"{version} lacks {', '.join(missing)}", f"apt-get install {_PLUGINS}"
        yield Finding(area=AREA, about="GStreamer", verdict=verdict, said=said, advice=advice)
    else:
        yield Finding(area=AREA, about="GStreamer", verdict=Verdict.OK, said=f"{version}, RTSP and USB cameras")
    yield from (_format(gst, name, caps) for name, caps in FORMATS.items())
    yield _tls()


def _format(gst: Any, name: str, caps: str) -> Finding:
    kinds = gst.ELEMENT_FACTORY_TYPE_DECODER
    every = gst.ElementFactory.list_get_elements(kinds, gst.Rank.MARGINAL)
    able = gst.ElementFactory.list_filter(every, gst.Caps.from_string(caps), gst.PadDirection.SINK, False)
    hardware = [each.get_name() for each in able if "Hardware" in each.get_metadata("klass")]
    software = [each.get_name() for each in able if "Hardware" not in each.get_metadata("klass")]
    if hardware:
        return Finding(area=AREA, about=name, verdict=Verdict.OK, said=f"in hardware by {', '.join(hardware)}")
    if software:
        said = f"by the processor ({', '.join(software)}); no decoder in hardware"
        return Finding(area=AREA, about=name, verdict=Verdict.OK, said=said)
    said = "GStreamer cannot decode it; OpenCV captures such cameras"
    return Finding(area=AREA, about=name, verdict=Verdict.WARN, said=said, advice=f"apt-get install {_PLUGINS}")


def _tls() -> Finding:
    from gi.repository import Gio

    if Gio.TlsBackend.get_default().supports_tls():
        return Finding(area=AREA, about="RTSP over TLS", verdict=Verdict.OK, said="works")
    said, advice = "GStreamer has no TLS", "apt-get install glib-networking"
    return Finding(area=AREA, about="RTSP over TLS", verdict=Verdict.WARN, said=said, advice=advice)
