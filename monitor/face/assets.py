"""Where MediaPipe's face landmarker comes from: a configured path, a package, the cache, Google's file, or the builder.

Everything fetched or built is checked against a pinned sha256 before it is used, and enters the cache atomically.
"""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import logging
import os
import sys
import tempfile
import urllib.request
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from monitor.errors import ServiceUnavailable
from monitor.face import assets_builder
from monitor.face.assets_progress import shown_progress

PUBLISHED = (
    "https://storage.googleapis.com/mediapipe-models/face_landmarker/face_landmarker/float16/1/face_landmarker.task"
)
PUBLISHED_SHA256 = "64184e229b263107bc2b804c6625db1341ff2bb731874b0bcc2fe6544e0bc9ff"
CONFIGURED_BY = "VIGIL_LANDMARKER"
CONNECT_S = 4.0
CHUNK_BYTES = 1 << 16
LARGEST_BYTES = 64 << 20

Progress = Callable[[str, float | None], None]
_log = logging.getLogger(__name__)


class Origin(StrEnum):
    """Where an asset came from first; a cached one keeps the origin it was stored under."""

    CONFIGURED = "configured"
    PUBLISHED = "published"
    BUILT = "built"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """A landmark asset on this machine; ``cached`` when it was there before it was asked for."""

    path: Path
    origin: Origin
    sha256: str
    cached: bool


_PINNED = {
    Origin.PUBLISHED: PUBLISHED_SHA256,
    Origin.BUILT: assets_builder.BUILT_SHA256,
}


def locate(configured: Path | None = None, *, progress: Progress | None = None) -> Path:
    """Path of the landmark asset, fetched or built at first use. ServiceUnavailable, in one line, without one."""
    return obtain(configured, progress=progress).path


def obtain(configured: Path | None = None, *, progress: Progress | None = None) -> Asset:
    """Like ``locate``, with origin and hash. ``progress(text, share)`` is told the stage and its share done or None."""
    named = configured or (Path(os.environ[CONFIGURED_BY]) if os.environ.get(CONFIGURED_BY) else None)
    if named is not None:
        return _configured(named)
    for origin in _PINNED:
        for path in (packaged_path(origin), cached_path(origin)):
            if (kept := _kept(path, origin)) is not None:
                return kept
    if progress is not None:
        return _acquire(progress)
    with shown_progress() as shown:
        return _acquire(shown)


def cache_folder() -> Path:
    """``$XDG_CACHE_HOME/vigil``, else ``~/.cache/vigil``."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "vigil"


def cached_path(origin: Origin) -> Path:
    """Where the asset of this origin is kept; each origin has a file of its own."""
    return cache_folder() / _file_name(origin)


def packaged_path(origin: Origin) -> Path:
    """Where a package of vigil brings the asset of this origin along: in the environment's own ``share/vigil``."""
    return Path(sys.prefix) / "share" / "vigil" / _file_name(origin)


def _file_name(origin: Origin) -> str:
    return f"face_landmarker-{origin}.task"


def _configured(path: Path) -> Asset:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ServiceUnavailable(f"landmark asset {path}: {error.strerror or error}") from error
    if not zipfile.is_zipfile(path):
        raise ServiceUnavailable(f"landmark asset {path}: not a MediaPipe task file")
    return Asset(path=path, origin=Origin.CONFIGURED, sha256=hashlib.sha256(content).hexdigest(), cached=True)


def _kept(path: Path, origin: Origin) -> Asset | None:
    try:
        found = hashlib.sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        return None
    except OSError as error:
        _log.warning("landmark asset %s cannot be read (%s); getting it anew", path, error.strerror)
        return None
    if found != _PINNED[origin]:
        _log.warning("landmark asset %s is damaged (sha256 %s…); replacing it", path, found[:12])
        with contextlib.suppress(OSError):
            path.unlink()
        return None
    return Asset(path=path, origin=origin, sha256=found, cached=True)


def _acquire(progress: Progress) -> Asset:
    try:
        return _store(Origin.PUBLISHED, _download(progress))
    except (OSError, http.client.HTTPException, _OtherFile) as error:
        unpublished = f"Google's file cannot be fetched ({_in_one_line(error)})"
    progress(f"building the landmark asset from {assets_builder.WHEEL}", None)
    try:
        built = assets_builder.build()
    except ServiceUnavailable as error:
        raise ServiceUnavailable(
            f"no face landmark asset: {unpublished}; {_in_one_line(error)}; on a machine without network copy "
            f"face_landmarker.task (sha256 {PUBLISHED_SHA256[:12]}…, from {PUBLISHED}) "
            f"to {cached_path(Origin.PUBLISHED)} or set {CONFIGURED_BY} to its path"
        ) from error
    return _store(Origin.BUILT, built)


class _OtherFile(Exception):
    """The download delivered something else than the published file."""


def _download(progress: Progress) -> bytes:
    progress("fetching the landmark asset", 0.0)
    content = bytearray()
    with urllib.request.urlopen(PUBLISHED, timeout=CONNECT_S) as response:
        expected = int(response.headers.get("Content-Length") or 0)
        while chunk := response.read(CHUNK_BYTES):
            content += chunk
            if len(content) > LARGEST_BYTES:
                raise _OtherFile(f"more than {LARGEST_BYTES >> 20} MiB arrived")
            progress("fetching the landmark asset", len(content) / expected if expected else None)
    if (found := hashlib.sha256(content).hexdigest()) != PUBLISHED_SHA256:
        raise _OtherFile(f"another file arrived, sha256 {found[:12]}…")
    return bytes(content)


def _store(origin: Origin, content: bytes) -> Asset:
    """Into the cache by a temporary file and a rename, so that no other process sees half a file."""
    path = cached_path(origin)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=path.name, suffix=".part", delete=False) as part:
            try:
                part.write(content)
                part.flush()
                os.fsync(part.fileno())
                os.replace(part.name, path)
            finally:
                Path(part.name).unlink(missing_ok=True)
    except OSError as error:
        raise ServiceUnavailable(
            f"the landmark asset cannot be kept at {path}: {error.strerror or error}; "
            "set XDG_CACHE_HOME to a writable folder"
        ) from error
    return Asset(path=path, origin=origin, sha256=hashlib.sha256(content).hexdigest(), cached=False)


def _in_one_line(error: BaseException) -> str:
    return " ".join(str(getattr(error, "reason", error)).split())
