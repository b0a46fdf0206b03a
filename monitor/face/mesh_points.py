"""The points of one landmarker call as arrays, read where MediaPipe's C library left them.

MediaPipe's own result is one Python object per point: 478 a face, which takes 0.6 ms, a tenth of a frame. The
structures read here are those that MediaPipe itself declares and fills. A release that has them no longer is asked
through its public calls: the same values, later.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

import numpy as np
from mediapipe import Image
from mediapipe.tasks.python.vision import FaceLandmarker, face_landmarker

from monitor.records import F32

PointsCall = Callable[[Image, int | None], list[F32]]
"""A picture and its time in ms (None: a picture that stands alone) → per face (N, 3) float32, in shares of the
picture's width, height and width, in the order MediaPipe gives the faces."""

_RESULT: Any = getattr(face_landmarker, "MpFaceLandmarkerResultC", None)
_ENTRIES = ("MpFaceLandmarkerDetectForVideo", "MpFaceLandmarkerDetectImage", "MpFaceLandmarkerCloseResult")


def points_call(landmarker: FaceLandmarker) -> PointsCall:
    """How to get points from ``landmarker``: from its memory where this release allows, else from its results."""
    return read_from_memory(landmarker) if can_read_memory(landmarker) else read_from_results(landmarker)


def can_read_memory(landmarker: FaceLandmarker) -> bool:
    """Whether this release of MediaPipe keeps its results as is read here."""
    library = getattr(landmarker, "_lib", None)
    return (
        _starts_with_xyz()
        and hasattr(landmarker, "_handle")
        and "_image_ptr" in Image.__annotations__
        and all(hasattr(library, entry) for entry in _ENTRIES)
    )


def read_from_memory(landmarker: FaceLandmarker) -> PointsCall:
    """Points copied out of the library's memory."""
    library, handle = landmarker._lib, landmarker._handle

    def call(image: Image, at_ms: int | None) -> list[F32]:
        result = _RESULT()
        if at_ms is None:
            library.MpFaceLandmarkerDetectImage(handle, image._image_ptr, None, ctypes.byref(result))
        else:
            library.MpFaceLandmarkerDetectForVideo(handle, image._image_ptr, None, at_ms, ctypes.byref(result))
        try:
            return [_copied(result.face_landmarks[face]) for face in range(result.face_landmarks_count)]
        finally:
            library.MpFaceLandmarkerCloseResult(ctypes.byref(result))

    return call


def read_from_results(landmarker: FaceLandmarker) -> PointsCall:
    """Points taken from the public results."""

    def call(image: Image, at_ms: int | None) -> list[F32]:
        result = landmarker.detect(image) if at_ms is None else landmarker.detect_for_video(image, at_ms)
        return [
            np.array([(point.x, point.y, point.z) for point in face], dtype=np.float32)
            for face in result.face_landmarks
        ]

    return call


def _starts_with_xyz() -> bool:
    """Whether a result leads to faces, and those to points that begin with x, y, z in 32 bits each."""
    try:
        face = dict(_RESULT._fields_)["face_landmarks"]._type_
        point = dict(face._fields_)["landmarks"]._type_
    except (AttributeError, KeyError):
        return False
    floats = [(name, kind) for name, kind, *_ in point._fields_[:3]]
    return floats == [(name, ctypes.c_float) for name in "xyz"]


def _copied(face: Any) -> F32:
    """(N, 3) of one face's structures: x, y, z are the first three floats of each point."""
    count = int(face.landmarks_count)
    if count == 0:
        return np.zeros((0, 3), dtype=np.float32)
    size = ctypes.sizeof(face.landmarks.contents)
    memory = ctypes.string_at(face.landmarks, count * size)
    return np.frombuffer(memory, dtype=np.float32).reshape(count, size // 4)[:, :3].copy()
