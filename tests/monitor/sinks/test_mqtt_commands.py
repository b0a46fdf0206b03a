"""Commands from outside: what is documented is taken, anything else is refused, and nothing crashes."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sink_story import out_alert
from sinks_document import documented

from monitor.alerts.events import Acknowledge, BeginPrivacy, EndPrivacy, PauseAudio, ResumeAudio
from monitor.alerts.topics import Topic, Verdict
from monitor.records import Presence
from monitor.sinks.mqtt.commands import LARGEST_BYTES, InvalidCommand, parse_command

OUT = (
    out_alert(1),
    out_alert(2, topic=Topic.CAMERA_OFFLINE),
    out_alert(3, topic=Topic.CANNOT_ASSESS, presence=Presence.ACKNOWLEDGED),
)
SCHEMA = jsonschema.Draft202012Validator(documented("Command"))
EVENTS = (Acknowledge, PauseAudio, ResumeAudio, BeginPrivacy, EndPrivacy)
TEXTS = st.text(max_size=60)
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    TEXTS,
    st.sampled_from(["acknowledge", "pause_audio", "resume_audio", "begin_privacy", "end_privacy", "pain", "bed-1:1"]),
    st.lists(st.integers(), max_size=3),
    st.dictionaries(TEXTS, st.integers(), max_size=3),
)
KEYS = st.sampled_from(["command", "alert_id", "verdict", "for_s", "by", "extra"])


def taken(payload: bytes) -> bool:
    refusal = ""
    try:
        events = parse_command(payload, OUT)
    except InvalidCommand as error:
        refusal = str(error)
    if refusal:
        assert "\n" not in refusal
        assert len(refusal) < 200
        return False
    assert all(isinstance(event, EVENTS) for event in events)
    assert all(0 < len(event.by) <= 40 and event.by.isprintable() for event in events)
    return True


@given(st.binary(max_size=300))
def test_any_bytes(payload: bytes):
    assert not taken(payload)  # a command of at most 300 random bytes is never hit


@given(st.dictionaries(KEYS, VALUES, max_size=5))
def test_any_object_is_taken_when_it_is_as_documented_and_else_refused(asked: dict[str, Any]):
    text = json.dumps(asked)
    document = json.loads(text)
    assert taken(text.encode()) == (SCHEMA.is_valid(document) and len(text) <= LARGEST_BYTES)


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"[" * 4000,
        b"{" * 4000,
        b'{"command":"pause_audio","for_s":' + b"9" * 4000 + b"}",
        b'{"command":"pause_audio","for_s":1e999}',
        b'{"command":"pause_audio","for_s":NaN}',
        b'{"command":"pause_audio","for_s":-Infinity}',
        b'{"command":"pause_audio","for_s":true}',
        b'{"command":"pause_audio","for_s":0}',
        b'{"command":"pause_audio"}',
        b'{"command":["acknowledge"]}',
        b'{"command":"acknowledge","verdict":{}}',
        b'{"command":"acknowledge","alert_id":""}',
        b'{"command":"acknowledge","alert_id":"' + b"x" * 200 + b'"}',
        b'{"command":"acknowledge","by":7}',
        b'{"command":"end_privacy","for_s":5}',
        b'{"command":"end_privacy"}' + b" " * LARGEST_BYTES,
        '{"command":"end_privacy"}'.encode("utf-16"),
    ],
)
def test_odd_commands_are_refused(payload: bytes):
    assert not taken(payload)


def test_names_are_made_harmless():
    (event,) = parse_command(json.dumps({"command": "end_privacy", "by": "Ann\n\x1b[31m" + "x" * 99}).encode(), OUT)
    assert isinstance(event, EndPrivacy)
    assert event.by.startswith("Ann  [31mx")
    (event,) = parse_command(b'{"command":"end_privacy","by":"\\n"}', OUT)
    assert isinstance(event, EndPrivacy)
    assert event.by == "MQTT"


def test_acknowledging_all_gives_a_verdict_on_what_was_seen_alone():
    events = parse_command(b'{"command":"acknowledge","verdict":"false","by":"Ann"}', OUT)
    assert events == (
        Acknowledge(alert_id="bed-1:1", by="Ann", verdict=Verdict.FALSE),
        Acknowledge(alert_id="bed-1:2", by="Ann"),
    )
    assert parse_command(b'{"command":"acknowledge"}', ()) == ()
