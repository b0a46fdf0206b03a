"""Cameras at this machine, and every configured source tried for a few seconds."""

from __future__ import annotations

import select
from collections.abc import Iterator, Mapping
from pathlib import Path

from monitor.alerts.topics import TECHNICAL_SENTENCES
from monitor.capture.camera import Camera, CameraStatus
from monitor.capture.devices import VideoDevice, video_devices
from monitor.clock import now_s
from monitor.doctor.finding import Finding, Verdict
from monitor.errors import ConfigurationError
from monitor.ward.credentials import read_credential
from monitor.ward.facility import FacilitySettings
from monitor.ward.sources import SourceSettings, V4l2Source

AREA = "cameras"
STEP_S = 0.1
START_S, BUSY_START_S = 10.0, 40.0
"""How long a camera may take for its first picture once something is wrong with it, and while nothing is known."""


def devices(sources: Mapping[str, SourceSettings], root: Path = Path("/")) -> Iterator[Finding]:
    """USB cameras that are plugged in, by the names to configure them under."""
    found = [device for device in video_devices(root) if device.is_camera]
    yield from (_device(device, sources) for device in found)
    if not found:
        said = "none at this machine; network cameras need none"
        yield Finding(area=AREA, about="USB cameras", verdict=Verdict.OK, said=said)
    for name, source in sources.items():
        if isinstance(source, V4l2Source) and not (root / source.device.relative_to("/")).exists():
            names = ", ".join(str(device.stable) for device in found if device.stable)
            advice = f"there are: {names}" if names else "plug the camera in; see `lsusb`, and the cable"
            said = f"its device {source.device} is not there"
            yield Finding(area=AREA, about=name, verdict=Verdict.WRONG, said=said, advice=advice)


def _device(device: VideoDevice, sources: Mapping[str, SourceSettings]) -> Finding:
    users = [
        name
        for name, source in sources.items()
        if isinstance(source, V4l2Source) and source.device in (device.by_id, device.by_path)
    ]
    said = f"{device.card}; {f'is {users[0]}' if users else f'to be written as {device.stable}'}"
    verdict, advice = Verdict.OK, ""
    if device.stable is None:
        said = f"{device.card}; has no name that stays"
        verdict, advice = Verdict.WARN, "udev makes such names under /dev/v4l; inside a container share that folder"
    elif not device.readable:
        verdict, advice = Verdict.WARN, "this user may not read it; the service's user belongs into the group video"
    return Finding(area=AREA, about=str(device.node), verdict=verdict, said=said, advice=advice)


def tried(settings: FacilitySettings, credentials: Path | None, seconds: float) -> Iterator[Finding]:
    """Every configured source, all at once, for ``seconds`` after its first picture."""
    cameras: dict[str, Camera] = {}
    trials: dict[str, _Trial] = {}
    try:
        for name, source in settings.sources.items():
            if isinstance(source, V4l2Source) and not source.device.exists():
                continue  # said by ``devices``
            try:
                password = _password(source, credentials)
            except ConfigurationError as error:
                yield _no_password(name, source, error, credentials)
                continue
            cameras[name] = Camera(name, source, settings.capture, password=password)
            cameras[name].start()
            trials[name] = _Trial()
        begun_s = now_s()
        while any(not trial.over(now_s() - begun_s, seconds) for trial in trials.values()):
            for name, camera in cameras.items():
                at_s = now_s()
                camera.step(at_s)
                trials[name].note(camera.status(at_s), at_s)
            select.select([], [], [], STEP_S)
    finally:
        for camera in cameras.values():
            camera.stop()
        for camera in cameras.values():
            camera.close()
    yield from (trial.finding(name) for name, trial in trials.items())


class _Trial:
    """What was seen of one camera."""

    def __init__(self) -> None:
        self._first: tuple[int, float] | None = None
        self._last = (0, 0.0)
        self._status: CameraStatus | None = None
        self._trouble: str | None = None

    def note(self, status: CameraStatus, at_s: float) -> None:
        self._status = status
        self._trouble = status.trouble or self._trouble
        if status.sequence and self._first is None:
            self._first = (status.sequence, at_s)
        self._last = (status.sequence, at_s)

    def over(self, tried_s: float, seconds: float) -> bool:
        """Whether enough was seen, or nothing for too long."""
        if self._first is None:
            patience_s = START_S if self._trouble else BUSY_START_S
            return tried_s >= max(patience_s, seconds)
        return self._last[1] - self._first[1] >= seconds

    def finding(self, name: str) -> Finding:
        status, first = self._status, self._first
        if status is None or first is None:
            said = self._trouble or "gives no picture"
            advice = _advice(said)
            return Finding(area=AREA, about=name, verdict=Verdict.WRONG, said=said, advice=advice)
        fps = (self._last[0] - first[0]) / max(self._last[1] - first[1], 0.1)
        size = f"{status.size[0]}×{status.size[1]}, " if status.size else ""
        said = f"{size}{fps:.1f} pictures a second ({status.decoder})"
        faults = [TECHNICAL_SENTENCES[fault] for fault in sorted(status.faults)]
        lost = sum(amount for cause, amount in status.dropped.items() if cause in ("damaged", "torn"))
        if lost:
            faults.append(f"{lost} pictures arrived damaged: check cable and network, or take transport: tcp")
        verdict = Verdict.WARN if faults else Verdict.OK
        return Finding(area=AREA, about=name, verdict=verdict, said=said, advice="; ".join(faults))


_ADVICE = {
    "refuses user or password": "compare username and the credential file with what is set at the camera",
    "cannot be reached": "check the camera's power, cable and address; try `ping` with the host of its url",
    "no such stream": "the path of its url is another one at this camera; its manual or its own web page tells",
    "Cannot identify device": "plug the camera in; `vigil doctor` lists what is there",
    "another program uses": "end the other program; is the service running?",
    "certificate": "name the authority that signed the camera's certificate as tls_ca_file",
    "no such file": "write the path of a recording that is there",
    "says nothing": "the address answers but sends no picture; restart the camera",
    "TLS": "see whether the camera speaks TLS at this port; name its authority as tls_ca_file",
}


def _advice(trouble: str) -> str:
    return next((advice for part, advice in _ADVICE.items() if part in trouble), "see docs/cameras.md")


def _no_password(name: str, source: SourceSettings, error: ConfigurationError, credentials: Path | None) -> Finding:
    """Only the running service has what systemd hands to it, so without its folder this is no fault yet."""
    if credentials is None and not str(getattr(source, "password_credential", "")).startswith("/"):
        advice = "give --credentials a folder with the same files to have it tried"
        said = "was not tried: its password is handed to the service alone (LoadCredential=)"
        return Finding(area=AREA, about=name, verdict=Verdict.WARN, said=said, advice=advice)
    said, advice = f"its password cannot be read: {error}", "see LoadCredential= in the unit, and chmod 600"
    return Finding(area=AREA, about=name, verdict=Verdict.WRONG, said=said, advice=advice)


def _password(source: SourceSettings, credentials: Path | None) -> str | None:
    named = getattr(source, "password_credential", None)
    return None if named is None else read_credential(named, credentials).reveal()
