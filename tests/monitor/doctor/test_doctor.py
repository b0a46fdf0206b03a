"""``vigil doctor`` says what is there, what is wrong and what to do; for people and for programs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from mjpeg_server import MjpegServer

from monitor.capture.devices import VideoDevice
from monitor.cli import run
from monitor.doctor import cameras, codecs, learned, machine
from monitor.doctor.finding import Finding, Verdict
from monitor.doctor.printed import lines, summary
from monitor.errors import ServiceUnavailable
from monitor.ward.facility import FacilitySettings
from monitor.ward.sources import MjpegSource, RecordingSource, RtspSource, V4l2Source


def finding(verdict: Verdict = Verdict.OK, **changes: str) -> Finding:
    return Finding(**({"area": "disk", "about": "here", "said": "1 GiB free"} | changes), verdict=verdict)


@pytest.fixture(scope="module")
def shots() -> list[bytes]:
    rng = np.random.default_rng(4)
    rough = rng.integers(0, 256, (5, 24, 32, 3), dtype=np.uint8)
    return [cv2.imencode(".jpg", cv2.resize(each, (320, 240)))[1].tobytes() for each in rough]


def by_name(found) -> dict[str, Finding]:
    return {each.about: each for each in found}


def test_every_source_is_tried_and_what_is_wrong_is_said_with_what_to_do(shots: list[bytes], tmp_path: Path):
    secret = tmp_path / "camera"
    secret.write_text("pa ss\n")
    secret.chmod(0o600)
    with MjpegServer(shots, user=("viewer", "pa ss")) as server:
        sources = {
            "good": MjpegSource(url=server.url, username="viewer", password_credential=str(secret)),
            "stranger": MjpegSource(url=server.url),
            "nobody": RtspSource(url="rtsp://127.0.0.1:9/stream", backend="opencv"),
            "lost": RecordingSource(path=tmp_path / "none.mp4"),
            "secret": RtspSource(url="rtsp://127.0.0.1:9/s", username="viewer", password_credential="door"),
            "keyless": MjpegSource(url=server.url, username="v", password_credential=str(tmp_path / "none")),
        }
        found = by_name(cameras.tried(FacilitySettings(sources=sources), None, 1.0))
    assert found["good"].verdict is Verdict.OK
    assert found["good"].said.startswith("320×240, ")
    assert found["stranger"].verdict is Verdict.WRONG
    assert "refuses user or password" in found["stranger"].said
    assert "username" in found["stranger"].advice
    for name in ("nobody", "lost", "keyless"):
        assert found[name].verdict is Verdict.WRONG
        assert found[name].advice
    assert found["secret"].verdict is Verdict.WARN
    assert "handed to the service alone" in found["secret"].said
    assert "pa ss" not in repr(found)


def test_usb_cameras_are_listed_by_the_name_to_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    link = Path("/dev/v4l/by-id/usb-HD-index0")

    def device(number: int, **changes) -> VideoDevice:
        facts = {"card": "HD", "by_id": None, "by_path": None, "readable": True, "captures": True, "index": 0}
        return VideoDevice(**({"node": Path(f"/dev/video{number}")} | facts | changes))

    listed = [device(0, by_id=link), device(1, captures=False), device(2), device(3, by_path=link, readable=False)]
    monkeypatch.setattr(cameras, "video_devices", lambda _root: listed)
    sources = {"window": V4l2Source(device=link), "other": V4l2Source(device=Path("/dev/v4l/by-id/usb-Gone"))}
    (tmp_path / "dev/v4l/by-id").mkdir(parents=True)
    (tmp_path / "dev/v4l/by-id/usb-HD-index0").touch()
    found = by_name(cameras.devices(sources, tmp_path))
    assert found.keys() == {"/dev/video0", "/dev/video2", "/dev/video3", "other"}
    assert found["/dev/video0"].said == "HD; is window"
    assert (found["/dev/video2"].verdict, found["/dev/video3"].verdict) == (Verdict.WARN, Verdict.WARN)
    assert "group video" in found["/dev/video3"].advice
    assert found["other"].verdict is Verdict.WRONG
    assert str(link) in found["other"].advice


def test_no_usb_camera_is_no_fault(tmp_path: Path):
    (found,) = cameras.devices({}, tmp_path)
    assert found.verdict is Verdict.OK


def test_codecs_of_this_machine():
    pytest.importorskip("gi")
    found = by_name(codecs.codecs([RtspSource(url="rtsp://camera/a")]))
    assert "FFmpeg" in found["OpenCV"].said
    assert {"GStreamer", "H.264", "H.265", "JPEG", "RTSP over TLS"} <= found.keys()
    assert {each.verdict for each in found.values()} <= {Verdict.OK, Verdict.WARN}


@pytest.mark.parametrize(("backend", "verdict"), [("auto", Verdict.WARN), ("gstreamer", Verdict.WRONG)])
def test_without_gstreamer(monkeypatch: pytest.MonkeyPatch, backend, verdict: Verdict):
    def missing(_wants):
        raise ServiceUnavailable("install it")
        yield

    monkeypatch.setattr(codecs, "_gstreamer", missing)
    found = by_name(codecs.codecs([RtspSource(url="rtsp://camera/a", backend=backend)]))
    assert (found["GStreamer"].verdict, found["GStreamer"].advice) == (verdict, "install it")


def test_memory_and_clocks_of_this_machine():
    assert by_name(machine.memory(2))["shared memory"].verdict is Verdict.OK
    assert machine.synchronised() in (True, False, None)
    found = by_name(machine.clocks())
    assert found["monotonic clock"].verdict is Verdict.OK
    assert "UTC" in found["UTC"].said


@pytest.mark.parametrize(("mib", "verdict"), [(300, Verdict.WRONG), (900, Verdict.WARN), (9000, Verdict.OK)])
def test_free_memory(tmp_path: Path, mib: int, verdict: Verdict):
    (tmp_path / "meminfo").write_text(f"MemTotal: 16000000 kB\nMemAvailable: {mib * 1024} kB\nHugePages_Total: 0\n")
    assert by_name(machine.memory(2, tmp_path / "meminfo"))["free memory"].verdict is verdict


@pytest.mark.parametrize(
    ("state", "status", "expected"), [(0, 0, True), (5, 0x40, False), (0, 0x40, False), (-1, 0, None)]
)
def test_what_the_kernel_says_of_its_clock(state: int, status: int, expected: bool | None):
    class Libc:
        @staticmethod
        def adjtimex(buffer) -> int:
            buffer[40:44] = status.to_bytes(4, "little")
            return state

    assert machine.synchronised(Libc()) is expected


def test_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (found,) = machine.disk(tmp_path / "not/yet/there", 64)
    assert found.verdict in (Verdict.OK, Verdict.WARN)
    monkeypatch.setattr(machine.shutil, "disk_usage", lambda _: _Usage(100 << 20))
    (found,) = machine.disk(tmp_path, 64)
    assert found.verdict is Verdict.WRONG
    monkeypatch.setattr(machine.os, "access", lambda *_: False)
    assert [each.verdict for each in machine.disk(tmp_path, 64)] == [Verdict.WARN, Verdict.WRONG]


class _Usage:
    def __init__(self, free: int) -> None:
        self.free = free


def test_models(tiny_bundle: Path, landmarker: Path):
    found = by_name(learned.learned(FacilitySettings(model=tiny_bundle, landmarker=landmarker)))
    assert found["network"].said == "tiny-untrained, hashes agree"
    assert found["landmark asset"].said == str(landmarker)
    assert found["face finder"].verdict is found["accelerator"].verdict is Verdict.OK
    assert "the network runs on" in found["accelerator"].said
    assert "explanations" in found


def test_models_that_are_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    settings = FacilitySettings(model=tmp_path / "none", landmarker=tmp_path / "none.task")
    found = by_name(learned.learned(settings))
    assert found["network"].verdict is found["landmark asset"].verdict is Verdict.WRONG
    monkeypatch.delenv("VIGIL_LANDMARKER", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert by_name(learned.learned(FacilitySettings(model=tmp_path)))["landmark asset"].verdict is Verdict.WARN


def test_an_accelerator_that_is_asked_for_and_not_there_is_a_warning(tiny_bundle: Path, landmarker: Path):
    from monitor.classifier import ClassifierSettings
    from monitor.providers import CUDA, why_not

    if not why_not(CUDA):
        pytest.skip("CUDA works here")
    settings = FacilitySettings(
        model=tiny_bundle, landmarker=landmarker, classifier=ClassifierSettings(providers=("cuda",))
    )
    found = by_name(learned.learned(settings))["accelerator"]
    assert found.verdict is Verdict.WARN
    assert "cuda was asked for" in found.advice


def test_the_text_is_wrapped_and_summed_up():
    found = [finding(), finding(Verdict.WRONG, about="there", said="word " * 40, advice="do " * 30)]
    text = "\n".join(lines(found, 80, colours=False))
    assert max(map(len, text.splitlines())) <= 80
    assert "→ do" in text
    assert text.endswith("1 thing is wrong: see the lines marked wrong above.")
    assert "\x1b" not in text
    assert "\x1b" in "\n".join(lines(found, 80, colours=True))
    assert summary([finding()]) == "All is well."
    assert summary([finding(Verdict.WARN)]) == "Nothing that is needed is missing (1 warning)."


def ward(folder: Path, source: str) -> Path:
    file = folder / "ward.yaml"
    file.write_text(f"sources:\n  one: {source}\nbeds:\n  bed-1: {{source: one}}\n")
    return file


def test_the_command_tells_programs(tmp_path: Path, tiny_bundle: Path, landmarker: Path):
    """In a process of its own: what MediaPipe and GStreamer print must not get between the JSON."""
    file = ward(tmp_path, f"{{kind: recording, path: {tmp_path}/none.mp4}}")
    done = subprocess.run(
        [sys.executable, "-c", "from monitor.cli import main; main()",
         "doctor", str(file), "--seconds", "1", "--json"],
        env=os.environ | {"VIGIL_MODEL": str(tiny_bundle), "VIGIL_LANDMARKER": str(landmarker)},
        cwd=Path(__file__).parents[3], capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    told = json.loads(done.stdout)
    assert done.returncode == 1
    assert told["ok"] is False
    (one,) = [each for each in told["findings"] if each["about"] == "one"]
    assert one["verdict"] == "wrong"
    assert done.stderr == ""


def test_a_wrong_configuration_is_said_and_the_rest_is_looked_at(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(learned, "learned", lambda _settings: iter(()))
    assert run(["doctor", str(ward(tmp_path, "{kind: nonsense}"))]) == 1
    said = capsys.readouterr().out
    assert "check-config" in said
    assert "monotonic clock" in said


def test_seconds_are_bounded(capsys: pytest.CaptureFixture[str]):
    assert run(["doctor", "--seconds", "0"]) == 64
    assert "--seconds" in capsys.readouterr().err
