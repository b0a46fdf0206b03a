"""Files of a data set: found, missing, half copied, read. Whatever is wrong is one line that names the file.

``damage`` tells a half-copied picture or film by its ends alone, without decoding it: a PNG closes with IEND, a JPEG
with its end marker, the boxes of an MP4 and the RIFF chunk of an AVI fill the file exactly.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from models.errors import DataInvalid, DataMissing

PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff")
FILMS = (".mp4", ".m4v", ".mov", ".avi")
_PNG, _JPEG, _JPEG_END = b"\x89PNG\r\n\x1a\n", b"\xff\xd8", b"\xff\xd9"
_TAIL_BYTES = 4096
_LONG_TAIL_BYTES = 65_536
"""How far before its end a JPEG's end marker is looked for, at most half the file: cameras and crawlers append."""


def folder(root: Path, *names: str, what: str) -> Path:
    """The first of ``names`` below ``root`` that is a folder ("." is ``root`` itself); DataMissing names them all."""
    for name in names:
        if (root / name).is_dir():
            return root / name
    raise DataMissing(f"{root}: no folder {' or '.join(names)} ({what})")


def file(root: Path, *names: str, what: str) -> Path:
    """The first of ``names`` below ``root`` that is a file; DataMissing names them all."""
    for name in names:
        if (root / name).is_file():
            return root / name
    raise DataMissing(f"{root}: no file {' or '.join(names)} ({what})")


def folders(parent: Path) -> list[Path]:
    """The folders in ``parent``, by name; hidden ones (".", "__MACOSX") are left out."""
    return sorted(path for path in parent.iterdir() if path.is_dir() and not path.name.startswith((".", "__")))


def files(parent: Path, suffixes: tuple[str, ...]) -> list[Path]:
    """The files in ``parent`` whose name ends so, by name; hidden ones (".DS_Store", "._x.png") are left out."""
    found = (path for path in parent.iterdir() if path.suffix.lower() in suffixes and not path.name.startswith("."))
    return sorted(path for path in found if path.is_file())


def read_text(path: Path) -> str:
    """A text file; DataMissing where there is none, DataInvalid where it is no text."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise DataMissing(f"{path}: not found") from None
    except UnicodeDecodeError as error:
        raise DataInvalid(f"{path}: not a text file: {error.reason} at byte {error.start}") from None


def read_numbers(path: Path, columns: int = 1) -> list[list[float]]:
    """Rows of numbers parted by blanks or commas; empty lines are skipped. At least ``columns`` numbers a row.

    DataInvalid names file and line.
    """
    rows: list[list[float]] = []
    for number, line in enumerate(read_text(path).splitlines(), start=1):
        words = line.replace(",", " ").split()
        try:
            row = [float(word) for word in words]
        except ValueError:
            raise DataInvalid(f"{path}: line {number}: {line.strip()!r} is not made of numbers") from None
        if words and len(row) < columns:
            raise DataInvalid(f"{path}: line {number}: {len(row)} numbers, expected {columns}")
        if words:
            rows.append(row)
    return rows


def read_points(path: Path, count: int) -> NDArray[np.float32]:
    """(count, 2) float32 px, one "x y" a line; DataInvalid where there are more or fewer."""
    rows = read_numbers(path, columns=2)
    if len(rows) != count:
        raise DataInvalid(f"{path}: {len(rows)} landmarks, expected {count}")
    return np.array([row[:2] for row in rows], np.float32)


def whole(path: Path) -> Path:
    """``path`` if it can be whole (``damage``); DataMissing or DataInvalid say why it cannot."""
    reason = damage(path)
    if reason is not None:
        raise DataMissing(f"{path}: {reason}") if reason == "not found" else DataInvalid(f"{path}: {reason}")
    return path


def read_picture(path: Path, cut_off: bool = False) -> NDArray[np.uint8]:
    """(H, W, 3) uint8 BGR; DataMissing or DataInvalid name the file.

    A cut-off picture is refused, not half shown, unless ``cut_off`` ones are part of the set, as in one off the web.
    """
    if not cut_off or not path.is_file() or path.stat().st_size == 0:
        whole(path)
    decoded = cv2.imread(str(path), cv2.IMREAD_COLOR)  # decodes a cut-off JPEG as far as it goes, imdecode does not
    if decoded is None:
        raise DataInvalid(f"{path}: not a picture that can be decoded")
    return np.asarray(decoded, np.uint8)


@dataclass(frozen=True, slots=True)
class PictureFiles:
    """Reads picture ``names[row]`` below ``root`` when it is asked for."""

    root: Path
    names: tuple[str, ...]
    cut_off: bool = False

    def __call__(self, row: int) -> NDArray[np.uint8]:
        """(H, W, 3) uint8 BGR; DataMissing or DataInvalid name the file."""
        return read_picture(self.root / self.names[row], self.cut_off)


def damage(path: Path) -> str | None:
    """Why a picture or film cannot be whole, judged by its first and last bytes, or None: not found, empty, cut off."""
    try:
        size = path.stat().st_size
        if size == 0:
            return "empty (half copied?)"
        with path.open("rb") as stream:
            head = stream.read(12)
            stream.seek(-min(size, _TAIL_BYTES), 2)
            tail = stream.read()
            if head.startswith(_JPEG) and _JPEG_END not in tail:
                stream.seek(-min(_LONG_TAIL_BYTES, (size + 1) // 2), 2)
                tail = stream.read()
    except FileNotFoundError:
        return "not found"
    suffix = path.suffix.lower()
    if suffix == ".png" or head.startswith(_PNG):
        complete = head.startswith(_PNG) and b"IEND\xaeB`\x82" in tail
    elif suffix in (".jpg", ".jpeg"):
        complete = head.startswith(_JPEG) and _JPEG_END in tail
    elif suffix == ".avi":
        complete = head[:4] == b"RIFF" and struct.unpack("<I", head[4:8])[0] + 8 <= size
    elif suffix in FILMS:
        complete = _boxes_end(path, size)
    else:
        complete = True
    return None if complete else "cut off (half copied?)"


def _boxes_end(path: Path, size: int) -> bool:
    """Whether the top-level boxes of an MP4 end where the file ends, and the index (moov) is among them."""
    seen = set()
    with path.open("rb") as stream:
        at = 0
        while at + 8 <= size:
            stream.seek(at)
            length, kind = struct.unpack(">I4s", stream.read(8))
            if length == 1:
                large = stream.read(8)
                length = struct.unpack(">Q", large)[0] if len(large) == 8 else 0
            elif length == 0:
                length = size - at
            if length < 8:
                return False
            seen.add(kind)
            at += length
    return at == size and b"moov" in seen
