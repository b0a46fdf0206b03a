"""One bed in the supervisor: what is no sight of the resident is never taken for one."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from builders import BEGINNING

from monitor.alerts.bed_state import new_bed
from monitor.alerts.events import BeginPrivacy, Moment
from monitor.alerts.lifecycle_settings import LifecycleSettings
from monitor.alerts.settings import AlertSettings
from monitor.alerts.topics import Reason, Topic
from monitor.alerts.transition import Transition
from monitor.records import Assessment, CannotAssess, Evidence, Level, Presence
from monitor.service.bed_runtime import BedRuntime
from monitor.service.inference.messages import Judged
from monitor.ward.beds import BedSettings

SETTINGS = BedSettings(
    source="door",
    alerts=AlertSettings(delay_s=3.0, emotion_alerts=False, unknown_s=4.0, cannot_assess_delay_s=10.0),
    lifecycle=LifecycleSettings(camera_delay_s=3.0, service_delay_s=3.0),
)


def moment(now_s: float) -> Moment:
    return Moment(s=now_s, at=BEGINNING + timedelta(seconds=now_s), boot="one")


@dataclass
class Bedside:
    """A bed, its clock, and what was told."""

    now_s: float = 100.0
    runtime: BedRuntime = field(default_factory=lambda: BedRuntime(SETTINGS, new_bed("bed-1", moment(100.0))))
    told: list[Transition] = field(default_factory=list)

    def pass_by(self, seconds: int, level: Level | None, *, faults=(), troubles=(), explainer_down=None) -> Bedside:
        """Each second a picture is judged to show ``level`` (None: nothing is judged), then a tick."""
        for _ in range(seconds):
            self.now_s += 1.0
            now = moment(self.now_s)
            if level is not None:
                self.told += self.runtime.judged(judged(level, self.now_s), now)
            self.told += self.runtime.tick(
                now, faults=frozenset(faults), online=not faults, explainer_down=explainer_down, troubles=troubles
            )
        return self

    def on(self, topic: Topic) -> list[Transition]:
        """When an alert of ``topic`` went on."""
        return [entry for entry in self.told if entry.topic is topic and entry.reason is Reason.CONDITION_HELD]


def judged(level: Level, now_s: float, why: CannotAssess | None = None) -> Judged:
    known = level is not Level.UNASSESSABLE
    assessment = Assessment(
        frame_id=0, source_id="bed-1", captured_s=now_s, captured_at=BEGINNING, window_s=3.0, level=level,
        score={Level.PAIN: 0.9, Level.NO_PAIN: 0.1}.get(level), confidence=0.8 if known else 0.0,
        coverage=1.0 if known else 0.0, cannot_assess=None if known else why or CannotAssess.NO_FACE, pspi=None,
        baseline_known=True, emotions={}, trend={}, evidence=Evidence(),
    )  # fmt: skip
    return Judged(
        bed="bed-1", assessment=assessment, sequence=int(now_s), captured_s=now_s, taken_s=now_s, judged_s=now_s
    )


def test_pain_is_told_after_its_delay():
    bedside = Bedside().pass_by(5, Level.PAIN)
    assert len(bedside.on(Topic.PAIN)) == 1
    assert bedside.runtime.now(bedside.now_s).level is Level.PAIN
    assert bedside.runtime.alerts_out() == 1


@pytest.mark.parametrize("fault", [Topic.PICTURE_FROZEN, Topic.PICTURE_BLACK, Topic.CAMERA_OFFLINE, Topic.PICTURE_TORN])
@pytest.mark.parametrize("level", [Level.PAIN, Level.NO_PAIN])
def test_a_faulty_picture_shows_neither_pain_nor_its_absence(fault: Topic, level: Level):
    bedside = Bedside().pass_by(1, level).pass_by(8, level, faults=[fault])
    assert bedside.on(Topic.PAIN) == []
    assert len(bedside.on(fault)) == 1
    known = bedside.runtime.now(bedside.now_s)
    assert (known.level, known.score, known.because) == (Level.UNASSESSABLE, None, fault.value)


def test_a_picture_of_another_size_can_be_judged():
    bedside = Bedside().pass_by(5, Level.PAIN, faults=[Topic.PICTURE_SIZE])
    assert len(bedside.on(Topic.PAIN)) == 1
    assert len(bedside.on(Topic.PICTURE_SIZE)) == 1


def test_without_judgements_the_bed_is_unknown_and_an_alert_stays_out():
    bedside = Bedside().pass_by(5, Level.PAIN)
    bedside.told.clear()
    bedside.pass_by(20, None, troubles=("nothing is judged",))
    known = bedside.runtime.now(bedside.now_s)
    assert (known.level, known.because) == (Level.UNASSESSABLE, "not judged")
    (trouble,) = bedside.on(Topic.SERVICE_TROUBLE)
    assert "(nothing is judged)" in trouble.sentence
    assert bedside.runtime.state.topics[Topic.PAIN].latch.presence is Presence.LATCHED


def test_a_lost_face_is_told_and_a_lost_picture_is_left_to_the_camera_s_watch():
    bedside = Bedside().pass_by(1, Level.NO_PAIN).pass_by(12, Level.UNASSESSABLE)
    assert len(bedside.on(Topic.CANNOT_ASSESS)) == 1
    lost = Bedside()
    for _ in range(12):
        lost.now_s += 1.0
        gap = judged(Level.UNASSESSABLE, lost.now_s, CannotAssess.NO_PICTURE)
        lost.told += lost.runtime.judged(replace(gap, sequence=None), moment(lost.now_s))
    assert [entry.topic for entry in lost.told] == []


def test_nobody_looks_during_care_and_what_was_seen_before_is_not_held_against_anyone():
    bedside = Bedside().pass_by(2, Level.PAIN)
    bedside.told += bedside.runtime.happen(BeginPrivacy(for_s=30.0, by="Anna"), moment(bedside.now_s))
    bedside.pass_by(10, Level.PAIN)
    assert bedside.on(Topic.PAIN) == []
    assert bedside.runtime.paused
    assert bedside.runtime.now(bedside.now_s).because == "privacy"
    bedside.pass_by(21, None)
    assert not bedside.runtime.paused


def test_a_sidecar_that_nobody_expects_is_no_alert():
    assert Bedside().pass_by(15, Level.NO_PAIN, explainer_down=None).told == []
    assert len(Bedside().pass_by(15, Level.NO_PAIN, explainer_down=True).on(Topic.EXPLAINER_DOWN)) == 1


def test_a_bed_taken_from_the_configuration_ends_its_alerts():
    bedside = Bedside().pass_by(5, Level.PAIN)
    told = bedside.runtime.end(moment(bedside.now_s + 1.0))
    assert [(entry.topic, entry.presence, entry.reason) for entry in told if entry.topic] == [
        (Topic.PAIN, Presence.OFF, Reason.NO_LONGER_OBSERVED)
    ]
    assert bedside.runtime.alerts_out() == 0


def test_pictures_are_counted_once():
    bedside = Bedside().pass_by(3, Level.NO_PAIN)
    assert (bedside.runtime.pictures(), bedside.runtime.pictures()) == (3, 0)


def test_only_pictures_that_should_be_judged_are_missed():
    bedside = Bedside()
    assert bedside.runtime.unjudged_s(bedside.now_s) == 0.0
    bedside.pass_by(5, None)
    assert bedside.runtime.unjudged_s(bedside.now_s) == 5.0
    bedside.pass_by(1, Level.NO_PAIN)
    assert bedside.runtime.unjudged_s(bedside.now_s) == 0.0
    bedside.pass_by(30, None, faults=[Topic.CAMERA_OFFLINE])
    assert bedside.runtime.unjudged_s(bedside.now_s) == 0.0
