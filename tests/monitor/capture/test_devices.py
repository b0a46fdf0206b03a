"""Device listing on a fake device tree; no camera is plugged into the machines that run this."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from monitor.capture import devices
from monitor.capture.devices import video_devices

BY_PATH = "pci-0000:00:14.0-usb-0:2:1.0-video-index"


def plug(root: Path, number: int, card: str, index: int = 0, by_id: str = "", by_path: str = "") -> None:
    kernel = root / f"sys/class/video4linux/video{number}"
    kernel.mkdir(parents=True)
    (kernel / "name").write_text(card + "\n")
    (kernel / "index").write_text(f"{index}\n")
    (root / "dev").mkdir(exist_ok=True)
    (root / f"dev/video{number}").write_bytes(b"")
    for kind, name in (("by-id", by_id), ("by-path", by_path)):
        if name:
            folder = root / "dev/v4l" / kind
            folder.mkdir(parents=True, exist_ok=True)
            os.symlink(f"../../video{number}", folder / name)


def test_no_camera(tmp_path: Path):
    assert video_devices(tmp_path) == []


def test_a_usb_camera_has_two_devices_and_one_gives_pictures(tmp_path: Path):
    plug(tmp_path, 0, "HD Webcam", 0, "usb-Maker_HD_Webcam_123-video-index0", BY_PATH + "0")
    plug(tmp_path, 1, "HD Webcam", 1, "usb-Maker_HD_Webcam_123-video-index1", BY_PATH + "1")
    camera, other = video_devices(tmp_path)
    assert (camera.node, camera.card, camera.is_camera) == (Path("/dev/video0"), "HD Webcam", True)
    assert camera.stable == Path("/dev/v4l/by-id/usb-Maker_HD_Webcam_123-video-index0")
    assert camera.by_path == Path(f"/dev/v4l/by-path/{BY_PATH}0")
    assert not other.is_camera


def test_the_stable_name_stays_when_the_numbers_change(tmp_path: Path):
    before, after = tmp_path / "before", tmp_path / "after"
    for root, left, right in ((before, 0, 2), (after, 10, 0)):
        root.mkdir()
        plug(root, left, "Left", by_id="usb-Left-video-index0", by_path="pci-1-video-index0")
        plug(root, right, "Right", by_path="pci-2-video-index0")
    named = [{device.card: device.stable for device in video_devices(root)} for root in (before, after)]
    assert named[0] == named[1]
    assert named[0]["Right"] == Path("/dev/v4l/by-path/pci-2-video-index0")
    assert [device.node.name for device in video_devices(after)] == ["video0", "video10"]


def test_a_device_without_names_or_facts(tmp_path: Path):
    (tmp_path / "sys/class/video4linux/video3").mkdir(parents=True)
    (tmp_path / "sys/class/video4linux/v4l-subdev0").mkdir()
    (device,) = video_devices(tmp_path)
    assert (device.stable, device.card, device.readable, device.captures) == (None, "unnamed camera", False, None)


@pytest.mark.parametrize(
    ("whole", "own", "expected"), [(0x84A00001, 0x04200001, True), (0x84A00001, 0x04A00000, False), (1, 0, True)]
)
def test_what_the_driver_says_counts_more_than_the_index(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whole: int, own: int, expected: bool
):
    plug(tmp_path, 0, "Odd", index=1)
    answer = devices._CAPABILITIES.pack(b"uvcvideo", b"Odd", b"usb-1", 0x60100, whole, own)
    monkeypatch.setattr(devices.fcntl, "ioctl", lambda *_: answer)
    (device,) = video_devices(tmp_path)
    assert device.captures is device.is_camera is expected
