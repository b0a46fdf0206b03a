"""Single pictures and folders of pictures, as a source: 8 or 16 bits, grey, colour or with alpha → BGR uint8."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import cv2
import numpy as np

from monitor.errors import InputError, InputMissing
from monitor.records import U8, Frame, Gap, GapCause
from monitor.sources.presentation import turned
from monitor.sources.source import SourceInfo, SourceSettings

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp", ".pgm", ".ppm", ".avif"})
_JPEG_START, _JPEG_END = b"\xff\xd8", b"\xff\xd9"
_PNG_START, _PNG_END = b"\x89PNG", b"IEND"


class PictureSource:
    """Pictures one after the other, ``image_period_s`` apart. A broken one among several is a Gap."""

    def __init__(self, paths: list[Path], settings: SourceSettings, *, source_id: str, started_at: datetime) -> None:
        self._paths = paths
        self._settings = settings
        self._closed = False
        self._first: tuple[int, U8] | None = self._first_readable()
        first = self._first[1]
        self.info = SourceInfo(
            source_id=source_id,
            width=first.shape[1],
            height=first.shape[0],
            fps=1 / settings.image_period_s,
            frame_count=len(paths),
            duration_s=len(paths) * settings.image_period_s,
            backend="pictures",
            started_at=started_at,
        )

    def frames(self) -> Iterator[Frame | Gap]:
        """One pass; see ``Source``."""
        for number in range(len(self._paths)):
            if self._closed:
                return
            captured_s = number * self._settings.image_period_s
            captured_at = self.info.started_at + timedelta(seconds=captured_s)
            try:
                pixels = self._read(number)
            except InputError as error:
                yield Gap(
                    frame_id=number,
                    source_id=self.info.source_id,
                    captured_s=captured_s,
                    captured_at=captured_at,
                    cause=GapCause.DECODE_ERROR,
                    detail=str(error),
                )
                continue
            yield Frame(
                frame_id=number,
                source_id=self.info.source_id,
                captured_s=captured_s,
                captured_at=captured_at,
                pixels=pixels,
            )
        self._closed = True

    def close(self) -> None:
        """End the pass."""
        self._closed = True

    def _read(self, number: int) -> U8:
        if self._first is not None and self._first[0] == number:
            pixels, self._first = self._first[1], None
            return pixels
        return turned(read_picture(self._paths[number]), self._settings.rotate_deg)

    def _first_readable(self) -> tuple[int, U8]:
        refusal: InputError | None = None
        for number, path in enumerate(self._paths):
            try:
                pixels = turned(read_picture(path), self._settings.rotate_deg)
            except InputError as error:
                refusal = refusal or error
                continue
            return number, pixels
        raise refusal or InputError("no pictures")


def pictures_in(folder: Path) -> list[Path]:
    """The folder's pictures in the order of their names (2 before 10). InputError when there are none."""
    found = [path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES and path.is_file()]
    if not found:
        raise InputError(f"{folder}: the folder holds no pictures ({', '.join(sorted(SUFFIXES))})")
    return sorted(found, key=lambda path: (_natural(path.name), path.name))


def read_picture(path: Path) -> U8:
    """(H, W, 3) uint8 BGR, upright by EXIF; alpha is dropped, 16 bits are scaled. InputError in one line."""
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise InputMissing(f"{path}: no such picture") from error
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from error
    if not content:
        raise InputError(f"{path}: the file is empty")
    if _cut_off(content):
        raise InputError(f"{path}: the picture is cut off")
    try:
        pixels = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error as error:
        raise InputError(f"{path}: the picture cannot be decoded ({error.err})") from error
    if pixels is None:
        raise InputError(f"{path}: not a picture that can be decoded")
    return np.asarray(pixels, dtype=np.uint8)


def _cut_off(content: bytes) -> bool:
    """Whether a JPEG or PNG lacks its end mark; decoders would paint the rest grey and say nothing."""
    if content.startswith(_JPEG_START):
        return _JPEG_END not in content[-4096:] and content.rfind(_JPEG_END) < len(content) // 2
    return content.startswith(_PNG_START) and _PNG_END not in content[-4096:]


def _natural(name: str) -> list[tuple[bool, int, str]]:
    parts: list[tuple[bool, int, str]] = []
    digits = text = ""
    for sign in name.lower() + "\0":
        if sign.isdecimal() and sign.isascii():
            digits += sign
            continue
        if digits:
            parts += [(True, 0, text), (False, int(digits), "")]
            digits = text = ""
        text += sign
    return [*parts, (True, 0, text)]
