"""All cameras of the ward: one capture process each, watched here; none knows of another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from monitor.capture.camera import Camera, CameraStatus
from monitor.errors import VigilError
from monitor.ward.credentials import Secret
from monitor.ward.facility import FacilitySettings
from monitor.ward.sources import CaptureSettings, SourceSettings


class Cameras:
    """Cameras by the name of their source."""

    def __init__(self) -> None:
        self._cameras: dict[str, Camera] = {}
        self._status: dict[str, CameraStatus] = {}
        self.troubles: dict[str, str] = {}
        """Cameras that this program could not serve, and why; the others go on."""

    def __iter__(self) -> Iterator[tuple[str, Camera]]:
        return iter(self._cameras.items())

    def __getitem__(self, source: str) -> Camera:
        return self._cameras[source]

    def __contains__(self, source: object) -> bool:
        return source in self._cameras

    @property
    def status(self) -> Mapping[str, CameraStatus]:
        """How every camera was at the last ``step``."""
        return self._status

    def start(self, source: str, settings: SourceSettings, capture: CaptureSettings, password: str | None) -> Camera:
        """Capture ``source`` from now on; a camera of that name is stopped first."""
        self.stop(source)
        camera = Camera(source, settings, capture, password=password)
        self._cameras[source] = camera
        camera.start()
        return camera

    def stop(self, source: str) -> None:
        """Capture ``source`` no more."""
        camera = self._cameras.pop(source, None)
        self._status.pop(source, None)
        self.troubles.pop(source, None)
        if camera is not None:
            camera.close()

    def step(self, now_s: float) -> None:
        """Watch every camera; what fails at one is its own trouble."""
        for source, camera in self._cameras.items():
            try:
                camera.step(now_s)
                self._status[source] = camera.status(now_s)
            except (VigilError, OSError) as error:
                self.troubles[source] = " ".join(str(error).split())
            else:
                self.troubles.pop(source, None)

    def close(self) -> None:
        """Stop all, side by side."""
        for camera in self._cameras.values():
            camera.stop()
        for source in tuple(self._cameras):
            self.stop(source)


def password_of(settings: FacilitySettings, source: str, secrets: Mapping[str, Secret]) -> str | None:
    """The password of ``source``, None where it has none."""
    secret = secrets.get(f"sources.{source}.password_credential")
    return None if secret is None or source not in settings.sources else secret.reveal()
