"""Neutral faces that frown at rest: what they score against other people's neutral face, and against their own.

Older neutral faces read as frowning, and there are no pictures of old people to count with; so neutral photographs get
lowered brows (AU4 warp and furrows), three strengths, and a grimace on top of them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from models.action_units import ActionUnit
from models.bundle import open_bundle
from models.evaluation.intervals import auc, auc_interval, wilson
from monitor.baseline import Baseline
from monitor.classifier import Classifier
from monitor.config import VigilSettings
from monitor.face.assets import locate
from monitor.face.crop import crop_face
from monitor.face.finder import FaceFinder
from monitor.face.landmarks import Landmarker
from monitor.judgement import PainSettings, frame_pain, neutral_from_prior
from monitor.records import U8, Frame, Prediction
from monitor.simulations.faces import load_faces
from monitor.simulations.movements import Move
from monitor.simulations.performer import Performer

STRENGTHS = (0.0, 0.5, 1.0)
"""How far the brows are lowered at rest; 1 is the strongest frown of ``monitor.simulations.movements``."""
GRIMACE = 0.75
"""Strength of the grimace on top."""
_LATER_LIGHT = 0.9
"""The judged picture is darker than the one given as neutral: the same pixels would prove nothing."""
_THEN = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class FrowningFace:
    """One person at one strength: intensity of AU4 at rest, and pain in [0, 1] by whom it was judged against."""

    strength: float
    au04: float
    rest: Mapping[str, float]
    grimace: Mapping[str, float]


def frowning_figures(
    model: Path,
    file: Path | None,
    landmarker: Path | None,
    *,
    progress: Callable[[str], None] = lambda line: print(f"vigil: {line}", file=sys.stderr, flush=True),
) -> dict[str, Any]:
    """Per strength and per neutral face (``prior``, ``own``): false shares at rest, found grimaces, AUC; with n.

    ``file`` is a folder of faces (``faces.load_faces``); None takes the built-in photograph. DataMissing for bad faces.
    """
    bundle = open_bundle(model)
    asset = locate(landmarker)
    settings = VigilSettings(landmarker=landmarker)
    with Landmarker(asset, video=False) as found:
        faces = load_faces(file, found)
    judged: list[FrowningFace] = []
    unseen = 0
    with ExitStack() as stack:
        finder = stack.enter_context(FaceFinder(asset, replace(settings.face, still=True)))
        look = _Look(finder, Classifier(bundle, settings=settings.classifier))
        for number, face in enumerate(faces, start=1):
            performer = Performer(face.photograph)
            for strength in STRENGTHS:
                rest = performer.picture({Move.BROWS_DOWN: strength})
                pained = performer.picture({Move.BROWS_DOWN: strength, Move.GRIMACE: GRIMACE})
                seen = [look.at(rest), look.at(_darker(rest)), look.at(_darker(pained))]
                given, later, grimace = seen
                if given is None or later is None or grimace is None:
                    unseen += 1
                    continue
                judged.append(_judged(strength, given, later, grimace, bundle.spec.neutral_prior))
            progress(f"face {number} of {len(faces)}")
    on = settings.judgement.on
    return {
        "dataset": "frowning",
        "model_id": bundle.spec.model_id,
        "faces": len(faces),
        "unseen": unseen,
        "threshold": on,
        "strengths": {f"{at:g}": described([face for face in judged if face.strength == at], on) for at in STRENGTHS},
    }


def described(faces: Sequence[FrowningFace], threshold: float) -> dict[str, Any]:
    """The figures of one strength; shares with 95% intervals, None where nobody was judged."""
    figures: dict[str, Any] = {"n": len(faces), "au04_median": median(f.au04 for f in faces) if faces else None}
    for against in ("prior", "own"):
        rest, grimace = [f.rest[against] for f in faces], [f.grimace[against] for f in faces]
        false, found = (sum(score >= threshold for score in scores) for scores in (rest, grimace))
        figures[against] = {
            "rest_median": median(rest) if rest else None,
            "rest_highest": max(rest, default=None),
            "false": false / len(rest) if rest else None,
            "false_interval_95": wilson(false, len(rest)),
            "found": found / len(grimace) if grimace else None,
            "found_interval_95": wilson(found, len(grimace)),
            "auc": auc(grimace, rest),
            "auc_interval_95": auc_interval(grimace, rest),
        }
    return figures


def _judged(
    strength: float,
    given: Prediction,
    later: Prediction,
    grimace: Prediction,
    prior: Mapping[str, tuple[float, float]],
) -> FrowningFace:
    own = Baseline(prior)
    own.adopt(given)
    against = {"prior": neutral_from_prior(prior), "own": own.neutral}
    pain = PainSettings()

    def scores(shown: Prediction) -> dict[str, float]:
        judged = {name: frame_pain(shown, neutral, pain) for name, neutral in against.items()}
        return {name: value.score for name, value in judged.items() if value is not None}

    return FrowningFace(strength, given.aus[ActionUnit.AU04], scores(later), scores(grimace))


def _darker(pixels: U8) -> U8:
    return np.asarray(np.clip(pixels * _LATER_LIGHT, 0, 255), dtype=np.uint8)


@dataclass(slots=True)
class _Look:
    finder: FaceFinder
    classifier: Classifier
    seen: int = 0

    def at(self, pixels: U8) -> Prediction | None:
        """What the network says of the largest face; None when none is found."""
        frame = Frame(
            frame_id=self.seen, source_id="frowning", captured_s=float(self.seen), captured_at=_THEN, pixels=pixels
        )
        self.seen += 1
        faces, _ = self.finder.observe(frame)
        if not faces:
            return None
        face = max(faces, key=lambda face: face.quality.face_px)
        return self.classifier.classify([(face, crop_face(frame, face))])[0]
