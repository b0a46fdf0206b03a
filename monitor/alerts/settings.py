"""How alerts behave: delays, latching, thresholds of distress. Unknown values are refused when built."""

from __future__ import annotations

from dataclasses import dataclass, fields

from monitor.errors import ConfigurationError

LONGEST_PAIN_DELAY_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertSettings:
    """Delays count from the moment the condition began to the moment people are told. All times in seconds."""

    delay_s: float = 15.0
    """Pain: 0–60. Near 15 s half of the ineffective alerts of an intensive care study vanish (Görges 2009)."""
    fear_delay_s: float = 10.0
    """Sustained fear."""
    sadness_delay_s: float = 60.0
    """Sustained sadness."""
    anger_delay_s: float = 30.0
    """Sustained anger."""
    cannot_assess_delay_s: float = 120.0
    """No face that can be assessed."""
    picture_lost_delay_s: float = 2.5
    """No picture; counts from the moment the judgement is given up, itself 2 s after the last face."""
    explainer_down_delay_s: float = 10.0
    """The sidecar does not run (a restart takes seconds)."""
    dropout_s: float = 3.0
    """A condition that is gone for less has not ended."""
    unknown_s: float = 6.0
    """A condition that cannot be seen (the face hidden) for less has not ended."""
    latch_s: float = 300.0
    """How long an alert that nobody acknowledged stays latched, counted while the resident is seen without it."""
    replay_latch_s: float = 5.0
    """The same in a replay, where nobody can acknowledge."""
    distress_on: float = 0.45
    """Rise of an emotion over the neutral face from which distress begins."""
    distress_off: float = 0.30
    """Rise below which it ends."""
    emotion_alerts: bool = True
    """Whether distress alerts go out at all."""

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name.endswith("_s") and not 0.0 <= value < float("inf"):
                raise ConfigurationError(f"alerts.{field.name}: must be >= 0, got {value}")
        if self.delay_s > LONGEST_PAIN_DELAY_S:
            raise ConfigurationError(f"alerts.delay_s: must be at most 60, got {self.delay_s}")
        if not 0.0 < self.distress_off <= self.distress_on <= 1.0:
            raise ConfigurationError(
                f"alerts.distress_on: must lie between alerts.distress_off ({self.distress_off}) and 1, "
                f"got {self.distress_on}"
            )
