"""Hands that cross the face in real recordings are told as covered by the shipped network; free faces are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.bundle import default_bundle, open_bundle
from monitor.classifier import Classifier
from monitor.face.crop import crop_face
from monitor.face.finder import FaceFinder
from monitor.face.quality import covered
from monitor.records import FaceObservation, Frame
from monitor.sources.opening import open_source


@pytest.mark.parametrize(
    ("clip", "hidden_from", "hidden_to"), [("asl_brother.mkv", 12, 22), ("asl_again.mkv", None, None)]
)
def test_a_hand_before_the_eye_is_told(
    clips: Path, landmarker: Path, clip: str, hidden_from: int | None, hidden_to: int | None
) -> None:
    classifier = Classifier(open_bundle(default_bundle()))
    told = []
    with FaceFinder(landmarker) as finder:
        for frame in open_source(clips / clip).frames():
            assert isinstance(frame, Frame)
            _, face = finder.observe(frame)
            assert isinstance(face, FaceObservation)
            (prediction,) = classifier.classify([(face, crop_face(frame, face))])
            if covered(prediction.visibility):
                told.append(frame.frame_id)
    if hidden_from is None or hidden_to is None:
        assert told == []
    else:
        assert told
        assert all(hidden_from <= frame_id <= hidden_to for frame_id in told)
