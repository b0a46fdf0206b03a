"""From assessments to what people are told: one latch per channel, sentences, numbers of alerts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from monitor.alerts import latch
from monitor.alerts.conditions import CHANNELS, DISTRESS, KINDS, PRIORITIES, facts, pain_code
from monitor.alerts.latch import Change, Fact, LatchRules, LatchState
from monitor.alerts.settings import AlertSettings
from monitor.records import (
    AlertCode,
    AlertCondition,
    AlertSignal,
    Assessment,
    Kind,
    Presence,
    SignalReason,
)
from monitor.sentences import alert_sentence


class AlertPolicy:
    """One resident's alerts. ``test`` marks the signals of a replay; alert ids rise from ``first_alert_id``."""

    def __init__(self, settings: AlertSettings | None = None, *, test: bool, first_alert_id: int = 1) -> None:
        self._settings = settings or AlertSettings()
        self._test = test
        self._next_id = first_alert_id
        self._rules = _rules(self._settings, test=test)
        self._states = {channel: LatchState() for channel in CHANNELS}
        self._conditions: dict[AlertCode, AlertCondition] = {}
        self._told: dict[AlertCode, AlertSignal] = {}
        self._distressed: frozenset[AlertCode] = frozenset()
        self._last: Assessment | None = None

    def step(
        self, assessment: Assessment, technical: Sequence[AlertCondition] = ()
    ) -> list[AlertCondition | AlertSignal]:
        """Conditions that began or changed and signals that changed with this assessment, in order.

        ``technical`` are the conditions true now that an assessment cannot know (EXPLAINER_DOWN).
        """
        self._last = assessment
        given = {condition.code: condition for condition in technical}
        held = facts(assessment, self._distressed, self._settings)
        self._distressed = frozenset(code for code in DISTRESS if held[code] is Fact.TRUE)
        out: list[AlertCondition | AlertSignal] = []
        for channel in CHANNELS:
            fact = Fact.TRUE if channel in given else held.get(channel, Fact.FALSE)
            state, changes = latch.step(self._states[channel], fact, assessment.captured_s, self._rules[channel])
            self._states[channel] = state
            if state.onset_s is not None and fact is Fact.TRUE:
                condition = self._condition(channel, state.onset_s, assessment, given.get(channel))
                known = self._conditions.get(channel)
                if known is None or (known.code, known.onset_s) != (condition.code, condition.onset_s):
                    self._conditions[channel] = condition
                    out.append(condition)
                out += [self._signal(channel, change, condition) for change in changes]
                out += self._upgrade(channel, condition)
            else:
                out += [self._close(channel, change, assessment) for change in changes]
        return out

    def acknowledge(self, alert_id: int) -> list[AlertSignal]:
        """Someone took notice of ``alert_id``; nothing happens when that alert is not out."""
        out: list[AlertSignal] = []
        for channel, told in self._told.items():
            if told.alert_id == alert_id and self._last is not None:
                self._states[channel], changes = latch.acknowledge(self._states[channel])
                out += [self._close(channel, change, self._last) for change in changes]
        return out

    def finish(self) -> list[AlertSignal]:
        """The recording has ended: every signal that is out goes off, with RECORDING_ENDED."""
        out: list[AlertSignal] = []
        for channel in CHANNELS:
            self._states[channel], changes = latch.finish(self._states[channel])
            if self._last is not None:
                out += [self._close(channel, change, self._last) for change in changes]
        return out

    def _condition(
        self, channel: AlertCode, onset_s: float, assessment: Assessment, given: AlertCondition | None
    ) -> AlertCondition:
        """What is true now in ``channel``, with the sentence for now."""
        code = channel
        if channel is AlertCode.PAIN:
            out = self._told[channel].code if self._is_out(channel) else None
            code = pain_code(assessment.evidence, out)
        sentence = given.sentence if given else alert_sentence(code, assessment, assessment.captured_s - onset_s)
        return AlertCondition(
            frame_id=assessment.frame_id,
            source_id=assessment.source_id,
            captured_s=assessment.captured_s,
            captured_at=assessment.captured_at,
            code=code,
            kind=KINDS[code],
            priority=PRIORITIES[code],
            onset_s=onset_s,
            confidence=_confidence(code, assessment),
            sentence=sentence,
        )

    def _is_out(self, channel: AlertCode) -> bool:
        return self._states[channel].presence in (Presence.ON, Presence.ACKNOWLEDGED) and channel in self._told

    def _signal(self, channel: AlertCode, change: Change, condition: AlertCondition) -> AlertSignal:
        """A change while the condition holds: a new alert goes on, or a latched one makes way for it."""
        if change.reason is not SignalReason.CONDITION_HELD:
            return self._close(channel, change, condition)
        signal = AlertSignal(
            frame_id=condition.frame_id,
            source_id=condition.source_id,
            captured_s=condition.captured_s,
            captured_at=condition.captured_at,
            alert_id=self._next_id,
            code=condition.code,
            kind=condition.kind,
            priority=condition.priority,
            presence=change.presence,
            reason=change.reason,
            onset_s=change.onset_s,
            start_s=change.start_s,
            end_s=change.end_s,
            confidence=condition.confidence,
            sentence=condition.sentence,
            test=self._test,
        )
        self._next_id += 1
        self._told[channel] = signal
        return signal

    def _upgrade(self, channel: AlertCode, condition: AlertCondition) -> list[AlertSignal]:
        """A pain alert that went out with weak evidence is raised when the evidence has become strong."""
        if not self._is_out(channel) or self._told[channel].code is condition.code:
            return []
        told = replace(
            self._told[channel],
            frame_id=condition.frame_id,
            captured_s=condition.captured_s,
            captured_at=condition.captured_at,
            code=condition.code,
            priority=condition.priority,
            presence=self._states[channel].presence,
            reason=SignalReason.EVIDENCE_STRENGTHENED,
            confidence=condition.confidence,
            sentence=condition.sentence,
        )
        self._told[channel] = told
        return [told]

    def _close(self, channel: AlertCode, change: Change, now: Assessment | AlertCondition) -> AlertSignal:
        """The alert that is out, with its words as told, in its new presence."""
        self._told[channel] = replace(
            self._told[channel],
            frame_id=now.frame_id,
            captured_s=now.captured_s,
            captured_at=now.captured_at,
            presence=change.presence,
            reason=change.reason,
            end_s=change.end_s,
        )
        return self._told[channel]


def _confidence(code: AlertCode, assessment: Assessment) -> float:
    """In [0, 1]: the judgement's for pain; for distress its rise times coverage; a technical fact is certain."""
    if code in DISTRESS:
        return min(1.0, assessment.distress.get(DISTRESS[code], 0.0)) * assessment.coverage
    return 1.0 if KINDS[code] is Kind.TECHNICAL else assessment.confidence


def _rules(settings: AlertSettings, *, test: bool) -> dict[AlertCode, LatchRules]:
    delays = {
        AlertCode.PAIN: settings.delay_s,
        AlertCode.DISTRESS_FEAR: settings.fear_delay_s,
        AlertCode.DISTRESS_SADNESS: settings.sadness_delay_s,
        AlertCode.DISTRESS_ANGER: settings.anger_delay_s,
        AlertCode.CANNOT_ASSESS: settings.cannot_assess_delay_s,
        AlertCode.PICTURE_LOST: settings.picture_lost_delay_s,
        AlertCode.EXPLAINER_DOWN: settings.explainer_down_delay_s,
    }
    latch_s = settings.replay_latch_s if test else settings.latch_s
    return {
        channel: LatchRules(
            delay_s=delays[channel],
            dropout_s=settings.dropout_s if KINDS[channel] is Kind.PHYSIOLOGICAL else 0.0,
            unknown_s=settings.unknown_s,
            latch_s=latch_s if KINDS[channel] is Kind.PHYSIOLOGICAL else 0.0,
        )
        for channel in CHANNELS
    }
