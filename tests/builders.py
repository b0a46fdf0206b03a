"""Stories for the judgement: ``script("calm 30s, pain 8s, no_face 5s")`` gives what the pipeline would hand it.

Faces have the outputs a trained network is expected to give (intensity noise of 0.3, emotions that sum to 1).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from models.action_units import ActionUnit, pspi
from monitor.records import (
    Explanation,
    FaceMissing,
    FaceObservation,
    Gap,
    GapCause,
    MissingReason,
    Pose,
    Prediction,
    Quality,
    QualityReason,
    SampleReason,
)

PRIOR = {
    "AU04": (0.4, 0.4),
    "AU06": (0.3, 0.35),
    "AU07": (0.3, 0.35),
    "AU09": (0.2, 0.3),
    "AU10": (0.2, 0.3),
    "AU12": (0.2, 0.3),
    "AU25": (0.3, 0.4),
    "AU43": (0.06, 0.1),
}
"""A neutral face of many people, as ``ModelSpec.neutral_prior`` holds it."""
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
SOURCE = "story"

_REST = {"AU04": 0.2, "AU06": 0.15, "AU07": 0.2, "AU09": 0.1, "AU10": 0.1, "AU12": 0.1, "AU25": 0.15, "AU43": 0.03}
_OLD_REST = _REST | {"AU04": 1.3, "AU07": 0.5}
_ADDED: Mapping[str, Mapping[str, float]] = {
    "calm": {},
    "pain": {"AU04": 2.5, "AU06": 2.2, "AU07": 2.4, "AU09": 1.8, "AU10": 1.8, "AU25": 0.8, "AU43": 0.5},
    "mild_pain": {"AU04": 1.5, "AU06": 1.4, "AU07": 1.6, "AU09": 1.0, "AU10": 1.2},
    "laugh": {"AU04": 0.4, "AU06": 2.6, "AU07": 1.8, "AU10": 1.6, "AU12": 3.4, "AU25": 2.5, "AU43": 0.4},
    "smile": {"AU06": 1.2, "AU07": 0.4, "AU12": 2.0},
    "disgust": {"AU04": 0.3, "AU09": 2.6, "AU10": 2.6},
    "frown": {"AU04": 1.6},
    "anger": {"AU04": 1.2, "AU07": 0.6},
    "sadness": {"AU04": 0.4},
    "fear": {"AU04": 0.3, "AU25": 1.0},
    "talk": {"AU25": 1.6, "AU10": 0.4, "AU12": 0.4},
    "sleep": {"AU43": 0.95, "AU07": 0.6},
}
_EMOTIONS: Mapping[str, Mapping[str, float]] = {
    "calm": {"neutral": 0.85, "sadness": 0.08},
    "pain": {"neutral": 0.2, "disgust": 0.25, "anger": 0.25, "sadness": 0.2},
    "mild_pain": {"neutral": 0.4, "anger": 0.3, "sadness": 0.2},
    "laugh": {"happiness": 0.92, "neutral": 0.05},
    "smile": {"happiness": 0.7, "neutral": 0.27},
    "disgust": {"disgust": 0.75, "anger": 0.1, "neutral": 0.1},
    "frown": {"neutral": 0.6, "anger": 0.25},
    "anger": {"anger": 0.75, "neutral": 0.2},
    "sadness": {"sadness": 0.75, "neutral": 0.2},
    "fear": {"fear": 0.75, "surprise": 0.15},
    "talk": {"neutral": 0.75, "surprise": 0.1},
    "sleep": {"neutral": 0.8, "sadness": 0.15},
}
_UNSEEN: Mapping[str, QualityReason | MissingReason | GapCause] = {
    "covered": QualityReason.COVERED,
    "turned_away": QualityReason.TURNED_AWAY,
    "blurred": QualityReason.BLURRED,
    "no_face": MissingReason.NO_FACE,
    "visitor": MissingReason.NOT_THE_RESIDENT,
    "gap": GapCause.STALLED,
}
_NAMES = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt")
_LANDMARKS = np.zeros((478, 2), dtype=np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One picture of a story, as ``Assessor.step`` takes it."""

    seen: FaceObservation | FaceMissing | Gap
    prediction: Prediction | None
    explanations: tuple[Explanation, ...] = ()


def script(
    text: str,
    *,
    fps: float = 10.0,
    old: bool = False,
    ramp_s: float = 0.4,
    noise: float = 0.3,
    seed: int = 1,
    mu: float | None = None,
    mu_every_s: float = 2.0,
) -> list[Scene]:
    """Scenes of ``"calm 30s, pain 8s"``; expressions grow over ``ramp_s``; ``old`` faces frown at rest.

    With ``mu``, every ``mu_every_s`` an explanation of each AU arrives one frame after its own (chance 0.2).
    """
    rng = np.random.default_rng(seed)
    scenes: list[Scene] = []
    rest = _OLD_REST if old else _REST
    emotions = dict.fromkeys(_NAMES, 0.0) | dict(_EMOTIONS["calm"])
    aus = dict(rest)
    late: tuple[Explanation, ...] = ()
    explained_s = float("-inf")
    frame_id = 0
    for name, seconds in _parts(text):
        if name in _UNSEEN:
            for _ in range(round(seconds * fps)):
                scenes.append(Scene(seen=_unseen(name, frame_id, fps), prediction=None, explanations=late))
                late, frame_id = (), frame_id + 1
            continue
        wanted_aus = {unit: rest[unit] + _ADDED[name].get(unit, 0.0) for unit in rest}
        wanted_emotions = dict.fromkeys(_NAMES, 0.0) | dict(_EMOTIONS[name])
        blend = 1.0 if not scenes else min(1.0, 1.0 / max(ramp_s * fps, 1.0))
        start_aus, start_emotions = aus, emotions
        for step in range(round(seconds * fps)):
            share = min(1.0, blend * (step + 1))
            aus = {unit: start_aus[unit] + share * (wanted_aus[unit] - start_aus[unit]) for unit in rest}
            emotions = {e: start_emotions[e] + share * (wanted_emotions[e] - start_emotions[e]) for e in _NAMES}
            shown = {
                ActionUnit(unit): float(
                    np.clip(value + rng.normal(0, noise if unit != "AU43" else 0.03), 0, 1 if unit == "AU43" else 5)
                )
                for unit, value in aus.items()
            }
            prediction = predict(shown, emotions, frame_id=frame_id, captured_s=frame_id / fps)
            scenes.append(Scene(seen=observe(frame_id, frame_id / fps), prediction=prediction, explanations=late))
            late = ()
            if mu is not None and prediction.captured_s - explained_s >= mu_every_s:
                late = tuple(explain(prediction, unit, mu) for unit in shown)
                explained_s = prediction.captured_s
            frame_id += 1
    return scenes


def predict(
    aus: Mapping[ActionUnit, float],
    emotions: Mapping[str, float],
    *,
    frame_id: int = 0,
    captured_s: float = 0.0,
) -> Prediction:
    """A prediction with these scores; what the emotions lack of 1 goes to contempt."""
    shares = dict.fromkeys(_NAMES, 0.0) | dict(emotions)
    shares["contempt"] += max(0.0, 1.0 - sum(shares.values()))
    return Prediction(
        frame_id=frame_id,
        source_id=SOURCE,
        captured_s=captured_s,
        captured_at=BEGINNING + timedelta(seconds=captured_s),
        track_id=1,
        emotions=shares,
        aus=aus,
        visibility={},
        pspi=pspi(aus),
        calibrated=True,
        model_id="story",
    )


def face(name: str, *, old: bool = False) -> Prediction:
    """One noiseless picture of an expression of ``script``."""
    return script(f"{name} 1s", fps=1.0, old=old, noise=0.0)[0].prediction  # type: ignore[return-value]


def observe(frame_id: int, captured_s: float, reasons: Sequence[QualityReason] = ()) -> FaceObservation:
    """The resident's face, assessable unless ``reasons`` are given."""
    return FaceObservation(
        frame_id=frame_id,
        source_id=SOURCE,
        captured_s=captured_s,
        captured_at=BEGINNING + timedelta(seconds=captured_s),
        track_id=1,
        resident=True,
        box=(0.0, 0.0, 100.0, 100.0),
        landmarks=_LANDMARKS,
        pose=Pose(yaw_deg=0.0, pitch_deg=0.0, roll_deg=0.0),
        quality=Quality(reasons=tuple(reasons)),
    )


def explain(prediction: Prediction, unit: ActionUnit, mu: float | None, chance: float = 0.2) -> Explanation:
    """The explanation of one AU of ``prediction``."""
    return Explanation(
        frame_id=prediction.frame_id,
        source_id=SOURCE,
        captured_s=prediction.captured_s,
        captured_at=prediction.captured_at,
        target=unit.value,
        reason=SampleReason.PERIOD,
        relevance=np.zeros((2, 2), dtype=np.float32),
        logit=prediction.aus[unit],
        mu=mu,
        mu_chance=chance,
        outside_face=0.1,
        conservation_error=0.0,
        composite="zplus",
        model_id="story",
    )


def _unseen(name: str, frame_id: int, fps: float) -> FaceObservation | FaceMissing | Gap:
    why, captured_s = _UNSEEN[name], frame_id / fps
    captured_at = BEGINNING + timedelta(seconds=captured_s)
    if isinstance(why, QualityReason):
        return observe(frame_id, captured_s, [why])
    if isinstance(why, MissingReason):
        return FaceMissing(
            frame_id=frame_id, source_id=SOURCE, captured_s=captured_s, captured_at=captured_at, reason=why
        )
    return Gap(frame_id=frame_id, source_id=SOURCE, captured_s=captured_s, captured_at=captured_at, cause=why)


def _parts(text: str) -> Iterator[tuple[str, float]]:
    for part in text.split(","):
        found = re.fullmatch(r"\s*(\w+) (\d+(?:\.\d+)?)s\s*", part)
        if found is None or found[1] not in {*_ADDED, *_UNSEEN}:
            raise ValueError(f"not a scene: {part!r}; write for example 'calm 30s'")
        yield found[1], float(found[2])
