"""Opening: what is named decides the kind of source; every wrong input is one clear line; "auto" falls back."""

from __future__ import annotations

import struct
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from monitor.errors import ConfigurationError, InputError, InputMissing, ServiceUnavailable, UsageError
from monitor.records import Frame, Gap, GapCause
from monitor.sources import gstreamer, opening
from monitor.sources.mp4 import creation_time
from monitor.sources.opening import UNDATED, open_source
from monitor.sources.source import SourceSettings


def draw(path: Path, value: int = 90, shape: tuple[int, ...] = (12, 16, 3), dtype: Any = np.uint8) -> Path:
    assert cv2.imwrite(str(path), np.full(shape, value, dtype))
    return path


def one_frame(path: Path, **settings: Any) -> Frame:
    (frame,) = open_source(path, SourceSettings(**settings)).frames()
    assert isinstance(frame, Frame)
    return frame


def test_a_folder_is_read_in_the_order_a_person_would(tmp_path: Path) -> None:
    for number, value in ((10, 200), (2, 100), (1, 50)):
        draw(tmp_path / f"bed_{number}.png", value)
    (tmp_path / "notes.txt").write_text("not a picture")
    source = open_source(tmp_path, SourceSettings(image_period_s=0.5))
    found = list(source.frames())
    assert [int(frame.pixels[0, 0, 0]) for frame in found if isinstance(frame, Frame)] == [50, 100, 200]
    assert [frame.captured_s for frame in found] == [0.0, 0.5, 1.0]
    assert (source.info.frame_count, source.info.fps, source.info.duration_s) == (3, 2.0, 1.5)
    assert source.info.started_at == UNDATED


def test_a_broken_picture_in_a_folder_is_a_gap(tmp_path: Path) -> None:
    (tmp_path / "0.png").write_bytes(b"\x89PNG broken")
    draw(tmp_path / "1.png")
    (tmp_path / "2.jpg").write_text("text")
    draw(tmp_path / "3.png")
    found = list(open_source(tmp_path).frames())
    assert [type(record) for record in found] == [Gap, Frame, Gap, Frame]
    assert [record.frame_id for record in found] == [0, 1, 2, 3]
    assert isinstance(found[2], Gap)
    assert found[2].cause is GapCause.DECODE_ERROR
    assert "2.jpg" in found[2].detail


def test_a_folder_of_broken_pictures_is_refused(tmp_path: Path) -> None:
    (tmp_path / "0.png").write_text("text")
    with pytest.raises(InputError, match=r"0\.png"):
        open_source(tmp_path)


def test_a_folder_without_pictures_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing")
    with pytest.raises(InputError, match="holds no pictures"):
        open_source(tmp_path)


@pytest.mark.parametrize(
    ("shape", "dtype", "value", "expected"),
    [
        ((12, 16), np.uint8, 90, 90),
        ((12, 16, 3), np.uint16, 90 * 257, 90),
        ((12, 16), np.uint16, 90 * 257, 90),
        ((12, 16, 4), np.uint8, 90, 90),
        ((12, 16, 4), np.uint16, 90 * 257, 90),
        ((1, 1, 3), np.uint8, 7, 7),
    ],
)
def test_every_depth_and_channel_count_becomes_bgr(
    tmp_path: Path, shape: tuple[int, ...], dtype: Any, value: int, expected: int
) -> None:
    frame = one_frame(draw(tmp_path / "picture.png", value, shape, dtype))
    assert frame.pixels.shape == (*shape[:2], 3)
    assert frame.pixels.dtype == np.uint8
    assert np.unique(frame.pixels).tolist() == [expected]


def test_an_8k_picture_opens(tmp_path: Path) -> None:
    path = draw(tmp_path / "large.jpg", 60, (4320, 7680, 3))
    source = open_source(path)
    assert (source.info.width, source.info.height) == (7680, 4320)
    assert sum(1 for _ in source.frames()) == 1


def test_a_picture_is_known_by_content_not_by_name(tmp_path: Path) -> None:
    path = draw(tmp_path / "picture.png").rename(tmp_path / "recording.mp4")
    assert open_source(path).info.backend == "pictures"


def test_pictures_can_be_turned(tmp_path: Path) -> None:
    pixels = np.zeros((2, 3, 3), np.uint8)
    pixels[0, 0] = 255
    cv2.imwrite(str(tmp_path / "corner.png"), pixels)
    frame = one_frame(tmp_path / "corner.png", rotate_deg=90)
    assert frame.pixels.shape == (3, 2, 3)
    assert frame.pixels[0, 1].tolist() == [255, 255, 255]


def test_exif_orientation_of_a_photograph_is_honoured(tmp_path: Path) -> None:
    encoded = cv2.imencode(".jpg", np.full((16, 32, 3), 90, np.uint8))[1].tobytes()
    entry = struct.pack(">HHIHH", 0x0112, 3, 1, 6, 0)  # orientation 6: turn clockwise to be upright
    exif = b"Exif\0\0MM\0\x2a" + struct.pack(">IH", 8, 1) + entry + bytes(4)
    path = tmp_path / "phone.jpg"
    path.write_bytes(encoded[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + encoded[2:])
    assert one_frame(path).pixels.shape == (32, 16, 3)


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
def test_a_cut_off_picture_is_refused(tmp_path: Path, rng: np.random.Generator, suffix: str) -> None:
    path = tmp_path / f"cut{suffix}"
    cv2.imwrite(str(path), rng.integers(0, 255, (200, 200, 3), np.uint8))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(InputError, match="cut off"):
        open_source(path)


def test_missing_empty_special_and_live_locations_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(InputMissing, match="no such file"):
        open_source(tmp_path / "nowhere")
    (tmp_path / "empty.png").touch()
    with pytest.raises(InputError, match="empty"):
        open_source(tmp_path / "empty.png")
    with pytest.raises(InputError, match="neither a file nor a folder"):
        open_source("/dev/null")
    with pytest.raises(UsageError, match="live"):
        open_source("rtsp://camera/stream")


def test_auto_takes_gstreamer_for_what_opencv_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "odd.bin"
    path.write_bytes(b"only GStreamer knows this")
    monkeypatch.setattr(opening, "GStreamerSource", lambda path, *_args, **_kw: f"gstreamer opened {path.name}")
    assert open_source(path) == "gstreamer opened odd.bin"
    with pytest.raises(InputError, match="OpenCV"):
        open_source(path, SourceSettings(backend="opencv"))


def test_without_gstreamer_its_absence_is_clear_and_auto_keeps_opencv_s_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "gi", None)
    path = tmp_path / "notes.mp4"
    path.write_text("text")
    with pytest.raises(ServiceUnavailable, match="apt-get install"):
        gstreamer.load_gstreamer()
    with pytest.raises(ServiceUnavailable, match="apt-get install"):
        open_source(path, SourceSettings(backend="gstreamer"))
    with pytest.raises(InputError, match=r"notes\.mp4.*OpenCV"):
        open_source(path)


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"backend": "vlc"}, "source.backend"),
        ({"rotate_deg": 45}, "source.rotate_deg"),
        ({"image_period_s": 0.0}, "source.image_period_s"),
        ({"gap_after_s": float("nan")}, "source.gap_after_s"),
        ({"hold_s": 0.0}, "source.hold_s"),
        ({"started_at": datetime(2026, 1, 1)}, "source.started_at"),  # noqa: DTZ001
    ],
)
def test_wrong_settings_are_named(wrong: dict[str, Any], named: str) -> None:
    with pytest.raises(ConfigurationError, match=named):
        SourceSettings(**wrong)


def box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(content), kind) + content


@pytest.mark.parametrize(("version", "width"), [(b"\0", 4), (b"\1", 8)])
def test_the_movie_header_dates_a_recording(tmp_path: Path, version: bytes, width: int) -> None:
    made = datetime(2023, 2, 3, 21, 48, 14, tzinfo=UTC)
    seconds = int((made - datetime(1904, 1, 1, tzinfo=UTC)).total_seconds())
    header = box(b"mvhd", version + bytes(3) + seconds.to_bytes(width, "big") + bytes(80))
    path = tmp_path / "dated.mp4"
    path.write_bytes(box(b"ftyp", b"isom") + box(b"mdat", bytes(99)) + box(b"moov", box(b"free", b"") + header))
    assert creation_time(path) == made


@pytest.mark.parametrize(
    "content",
    [b"", b"\0\0", b"plain text that is long enough", struct.pack(">I4s", 3, b"moov"), box(b"moov", b"\0\0\0\0")],
)
def test_files_without_a_movie_header_are_undated(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "undated.mp4"
    path.write_bytes(content)
    assert creation_time(path) is None


@pytest.mark.shared
def test_a_recording_is_dated_by_its_container(clips: Path) -> None:
    source = open_source(clips / "face_noface.mov")
    assert source.info.started_at == datetime(2023, 2, 3, 21, 48, 14, tzinfo=UTC)
    source.close()
