"""MediaPipe's face landmarker over still pictures, for data preparation: landmarks and, if any, blendshapes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from models.native_reports import keep_reports_here
from models.preprocess import as_bgr

ENLARGED_PX, PAD_PX = 192, 64


@dataclass(frozen=True, slots=True)
class LabelledMesh:
    """``landmarks`` (478, 2) float32 px; ``blendshapes`` name → [0, 1], empty when the asset carries none."""

    landmarks: NDArray[np.float32]
    blendshapes: dict[str, float]


@contextmanager
def landmarker(asset: Path, *, blendshapes: bool = False) -> Iterator[Any]:
    """An open FaceLandmarker in IMAGE mode for one face."""
    from mediapipe.tasks.python import BaseOptions, vision

    options = vision.FaceLandmarkerOptions(
        base_options=BaseOptions(model_asset_buffer=asset.read_bytes()),
        running_mode=vision.RunningMode.IMAGE,
        num_faces=1,
        output_face_blendshapes=blendshapes,
    )
    keep_reports_here()
    with vision.FaceLandmarker.create_from_options(options) as detector:
        yield detector


def find_mesh(detector: Any, pixels: NDArray[np.uint8]) -> LabelledMesh | None:
    """The mesh of the one face in (H, W) or (H, W, 3) BGR ``pixels``, or None."""
    import mediapipe

    rgb = cv2.cvtColor(as_bgr(pixels), cv2.COLOR_BGR2RGB)
    result = detector.detect(mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=rgb))
    if not result.face_landmarks:
        return None
    height, width = pixels.shape[:2]
    points = np.array([[p.x * width, p.y * height] for p in result.face_landmarks[0]], dtype=np.float32)
    shapes = result.face_blendshapes[0] if result.face_blendshapes else []
    return LabelledMesh(points, {shape.category_name: float(shape.score) for shape in shapes})


def find_mesh_enlarged(detector: Any, image: NDArray[np.uint8]) -> LabelledMesh | None:
    """The mesh, in px of ``image``, of a small square picture that the face fills, as FER+ has them.

    It is enlarged to 192 px and padded by a third before it is looked at: the detector wants room around a face.
    """
    large = cv2.resize(image, (ENLARGED_PX, ENLARGED_PX), interpolation=cv2.INTER_CUBIC)
    padded = cv2.copyMakeBorder(large, *(PAD_PX,) * 4, cv2.BORDER_CONSTANT, value=128)
    mesh = find_mesh(detector, np.asarray(padded, dtype=np.uint8))
    if mesh is None:
        return None
    return replace(mesh, landmarks=(mesh.landmarks - PAD_PX) / (ENLARGED_PX / image.shape[0]))
