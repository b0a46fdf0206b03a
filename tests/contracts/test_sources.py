"""Every backend that opens recordings keeps the same promises: times, rotation, pixel formats, damage, bad input."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from monitor.errors import InputError, InputMissing, ServiceUnavailable
from monitor.records import Frame, Gap, GapCause
from monitor.sources.gstreamer import load_gstreamer
from monitor.sources.opening import open_source
from monitor.sources.source import Source, SourceSettings

PERIOD_S = 1 / 25


@pytest.fixture(params=["opencv", "gstreamer"])
def backend(request: pytest.FixtureRequest) -> str:
    if request.param == "gstreamer":
        try:
            load_gstreamer()
        except ServiceUnavailable as error:
            pytest.skip(str(error))
    return str(request.param)


def ffmpeg(*arguments: str) -> None:
    try:
        subprocess.run(["ffmpeg", "-v", "error", "-y", *arguments], check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("no ffmpeg to make test recordings with")


def pattern(path: Path, *codec: str, seconds: float = 2.0, size: str = "160x120", filters: str = "null") -> Path:
    source = f"testsrc2=size={size}:rate=25:duration={seconds},{filters}"
    ffmpeg("-f", "lavfi", "-i", source, *codec, str(path))
    return path


H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-g", "25", "-pix_fmt", "yuv420p")


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return pattern(tmp_path_factory.mktemp("plain") / "plain.mp4", *H264, seconds=4.0)


@pytest.fixture(scope="module")
def first_picture(plain: Path) -> np.ndarray:
    return frames(open_with(plain, "opencv"))[0].pixels


def open_with(path: Path, backend: str, **settings: object) -> Source:
    return open_source(path, SourceSettings(backend=backend, **settings))  # type: ignore[arg-type]


def records(source: Source) -> list[Frame | Gap]:
    everything = list(source.frames())
    assert [record.frame_id for record in everything] == list(range(len(everything)))
    times = [record.captured_s for record in everything]
    assert all(earlier < later for earlier, later in pairwise(times))
    return everything


def frames(source: Source) -> list[Frame]:
    return [record for record in records(source) if isinstance(record, Frame)]


def gaps(everything: list[Frame | Gap]) -> list[Gap]:
    return [record for record in everything if isinstance(record, Gap)]


def test_times_and_dates_come_from_the_recording(plain: Path, backend: str) -> None:
    begun = datetime(2026, 3, 1, 22, 15, tzinfo=UTC)
    source = open_with(plain, backend, started_at=begun)
    everything = records(source)
    assert gaps(everything) == []
    assert [record.captured_s for record in everything] == pytest.approx(np.arange(100) * PERIOD_S, abs=0.002)
    assert (everything[25].captured_at - begun).total_seconds() == pytest.approx(1.0, abs=0.002)
    assert {record.source_id for record in everything} == {"plain.mp4"}
    info = source.info
    assert (info.width, info.height, info.backend, info.fps) == (160, 120, backend, pytest.approx(25))
    assert info.frame_count == 100
    assert info.duration_s == pytest.approx(4.0, abs=0.01)


def test_two_passes_over_the_same_file_are_equal(plain: Path, backend: str) -> None:
    first, second = frames(open_with(plain, backend)), frames(open_with(plain, backend))
    for one, other in zip(first, second, strict=True):
        assert one.captured_s == other.captured_s
        assert np.array_equal(one.pixels, other.pixels)


@pytest.fixture(scope="module")
def paused(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Variable frame rate: the picture at 0.76 s is shown until 2.44 s."""
    path = tmp_path_factory.mktemp("paused") / "vfr.mp4"
    return pattern(path, "-fps_mode", "passthrough", *H264, seconds=4.0, filters="select='not(between(n,20,60))'")


def test_variable_frame_rate_keeps_its_times_and_a_picture_shown_for_long_stands(paused: Path, backend: str) -> None:
    source = open_with(paused, backend)
    everything = frames(source)
    shown = [round(frame.captured_s / PERIOD_S) for frame in everything if not frame.held]
    assert shown == [*range(20), *range(61, 100)]
    held = [frame for frame in everything if frame.held]
    assert [round(frame.captured_s, 2) for frame in held] == pytest.approx(np.arange(0.96, 2.4, 0.2), abs=0.011)
    assert all(np.array_equal(frame.pixels, everything[19].pixels) for frame in held)
    assert source.info.fps == pytest.approx(25, rel=0.01), "the usual rate, not the mean over the pause"


def test_a_picture_stands_no_longer_than_is_settable(paused: Path, backend: str) -> None:
    everything = records(open_with(paused, backend, hold_s=0.5))
    assert sum(record.held for record in everything if isinstance(record, Frame)) == 2
    between = gaps(everything)
    assert between
    assert all(gap.cause is GapCause.STALLED and 1.26 < gap.captured_s < 2.44 for gap in between)


def test_the_time_without_a_picture_that_is_a_hole_is_settable(paused: Path, backend: str) -> None:
    everything = frames(open_with(paused, backend, gap_after_s=5.0))
    assert len(everything) == 59
    assert not any(frame.held for frame in everything)


def test_a_last_picture_of_many_seconds_stands_to_its_end(plain: Path, tmp_path: Path, backend: str) -> None:
    long = tmp_path / "long.mp4"
    lasting = "setts=duration=if(eq(N\\,99)\\,40/TB\\,DURATION)"
    ffmpeg("-i", str(plain), "-c", "copy", "-bsf:v", lasting, str(long))
    everything = frames(open_with(long, backend))
    assert sum(not frame.held for frame in everything) == 100
    assert everything[-1].held
    assert everything[-1].captured_s == pytest.approx(43.96, abs=0.3)


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_rotation_metadata_is_honoured(
    plain: Path, first_picture: np.ndarray, tmp_path: Path, backend: str, turn: int
) -> None:
    turned = tmp_path / "turned.mp4"
    ffmpeg("-i", str(plain), "-c", "copy", "-metadata:s:v", f"rotate={turn}", str(turned))
    upright = tmp_path / "upright.png"
    ffmpeg("-i", str(turned), "-frames:v", "1", str(upright))  # ffmpeg turns by the metadata as well
    expected = frames(open_source(upright))[0].pixels
    source = open_with(turned, backend)
    seen = frames(source)[0].pixels
    assert (source.info.height, source.info.width) == seen.shape[:2] == expected.shape[:2]
    assert np.abs(seen.astype(int) - expected).mean() < 4
    assert np.abs(seen.astype(int) - np.resize(first_picture, seen.shape)).mean() > 20


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_a_source_can_be_turned_clockwise(plain: Path, backend: str, turn: int) -> None:
    straight = frames(open_with(plain, backend))[0].pixels
    source = open_with(plain, backend, rotate_deg=turn)
    seen = frames(source)[0].pixels
    assert np.array_equal(seen, np.rot90(straight, -turn // 90))
    assert (source.info.height, source.info.width) == seen.shape[:2]


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("ten_bit.mkv", ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p10le")),
        ("alpha.mov", ("-c:v", "qtrle", "-pix_fmt", "argb")),
        ("alpha.webm", ("-c:v", "libvpx-vp9", "-cpu-used", "8", "-pix_fmt", "yuva420p")),
        ("colour.mkv", ("-c:v", "ffv1", "-pix_fmt", "bgr0")),
        ("odd.mkv", ("-c:v", "ffv1", "-pix_fmt", "bgr0", "-vf", "crop=157:119:0:0")),
        ("moving.gif", ()),
    ],
)
def test_pixel_formats_become_the_same_picture(
    tmp_path: Path, first_picture: np.ndarray, backend: str, name: str, codec: tuple[str, ...]
) -> None:
    found = frames(open_with(pattern(tmp_path / name, *codec, seconds=0.4), backend))
    assert len(found) == 10
    height, width = found[0].pixels.shape[:2]
    assert np.abs(found[0].pixels.astype(int) - first_picture[:height, :width]).mean() < 12


@pytest.mark.parametrize("pixel_format", ["gray", "gray16le"])
def test_grey_recordings_have_three_equal_channels(tmp_path: Path, backend: str, pixel_format: str) -> None:
    grey = pattern(tmp_path / "grey.mkv", "-c:v", "ffv1", "-pix_fmt", pixel_format, seconds=0.4)
    seen = frames(open_with(grey, backend))[0].pixels.astype(int)
    assert seen.shape == (120, 160, 3)
    assert np.ptp(seen, axis=2).max() <= 2
    assert seen.std() > 30
    assert np.abs(seen - frames(open_with(grey, "opencv"))[0].pixels).mean() < 3


@pytest.mark.parametrize("container", ["mp4", "mkv"])
def test_damage_in_the_middle_is_a_gap_and_the_recording_goes_on(
    plain: Path, tmp_path: Path, backend: str, container: str
) -> None:
    whole = tmp_path / f"whole.{container}"
    ffmpeg("-i", str(plain), "-c", "copy", str(whole))
    content = bytearray(whole.read_bytes())
    start, length = len(content) * 2 // 5, len(content) // 5
    content[start : start + length] = np.random.default_rng(7).bytes(length)
    damaged = tmp_path / f"damaged.{container}"
    damaged.write_bytes(content)

    everything = records(open_with(damaged, backend))
    lost = [gap for gap in gaps(everything) if gap.cause is not GapCause.TRUNCATED]
    assert lost
    assert all(1.0 < gap.captured_s < 3.2 for gap in lost)
    last = everything[-1]
    assert isinstance(last, Frame)
    assert last.captured_s > 3.8
    assert 40 < sum(isinstance(record, Frame) for record in everything) < 100


@pytest.mark.parametrize("container", ["mp4", "mkv"])
def test_a_cut_off_recording_ends_with_a_truncated_gap(
    plain: Path, tmp_path: Path, backend: str, container: str
) -> None:
    whole = tmp_path / f"whole.{container}"
    ffmpeg("-i", str(plain), "-c", "copy", *(("-movflags", "+faststart") if container == "mp4" else ()), str(whole))
    cut = tmp_path / f"cut.{container}"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size * 3 // 5])
    everything = records(open_with(cut, backend))
    assert [gap.cause for gap in gaps(everything)] == [GapCause.TRUNCATED]
    assert isinstance(everything[-1], Gap)
    assert len(everything) > 40


def refusal(path: Path, backend: str) -> str:
    with pytest.raises(InputError) as refused:
        open_with(path, backend)
    line = str(refused.value)
    assert path.name in line
    assert "\n" not in line
    return line


def test_an_mp4_that_lost_its_index_is_refused(plain: Path, tmp_path: Path, backend: str) -> None:
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(plain.read_bytes()[: plain.stat().st_size // 2])
    assert "index" in refusal(cut, backend)


def test_text_named_mp4_is_refused(tmp_path: Path, backend: str) -> None:
    text = tmp_path / "notes.mp4"
    text.write_text("the resident slept well\n" * 200)
    refusal(text, backend)


def test_an_empty_file_is_refused(tmp_path: Path, backend: str) -> None:
    empty = tmp_path / "empty.mp4"
    empty.touch()
    assert "empty" in refusal(empty, backend)


def test_a_missing_file_is_refused(tmp_path: Path, backend: str) -> None:
    with pytest.raises(InputMissing, match=r"nowhere\.mp4"):
        open_with(tmp_path / "nowhere.mp4", backend)


def test_sound_without_a_picture_is_refused(tmp_path: Path, backend: str) -> None:
    sound = tmp_path / "sound.mp4"
    ffmpeg("-f", "lavfi", "-i", "sine=duration=1", str(sound))
    refusal(sound, backend)


def test_closing_midway_ends_the_pass_and_may_be_repeated(plain: Path, backend: str) -> None:
    source = open_with(plain, backend)
    under_way = source.frames()
    next(under_way)
    source.close()
    source.close()
    assert len(list(under_way)) <= 1


def test_a_name_with_a_colon_is_a_file(plain: Path, tmp_path: Path, backend: str, monkeypatch) -> None:
    (tmp_path / "room:4 100%d.mp4").write_bytes(plain.read_bytes())
    monkeypatch.chdir(tmp_path)
    assert len(frames(open_with(Path("room:4 100%d.mp4"), backend))) == 100


def test_nothing_but_vigil_speaks_on_stderr(plain: Path, tmp_path: Path, backend: str) -> None:
    content = bytearray(plain.read_bytes())
    content[len(content) // 3 : len(content) // 2] = bytes(len(content) // 2 - len(content) // 3)
    damaged = tmp_path / "damaged.mp4"
    damaged.write_bytes(content)
    program = (
        "import sys, json; from monitor.sources.opening import open_source; "
        "from monitor.sources.source import SourceSettings; "
        "print(json.dumps(len(list(open_source(sys.argv[1], SourceSettings(backend=sys.argv[2])).frames()))))"
    )
    told = subprocess.run(
        [sys.executable, "-c", program, str(damaged), backend],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert json.loads(told.stdout) > 40
    assert told.stderr == ""


@pytest.mark.shared
def test_all_shared_recordings_have_sane_times(shared: Path, backend: str) -> None:
    paths = sorted([*(shared / "clips").iterdir(), *(shared / "data" / "synpain").iterdir()])
    assert len(paths) >= 18
    for path in paths:
        source = open_with(path, backend)
        everything = records(source)
        assert gaps(everything) == [], path.name
        assert everything[0].captured_s == 0.0
        assert source.info.duration_s is not None
        if source.info.backend != "pictures":
            assert everything[-1].captured_s == pytest.approx(source.info.duration_s, abs=0.25), path.name


@pytest.mark.shared
def test_both_backends_show_the_same_pictures_at_the_same_times(clips: Path, backend: str) -> None:
    ours = frames(open_with(clips / "single_face.mp4", backend))
    opencv = frames(open_with(clips / "single_face.mp4", "opencv"))
    for mine, theirs in zip(ours, opencv, strict=True):
        assert mine.captured_s == pytest.approx(theirs.captured_s, abs=0.002)
        assert np.abs(mine.pixels.astype(int) - theirs.pixels).mean() < 6
