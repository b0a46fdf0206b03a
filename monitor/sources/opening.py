"""Opens whatever the user names: a recording, a picture or a folder of pictures.

Recordings go to OpenCV first: its FFmpeg opens the same files with or without the distribution's GStreamer plug-ins,
so a replay gives the same pictures on every machine. GStreamer takes over what OpenCV refuses.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import cv2

from monitor.errors import InputError, InputMissing, ServiceUnavailable, UsageError
from monitor.sources.gstreamer import GStreamerSource
from monitor.sources.mp4 import creation_time, lost_its_index
from monitor.sources.opencv import OpenCvSource
from monitor.sources.pictures import PictureSource, pictures_in
from monitor.sources.source import Source, SourceSettings

GIF = ".gif"
"""Always read by OpenCV: GStreamer's reader (gst-libav 1.22) spins for ever at the end of some."""
UNDATED = datetime(1970, 1, 1, tzinfo=UTC)


def open_source(
    location: str | Path, settings: SourceSettings | None = None, *, source_id: str | None = None
) -> Source:
    """The source at ``location``, its first picture decoded.

    InputMissing when nothing is there, InputError when it is no recording, picture or folder with pictures,
    ServiceUnavailable when the backend asked for is not installed.
    """
    settings = settings or SourceSettings()
    if "://" in str(location):
        raise UsageError(f"{location}: live addresses cannot be opened yet; name a recording, picture or folder")
    path = Path(location)
    name = source_id or path.name or str(path)
    try:
        if path.is_dir():
            return PictureSource(pictures_in(path), settings, source_id=name, started_at=settings.started_at or UNDATED)
        _refuse_unreadable(path)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from error
    if _is_picture(path):
        return PictureSource([path], settings, source_id=name, started_at=settings.started_at or UNDATED)
    return _open_recording(path, settings, name)


def _refuse_unreadable(path: Path) -> None:
    if not path.exists():
        raise InputMissing(f"{path}: no such file or folder")
    if not path.is_file():
        raise InputError(f"{path}: neither a file nor a folder")
    with path.open("rb") as file:
        if not file.read(1):
            raise InputError(f"{path}: the file is empty")


def _is_picture(path: Path) -> bool:
    """By content, not by name; GIFs may move and are recordings."""
    return path.suffix.lower() != GIF and bool(cv2.haveImageReader(str(path)))


def _open_recording(path: Path, settings: SourceSettings, source_id: str) -> Source:
    if lost_its_index(path):  # said here, since GStreamer may wait long for an index that never comes
        raise InputError(f"{path}: the recording is cut off: its index (moov), written at the end, is missing")
    started_at = settings.started_at or creation_time(path) or UNDATED
    if settings.backend == "gstreamer" and path.suffix.lower() != GIF:
        return GStreamerSource(path, settings, source_id=source_id, started_at=started_at)
    try:
        return OpenCvSource(path, settings, source_id=source_id, started_at=started_at)
    except InputError as refusal:
        if settings.backend == "opencv" or path.suffix.lower() == GIF:
            raise
        try:
            return GStreamerSource(path, settings, source_id=source_id, started_at=started_at)
        except (InputError, ServiceUnavailable):
            raise refusal from None
