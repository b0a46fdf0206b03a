"""What a message says: words that tell what to do, ids that never repeat, JSON as documented."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from itertools import product

import jsonschema
import pytest
from sink_story import BEDS, SENTENCE, WARD, Story
from sinks_document import documented
from ward_story import Story as WardStory

from monitor.alerts.events import Acknowledge, BeginPrivacy, PauseAudio
from monitor.alerts.topics import DISTRESS, Reason, Topic, Verdict
from monitor.errors import InputError
from monitor.records import Presence, Priority
from monitor.sinks.message import AlertMessage, BedWords, alert_message
from monitor.sinks.plain_words import one_line, printable

DIAGNOSES = re.compile(r"\b(diagnos\w*|is in pain|suffers|alarms?|patient)\b", re.IGNORECASE)


def eventful() -> WardStory:
    """A bed at which nearly everything happens."""
    story = WardStory().watch("-" * 5 + "+" * 70)
    story.happen(Acknowledge(alert_id="bed-4:1", by="Ann", verdict=Verdict.PAIN))
    story.watch("-" * 40 + "+" * 20 + "-" * 50)
    story.happen(PauseAudio(for_s=10, by="Ann"))
    story.watch("+" * 15, Topic.CAMERA_OFFLINE).watch("-" * 5, Topic.CAMERA_OFFLINE)
    story.happen(BeginPrivacy(for_s=30, by="Ann"))
    story.watch("." * 40)
    story.watch("+" * 20, weak=True)
    story.restart(5.0)
    return story


def messages(story: WardStory) -> list[AlertMessage]:
    made = [alert_message(told, ward=WARD, words=BEDS["bed-1"]) for told in story.told]
    return [message for message in made if message is not None]


def test_every_change_of_an_alert_is_a_message_with_an_id_of_its_own():
    story = eventful()
    told = messages(story)
    assert len(told) == sum(each.alert_id is not None for each in story.told) > 9
    assert len(told) < len(story.told), "what concerns the bed as a whole is none"
    assert len({message.message_id for message in told}) == len(told)
    assert [message.message_id for message in told] == [message.message_id for message in messages(story)]
    assert [message.number for message in told] == sorted(message.number for message in told)


def test_ids_differ_between_wards_beds_and_when_numbers_begin_anew():
    story = Story()
    first = story.transition("bed-1")
    ids = {alert_message(first, ward=ward).message_id for ward in ("north", "south")}  # type: ignore[union-attr]
    ids |= {story.message("bed-2").message_id}
    story.numbers.clear()
    story.clock.offset_s += 1
    ids |= {story.message("bed-1").message_id}
    assert len(ids) == 4


def test_every_message_is_as_documented():
    validator = jsonschema.Draft202012Validator(documented("Alert message"))
    said = [json.loads(message.to_json()) for message in messages(eventful())]
    assert {each["reason"] for each in said} >= {"condition_held", "escalated", "acknowledged", "restored"}
    for each in said:
        validator.validate(each)
    for wrong in ({**said[0], "priority": "urgent"}, {**said[0], "emotions": {}}, {**said[0], "late": None}):
        assert not validator.is_valid(wrong)
    assert not validator.is_valid({key: value for key, value in said[0].items() if key != "message_id"})


def test_the_document_knows_every_word():
    keys = documented("Alert message")["properties"]
    for name, words in (("topic", Topic), ("reason", Reason), ("presence", Presence), ("priority", Priority)):
        assert set(keys[name]["enum"]) == {word.value for word in words}
    assert set(keys) - {"format", "version"} == set(AlertMessage.__slots__)


def test_json_gives_the_message_back():
    for message in messages(eventful()):
        assert AlertMessage.from_json(message.to_json()) == message
        assert AlertMessage.from_json(message.marked_late().to_json()).late


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "{}",
        '{"format":"vigil-alert","version":2}',
        '{"format":"vigil-alert","version":1}',
        "[" * 9999,
    ],
)
def test_what_is_no_message_is_refused_in_one_line(text: str):
    with pytest.raises(InputError, match=r"^no vigil-alert[^\n]*$"):
        AlertMessage.from_json(text)


def test_times_are_utc_and_the_onset_lies_before():
    transition = Story().transition(held_s=12.0)
    east = replace(transition, at=transition.at.astimezone(timezone(timedelta(hours=5))))
    moved = alert_message(east, ward=WARD)
    assert moved is not None
    assert moved.at.tzinfo is UTC
    assert moved.at - moved.onset_at == timedelta(seconds=12)
    for odd in ({"held_s": 1e12}, {"at": datetime(1, 1, 1, 0, 0, 5, tzinfo=UTC), "held_s": 60.0}):
        assert alert_message(replace(transition, **odd), ward=WARD) is not None, "a clock that was set loses no alert"


def test_the_headline_says_whom_to_check_and_where():
    story = Story()
    assert story.message().headline == "Check the resident (bed-1, room 12): signs of pain"
    assert story.message("bed-2").headline == "Check the resident (bed-2): signs of pain"
    weak = story.message(weak=True, priority=Priority.MEDIUM)
    assert weak.headline == "Check the resident (bed-1, room 12): signs of pain, evidence is weak"
    escalated = story.message(reason=Reason.ESCALATED, level=1, who="second nurse")
    assert escalated.headline.endswith("signs of pain, nobody has acknowledged yet")
    done = story.message(presence=Presence.ACKNOWLEDGED, reason=Reason.ACKNOWLEDGED, by="Ann")
    assert done.headline == "Acknowledged (bed-1, room 12): signs of pain, by Ann"
    camera = story.message(topic=Topic.CAMERA_OFFLINE)
    assert camera.headline == "Not watched as usual (bed-1, room 12): the camera does not answer"


@pytest.mark.parametrize(("topic", "presence"), list(product(Topic, Presence)))
def test_no_message_diagnoses_and_every_one_names_the_bed(topic: Topic, presence: Presence):
    for reason in Reason:
        message = Story().message(topic=topic, presence=presence, reason=reason)
        assert "bed-1, room 12" in message.headline
        assert not DIAGNOSES.search(message.headline), message.headline
        assert not DIAGNOSES.search(one_line(message))
        if topic in DISTRESS:
            assert not re.search("fear|sad|ang", message.headline)


def test_one_line_is_one_line():
    story = Story()
    message = alert_message(
        story.transition(sentence="a\nb\x1b[31mc\u2028d", by="x\ry"),
        ward=WARD,
        words=BedWords(room="1", resident="re\nsident"),
    )
    assert message is not None
    line = one_line(message.marked_late())
    assert line.isprintable()
    assert "LATE" in line
    assert printable("a\tb\x7f\u202e") == "a b  "


def test_no_emotion_is_in_a_message_of_pain():
    document = json.loads(Story().message().to_json())
    assert not any("emotion" in key or key in {"fear", "anger", "sadness"} for key in document)
    assert document["sentence"] == SENTENCE
