"""How much one frame speaks for pain: the Action Units of PSPI as a rise over the person's neutral face.

PSPI (Prkachin & Solomon 2008) adds up absolute intensities and cannot tell a grimace from a laugh. Here the same
AUs are taken relative to the neutral face and weighed against what a smile and disgust explain just as well.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from models.action_units import ActionUnit
from monitor.records import Prediction

UNPLEASANT = ("anger", "disgust", "sadness", "fear")
"""Emotions whose rise goes along with pain."""
INTENSITY_MAX = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class NeutralFace:
    """A resting face: ``aus`` is {AU: (mean, deviation)} in intensity units, ``emotions`` the resting share of each.

    ``known`` says whether it is the resident's own; ``own_share`` in [0, 1] how much of it is.
    """

    aus: Mapping[ActionUnit, tuple[float, float]] = field(default_factory=dict)
    emotions: Mapping[str, float] = field(default_factory=dict)
    known: bool = False
    own_share: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PainSettings:
    """Weights of the pain of one frame. The unit is one PSPI point unless another is named.

    ``score = 1 / (1 + exp(-(points - midpoint) / slope))``, where ``points`` adds up the parts below.
    """

    noise_deviations: float = 1.0
    """A rise counts from this many deviations of the neutral face on: resting noise is no expression."""
    unknown_deviation: float = 0.5
    """Deviation (intensity units) of an AU that neither the person nor the prior knows."""
    brow_weight: float = 1.0
    """Points per intensity of AU4."""
    eyes_weight: float = 1.0
    """Points per intensity of max(AU6, AU7)."""
    nose_weight: float = 1.0
    """Points per intensity of max(AU9, AU10)."""
    closed_weight: float = 0.7
    """Points of closed eyes (AU43), and only as far as brow or nose take part: closed eyes alone are sleep."""
    part_cap: float = 2.5
    """Most points that brow, eyes or nose give each. Below ``midpoint``: one of them alone is never pain."""
    support_weight: float = 0.6
    """Points of a full rise in anger, disgust, sadness and fear together, as far as the AUs already speak."""
    support_from: float = 1.5
    """Points of the AUs at which unpleasant emotions count in full."""
    smile_eyes: float = 0.7
    """Intensity of raised cheeks and tightened eyes that one intensity of AU12 explains."""
    smile_nose: float = 0.5
    """Intensity of a raised upper lip that one intensity of AU12 explains."""
    happiness_weight: float = 2.0
    """Points that a full rise of happiness takes away. A grimace with bared teeth starts out looking happy to a network
    that learnt from FER+; between 2 and 3 no laugh of the development faces (held-out London, FER+) changes sides."""
    disgust_weight: float = 1.0
    """Share of the nose part, and of disgust as an unpleasant emotion, taken away when brow and eyes take no part."""
    midpoint: float = 2.8
    """Points at which the score is 0.5."""
    slope: float = 0.5
    """Points from 0.5 to 0.73."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FramePain:
    """Pain of one frame. ``parts`` are signed points by name; ``rises`` the AUs of PSPI that rose (intensity units)."""

    score: float
    parts: Mapping[str, float]
    rises: Mapping[ActionUnit, float]


def rise(value: float, neutral: tuple[float, float] | None, settings: PainSettings) -> float:
    """Intensity by which ``value`` exceeds the neutral face's ordinary range; 0 inside it."""
    mean, deviation = neutral if neutral is not None else (0.0, settings.unknown_deviation)
    return max(0.0, value - mean - settings.noise_deviations * deviation)


def emotion_rise(name: str, prediction: Prediction, neutral: NeutralFace) -> float:
    """Rise in [0, 1] of emotion ``name`` over its share in the neutral face, as part of what was left to rise."""
    resting = min(neutral.emotions.get(name, 0.0), 0.9)
    risen = (prediction.emotions.get(name, 0.0) - resting) / (1.0 - resting)
    return 0.0 if risen <= 0.0 else min(1.0, risen)


def frame_pain(prediction: Prediction, neutral: NeutralFace, settings: PainSettings) -> FramePain | None:
    """Pain of one frame in [0, 1], or None when AU4, the eyes' or the nose's AUs are all missing.

    Parts: ``brow`` AU4; ``eyes`` max(AU6, AU7) beyond what AU12 explains; ``nose`` max(AU9, AU10) beyond what AU12
    and disgust explain; ``closed`` AU43; ``unpleasant`` emotions; ``happiness`` (negative).
    """
    rises: dict[ActionUnit, float] = {
        unit: rise(value, neutral.aus.get(unit), settings)
        for unit, value in prediction.aus.items()
        if unit is not ActionUnit.AU43
    }
    present = prediction.aus.keys()
    if ActionUnit.AU04 not in present or not present & EYE_UNITS or not present & NOSE_UNITS:
        return None
    smile = rises.get(ActionUnit.AU12, 0.0)
    eyes_raw = max(rises.get(unit, 0.0) for unit in EYE_UNITS)
    nose_raw = max(rises.get(unit, 0.0) for unit in NOSE_UNITS)
    brow = _capped(settings.brow_weight * rises[ActionUnit.AU04], settings)
    eyes = _capped(settings.eyes_weight * max(0.0, eyes_raw - settings.smile_eyes * smile), settings)
    nose = _capped(settings.nose_weight * max(0.0, nose_raw - settings.smile_nose * smile), settings)

    disgust = emotion_rise("disgust", prediction, neutral)
    company = min(1.0, (brow + eyes) / settings.part_cap)
    alone = settings.disgust_weight * (1.0 - company)
    nose *= 1.0 - alone * disgust

    closed = _closed(prediction, neutral)
    closed_part = settings.closed_weight * closed * min(1.0, brow + nose)
    unpleasant = sum(emotion_rise(name, prediction, neutral) for name in UNPLEASANT) - alone * disgust
    speaking = min(1.0, (brow + eyes + nose) / settings.support_from)
    happiness = emotion_rise("happiness", prediction, neutral)
    parts = {
        "brow": brow,
        "eyes": eyes,
        "nose": nose,
        "closed": closed_part,
        "unpleasant": settings.support_weight * min(1.0, max(0.0, unpleasant)) * speaking,
        "happiness": -settings.happiness_weight * happiness,
    }
    if closed > 0.0:
        rises[ActionUnit.AU43] = closed
    claimed = {unit: rises[unit] for unit in _claims(rises, parts)}
    return FramePain(score=_squash(sum(parts.values()), settings), parts=parts, rises=claimed)


def judge_still(
    prediction: Prediction,
    prior: Mapping[str, tuple[float, float]],
    neutral: Prediction | None,
    settings: PainSettings | None = None,
) -> float | None:
    """Pain in [0, 1] of a single picture against ``neutral`` (a picture of the same person) or the ``prior``."""
    face = neutral_from_prior(prior) if neutral is None else neutral_from_picture(neutral, prior)
    pain = frame_pain(prediction, face, settings or PainSettings())
    return None if pain is None else pain.score


def neutral_from_prior(prior: Mapping[str, tuple[float, float]]) -> NeutralFace:
    """The neutral face of many people. Keys that name no AU are taken as emotions (their mean)."""
    units = {unit.value for unit in ActionUnit}
    return NeutralFace(
        aus={ActionUnit(name): (mean, dev) for name, (mean, dev) in prior.items() if name in units},
        emotions={name: mean for name, (mean, _) in prior.items() if name not in units},
    )


def neutral_from_picture(neutral: Prediction, prior: Mapping[str, tuple[float, float]]) -> NeutralFace:
    """One picture's values as the neutral face; half the prior's deviation remains, since one picture is noisy."""
    many = neutral_from_prior(prior)
    unknown = PainSettings().unknown_deviation
    return NeutralFace(
        aus={unit: (value, many.aus.get(unit, (0.0, unknown))[1] / 2) for unit, value in neutral.aus.items()},
        emotions=dict(neutral.emotions),
        known=True,
        own_share=1.0,
    )


EYE_UNITS = frozenset({ActionUnit.AU06, ActionUnit.AU07})
NOSE_UNITS = frozenset({ActionUnit.AU09, ActionUnit.AU10})
_PART_UNITS = {"brow": {ActionUnit.AU04}, "eyes": EYE_UNITS, "nose": NOSE_UNITS, "closed": {ActionUnit.AU43}}


def _claims(rises: Mapping[ActionUnit, float], parts: Mapping[str, float]) -> list[ActionUnit]:
    """AUs that speak for pain: those of PSPI that rose and whose part was not explained away."""
    spoken = {unit for part, units in _PART_UNITS.items() if parts[part] > 0.0 for unit in units}
    return sorted((unit for unit in spoken if rises.get(unit, 0.0) > 0.0), key=lambda unit: (-rises[unit], unit))


def _closed(prediction: Prediction, neutral: NeutralFace) -> float:
    """Rise in [0, 1] of the closed probability (AU43) over the resting one."""
    resting = min(neutral.aus.get(ActionUnit.AU43, (0.0, 0.0))[0], 0.9)
    return min(1.0, max(0.0, (prediction.aus.get(ActionUnit.AU43, 0.0) - resting) / (1.0 - resting)))


def _capped(points: float, settings: PainSettings) -> float:
    return min(points, settings.part_cap)


def _squash(points: float, settings: PainSettings) -> float:
    return 1.0 / (1.0 + math.exp(-min(max((points - settings.midpoint) / settings.slope, -60.0), 60.0)))
