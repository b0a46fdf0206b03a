"""Alerts across a restart of the program, and the state they are kept in."""

from __future__ import annotations

import json

import pytest
from ward_story import SHORT, Story, moment

from monitor.alerts.bed_state import new_bed, numbered_after
from monitor.alerts.events import Acknowledge, BeginPrivacy, PauseAudio
from monitor.alerts.journal_reading import last_numbers
from monitor.alerts.restart import outage_s, restore
from monitor.alerts.state_json import dump_state, load_state
from monitor.alerts.topics import Reason, Verdict
from monitor.errors import InputError
from monitor.records import Presence


def test_an_acknowledgement_is_still_there_after_a_short_restart() -> None:
    story = Story().watch("++++++")
    story.happen(Acknowledge(alert_id="bed-4:1", by="N. Berg", verdict=Verdict.PAIN))
    restarted, restored = story.restart(20.0)
    assert (restarted.reason, restarted.seconds) == (Reason.RESTARTED, 20.0)
    assert (restored.reason, restored.presence, restored.verdict) == (
        Reason.RESTORED,
        Presence.ACKNOWLEDGED,
        Verdict.PAIN,
    )
    assert story.watch("++++").presence() == "acknowledged"


@pytest.mark.parametrize("first", ["?", "-"])
def test_after_a_short_restart_a_dropout_is_still_only_a_dropout(first: str) -> None:
    story = Story().watch("++++++")
    story.happen(Acknowledge(alert_id="bed-4:1", by="N. Berg"))
    story.restart(20.0)
    assert story.watch(first + "+++").presence() == "acknowledged"


def test_after_minutes_an_acknowledged_alert_goes_off_and_comes_back_with_its_pain() -> None:
    story = Story().watch("++++++")
    story.happen(Acknowledge(alert_id="bed-4:1", by="N. Berg"))
    assert [told.reason for told in story.restart(300.0)] == [Reason.RESTARTED, Reason.NO_LONGER_OBSERVED]
    again = story.watch("++++++").told[-1]
    assert (again.reason, again.presence, again.alert_id) == (Reason.RETRIGGERED, Presence.ON, "bed-4:1")


def test_after_minutes_an_unheeded_alert_is_latched_told_again_and_escalated() -> None:
    story = Story().watch("++++++")
    told = story.restart(300.0)
    assert [line.reason for line in told] == [
        Reason.RESTARTED,
        Reason.NO_LONGER_OBSERVED,
        Reason.ESCALATED,
        Reason.ESCALATED,
        Reason.RESTORED,
    ]
    assert (told[-1].presence, told[-1].level, told[-1].who) == (Presence.LATCHED, 2, "shift lead")


def test_a_short_restart_does_not_begin_the_delay_anew() -> None:
    story = Story().watch("+++")
    story.restart(10.0)
    assert story.watch("+").told[-1].reason is Reason.CONDITION_HELD


def test_pauses_run_on_while_the_program_is_down() -> None:
    story = Story().watch("++++++")
    story.happen(PauseAudio(for_s=30.0, by="x"))
    story.happen(BeginPrivacy(for_s=600.0, by="x"))
    told = story.restart(40.0)
    assert Reason.AUDIO_PAUSE_EXPIRED in [line.reason for line in told]
    assert story.state.privacy_until_s == story.now_s + 560.0


def test_after_a_reboot_the_wall_clock_says_how_long_it_took() -> None:
    story = Story().watch("++++++")
    story.happen(BeginPrivacy(for_s=600.0, by="x"))
    later = moment(story.now_s + 120.0)
    rebooted = type(later)(s=7.0, at=later.at, boot="two")
    state, told = restore(story.state, rebooted, SHORT)
    assert (told[0].seconds, state.now_s, state.privacy_until_s) == (120.0, 7.0, 487.0)


def test_a_clock_set_back_by_a_reboot_counts_as_no_time_and_pauses_still_end() -> None:
    story = Story()
    story.happen(BeginPrivacy(for_s=600.0, by="x"))
    past = type(moment(0.0))(s=7.0, at=moment(0.0).at.replace(year=1970), boot="two")
    assert outage_s(story.state, past) == 0.0
    assert restore(story.state, past, SHORT)[0].privacy_until_s == 607.0


def test_a_jump_of_the_wall_clock_without_reboot_is_no_outage() -> None:
    story = Story().watch("++++++")
    now = moment(story.now_s + 3.0)
    jumped = type(now)(s=now.s, at=now.at.replace(year=2090), boot="one")
    assert outage_s(story.state, jumped) == 3.0


def test_a_state_older_than_the_journal_gives_no_number_and_no_name_twice() -> None:
    story = Story().watch("+++")
    kept = story.state
    story.watch("+++")
    told, alerts = last_numbers(story.told)["bed-4"]
    assert (told, alerts) == (1, 1)
    again = Story(state=numbered_after(kept, told, alerts), now_s=story.now_s)
    again.restart(1.0)
    again.watch("++++++")
    assert [line.number for line in again.told] == [2, 3]
    assert again.told[-1].alert_id == "bed-4:2"


def test_the_same_state_gives_the_same_bytes() -> None:
    story = Story().watch("++++++---")
    text = dump_state(story.state)
    assert dump_state(load_state(text, "x")) == text
    assert text.count("\n") == 1
    assert len(text) < 8000


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "s.json: no alert state: "),
        ("[]", "s.json: no alert state: 'format' must be 'vigil-alert-state'"),
        ('{"format": "other"}', "s.json: no alert state: 'format'"),
        ('{"format": "vigil-alert-state", "version": 9}', "s.json: alert state of version 9, this program reads 1"),
        ('{"format": "vigil-alert-state", "version": 1, "state": {}}', r"s.json: state.bed: "),
    ],
)
def test_a_state_that_does_not_fit_is_refused_in_one_line(text: str, said: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        load_state(text, "s.json")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (("now_s",), "inf", "state.now_s: must be finite, got inf"),
        (("privacy_until_s",), "inf", "state.privacy_until_s: must be finite, got inf"),
        (("topics", "pain", "seen_s"), 9.0, "state.topics.pain: a time lies after the state's own, 1.0"),
        (("topics", "pain", "waiting_s"), -1.0, "state.topics.pain: a time lies after"),
        (("now_at",), "2026-03-01T00:00:00", "state.now_at: must carry a time zone"),
        (("topics", "pain", "level"), "many", "state.topics.pain.level: "),
        (("topics", "pain", "fact"), "perhaps", "state.topics.pain.fact: "),
    ],
)
def test_a_wrong_value_is_named_by_its_path(path: tuple[str, ...], value: object, said: str) -> None:
    document = json.loads(dump_state(new_bed("b", moment(1.0))))
    place = document["state"]
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value
    with pytest.raises(InputError, match=said):
        load_state(json.dumps(document), "s.json")


def test_a_topic_that_is_missing_is_refused() -> None:
    document = json.loads(dump_state(new_bed("b", moment(1.0))))
    del document["state"]["topics"]["pain"]
    with pytest.raises(InputError, match=r"state.topics.pain: is missing"):
        load_state(json.dumps(document), "s.json")
