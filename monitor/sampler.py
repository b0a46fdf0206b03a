"""Which frames are explained, and why. Pure: time comes with the call, nothing is read or written."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from models.action_units import PSPI_UNITS, ActionUnit
from monitor.errors import ConfigurationError
from monitor.records import Level, Prediction, SampleReason, SampleRequest

_SLACK_S = 1e-6
"""Differences of frame times are rounded; a period that falls short by less counts as over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplerSettings:
    """When to explain and what.

    ``period_s``: a sample at least this often while the face is assessable (any sample starts the period anew).
    ``uncertain_period_s``: uncertain frames are sampled no more often than this. A frame is uncertain when the
    entropy of its emotions reaches ``uncertain_entropy`` of the largest possible, or when an AU of pain lies within
    ``uncertain_margin`` of its threshold, both in shares of that threshold.
    ``targets``: most AUs explained per sample. ``present_intensity`` (0–5) and ``closed_probability`` say from which
    value on an AU, or AU43, is claimed.
    """

    period_s: float = 1.0
    uncertain_period_s: float = 5.0
    uncertain_entropy: float = 0.8
    uncertain_margin: float = 0.1
    targets: int = 3
    present_intensity: float = 1.0
    closed_probability: float = 0.5

    def __post_init__(self) -> None:
        for name in ("period_s", "uncertain_period_s", "present_intensity", "closed_probability"):
            if not getattr(self, name) > 0:
                raise ConfigurationError(f"sampling.{name}: must be > 0, got {getattr(self, name)}")
        if self.targets < 1:
            raise ConfigurationError(f"sampling.targets: must be >= 1, got {self.targets}")

    def threshold(self, unit: ActionUnit) -> float:
        """From which value on ``unit`` is claimed."""
        return self.closed_probability if unit is ActionUnit.AU43 else self.present_intensity


def claimed_targets(prediction: Prediction, settings: SamplerSettings) -> tuple[str, ...]:
    """AUs the prediction claims, strongest (relative to their threshold) first; without any the strongest AU of pain.

    A prediction without AUs of pain gives its strongest emotion.
    """
    strength = {unit: value / settings.threshold(unit) for unit, value in prediction.aus.items()}
    claimed = [unit for unit, share in strength.items() if share >= 1.0] or _strongest_of_pain(strength)
    if claimed:
        return tuple(str(unit) for unit in sorted(claimed, key=lambda unit: (-strength[unit], unit)))[
            : settings.targets
        ]
    if prediction.emotions:
        return (f"emotion:{max(prediction.emotions, key=lambda name: prediction.emotions[name])}",)
    return ()


def uncertain(prediction: Prediction, settings: SamplerSettings) -> bool:
    """Whether the network is of two minds about this frame."""
    if _relative_entropy(prediction.emotions) >= settings.uncertain_entropy:
        return True
    return any(
        abs(prediction.aus[unit] / settings.threshold(unit) - 1.0) < settings.uncertain_margin
        for unit in PSPI_UNITS
        if unit in prediction.aus
    )


class Sampler:
    """Chooses frames of one resident: level changes first, then the period, then uncertain frames."""

    def __init__(self, settings: SamplerSettings | None = None) -> None:
        self._settings = settings or SamplerSettings()
        self._level: Level | None = None
        self._sampled_s = -math.inf
        self._uncertain_s = -math.inf

    def step(self, prediction: Prediction, assessment_level: Level | None, now_s: float) -> SampleRequest | None:
        """The request for this frame, or None. ``assessment_level`` is the latest judged level, None when there is
        none yet; ``now_s`` is the frame's time in seconds. Time that jumps back starts all periods anew.
        """
        if now_s < self._sampled_s:
            self._sampled_s = self._uncertain_s = -math.inf
        reason = self._reason(prediction, assessment_level, now_s)
        if assessment_level is not None:
            self._level = assessment_level
        targets = claimed_targets(prediction, self._settings) if reason is not None else ()
        if reason is None or not targets:
            return None
        self._sampled_s = now_s
        if reason is SampleReason.UNCERTAIN:
            self._uncertain_s = now_s
        in_pain = assessment_level is Level.PAIN or reason is SampleReason.LEVEL_CHANGED
        return SampleRequest(frame_id=prediction.frame_id, reason=reason, targets=targets, in_pain=in_pain)

    def _reason(self, prediction: Prediction, level: Level | None, now_s: float) -> SampleReason | None:
        if level is not None and self._level is not None and level is not self._level:
            return SampleReason.LEVEL_CHANGED
        if now_s - self._sampled_s >= self._settings.period_s - _SLACK_S:
            return SampleReason.PERIOD
        rested = now_s - self._uncertain_s >= self._settings.uncertain_period_s - _SLACK_S
        return SampleReason.UNCERTAIN if rested and uncertain(prediction, self._settings) else None


def _strongest_of_pain(strength: Mapping[ActionUnit, float]) -> list[ActionUnit]:
    known = [unit for unit in PSPI_UNITS if unit in strength]
    return [max(known, key=lambda unit: strength[unit])] if known else []


def _relative_entropy(probabilities: Mapping[str, float]) -> float:
    """Entropy of a distribution over the largest possible one; 0 for fewer than two entries."""
    if len(probabilities) < 2:
        return 0.0
    entropy = -sum(share * math.log(share) for share in probabilities.values() if share > 0)
    return entropy / math.log(len(probabilities))
