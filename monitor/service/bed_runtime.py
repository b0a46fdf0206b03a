"""One bed in the supervisor: what is known of it now, and the life of its alerts. Pure but for the state it keeps."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from monitor.alerts.bed_state import BedState, alert_id
from monitor.alerts.events import Event, Moment, Observed
from monitor.alerts.lifecycle import close_watch, end_watch, step
from monitor.alerts.lifecycle_settings import LifecycleSettings
from monitor.alerts.observed import observed_face, observed_technical
from monitor.alerts.topics import CAMERA, Topic
from monitor.alerts.transition import Transition
from monitor.records import CannotAssess, Level, Presence
from monitor.service.inference.messages import Judged
from monitor.sinks.bed_report import BedReport, bed_report
from monitor.ward.beds import BedSettings

FRESH_S = 2.0
"""A judgement that is older says nothing of now."""
_BLIND = CAMERA - {Topic.PICTURE_SIZE}
"""While one of these holds, what a picture seems to show is no sight of the resident."""
Told = tuple[Transition, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BedNow:
    """What is known of a bed. ``level`` is UNASSESSABLE whenever it is not known; ``because`` then says why."""

    level: Level
    score: float | None
    confidence: float
    coverage: float
    cannot_assess: CannotAssess | None
    because: str | None
    judged: Judged | None


class BedRuntime:
    """Hand it what happens; each call gives what people must be told, in order."""

    def __init__(self, settings: BedSettings, state: BedState) -> None:
        self.settings = settings
        self.state = state
        self.online = False
        self.faults: frozenset[Topic] = frozenset()
        self._judged: Judged | None = None
        self._troubles: tuple[str, ...] = ()
        self._lifecycle: LifecycleSettings = settings.lifecycle_settings()
        self._pictures = 0
        self._picture_s = state.now_s

    @property
    def bed(self) -> str:
        """Its name."""
        return self.state.bed

    @property
    def paused(self) -> bool:
        """Whether care goes on at the bed, so that nobody looks."""
        return self.state.privacy_until_s is not None

    def change(self, settings: BedSettings) -> None:
        """Go on by other settings; alerts that are out stay out."""
        self.settings, self._lifecycle = settings, settings.lifecycle_settings()

    def judged(self, judged: Judged, now: Moment) -> Told:
        """A picture was judged. What cannot be a sight of the resident is not taken for one."""
        self._judged = judged
        if judged.sequence is not None:
            self._pictures += 1
            self._picture_s = judged.judged_s
        if self.faults & _BLIND or self.paused:
            return ()
        observed = observed_face(judged.assessment, self.state, self.settings.alerts)
        # the camera's own watch tells that pictures stay away, with its cause
        seen = dict(observed.seen)
        seen.pop(Topic.PICTURE_LOST, None)
        return self.happen(Observed(seen=seen), now)

    def tick(
        self,
        now: Moment,
        *,
        faults: frozenset[Topic],
        online: bool,
        explainer_down: bool | None,
        troubles: tuple[str, ...],
    ) -> Told:
        """Once a second: time passes, and what the watchdogs found. ``explainer_down`` None: none is expected."""
        self.faults, self.online, self._troubles = faults, online, troubles
        if self.paused or not online:
            self._picture_s = now.s
        holds = {topic: topic in faults for topic in CAMERA}
        if explainer_down is not None:
            holds[Topic.EXPLAINER_DOWN] = explainer_down
        holds[Topic.SERVICE_TROUBLE] = bool(troubles)
        seen = dict(observed_technical(holds).seen)
        if troubles:
            words = f"the monitor itself has trouble ({'; '.join(troubles)}): look after the resident in person"
            seen[Topic.SERVICE_TROUBLE] = replace(seen[Topic.SERVICE_TROUBLE], sentence=words)  # troubles are English
        return self.happen(Observed(seen=seen), now)

    def happen(self, event: Event, now: Moment) -> Told:
        """Anything else: an acknowledgement, a pause."""
        self.state, told = step(self.state, event, now, self._lifecycle)
        return told

    def close(self, now: Moment) -> Told:
        """The service stops: note how long the bed was watched."""
        self.state, told = close_watch(self.state, now, self._lifecycle)
        return told

    def end(self, now: Moment) -> Told:
        """The bed is no longer configured: its alerts end."""
        self.state, told = end_watch(self.state, now, self._lifecycle)
        return told

    def alerts_out(self) -> int:
        """How many alerts are on, latched or acknowledged."""
        return sum(entry.latch.presence is not Presence.OFF for entry in self.state.topics.values())

    def alert_ids_out(self) -> frozenset[str]:
        """Which these are."""
        out = (entry for entry in self.state.topics.values() if entry.latch.presence is not Presence.OFF)
        return frozenset(alert_id(self.bed, entry.number) for entry in out)

    def unjudged_s(self, now_s: float) -> float:
        """How long no picture was judged although there should be some."""
        return now_s - self._picture_s

    def pictures(self) -> int:
        """Pictures judged since the last call."""
        counted, self._pictures = self._pictures, 0
        return counted

    def now(self, now_s: float) -> BedNow:
        """What is known at ``now_s``."""
        judged = self._judged
        unseen, because = self._why_unseen(now_s)
        if judged is None or unseen is not None:
            return BedNow(
                level=Level.UNASSESSABLE,
                score=None,
                confidence=0.0,
                coverage=0.0,
                cannot_assess=unseen,
                because=because,
                judged=None,
            )
        found = judged.assessment
        return BedNow(
            level=found.level,
            score=found.score,
            confidence=found.confidence,
            coverage=found.coverage,
            cannot_assess=found.cannot_assess,
            because=None if found.cannot_assess is None else found.cannot_assess.value,
            judged=judged,
        )

    def report(self, now: Moment) -> BedReport:
        """The bed as sinks that keep a state are told it."""
        known = self.now(now.s)
        return bed_report(
            self.state,
            now,
            level=known.level,
            score=known.score,
            cannot_assess=known.cannot_assess,
            online=self.online,
        )

    def _why_unseen(self, now_s: float) -> tuple[CannotAssess | None, str | None]:
        """Why there is no valid sight of the resident at ``now_s``, and in a word; (None, None) when there is."""
        if self.paused:
            return CannotAssess.NO_PICTURE, "privacy"
        blind = sorted(self.faults & _BLIND)
        if blind:
            return CannotAssess.NO_PICTURE, blind[0].value
        if self._judged is None or now_s - self._judged.judged_s > FRESH_S:
            return CannotAssess.NO_PICTURE, "not judged" if self.online else "no picture"
        return None, None


def mean_mu(judged: Judged | None) -> float | None:
    """Mean share of relevance in the regions of the claimed AUs, over those that were explained."""
    if judged is None:
        return None
    shares = judged.assessment.evidence.mu.values()
    return sum(shares) / len(shares) if shares else None


def at_second(at: datetime) -> datetime:
    """``at`` without its fraction."""
    return at.replace(microsecond=0)
