"""Judging and explaining every face of one picture."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from models.bundle import default_bundle, open_bundle
from monitor.assessor import judge_still
from monitor.classifier import Classifier
from monitor.config import VigilSettings
from monitor.errors import InputError, ServiceUnavailable
from monitor.face.assets import locate
from monitor.face.crop import crop_face
from monitor.face.finder import FaceFinder
from monitor.face.quality import covered
from monitor.records import (
    Explanation,
    FaceCrop,
    FaceObservation,
    Frame,
    Prediction,
    QualityReason,
    SampleReason,
    SampleRequest,
)
from monitor.report import words
from monitor.sentences import still_sentence
from monitor.sidecar.client import SidecarClient
from monitor.sources.opening import open_source

EXPLANATION_TIMEOUT_S = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class StillFace:
    """One face of a picture. ``crop`` and ``prediction`` are None when its mesh is known to be wrong."""

    face: FaceObservation
    crop: FaceCrop | None
    prediction: Prediction | None
    explanations: tuple[Explanation, ...]
    pain: float | None
    sentence: str

    def as_json(self) -> dict[str, Any]:
        """The entry of ``vigil explain --json``."""
        prediction, quality = self.prediction, self.face.quality
        by_target = {explanation.target: explanation for explanation in self.explanations}
        units = [str(unit) for unit in prediction.aus] if prediction else []
        reasons = [words.QUALITY[reason] for reason in quality.reasons]
        return {
            "box": [round(value) for value in self.face.box],
            "emotions": dict(prediction.emotions) if prediction else {},
            "aus": dict(prediction.aus) if prediction else {},
            "pspi": prediction.pspi.value if prediction else None,
            "pspi_reason": prediction.pspi.reason if prediction else f"not computable: {', '.join(reasons)}",
            "pain": self.pain,
            "mu": {unit: by_target[unit].mu if unit in by_target else None for unit in units},
            "mu_chance": {unit: by_target[unit].mu_chance if unit in by_target else None for unit in units},
            "conservation_error": {
                unit: by_target[unit].conservation_error if unit in by_target else None for unit in units
            },
            "sentence": self.sentence,
            "quality": {
                "assessable": quality.assessable,
                "reasons": list(quality.reasons),
                "face_px": quality.face_px,
                "sharpness": quality.sharpness,
                "brightness": quality.brightness,
                "visibility": dict(quality.visibility),
                "pose": {
                    "yaw_deg": self.face.pose.yaw_deg,
                    "pitch_deg": self.face.pose.pitch_deg,
                    "roll_deg": self.face.pose.roll_deg,
                },
            },
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class StillResult:
    """A picture (H, W, 3) BGR and its faces, from left to right."""

    pixels: np.ndarray[Any, np.dtype[np.uint8]]
    faces: tuple[StillFace, ...]


def explain_picture(
    picture: Path,
    settings: VigilSettings,
    say: Callable[[str], None],
    *,
    neutral: Path | None = None,
    bundle: Path | None = None,
    explain: bool = True,
) -> StillResult:
    """Find, score, judge and explain all faces of ``picture``, against the person's ``neutral`` picture if given.

    InputError when a picture cannot be read, or when the neutral one shows no face. Without a sidecar there are no
    explanations, which ``say`` is told.
    """
    bundle_path = bundle or default_bundle()
    opened = open_bundle(bundle_path)
    with ExitStack() as stack:
        frame = _only_frame(picture, settings)
        classifier = Classifier(opened, settings=settings.classifier)
        asset = locate(settings.landmarker)
        finder = stack.enter_context(FaceFinder(asset, replace(settings.face, still=True)))
        at_rest = _neutral(neutral, settings, finder, classifier) if neutral is not None else None
        observed = list(_scored(frame, finder, classifier))
        client = _client(bundle_path, settings, stack, say) if explain and observed else None
        faces = []
        for face, crop, prediction in observed:
            explanations = _explanations(client, face, crop, prediction) if client is not None else ()
            pain = None
            if prediction is not None and face.quality.assessable:
                pain = judge_still(prediction, opened.spec.neutral_prior, at_rest)
            faces.append(
                StillFace(
                    face=face,
                    crop=crop,
                    prediction=prediction,
                    explanations=explanations,
                    pain=pain,
                    sentence=_sentence(face, prediction, explanations),
                )
            )
        return StillResult(pixels=frame.pixels, faces=tuple(faces))


def _only_frame(picture: Path, settings: VigilSettings) -> Frame:
    source = open_source(picture, settings.source)
    try:
        first = next(iter(source.frames()), None)
    finally:
        source.close()
    if not isinstance(first, Frame):
        raise InputError(f"{picture}: no picture can be read from it")
    return first


def _scored(
    frame: Frame, finder: FaceFinder, classifier: Classifier
) -> Iterator[tuple[FaceObservation, FaceCrop | None, Prediction | None]]:
    faces, _ = finder.observe(frame)
    for face in faces:
        if QualityReason.UPSIDE_DOWN in face.quality.reasons:
            yield face, None, None
            continue
        crop = crop_face(frame, face)
        prediction = classifier.classify([(face, crop)])[0]
        visibility = dict(prediction.visibility)
        yield replace(face, quality=face.quality.with_visibility(visibility, covered(visibility))), crop, prediction


def _neutral(picture: Path, settings: VigilSettings, finder: FaceFinder, classifier: Classifier) -> Prediction:
    frame = _only_frame(picture, settings)
    scored = [
        (face.quality.face_px, prediction)
        for face, _, prediction in _scored(frame, finder, classifier)
        if prediction is not None
    ]
    if not scored:
        raise InputError(f"{picture}: shows no face to take as neutral")
    return max(scored, key=lambda entry: entry[0])[1]


def _client(
    bundle_path: Path, settings: VigilSettings, stack: ExitStack, say: Callable[[str], None]
) -> SidecarClient | None:
    client = SidecarClient(bundle_path, settings.sidecar, live=False)
    stack.callback(client.close)
    try:
        client.start()
    except ServiceUnavailable as error:
        say(f"no explanations: {str(error).removeprefix('no explanations: ')}")
        return None
    return client


def _explanations(
    client: SidecarClient, face: FaceObservation, crop: FaceCrop | None, prediction: Prediction | None
) -> tuple[Explanation, ...]:
    if crop is None or prediction is None:
        return ()
    targets = tuple(str(unit) for unit in prediction.aus)
    client.submit(crop, face, SampleRequest(frame_id=face.frame_id, reason=SampleReason.REQUESTED, targets=targets))
    return tuple(client.drain(EXPLANATION_TIMEOUT_S))


def _sentence(face: FaceObservation, prediction: Prediction | None, explanations: tuple[Explanation, ...]) -> str:
    reasons = ", ".join(words.QUALITY[reason] for reason in face.quality.reasons)
    if prediction is None:
        return f"cannot assess: {reasons}"
    sentence = still_sentence(prediction, explanations)
    return f"cannot assess ({reasons}); {sentence}" if reasons else sentence
