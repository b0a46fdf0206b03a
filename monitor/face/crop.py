"""The aligned crop of an observed face."""

from __future__ import annotations

from models.preprocess import align
from monitor.records import FaceCrop, FaceObservation, Frame


def crop_face(frame: Frame, face: FaceObservation) -> FaceCrop:
    """The crop the network sees, by the code that training uses."""
    aligned = align(frame.pixels, face.landmarks)
    return FaceCrop(
        frame_id=frame.frame_id,
        track_id=face.track_id,
        pixels=aligned.pixels,
        to_frame=aligned.to_frame,
        landmarks=aligned.landmarks,
    )
