"""What people are told, as stories from faces to signals."""

from __future__ import annotations

import pytest
from builders import BEGINNING, PRIOR, SOURCE, Scene, explain, face, script

from models.action_units import ActionUnit
from monitor.alerts.policy import AlertPolicy
from monitor.alerts.settings import AlertSettings
from monitor.assessor import Assessor
from monitor.errors import ConfigurationError
from monitor.records import (
    AlertCode,
    AlertCondition,
    AlertSignal,
    Kind,
    Presence,
    Priority,
    SignalReason,
)


def play(
    scenes: list[Scene],
    settings: AlertSettings | None = None,
    *,
    test: bool = True,
    acknowledge_at_s: float | None = None,
    explainer_down: tuple[float, float] = (0.0, 0.0),
) -> tuple[list[AlertCondition], list[AlertSignal]]:
    """Conditions and signals of a story."""
    assessor, policy = Assessor(prior=PRIOR), AlertPolicy(settings, test=test)
    records: list[AlertCondition | AlertSignal] = []
    for scene in scenes:
        now_s = scene.seen.captured_s
        technical = [_down(now_s)] if explainer_down[0] <= now_s < explainer_down[1] else []
        records += policy.step(assessor.step(scene.seen, scene.prediction, scene.explanations), technical)
        if acknowledge_at_s is not None and now_s >= acknowledge_at_s:
            records += policy.acknowledge(1)
            acknowledge_at_s = None
    records += policy.finish()
    return (
        [record for record in records if isinstance(record, AlertCondition)],
        [record for record in records if isinstance(record, AlertSignal)],
    )


def _down(now_s: float) -> AlertCondition:
    return AlertCondition(
        frame_id=0,
        source_id=SOURCE,
        captured_s=now_s,
        captured_at=BEGINNING,
        code=AlertCode.EXPLAINER_DOWN,
        kind=Kind.TECHNICAL,
        priority=Priority.LOW,
        onset_s=now_s,
        confidence=1.0,
        sentence="explanations have stopped",
    )


def told(signals: list[AlertSignal]) -> list[tuple[AlertCode, Presence, SignalReason]]:
    return [(signal.code, signal.presence, signal.reason) for signal in signals]


HELD, ENDED = SignalReason.CONDITION_HELD, SignalReason.CONDITION_ENDED
EXPIRED, CUT = SignalReason.LATCH_EXPIRED, SignalReason.RECORDING_ENDED
PAIN, WEAK = AlertCode.PAIN, AlertCode.PAIN_WEAK_EVIDENCE


def test_pain_alerts_after_the_delay_and_latches() -> None:
    conditions, signals = play(script("calm 20s, pain 25s, calm 20s"))
    assert told(signals) == [
        (PAIN, Presence.ON, HELD),
        (PAIN, Presence.LATCHED, ENDED),
        (PAIN, Presence.OFF, EXPIRED),
    ]
    on, latched, off = signals
    assert 20.0 <= on.onset_s <= 21.5
    assert on.start_s == pytest.approx(on.onset_s + 15.0, abs=0.11)
    assert on.captured_s == on.start_s
    assert 48.0 <= latched.captured_s <= 51.0
    assert off.end_s == off.captured_s
    assert off.end_s == pytest.approx(latched.captured_s + 5.0, abs=0.2)
    assert on.priority is Priority.HIGH
    assert on.kind is Kind.PHYSIOLOGICAL
    assert on.test
    assert on.sentence.startswith("pain, 15 s, level ")
    assert "brow lowered (AU4)" in on.sentence
    assert [(c.code, c.onset_s) for c in conditions] == [(PAIN, on.onset_s)]


def test_short_pain_alerts_nobody() -> None:
    conditions, signals = play(script("calm 20s, pain 10s, calm 20s"))
    assert signals == []
    assert len(conditions) == 1


def test_a_short_dropout_does_not_reset_the_delay() -> None:
    _, signals = play(script("calm 20s, pain 9s, calm 2s, pain 9s"))
    assert signals[0].presence is Presence.ON
    assert signals[0].onset_s < 22
    assert signals[0].start_s < 37


def test_a_long_pause_resets_the_delay() -> None:
    _, signals = play(script("calm 20s, pain 10s, calm 8s, pain 10s"))
    assert signals == []


def test_a_face_hidden_briefly_does_not_reset_the_delay() -> None:
    _, signals = play(script("calm 20s, pain 8s, covered 3s, pain 12s"))
    assert signals[0].presence is Presence.ON
    assert signals[0].start_s == pytest.approx(signals[0].onset_s + 15.0, abs=0.3)


def test_pain_then_hidden_face_stays_latched() -> None:
    _, signals = play(script("calm 20s, pain 20s, covered 60s"))
    assert told(signals) == [
        (PAIN, Presence.ON, HELD),
        (PAIN, Presence.LATCHED, SignalReason.NO_LONGER_OBSERVED),
        (PAIN, Presence.OFF, CUT),
    ]
    assert signals[1].captured_s < 52
    assert signals[2].captured_s == pytest.approx(99.9)


def test_two_grimaces_are_two_alerts_and_the_laugh_between_is_none() -> None:
    story = "calm 20s, pain 25s, calm 10s, laugh 20s, covered 12s, pain 25s, turned_away 10s"
    _, signals = play(script(story))
    on = [signal for signal in signals if signal.presence is Presence.ON]
    assert [signal.code for signal in on] == [PAIN, PAIN]
    assert [signal.alert_id for signal in on] == [1, 2]
    assert 35 <= on[0].start_s <= 38
    assert 102 <= on[1].start_s <= 105
    assert signals[-1].reason is CUT


def test_pain_that_comes_back_while_latched_is_a_new_alert() -> None:
    settings = AlertSettings(replay_latch_s=60.0)
    _, signals = play(script("calm 20s, pain 20s, calm 10s, pain 20s, calm 8s"), settings)
    assert [(s.alert_id, s.presence, s.reason) for s in signals] == [
        (1, Presence.ON, HELD),
        (1, Presence.LATCHED, ENDED),
        (1, Presence.OFF, SignalReason.RETRIGGERED),
        (2, Presence.ON, HELD),
        (2, Presence.LATCHED, ENDED),
        (2, Presence.OFF, CUT),
    ]


def test_acknowledged_pain_goes_off_when_it_ends() -> None:
    _, signals = play(script("calm 20s, pain 30s, calm 10s"), test=False, acknowledge_at_s=40.0)
    assert told(signals) == [
        (PAIN, Presence.ON, HELD),
        (PAIN, Presence.ACKNOWLEDGED, SignalReason.ACKNOWLEDGED),
        (PAIN, Presence.OFF, ENDED),
    ]
    assert not signals[0].test


def test_an_acknowledged_latched_alert_goes_off() -> None:
    _, signals = play(script("calm 20s, pain 20s, calm 20s"), test=False, acknowledge_at_s=50.0)
    assert told(signals)[-1] == (PAIN, Presence.OFF, SignalReason.ACKNOWLEDGED)
    assert len(signals) == 3


def test_weak_evidence_still_alerts_in_other_words() -> None:
    _, signals = play(script("calm 20s, pain 25s, calm 5s", mu=0.05))
    assert signals[0].code is WEAK
    assert signals[0].priority is Priority.MEDIUM
    assert signals[0].sentence.startswith("check the resident: the model's evidence is weak")
    assert signals[0].start_s == pytest.approx(signals[0].onset_s + 15.0, abs=0.11)


def test_weak_evidence_that_becomes_strong_raises_the_alert() -> None:
    weak = script("calm 20s, pain 20s", mu=0.05)
    both = weak + [
        Scene(
            seen=scene.seen,
            prediction=scene.prediction,
            explanations=tuple(
                explain(scene.prediction, unit, 0.9) for unit in scene.prediction.aus if scene.prediction is not None
            ),
        )
        for scene in script("calm 20s, pain 40s", noise=0.1)[400:]
        if scene.prediction is not None
    ]
    _, signals = play(both)
    assert told(signals)[:2] == [
        (WEAK, Presence.ON, HELD),
        (PAIN, Presence.ON, SignalReason.EVIDENCE_STRENGTHENED),
    ]
    assert signals[0].alert_id == signals[1].alert_id
    assert signals[0].start_s == signals[1].start_s
    assert signals[1].priority is Priority.HIGH


def test_strong_evidence_that_becomes_weak_takes_nothing_back() -> None:
    scenes = script("calm 20s, pain 40s, calm 12s")
    late = face("pain")
    scenes = [
        Scene(
            seen=s.seen,
            prediction=s.prediction,
            explanations=(explain(s.prediction, ActionUnit.AU04, 0.0),)
            if s.prediction and s.seen.captured_s > 40
            else (),
        )
        for s in scenes
    ]
    assert late.aus[ActionUnit.AU04] > 0
    _, signals = play(scenes)
    assert {signal.code for signal in signals} == {PAIN}
    assert [signal.presence for signal in signals] == [Presence.ON, Presence.LATCHED, Presence.OFF]


def test_explanations_change_no_time_of_a_pain_alert() -> None:
    times = {
        mu: [(s.presence, s.captured_s) for s in play(script("calm 20s, pain 25s, calm 20s", mu=mu))[1]]
        for mu in (None, 0.0, 0.9)
    }
    assert times[None] == times[0.0] == times[0.9]


@pytest.mark.parametrize(
    ("emotion", "code", "delay_s"),
    [
        ("fear", AlertCode.DISTRESS_FEAR, 10.0),
        ("anger", AlertCode.DISTRESS_ANGER, 30.0),
        ("sadness", AlertCode.DISTRESS_SADNESS, 60.0),
    ],
)
def test_sustained_distress_alerts_with_its_own_delay(emotion: str, code: AlertCode, delay_s: float) -> None:
    _, signals = play(script(f"calm 20s, {emotion} {delay_s + 10}s, calm 20s"))
    assert told(signals)[0] == (code, Presence.ON, HELD)
    assert signals[0].start_s == pytest.approx(signals[0].onset_s + delay_s, abs=0.11)
    assert 20 <= signals[0].onset_s <= 23
    assert signals[0].priority is Priority.LOW
    assert emotion in signals[0].sentence
    assert play(script(f"calm 20s, {emotion} {delay_s - 5}s, calm 20s"))[1] == []
    off = AlertSettings(emotion_alerts=False)
    assert play(script(f"calm 20s, {emotion} {delay_s + 10}s"), off)[1] == []


def test_a_grimace_raises_no_distress() -> None:
    scenes = script("calm 20s, pain 90s, calm 10s")
    assert {signal.code for signal in play(scenes)[1]} == {PAIN}


def test_joy_and_calm_alert_nobody() -> None:
    conditions, signals = play(script("calm 120s, laugh 120s, smile 60s"))
    assert conditions == []
    assert signals == []


@pytest.mark.parametrize("hidden", ["covered", "no_face", "turned_away"])
def test_a_face_that_cannot_be_assessed_alerts_after_two_minutes(hidden: str) -> None:
    _, signals = play(script(f"calm 10s, {hidden} 130s, calm 10s", fps=4.0))
    assert told(signals) == [
        (AlertCode.CANNOT_ASSESS, Presence.ON, HELD),
        (AlertCode.CANNOT_ASSESS, Presence.OFF, ENDED),
    ]
    assert signals[0].kind is Kind.TECHNICAL
    assert 131.5 <= signals[0].start_s <= 132.5
    assert signals[0].sentence.startswith("cannot assess: ")
    assert play(script(f"calm 10s, {hidden} 100s, calm 10s", fps=4.0))[1] == []


def test_a_lost_picture_alerts_within_five_seconds() -> None:
    _, signals = play(script("calm 10s, gap 20s, calm 10s"))
    assert told(signals) == [
        (AlertCode.PICTURE_LOST, Presence.ON, HELD),
        (AlertCode.PICTURE_LOST, Presence.OFF, ENDED),
    ]
    assert signals[0].start_s <= 15.0


def test_a_dead_explainer_alerts_and_pain_is_alerted_as_before() -> None:
    _, signals = play(script("calm 20s, pain 25s, calm 20s"), explainer_down=(5.0, 30.0))
    down = [s for s in signals if s.code is AlertCode.EXPLAINER_DOWN]
    assert [s.presence for s in down] == [Presence.ON, Presence.OFF]
    assert down[0].start_s == pytest.approx(15.0, abs=0.1)
    assert down[0].sentence == "explanations have stopped"
    assert [s.presence for s in signals if s.code is PAIN] == [Presence.ON, Presence.LATCHED, Presence.OFF]


def test_a_recording_that_ends_in_pain_ends_its_alert() -> None:
    _, signals = play(script("calm 20s, pain 25s"))
    assert told(signals) == [(PAIN, Presence.ON, HELD), (PAIN, Presence.OFF, CUT)]
    assert signals[1].end_s == pytest.approx(44.9)


def test_nothing_seen_nothing_told() -> None:
    assert AlertPolicy(test=True).finish() == []
    assert AlertPolicy(test=True).acknowledge(1) == []


def test_the_delay_can_be_zero() -> None:
    _, signals = play(script("calm 20s, pain 5s"), AlertSettings(delay_s=0.0))
    assert signals[0].start_s == signals[0].onset_s


@pytest.mark.parametrize(
    ("name", "value"),
    [("delay_s", 61.0), ("delay_s", -1.0), ("latch_s", -3.0), ("delay_s", float("nan")), ("distress_on", 0.1)],
)
def test_wrong_settings_are_refused_by_name(name: str, value: float) -> None:
    with pytest.raises(ConfigurationError, match=f"alerts.{name}: must"):
        AlertSettings(**{name: value})
