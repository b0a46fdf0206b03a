"""From frames to a judgement over seconds: a score with hysteresis, or UNASSESSABLE with its reason.

A frame's pain (``monitor.judgement``) is smoothed over half a second; the level turns to PAIN when the smoothed score
has stayed above ``on`` for ``on_for_s`` and back when it has stayed below ``off`` for ``off_for_s``. Without an
assessable face the last judgement is held for ``hold_s`` and then given up: unknown is never "no pain".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from monitor.baseline import Baseline, BaselineSettings
from monitor.baseline_change import BaselineChange, BaselineReason
from monitor.errors import ConfigurationError
from monitor.judgement import FramePain, PainSettings, emotion_rise, frame_pain, judge_still
from monitor.judgement_evidence import EvidenceMemory
from monitor.judgement_window import Moment, Smoothed, Window
from monitor.records import (
    Assessment,
    CannotAssess,
    Evidence,
    Explanation,
    FaceMissing,
    FaceObservation,
    Gap,
    Level,
    MissingReason,
    Prediction,
    QualityReason,
)
from monitor.resident_change import ResidentWatch

__all__ = ["DISTRESS", "Assessor", "AssessorSettings", "judge_still", "why_not_assessable"]

DISTRESS = ("fear", "sadness", "anger")


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessorSettings:
    """How frames become a judgement. Scores in [0, 1], times in seconds."""

    window_s: float = 3.0
    """Span over which coverage, PSPI, emotions and evidence are taken."""
    smoothing_s: float = 0.45
    """Time constant of the smoothed score."""
    on: float = 0.5
    """Smoothed score from which pain begins."""
    off: float = 0.35
    """Smoothed score below which pain ends."""
    on_for_s: float = 0.5
    """How long the score must stay above ``on``."""
    off_for_s: float = 1.0
    """How long the score must stay below ``off``."""
    hold_s: float = 1.6
    """How long the last judgement stands without an assessable face."""
    regain_after_s: float = 0.3
    """After a loss longer than this, a face counts again only when it has been seen for ``regain_s``: a single mesh on
    a blanket is a glimpse, not a face."""
    regain_s: float = 0.25
    """How long a face that comes back must have been assessable without a break."""
    min_coverage: float = 0.3
    """Share of the window that must have been judged."""
    longest_frame_s: float = 1.0
    """Most seconds that one frame stands for."""
    first_frame_s: float = 0.04
    """Seconds that the first frame stands for."""
    explained_s: float = 10.0
    """How long an explanation counts as evidence."""
    evidence_floor: float = 0.3
    """Smallest mean rise (intensity units) of an AU that is named as evidence."""
    trend_s: float = 30.0
    """Time constant of the calm and joy trends."""
    pain: PainSettings = field(default_factory=PainSettings)
    baseline: BaselineSettings = field(default_factory=BaselineSettings)

    def __post_init__(self) -> None:
        if not 0.0 < self.off <= self.on < 1.0:
            raise ConfigurationError(f"judgement.on: must lie between judgement.off ({self.off}) and 1, got {self.on}")
        for name in ("window_s", "smoothing_s", "longest_frame_s", "first_frame_s", "trend_s"):
            if not getattr(self, name) > 0.0:
                raise ConfigurationError(f"judgement.{name}: must be > 0, got {getattr(self, name)}")
        if not 0.0 <= self.min_coverage <= 1.0:
            raise ConfigurationError(f"judgement.min_coverage: must lie in [0, 1], got {self.min_coverage}")


class Assessor:
    """One resident's judgement. ``step`` takes each frame's outcome in order; time is that of the frames."""

    def __init__(
        self,
        settings: AssessorSettings | None = None,
        prior: Mapping[str, tuple[float, float]] | None = None,
        baseline: Baseline | None = None,
    ) -> None:
        self._settings = settings or AssessorSettings()
        self.baseline = baseline or Baseline(prior or {}, self._settings.baseline, self._settings.pain)
        self._window = Window(self._settings.window_s, (self._settings.on + self._settings.off) / 2)
        self._score = Smoothed(self._settings.smoothing_s)
        self._calm = Smoothed(self._settings.trend_s)
        self._joy = Smoothed(self._settings.trend_s)
        self._evidence = EvidenceMemory()
        self._level = Level.UNASSESSABLE
        self._above_since_s: float | None = None
        self._below_since_s: float | None = None
        self._now_s: float | None = None
        self._seen_s: float | None = None
        self._streak_s: float | None = None
        self._calibrated = False
        self._pain_onset_s: float | None = None
        self._resident = ResidentWatch()
        self.baseline_changes: list[BaselineChange] = []
        """When and why the neutral face became another one, oldest first."""
        self._unsaid: list[tuple[BaselineReason, str]] = []
        self._adopted_as = ""

    def adopt(self, neutral: Prediction, detail: str = "") -> None:
        """ "This is the neutral face": judge against this picture from the next frame on."""
        self.baseline.adopt(neutral)
        self._unsaid.append((BaselineReason.ADOPTED_PICTURE, detail))

    def adopt_now(self, detail: str = "", for_s: float | None = None) -> None:
        """ "This is the neutral face now": the next moments of assessable face replace what was learned."""
        self.baseline.adopt_next(for_s)
        self._adopted_as = detail

    def reset_baseline(self, detail: str = "") -> None:
        """Forget the person's neutral face; the prior judges again."""
        self.baseline.reset()
        self._unsaid.append((BaselineReason.RESET, detail))

    @property
    def pain_onset_s(self) -> float | None:
        """When the judged level first reached PAIN (before any alert delay), or None."""
        return self._pain_onset_s

    def step(
        self,
        seen: FaceObservation | FaceMissing | Gap,
        prediction: Prediction | None,
        explanations: Sequence[Explanation] = (),
    ) -> Assessment:
        """Judge the window that ends with this frame. ``explanations`` are those that arrived since the last step."""
        duration_s = self._advance(seen.captured_s)
        for explanation in explanations:
            self._evidence.add(explanation)
        if isinstance(seen, FaceObservation) and seen.quality.assessable and self._resident.step(seen):
            self._forget_person()
        waiting, known = self.baseline.adopting, self.baseline.neutral.known
        moment = self._moment(seen, prediction, duration_s)
        if self._is_glimpse(moment):
            moment = Moment(captured_s=moment.captured_s, duration_s=duration_s, cause=CannotAssess.TOO_LITTLE_SEEN)
        self._window.push(moment)
        if moment.pain is not None and prediction is not None:
            self._take_in(moment.pain, moment, prediction)
        if waiting and not self.baseline.adopting:
            self._unsaid.append((BaselineReason.ADOPTED_MOMENT, self._adopted_as))
        elif self.baseline.neutral.known and not known:
            self._unsaid.append((BaselineReason.LEARNED, ""))
        self._say_changes(seen)
        return self._assessment(seen, self._judge(moment))

    def _forget_person(self) -> None:
        """Nothing of the one before is held against this person, neither the neutral face nor the running judgement."""
        if self.baseline.calm_s > 0.0:
            self._unsaid.append((BaselineReason.ANOTHER_FACE, ""))
        self.baseline.reset()
        self._score.forget()
        self._above_since_s = self._below_since_s = None
        self._level = Level.UNASSESSABLE

    def _say_changes(self, seen: FaceObservation | FaceMissing | Gap) -> None:
        for reason, detail in self._unsaid:
            neutral = self.baseline.neutral
            self.baseline_changes.append(
                BaselineChange(
                    frame_id=seen.frame_id,
                    source_id=seen.source_id,
                    captured_s=seen.captured_s,
                    captured_at=seen.captured_at,
                    reason=reason,
                    known=neutral.known,
                    calm_s=self.baseline.calm_s,
                    detail=detail,
                    aus={unit: mean for unit, (mean, _) in neutral.aus.items()},
                )
            )
        self._unsaid.clear()

    def _advance(self, captured_s: float) -> float:
        """Seconds that the frame stands for."""
        settings = self._settings
        previous, self._now_s = self._now_s, captured_s
        if previous is None:
            return settings.first_frame_s
        return min(max(captured_s - previous, 0.0), settings.longest_frame_s)

    def _moment(
        self, seen: FaceObservation | FaceMissing | Gap, prediction: Prediction | None, duration_s: float
    ) -> Moment:
        cause = why_not_assessable(seen)
        neutral = self.baseline.neutral
        pain = None
        if cause is None:
            pain = frame_pain(prediction, neutral, self._settings.pain) if prediction is not None else None
        if pain is None or prediction is None:
            return Moment(
                captured_s=seen.captured_s, duration_s=duration_s, cause=cause or CannotAssess.TOO_LITTLE_SEEN
            )
        return Moment(
            captured_s=seen.captured_s,
            duration_s=duration_s,
            pain=pain,
            pspi=prediction.pspi.value,
            emotions=prediction.emotions,
            distress={name: emotion_rise(name, prediction, neutral) for name in DISTRESS},
        )

    def _is_glimpse(self, moment: Moment) -> bool:
        """Whether this frame shows a face that was lost and has not been back for long enough."""
        settings, now_s = self._settings, moment.captured_s
        if moment.pain is None:
            self._streak_s = None
            return False
        if self._streak_s is None:
            self._streak_s = now_s
            if self._seen_s is None or now_s - self._seen_s <= settings.regain_after_s:
                self._streak_s = now_s - settings.regain_s
        return now_s - self._streak_s < settings.regain_s

    def _take_in(self, pain: FramePain, moment: Moment, prediction: Prediction) -> None:
        """Update the smoothed score and, from calm frames, the neutral face and the trends."""
        settings, now_s = self._settings, moment.captured_s
        if self._seen_s is not None and now_s - self._seen_s > settings.hold_s:
            self._score.forget()
            self._above_since_s = self._below_since_s = None
            self._level = Level.UNASSESSABLE
        self._seen_s = now_s
        self._calibrated = prediction.calibrated
        score = self._score.update(pain.score, moment.duration_s)
        self._above_since_s = _since(self._above_since_s, score >= settings.on, now_s)
        self._below_since_s = _since(self._below_since_s, score < settings.off, now_s)
        self._calm.update((1.0 - pain.score) * prediction.emotions.get("neutral", 0.0), moment.duration_s)
        self._joy.update(prediction.emotions.get("happiness", 0.0), moment.duration_s)
        suspected = self._level is Level.PAIN or score >= settings.off
        self.baseline.learn(prediction, moment.duration_s, in_pain=suspected, pain=pain)

    def _judge(self, moment: Moment) -> CannotAssess | None:
        """Set the level for now; what keeps the window from being judged, or None."""
        settings, now_s = self._settings, moment.captured_s
        lost = self._seen_s is None or now_s - self._seen_s > settings.hold_s
        if lost or self._window.coverage < settings.min_coverage:
            self._level = Level.UNASSESSABLE
            return CannotAssess.TOO_LITTLE_SEEN if moment.cause is None else self._window.main_cause
        if moment.cause is not None and self._level is not Level.UNASSESSABLE:
            return None
        if self._level is Level.PAIN:
            if _held(self._below_since_s, settings.off_for_s, now_s):
                self._level = Level.NO_PAIN
        elif _held(self._above_since_s, settings.on_for_s, now_s):
            self._level = Level.PAIN
            self._pain_onset_s = now_s if self._pain_onset_s is None else self._pain_onset_s
        else:
            self._level = Level.NO_PAIN
        return None

    def _assessment(self, seen: FaceObservation | FaceMissing | Gap, cannot_assess: CannotAssess | None) -> Assessment:
        settings, window, level = self._settings, self._window, self._level
        score = None if level is Level.UNASSESSABLE else self._score.value
        evidence, distress = Evidence(), {}
        if score is not None:
            since_s = seen.captured_s - settings.explained_s
            if level is Level.PAIN and self._above_since_s is not None:
                since_s = max(since_s, self._above_since_s)
            evidence = self._evidence.over(window.rises(settings.evidence_floor), since_s)
            distress = window.distress()
        return Assessment(
            frame_id=seen.frame_id,
            source_id=seen.source_id,
            captured_s=seen.captured_s,
            captured_at=seen.captured_at,
            window_s=settings.window_s,
            level=level,
            score=score,
            confidence=0.0 if score is None else self._confidence(score, evidence),
            coverage=window.coverage,
            cannot_assess=cannot_assess,
            pspi=None if score is None else window.pspi,
            baseline_known=self.baseline.neutral.known,
            emotions={} if score is None else window.emotions(),
            trend={
                name: smoothed.value
                for name, smoothed in (("calm", self._calm), ("joy", self._joy))
                if smoothed.value is not None
            },
            evidence=evidence,
            distress=distress,
        )

    def _confidence(self, score: float, evidence: Evidence) -> float:
        """How far the judgement can be trusted: a product of what speaks for it, each in [0, 1].

        Coverage, distance from the threshold, agreement of single frames, own neutral face known, calibrated
        network, evidence not weak. It is no probability that the resident is in pain.
        """
        settings = self._settings
        in_pain = self._level is Level.PAIN
        room = 1.0 - settings.off if in_pain else settings.on
        margin = min(1.0, max(0.0, (score - settings.off) / room if in_pain else (settings.on - score) / room))
        agreement = self._window.agreement(in_pain)
        known = 0.85 + 0.15 * self.baseline.neutral.own_share
        calibrated = 1.0 if self._calibrated else 0.9
        trust = 0.6 if in_pain and evidence.weak else 1.0
        return self._window.coverage * (0.5 + 0.5 * margin) * (0.6 + 0.4 * agreement) * known * calibrated * trust


_MISSING = {
    MissingReason.NO_FACE: CannotAssess.NO_FACE,
    MissingReason.NOT_THE_RESIDENT: CannotAssess.NOT_THE_RESIDENT,
    MissingReason.NO_PICTURE: CannotAssess.NO_PICTURE,
}


def why_not_assessable(seen: FaceObservation | FaceMissing | Gap) -> CannotAssess | None:
    """Why this frame alone cannot be judged, or None."""
    if isinstance(seen, Gap):
        return CannotAssess.NO_PICTURE
    if isinstance(seen, FaceMissing):
        return _MISSING[seen.reason]
    if seen.quality.assessable:
        return None
    if QualityReason.COVERED in seen.quality.reasons:
        return CannotAssess.COVERED
    if QualityReason.TURNED_AWAY in seen.quality.reasons:
        return CannotAssess.TURNED_AWAY
    return CannotAssess.POOR_QUALITY


def _since(since_s: float | None, holds: bool, now_s: float) -> float | None:
    """Since when something holds without a break."""
    if not holds:
        return None
    return now_s if since_s is None else since_s


def _held(since_s: float | None, for_s: float, now_s: float) -> bool:
    return since_s is not None and now_s - since_s >= for_s - 1e-9
