"""Cameras at this machine, with the names that stay: udev's links by serial number and by socket.

/dev/video0 is whoever was plugged in first. ``by-id`` follows the camera to another socket, but two cameras of one
kind without serial numbers share it; ``by-path`` names the socket, whichever camera is in it.
"""

from __future__ import annotations

import fcntl
import os
import struct
from dataclasses import dataclass
from pathlib import Path

_QUERYCAP = 0x80685600
_CAPABILITIES = struct.Struct("16s32s32sIII12x")
_CAPTURES, _HAS_DEVICE_CAPABILITIES = 0x1, 0x80000000
"""linux/videodev2.h: VIDIOC_QUERYCAP, V4L2_CAP_VIDEO_CAPTURE, V4L2_CAP_DEVICE_CAPS."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoDevice:
    """One video device. ``node``: its present, unstable name. ``readable``: by this user.

    ``captures``: whether it gives pictures (a USB camera has a second device for metadata); None when it cannot be
    asked, then the first device of a camera is taken for the one.
    """

    node: Path
    card: str
    by_id: Path | None
    by_path: Path | None
    readable: bool
    captures: bool | None
    index: int

    @property
    def is_camera(self) -> bool:
        """Whether pictures can be expected of it."""
        return self.captures if self.captures is not None else self.index == 0

    @property
    def stable(self) -> Path | None:
        """What to write as ``device``; None when udev gave it no name that stays."""
        return self.by_id or self.by_path


def video_devices(root: Path = Path("/")) -> list[VideoDevice]:
    """Every video device under ``root``, by number."""
    kernel = root / "sys/class/video4linux"
    numbers = sorted(
        int(entry.name.removeprefix("video"))
        for entry in (kernel.iterdir() if kernel.is_dir() else ())
        if entry.name.startswith("video") and entry.name.removeprefix("video").isdecimal()
    )
    by_id, by_path = _links(root, "by-id"), _links(root, "by-path")
    return [_device(root, kernel, f"video{number}", by_id, by_path) for number in numbers]


def _device(root: Path, kernel: Path, name: str, by_id: dict[str, Path], by_path: dict[str, Path]) -> VideoDevice:
    node = root / "dev" / name
    return VideoDevice(
        node=Path("/dev") / name,
        card=_text(kernel / name / "name") or "unnamed camera",
        by_id=by_id.get(name),
        by_path=by_path.get(name),
        readable=os.access(node, os.R_OK | os.W_OK),
        captures=_captures(node),
        index=int(_text(kernel / name / "index") or 0),
    )


def _links(root: Path, kind: str) -> dict[str, Path]:
    """Device name → stable name; where several lead to one, the shortest."""
    folder = root / "dev/v4l" / kind
    found: dict[str, Path] = {}
    for link in sorted(folder.iterdir() if folder.is_dir() else (), key=lambda it: (-len(it.name), it.name)):
        if link.is_symlink():
            found[Path(os.readlink(link)).name] = Path("/dev/v4l") / kind / link.name
    return found


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def _captures(node: Path) -> bool | None:
    try:
        descriptor = os.open(node, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        answer = fcntl.ioctl(descriptor, _QUERYCAP, bytes(_CAPABILITIES.size))
    except OSError:
        return None
    finally:
        os.close(descriptor)
    whole, own = _CAPABILITIES.unpack(answer)[4:6]
    return bool((own if whole & _HAS_DEVICE_CAPABILITIES else whole) & _CAPTURES)
