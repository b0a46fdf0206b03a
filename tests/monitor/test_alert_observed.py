"""From faces to what a ward is told: the judgement's stories through a bed's lifecycle."""

from __future__ import annotations

import pytest
from builders import PRIOR, Scene, script

from monitor.alerts.bed_state import new_bed
from monitor.alerts.events import Acknowledge, Moment
from monitor.alerts.lifecycle import step
from monitor.alerts.lifecycle_settings import LifecycleSettings
from monitor.alerts.observed import observed_face, observed_technical
from monitor.alerts.policy import AlertPolicy
from monitor.alerts.topics import CAMERA, TECHNICAL_SENTENCES, Reason, Topic, kind
from monitor.alerts.transition import Transition
from monitor.assessor import Assessor
from monitor.records import AlertCode, AlertSignal, Assessment, Kind, Presence, Priority, SignalReason

SETTINGS = LifecycleSettings()


def judged(scenes: list[Scene]) -> list[Assessment]:
    assessor = Assessor(prior=PRIOR)
    return [assessor.step(scene.seen, scene.prediction, scene.explanations) for scene in scenes]


def play(
    scenes: list[Scene], *, offline_from_s: float = float("inf"), acknowledge_at_s: float = float("inf")
) -> list[Transition]:
    assessments = judged(scenes)
    state = new_bed("bed-4", Moment(s=0.0, at=assessments[0].captured_at))
    told: list[Transition] = []
    for assessment in assessments:
        now = Moment(s=assessment.captured_s, at=assessment.captured_at)
        events = [
            observed_technical(dict.fromkeys(CAMERA, False) | {Topic.CAMERA_OFFLINE: now.s >= offline_from_s}),
            observed_face(assessment, state, SETTINGS.alerts),
        ]
        if now.s >= acknowledge_at_s:
            events.append(Acknowledge(alert_id="bed-4:1", by="N. Berg"))  # type: ignore[arg-type]
        for event in events:
            state, new = step(state, event, now, SETTINGS)
            told += new
    return [line for line in told if line.reason is not Reason.WATCHED]


def test_pain_on_a_face_becomes_an_alert_with_its_sentence() -> None:
    told = play(script("calm 20s, pain 25s, calm 10s"))
    assert [(line.topic, line.presence, line.reason) for line in told] == [
        (Topic.PAIN, Presence.ON, Reason.CONDITION_HELD),
        (Topic.PAIN, Presence.LATCHED, Reason.CONDITION_ENDED),
    ]
    assert told[0].sentence.startswith("pain, 15 s, level ")
    assert told[0].confidence is not None
    assert told[0].confidence > 0.5


@pytest.mark.parametrize(
    "story",
    ["calm 20s, pain 25s, calm 20s", "calm 20s, pain 20s, covered 30s", "calm 20s, fear 20s, calm 9s", "laugh 60s"],
)
def test_the_ward_is_told_when_a_replay_is(story: str) -> None:
    scenes = script(story)
    policy, signals = AlertPolicy(SETTINGS.alerts, test=False), list[AlertSignal]()
    for assessment in judged(scenes):
        signals += [record for record in policy.step(assessment) if isinstance(record, AlertSignal)]
    held = [(s.captured_s, s.code.value) for s in signals if s.reason is SignalReason.CONDITION_HELD]
    told = play(scenes)
    assert [(line.now_s, line.topic) for line in told if line.reason is Reason.CONDITION_HELD] == held
    assert bool(held) == ("laugh" not in story)


def test_weak_evidence_words_the_alert_and_lowers_it_but_tells_it() -> None:
    (on, *_) = play(script("calm 20s, pain 25s", mu=0.05))
    assert (on.reason, on.priority, on.weak, on.audible) == (Reason.CONDITION_HELD, Priority.MEDIUM, True, True)
    assert on.sentence.startswith("check the resident: the model's evidence is weak")


def test_pain_then_covered_face_stays_latched_until_acknowledged() -> None:
    told = play(script("calm 20s, pain 20s, covered 60s"), acknowledge_at_s=98.0)
    assert [line.reason for line in told] == [
        Reason.CONDITION_HELD,
        Reason.NO_LONGER_OBSERVED,
        Reason.ESCALATED,
        Reason.ACKNOWLEDGED,
    ]
    assert told[-1].presence is Presence.OFF


def test_a_camera_that_goes_offline_is_one_technical_alert() -> None:
    told = play(script("calm 20s, gap 200s"), offline_from_s=21.0)
    assert {line.topic for line in told} == {Topic.CAMERA_OFFLINE}
    assert (told[0].kind, told[0].held_s) == (Kind.TECHNICAL, pytest.approx(5.0, abs=0.2))
    assert told[0].sentence == "the camera does not answer: check its power and cable"


def test_a_distress_alert_is_as_sure_as_its_rise_is_high_and_its_window_full() -> None:
    (on, *_) = play(script("calm 20s, fear 20s"))
    assert on.topic is Topic.DISTRESS_FEAR
    rises = [a for a in judged(script("calm 20s, fear 20s")) if a.captured_s == on.now_s]
    assert on.confidence == pytest.approx(rises[0].distress["fear"] * rises[0].coverage)


def test_every_channel_of_a_replay_is_a_topic_and_every_technical_topic_has_words() -> None:
    assert {code.value for code in AlertCode} - {AlertCode.PAIN_WEAK_EVIDENCE.value} <= {topic.value for topic in Topic}
    judged_here = {Topic.CANNOT_ASSESS, Topic.PICTURE_LOST}
    assert set(TECHNICAL_SENTENCES) == {topic for topic in Topic if kind(topic) is Kind.TECHNICAL} - judged_here
