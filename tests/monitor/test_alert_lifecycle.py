"""Alert stories of one bed, by name."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ward_story import SHORT, Story, moment, saw

from monitor.alerts.bed_state import new_bed
from monitor.alerts.events import (
    Acknowledge,
    BeginPrivacy,
    EndPrivacy,
    InvalidEvent,
    Moment,
    Observed,
    PauseAudio,
    ResumeAudio,
    Seen,
    Tick,
)
from monitor.alerts.latch import Fact
from monitor.alerts.lifecycle import close_watch, step
from monitor.alerts.lifecycle_settings import EscalationLevel, LifecycleSettings
from monitor.alerts.topics import Reason, Topic, Verdict
from monitor.errors import ConfigurationError
from monitor.records import Kind, Presence, Priority


def acknowledge(verdict: Verdict | None = None, alert_id: str = "bed-4:1") -> Acknowledge:
    return Acknowledge(alert_id=alert_id, by="N. Berg", verdict=verdict)


def test_pain_alerts_after_its_delay_and_not_before() -> None:
    story = Story().watch("+++++")
    assert story.told == []
    (on,) = story.watch("+").told
    assert (on.reason, on.presence, on.priority, on.kind) == (
        Reason.CONDITION_HELD,
        Presence.ON,
        Priority.HIGH,
        Kind.PHYSIOLOGICAL,
    )
    assert (on.alert_id, on.held_s, on.out_s, on.audible, on.who) == ("bed-4:1", 5.0, 0.0, True, "nurse")
    assert on.sentence == "pain now"


def test_pain_then_hidden_face_stays_latched() -> None:
    story = Story().watch("++++++").watch("?" * 100)
    assert story.presence() == "latched"
    assert story.reasons[:2] == [Reason.CONDITION_HELD, Reason.NO_LONGER_OBSERVED]
    assert Reason.LATCH_EXPIRED not in story.reasons


def test_pain_then_dead_pipeline_stays_latched() -> None:
    story = Story().watch("++++++").wait(600.0)
    assert story.presence() == "latched"
    assert story.reasons[1] is Reason.NO_LONGER_OBSERVED


def test_a_latched_alert_expires_only_while_the_resident_is_seen_without_pain() -> None:
    story = Story().watch("++++++" + "-" * 40)
    assert story.reasons == [Reason.CONDITION_HELD, Reason.CONDITION_ENDED, Reason.LATCH_EXPIRED]


def test_acknowledged_with_a_verdict_then_over() -> None:
    story = Story().watch("++++++")
    (told,) = story.happen(acknowledge(Verdict.FALSE))
    assert (told.presence, told.by, told.verdict, told.audible) == (
        Presence.ACKNOWLEDGED,
        "N. Berg",
        Verdict.FALSE,
        False,
    )
    assert story.watch("---").reasons[-1] is Reason.CONDITION_ENDED
    assert story.presence() == "off"


def test_a_verdict_may_come_after_the_alert_is_off() -> None:
    story = Story().watch("++++++")
    story.happen(acknowledge())
    story.watch("---")
    (told,) = story.happen(acknowledge(Verdict.OTHER_NEED))
    assert (told.reason, told.presence, told.verdict) == (Reason.VERDICT_GIVEN, Presence.OFF, Verdict.OTHER_NEED)
    assert story.happen(acknowledge(Verdict.OTHER_NEED)) == ()


def test_acknowledging_what_is_not_there_tells_nothing() -> None:
    story = Story().watch("++++++")
    assert story.happen(acknowledge(alert_id="bed-5:1")) == ()
    assert story.presence() == "on"


def test_pain_that_still_holds_long_after_the_acknowledgement_goes_on_again() -> None:
    story = Story(settings=replace(SHORT, reraise_s=20.0)).watch("++++++")
    story.happen(acknowledge(Verdict.PAIN))
    assert story.watch("+" * 19).presence() == "acknowledged"
    again = story.watch("+").told[-1]
    assert (again.reason, again.presence, again.alert_id, again.out_s) == (
        Reason.STILL_HOLDS,
        Presence.ON,
        "bed-4:1",
        0.0,
    )


def test_pain_that_comes_back_at_once_is_the_same_alert_unacknowledged() -> None:
    story = Story().watch("++++++")
    story.happen(acknowledge())
    again = story.watch("---++++++").told[-1]
    assert (again.reason, again.alert_id, again.presence, again.audible) == (
        Reason.RETRIGGERED,
        "bed-4:1",
        Presence.ON,
        True,
    )


def test_pain_that_comes_back_after_the_cooldown_is_a_new_alert() -> None:
    story = Story().watch("++++++")
    story.happen(acknowledge())
    again = story.watch("---" + "-" * 20 + "++++++").told[-1]
    assert (again.reason, again.alert_id) == (Reason.CONDITION_HELD, "bed-4:2")


def test_a_latched_alert_that_comes_back_goes_on_waiting() -> None:
    story = Story().watch("++++++---++++++")
    assert story.reasons == [Reason.CONDITION_HELD, Reason.CONDITION_ENDED, Reason.RETRIGGERED]
    assert story.told[-1].out_s == 9.0
    assert story.state.topics[Topic.PAIN].waiting_s == 9.0


def test_a_camera_that_flaps_is_seen_at_once_and_heard_after_the_cooldown() -> None:
    story = Story().watch("++++++-++++++", Topic.CAMERA_OFFLINE)
    assert [(told.reason, told.audible) for told in story.told] == [
        (Reason.CONDITION_HELD, True),
        (Reason.CONDITION_ENDED, False),
        (Reason.RETRIGGERED, False),
    ]
    heard = story.watch("+" * 14, Topic.CAMERA_OFFLINE).told[-1]
    assert (heard.reason, heard.audible) == (Reason.COOLDOWN_ENDED, True)


def test_one_beds_cooldown_never_hushes_another() -> None:
    first = Story().watch("++++++-", Topic.CAMERA_OFFLINE)
    second = Story(now_s=first.now_s, state=new_bed("bed-5", moment(first.now_s))).watch("++++++", Topic.CAMERA_OFFLINE)
    assert [(told.alert_id, told.audible) for told in second.told] == [("bed-5:1", True)]


def test_nobody_comes_and_the_alert_escalates() -> None:
    story = Story().watch("+" * 6 + "+" * 200)
    raised = [told for told in story.told if told.reason is Reason.ESCALATED]
    assert [(told.level, told.who, told.out_s) for told in raised] == [
        (1, "second nurse", 60.0),
        (2, "shift lead", 180.0),
    ]


def test_a_latched_alert_escalates_too_and_an_acknowledged_one_does_not() -> None:
    story = Story().watch("++++++---" + "?" * 60)
    assert story.reasons[-1] is Reason.ESCALATED
    story.happen(acknowledge())
    assert story.watch("?" * 300).reasons[-1] is Reason.ACKNOWLEDGED


def test_low_priorities_do_not_escalate() -> None:
    story = Story().watch("+" * 300, Topic.EXPLAINER_DOWN)
    assert story.reasons == [Reason.CONDITION_HELD]


def test_an_audio_pause_takes_the_sound_and_gives_it_back() -> None:
    story = Story().watch("++++++")
    paused = story.happen(PauseAudio(for_s=10.0, by="N. Berg"))
    assert [(told.alert_id, told.reason, told.audible, told.seconds) for told in paused] == [
        (None, Reason.AUDIO_PAUSED, None, 10.0),
        ("bed-4:1", Reason.AUDIO_PAUSED, False, None),
    ]
    story.watch("+" * 10)
    assert [(told.alert_id, told.audible) for told in story.told[-2:]] == [(None, None), ("bed-4:1", True)]
    assert story.reasons[-1] is Reason.AUDIO_PAUSE_EXPIRED


def test_a_pause_is_cut_to_the_longest_allowed() -> None:
    story = Story()
    assert story.happen(PauseAudio(for_s=1e9, by="x"))[0].seconds == 120.0
    assert story.happen(BeginPrivacy(for_s=1e9, by="x"))[0].seconds == 1800.0
    assert story.wait(1800.0).reasons[-2:] == [Reason.AUDIO_PAUSE_EXPIRED, Reason.PRIVACY_EXPIRED]


def test_sound_can_be_taken_back_before_the_pause_ends() -> None:
    story = Story().watch("++++++")
    story.happen(PauseAudio(for_s=60.0, by="x"))
    assert [told.audible for told in story.happen(ResumeAudio(by="x"))] == [None, True]
    assert story.happen(ResumeAudio(by="x")) == ()


def test_escalation_goes_on_through_an_audio_pause() -> None:
    story = Story(settings=replace(SHORT, escalation=(EscalationLevel(after_s=8.0, who="lead"),))).watch("++++++")
    story.happen(PauseAudio(for_s=60.0, by="x"))
    assert story.watch("+" * 8).reasons[-1] is Reason.ESCALATED


def test_during_care_nothing_is_judged_and_what_is_out_stays_out() -> None:
    story = Story().watch("++++++")
    story.happen(BeginPrivacy(for_s=300.0, by="N. Berg"))
    story.watch("+" * 100)
    assert story.presence() == "latched"
    assert Reason.ESCALATED not in story.reasons
    assert story.state.topics[Topic.PAIN].waiting_s == 0.0


def test_pain_during_care_is_told_after_the_delay_once_care_is_over() -> None:
    story = Story()
    story.happen(BeginPrivacy(for_s=60.0, by="x"))
    assert story.watch("+" * 59).reasons == [Reason.PRIVACY_STARTED]
    story.watch("+" * 7)
    assert story.reasons == [Reason.PRIVACY_STARTED, Reason.PRIVACY_EXPIRED, Reason.CONDITION_HELD]
    assert story.told[-1].held_s == 5.0


def test_care_can_end_early() -> None:
    story = Story()
    story.happen(BeginPrivacy(for_s=60.0, by="x"))
    assert [told.reason for told in story.happen(EndPrivacy(by="x"))] == [Reason.PRIVACY_ENDED]
    assert story.happen(EndPrivacy(by="x")) == ()
    assert story.watch("++++++").presence() == "on"


def test_trouble_of_the_service_is_told_during_care_too() -> None:
    story = Story()
    story.happen(BeginPrivacy(for_s=600.0, by="x"))
    on = story.watch("+" * 11, Topic.SERVICE_TROUBLE).told[-1]
    assert (on.topic, on.presence, on.audible, on.kind) == (Topic.SERVICE_TROUBLE, Presence.ON, True, Kind.TECHNICAL)


def test_a_pause_that_ran_out_long_ago_ends_before_what_came_after() -> None:
    story = Story().watch("++++++---")
    story.happen(BeginPrivacy(for_s=10.0, by="x"))
    story.wait(100.0)
    assert story.reasons[-2:] == [Reason.PRIVACY_EXPIRED, Reason.ESCALATED]
    assert story.state.topics[Topic.PAIN].waiting_s == 93.0


@pytest.mark.parametrize("fault", [Topic.CAMERA_OFFLINE, Topic.PICTURE_FROZEN, Topic.PICTURE_BLACK, Topic.PICTURE_SIZE])
def test_a_camera_fault_is_one_alert_not_two(fault: Topic) -> None:
    story = Story()
    for _ in range(300):
        story.now_s += 1.0
        story.happen(Observed(seen={Topic.CANNOT_ASSESS: Seen(fact=Fact.TRUE), fault: Seen(fact=Fact.TRUE)}))
    assert {told.topic for told in story.told if told.topic} == {fault}
    assert story.told[0].priority is Priority.MEDIUM


def test_no_face_for_two_minutes_cannot_be_assessed() -> None:
    story = Story().watch("+" * 121, Topic.CANNOT_ASSESS)
    assert [(told.topic, told.reason) for told in story.told] == [(Topic.CANNOT_ASSESS, Reason.CONDITION_HELD)]


def test_weak_evidence_lowers_words_and_priority_and_silences_nothing() -> None:
    story = Story().watch("++++++", weak=True)
    assert (story.told[0].priority, story.told[0].weak, story.told[0].audible) == (Priority.MEDIUM, True, True)
    better = story.watch("+").told[-1]
    assert (better.reason, better.priority, better.alert_id) == (Reason.EVIDENCE_STRENGTHENED, Priority.HIGH, "bed-4:1")
    assert story.watch("+++", weak=True).told[-1] is better


def test_the_wall_clock_may_jump_and_nothing_follows() -> None:
    state, told = new_bed("bed-4", moment(0.0)), []
    for second, year in enumerate((2026, 1970, 2090, 2026, 2026, 2026, 2026)):
        now = moment(float(second))
        now = Moment(s=now.s, at=now.at.replace(year=year), boot="one")
        state, new = step(state, saw(Topic.PAIN, Fact.TRUE), now, SHORT)
        told += new
    assert [(line.reason, line.held_s) for line in told] == [(Reason.CONDITION_HELD, 5.0)]


def test_time_watched_is_noted_and_gaps_are_not_watched() -> None:
    story = Story().watch("-" * 300).wait(1000.0).watch("?" * 100)
    state, told = close_watch(story.state, moment(story.now_s), SHORT)
    assert [(line.reason, line.seconds, line.assessed_s) for line in told] == [(Reason.WATCHED, 400.0, 299.0)]
    assert (state.watched_s, state.assessed_s) == (0.0, 0.0)
    assert [line.seconds for line in Story().watch("-" * 1300).told] == [600.0, 600.0]


def test_a_fresh_bed_tells_nothing() -> None:
    assert Story().wait(1e6).told == []


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"audio_pause_most_s": 1e6}, "alerts.audio_pause_most_s: must be at most 600"),
        ({"privacy_pause_most_s": float("inf")}, "alerts.privacy_pause_most_s: must be > 0"),
        ({"cooldown_s": 0.0}, "alerts.cooldown_s: must be > 0"),
        (
            {"escalation": (EscalationLevel(after_s=9.0, who="a"),) * 2},
            "alerts.escalation: after_s must be > 0 and rise",
        ),
        ({"escalation": (EscalationLevel(after_s=9.0, who=""),)}, "alerts.escalation: every level must say"),
        (
            {"escalation": tuple(EscalationLevel(after_s=float(s), who="a") for s in range(1, 10))},
            "alerts.escalation: at most 8",
        ),
    ],
)
def test_wrong_settings_are_refused_by_name(values: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        LifecycleSettings(**values)  # type: ignore[arg-type]


@pytest.mark.parametrize("for_s", [0.0, -1.0, float("inf"), float("nan")])
def test_a_pause_must_end(for_s: float) -> None:
    with pytest.raises(InvalidEvent, match="a pause must last longer than 0 s and end"):
        PauseAudio(for_s=for_s, by="x")


def test_a_moment_needs_a_time_zone() -> None:
    with pytest.raises(InvalidEvent, match="time zone"):
        Moment(s=0.0, at=moment(0.0).at.replace(tzinfo=None))


def test_ticks_alone_escalate_what_is_out() -> None:
    story = Story().watch("++++++")
    for _ in range(61):
        story.now_s += 1.0
        story.happen(Tick())
    assert story.reasons == [Reason.CONDITION_HELD, Reason.NO_LONGER_OBSERVED, Reason.ESCALATED]
