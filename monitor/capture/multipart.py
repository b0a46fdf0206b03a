"""Cuts an HTTP body of multipart/x-mixed-replace into its parts, however the bytes arrive. Pure.

Cameras are careless: the boundary of the header may or may not carry the dashes of the body, parts may lack their
length, line ends may lack their carriage return. Everything is bounded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from monitor.errors import VigilError

LARGEST_PART = 16 << 20
LARGEST_HEAD = 16 << 10
_LENGTH = re.compile(rb"^content-length:[ \t]*(\d{1,12})[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_BOUNDARY = re.compile(r"""boundary\s*=\s*(?:"([^"]{1,256})"|([^\s;,"]{1,256}))""", re.IGNORECASE)


class MultipartError(VigilError):
    """The body is not what its header says, or a part is too large."""


def boundary_of(content_type: str) -> bytes:
    """The boundary without leading dashes; MultipartError when ``content_type`` names none."""
    found = _BOUNDARY.search(content_type)
    if not content_type.strip().lower().startswith("multipart/") or found is None:
        raise MultipartError("the address sends no MJPEG (multipart/x-mixed-replace with a boundary)")
    boundary = (found[1] or found[2]).encode("latin-1", "replace").lstrip(b"-")
    if not boundary:
        raise MultipartError("the MJPEG has an empty boundary")
    return boundary


class Multipart:
    """Feed it bytes, get the bodies of whole parts."""

    def __init__(self, boundary: bytes) -> None:
        self._delimiter = b"--" + boundary
        self._buffer = bytearray()
        self._in_head = True
        self._length: int | None = None
        self._searched = 0

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Parts that ``data`` completes; MultipartError when a bound is passed."""
        self._buffer += data
        while True:
            part = self._head() if self._in_head else self._body()
            if part is None:
                return
            if part:
                yield part

    def _head(self) -> bytes | None:
        """Take the head of a part (boundary line and fields) away; None when it is not whole."""
        skipped = len(self._buffer) - len(self._buffer.lstrip(b"\r\n"))
        end = _HEAD_END.search(self._buffer, skipped)
        if end is None:
            if len(self._buffer) > LARGEST_HEAD:
                raise MultipartError(f"a part's head is longer than {LARGEST_HEAD} bytes")
            return None
        length = _LENGTH.search(self._buffer, skipped, end.start() + 1)
        self._length = int(length[1]) if length else None
        if self._length is not None and self._length > LARGEST_PART:
            raise MultipartError(f"a part of {self._length} bytes, at most {LARGEST_PART} are taken")
        del self._buffer[: end.end()]
        self._in_head, self._searched = False, 0
        return b""

    def _body(self) -> bytes | None:
        if self._length is not None:
            if len(self._buffer) < self._length:
                return None
            end = self._length
        else:
            end = self._buffer.find(self._delimiter, self._searched)
            if end < 0:
                if len(self._buffer) > LARGEST_PART:
                    raise MultipartError(f"a part is larger than {LARGEST_PART} bytes")
                self._searched = max(0, len(self._buffer) - len(self._delimiter))
                return None
        part = bytes(self._buffer[:end])
        del self._buffer[:end]
        self._in_head = True
        return part if self._length is not None else part.rstrip(b"\r\n")
