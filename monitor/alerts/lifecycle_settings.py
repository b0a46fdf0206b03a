"""How live alerts behave beyond the latch: escalation, pauses, cooldown, restart. Wrong values are refused."""

from __future__ import annotations

from dataclasses import dataclass, field, fields

from monitor.alerts.latch import LatchRules
from monitor.alerts.settings import AlertSettings
from monitor.alerts.topics import CAMERA, PHYSIOLOGICAL, Topic
from monitor.errors import ConfigurationError
from monitor.records import Priority

LONGEST_AUDIO_PAUSE_S = 600.0
LONGEST_PRIVACY_PAUSE_S = 3600.0
LONGEST_RERAISE_S = 3600.0
MOST_LEVELS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationLevel:
    """Tell ``who`` when an alert has been out for ``after_s`` without acknowledgement."""

    after_s: float
    who: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LifecycleSettings:
    """All times in seconds."""

    alerts: AlertSettings = field(default_factory=AlertSettings)
    """Delays, dropouts, latch and thresholds, as in a replay."""
    first_to: str = "nurse"
    """Who is told at once."""
    escalation: tuple[EscalationLevel, ...] = (
        EscalationLevel(after_s=60.0, who="second nurse"),
        EscalationLevel(after_s=180.0, who="shift lead"),
    )
    """Who else is told, and when; times rise."""
    escalate_from: Priority = Priority.MEDIUM
    """Lower priorities are never escalated."""
    audio_pause_most_s: float = 120.0
    """Longest audio pause; a longer one asked for is cut to it."""
    privacy_pause_most_s: float = 1800.0
    """Longest privacy pause; a longer one asked for is cut to it."""
    reraise_s: float = 900.0
    """An acknowledged alert whose condition still holds goes on again after this."""
    cooldown_s: float = 120.0
    """A condition that returns so soon after its alert went off re-opens that alert; only pain is heard at once."""
    camera_delay_s: float = 5.0
    """From a fault of camera or picture to its alert."""
    service_delay_s: float = 10.0
    """From trouble of the program to its alert."""
    stale_s: float = 2.0
    """What was not looked at for longer is unknown."""
    restart_bridge_s: float = 60.0
    """So much of a restart does not count as time in which the resident was not seen."""
    watch_every_s: float = 600.0
    """How often the time watched is noted."""

    def __post_init__(self) -> None:
        for entry in fields(self):
            value = getattr(self, entry.name)
            if entry.name.endswith("_s") and not 0.0 < value < float("inf"):
                raise ConfigurationError(f"alerts.{entry.name}: must be > 0, got {value}")
        for name, most in (
            ("audio_pause_most_s", LONGEST_AUDIO_PAUSE_S),
            ("privacy_pause_most_s", LONGEST_PRIVACY_PAUSE_S),
            ("reraise_s", LONGEST_RERAISE_S),
        ):
            if getattr(self, name) > most:
                raise ConfigurationError(f"alerts.{name}: must be at most {most:.0f}, got {getattr(self, name)}")
        times = [level.after_s for level in self.escalation]
        if len(times) > MOST_LEVELS:
            raise ConfigurationError(f"alerts.escalation: at most {MOST_LEVELS} levels, got {len(times)}")
        if any(not 0.0 < after_s < float("inf") for after_s in times) or sorted(set(times)) != times:
            raise ConfigurationError(f"alerts.escalation: after_s must be > 0 and rise, got {times}")
        if not all(level.who for level in self.escalation) or not self.first_to:
            raise ConfigurationError("alerts.escalation: every level must say who is told")

    def rules(self, topic: Topic) -> LatchRules:
        """The latch of ``topic``; only what a resident feels stays latched."""
        felt = topic in PHYSIOLOGICAL
        return LatchRules(
            delay_s=self._delay_s(topic),
            dropout_s=self.alerts.dropout_s if felt else 0.0,
            unknown_s=self.alerts.unknown_s,
            latch_s=self.alerts.latch_s if felt else 0.0,
        )

    def _delay_s(self, topic: Topic) -> float:
        if topic in CAMERA:
            return self.camera_delay_s
        return {
            Topic.PAIN: self.alerts.delay_s,
            Topic.DISTRESS_FEAR: self.alerts.fear_delay_s,
            Topic.DISTRESS_SADNESS: self.alerts.sadness_delay_s,
            Topic.DISTRESS_ANGER: self.alerts.anger_delay_s,
            Topic.CANNOT_ASSESS: self.alerts.cannot_assess_delay_s,
            Topic.PICTURE_LOST: self.alerts.picture_lost_delay_s,
            Topic.EXPLAINER_DOWN: self.alerts.explainer_down_delay_s,
            Topic.SERVICE_TROUBLE: self.service_delay_s,
        }[topic]
