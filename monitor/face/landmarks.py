"""MediaPipe's face landmarker behind one call: a window of a frame in, meshes in frame px out."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

import cv2
import numpy as np
from mediapipe import Image, ImageFormat
from mediapipe.tasks.python import BaseOptions
from mediapipe.tasks.python.vision import FaceLandmarker, FaceLandmarkerOptions, RunningMode

from models.native_reports import keep_reports_here
from monitor.errors import ServiceUnavailable
from monitor.face.geometry import Box, Window
from monitor.face.mesh_points import points_call
from monitor.records import F32, U8

MESH_POINTS = 478
_MOST_TURNED_PX = 512


@dataclass(frozen=True, slots=True)
class Mesh:
    """One face: ``points`` (478, 3) float32, x and y in frame px, z in px of the same scale (smaller is nearer).

    ``box`` is the smallest upright rectangle that holds all points.
    """

    points: F32
    box: Box = field(init=False)

    def __post_init__(self) -> None:
        low, high = cv2.reduce(self.points, 0, cv2.REDUCE_MIN)[0], cv2.reduce(self.points, 0, cv2.REDUCE_MAX)[0]
        x, y, _ = low.tolist()
        w, h, _ = (high - low).tolist()
        object.__setattr__(self, "box", (x, y, w, h))


class Landmarker:
    """The landmarker with one memory.

    ``video=True`` follows one face from call to call (smoothed, no detector while it is followed): always offer the
    same window, and ``forget`` before another. ``video=False`` looks at each picture afresh, ``max_faces`` at most.
    Raises ServiceUnavailable when the asset cannot be loaded.
    """

    def __init__(self, asset: Path, *, video: bool, max_faces: int = 1, confidence: float = 0.5) -> None:
        self._video = video
        self._last_ms = 0
        options = FaceLandmarkerOptions(
            base_options=BaseOptions(model_asset_path=str(asset)),
            running_mode=RunningMode.VIDEO if video else RunningMode.IMAGE,
            num_faces=max_faces,
            min_face_detection_confidence=confidence,
            min_face_presence_confidence=confidence,
        )
        keep_reports_here()
        try:
            self._landmarker = FaceLandmarker.create_from_options(options)
        except (RuntimeError, ValueError, FileNotFoundError) as error:
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise ServiceUnavailable(f"{asset}: not a face landmarker ({reason}); run `vigil assets`") from error
        self._points = points_call(self._landmarker)

    def detect(self, pixels: U8, window: Window, captured_s: float = 0.0) -> list[Mesh]:
        """Meshes of the faces in ``window`` of ``pixels`` (H, W, 3) BGR, in the order MediaPipe gives them."""
        cut = pixels[window.y : window.y + window.h, window.x : window.x + window.w]
        corner = np.array([window.x, window.y, 0], dtype=np.float32)
        return [Mesh(points + corner) for points in self._run(cut, captured_s)]

    def detect_turned(self, pixels: U8, box: Box, share: float, turn_deg: float) -> list[Mesh]:
        """The same in a square of ``share`` times the box, turned so that a head that rolls by ``turn_deg`` is upright.

        The meshes are turned back. What lies outside the picture is black, large squares are looked at smaller.
        """
        side = max(box[2], box[3]) * share
        size = int(min(max(side, 16), _MOST_TURNED_PX))
        scale = side / size
        angle = np.radians(turn_deg)
        linear = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        centre = np.array([box[0] + box[2] / 2, box[1] + box[3] / 2])
        to_frame = np.hstack([linear, (centre - linear @ np.full(2, size / 2))[:, None]])
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        turned = np.asarray(cv2.warpAffine(pixels, to_frame, (size, size), flags=flags), dtype=np.uint8)
        return [
            Mesh(np.column_stack([points[:, :2] @ linear.T + to_frame[:, 2], points[:, 2] * scale]).astype(np.float32))
            for points in self._run(turned, 0.0)
        ]

    def forget(self) -> None:
        """Drop the face that is being followed (a black picture holds none)."""
        if self._video and self._last_ms:
            self._run(np.zeros((64, 64, 3), dtype=np.uint8), self._last_ms / 1000.0)

    def close(self) -> None:
        """Give the landmarker's memory and threads back."""
        self._landmarker.close()

    def __enter__(self) -> Landmarker:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _run(self, picture: U8, captured_s: float) -> list[F32]:
        height, width = picture.shape[:2]
        image = Image(image_format=ImageFormat.SRGB, data=cv2.cvtColor(picture, cv2.COLOR_BGR2RGB))
        at_ms = None
        if self._video:
            at_ms = self._last_ms = max(self._last_ms + 1, round(captured_s * 1000.0) + 1)
        scale = np.array([width, height, width], dtype=np.float32)
        return [points * scale for points in self._points(image, at_ms) if len(points) == MESH_POINTS]
