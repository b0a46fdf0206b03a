"""The MQTT sink against a real mosquitto: TLS, last will, retained states, outages, commands from outside."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from certificates import Certificates, make_certificates
from mosquitto_broker import PASSWORD, USER, Broker, listening, mosquitto, wait
from sink_story import BEDS, PLANTED, WARD, Story, out_alert
from sinks_document import documented

from monitor.alerts.events import Acknowledge, BeginPrivacy, PauseAudio
from monitor.alerts.topics import Topic, Verdict
from monitor.errors import ConfigurationError
from monitor.records import Level, Presence, Priority
from monitor.sinks.making import make_sink
from monitor.ward.credentials import Secret
from monitor.ward.sinks import MqttSink

SECRETS = {"sinks.there.password_credential": Secret(PLANTED)}
BASE = f"vigil/{WARD}"
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    with mosquitto(tmp_path / "broker") as running:
        yield running


@pytest.fixture
def story() -> Story:
    return Story(secrets=SECRETS)


def settings(broker: Broker, **more: Any) -> MqttSink:
    values: dict[str, Any] = {"tls": False, "username": USER, "password_credential": "mqtt", "keepalive_s": 5, **more}
    return MqttSink(host="127.0.0.1", port=broker.port, **values)


def status_of(heard: Any) -> list[bytes]:
    return heard.of(f"{BASE}/status")


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_by_tls_with_a_password_in_both_protocols(tmp_path: Path, story: Story, protocol: str):
    certificates = make_certificates(tmp_path)
    with mosquitto(tmp_path / "broker", certificates) as broker, listening(broker) as heard:
        secured = settings(broker, tls=True, tls_ca_file=certificates.authority, protocol=protocol)
        message = story.message()
        with story.sink(secured) as sink:
            sink.send(message)
            sink.state(story.report())
            story.drive(sink, lambda: heard.of(f"{BASE}/bed-1/alert") and heard.of(f"{BASE}/bed-1/state"))
        assert json.loads(heard.of(f"{BASE}/bed-1/alert")[0]) == json.loads(message.to_json())
        wait(lambda: status_of(heard)[-1:] == [b"offline"])
        assert status_of(heard) == [b"online", b"offline"]


def test_a_broker_with_somebody_elses_certificate_is_not_trusted(tmp_path: Path, story: Story):
    (tmp_path / "other").mkdir()
    stranger: Certificates = make_certificates(tmp_path / "other")
    with mosquitto(tmp_path / "broker", make_certificates(tmp_path)) as broker, listening(broker) as heard:
        with story.sink(settings(broker, tls=True, tls_ca_file=stranger.authority)) as sink:
            sink.send(story.message())
            story.drive(sink, lambda: "certificate is not trusted" in (sink.status().trouble or ""))
        assert heard.heard == []


def test_a_wrong_password_is_said_and_not_shown(broker: Broker, story: Story):
    story.secrets = {"sinks.there.password_credential": Secret("wr0ng-one")}
    with story.sink(settings(broker)) as sink:
        story.drive(sink, lambda: sink.status().trouble not in (None, "not connected yet"))
        assert sink.status().trouble == "the broker refuses: not authorized"


def test_what_is_configured_and_not_there_is_refused_when_made(broker: Broker, story: Story, tmp_path: Path):
    story.secrets = {}
    with pytest.raises(ConfigurationError, match=r"^sinks.there.password_credential: its credential was not read$"):
        make_sink("there", settings(broker), story.context())
    story.secrets = SECRETS
    (tmp_path / "empty.pem").touch()
    for name in ("none.pem", "empty.pem"):
        with pytest.raises(ConfigurationError, match=r"^sinks.there.tls_ca_file: "):
            make_sink("there", settings(broker, tls=True, tls_ca_file=tmp_path / name), story.context())


def test_the_last_will_follows_a_kill(broker: Broker, tmp_path: Path):
    """A process of its own that publishes by this sink, killed without a word."""
    script = f"""
import sys, time
from pathlib import Path
from sink_story import PLANTED, Story
from monitor.ward.credentials import Secret
from monitor.ward.sinks import MqttSink
story = Story(secrets={{"sinks.there.password_credential": Secret(PLANTED)}})
with story.sink(MqttSink(host="127.0.0.1", port={broker.port}, tls=False, username="{USER}",
                         password_credential="mqtt", keepalive_s=5)) as sink:
    while True:
        sink.step(story.clock.now_s())
        time.sleep(0.02)
"""
    with listening(broker, f"{BASE}/status") as heard:
        path = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
        process = subprocess.Popen([sys.executable, "-c", script], env={**os.environ, "PYTHONPATH": path})
        try:
            wait(lambda: status_of(heard) == [b"online"])
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait(10)
        wait(lambda: status_of(heard) == [b"online", b"offline"])
    with listening(broker, f"{BASE}/status") as late:
        wait(lambda: late.heard == [(f"{BASE}/status", b"offline", True)])


def test_whoever_comes_late_finds_the_state(broker: Broker, story: Story):
    validator = jsonschema.Draft202012Validator(documented("Bed state"))
    paused = story.clock.now_at() + timedelta(seconds=100)
    told = story.report("bed-1", out_alert(3), level=Level.PAIN, score=0.8, audio_paused_until=paused)
    with story.sink(settings(broker)) as sink:
        sink.state(told)
        sink.state(story.report("bed-2", level=Level.UNASSESSABLE, score=None))
        with listening(broker, f"{BASE}/+/state") as first:
            story.drive(sink, lambda: all(first.of(f"{BASE}/{bed}/state") for bed in BEDS))
        with listening(broker, f"{BASE}/+/state") as late:
            wait(lambda: len(late.heard) == 2)
            assert all(retained for _, _, retained in late.heard)
            one, two = (json.loads(late.of(f"{BASE}/{bed}/state")[0]) for bed in BEDS)
        for state in (one, two):
            validator.validate(state)
        assert (one["pain_alert"], one["priority"], one["unacknowledged"]) == ("ON", "high", 1)
        assert (one["room"], one["alerts"][0]["alert_id"]) == ("12", "bed-1:3")
        assert (two["pain_alert"], two["problem"], two["score"]) == ("None", "OFF", None)


def test_a_state_is_told_when_it_changes_and_now_and_then(broker: Broker, story: Story):
    with story.sink(settings(broker)) as sink, listening(broker, f"{BASE}/bed-1/state") as heard:
        for score in (0.1, 0.2, 0.3):
            sink.state(story.report(score=score))
            story.drive(sink, lambda: sink.status().ok and heard.heard)
        sink.state(story.report(score=0.9, level=Level.PAIN))
        story.drive(sink, lambda: len(heard.heard) == 2)
        story.clock.offset_s += 11
        sink.state(story.report(score=0.95, level=Level.PAIN))
        story.drive(sink, lambda: len(heard.heard) == 3)
    assert [json.loads(payload)["score"] for _, payload, _ in heard.heard] == [0.1, 0.9, 0.95]


def test_emotions_and_other_beds_are_in_no_state(broker: Broker, story: Story):
    with story.sink(settings(broker, beds=("bed-1",))) as sink, listening(broker) as heard:
        sink.state(story.report("bed-2", out_alert(1, "bed-2")))
        sink.state(story.report("bed-1", out_alert(1, topic=Topic.DISTRESS_SADNESS, priority=Priority.LOW)))
        story.drive(sink, lambda: heard.of(f"{BASE}/bed-1/state"))
        (state,) = heard.of(f"{BASE}/bed-1/state")
        assert json.loads(state)["alerts"] == []
        assert b"sad" not in state
        assert not any("bed-2" in topic for topic, _, _ in heard.heard)


def test_killed_and_restarted_amid_a_stream_all_arrive_in_order(broker: Broker, story: Story):
    """What was under way when the broker died may come twice, with the same id and in the same order. Only what the
    broker had acknowledged, and was killed before it passed it on, may be missing."""
    sent = []
    with story.sink(settings(broker)) as sink:
        with listening(broker, f"{BASE}/+/alert") as heard:
            for number in range(120):
                sent.append(story.message(alert=number))
                sink.send(sent[-1])
                sink.step(story.clock.now_s())
                if number == 60:
                    story.drive(sink, lambda: sink.status().delivered > 20)
                    broker.kill()
            heard.wait_for_the_end()
            before = [json.loads(payload)["message_id"] for _, payload, _ in heard.heard]
        story.drive(sink, lambda: "the broker" in (sink.status().trouble or ""))
        acknowledged = sink.status().delivered
        broker.start()
        with listening(broker, f"{BASE}/+/alert") as heard:
            story.drive(sink, lambda: sink.status().waiting == 0)
            wait(lambda: json.loads(heard.heard[-1][1])["message_id"] == sent[-1].message_id)
            after = [json.loads(payload)["message_id"] for _, payload, _ in heard.heard]
    ids = [message.message_id for message in sent]
    twice = set(before) & set(after)
    assert len(twice) <= 20
    assert before == ids[: len(before)]
    assert after == ids[len(ids) - len(after) :]
    assert len(ids) - len(after) <= acknowledged, "none that the broker had not acknowledged is missing"
    assert 20 < acknowledged < 120
    assert sink.status().delivered == 120


def test_a_day_without_the_broker_is_bounded_in_order_and_marked(tmp_path: Path, story: Story):
    with mosquitto(tmp_path / "broker") as broker:
        broker.kill()
        with story.sink(settings(broker, outbox_messages=300)) as sink:
            sent = []
            for number in range(400):
                sent.append(story.message(alert=number))
                sink.send(sent[-1])
                sink.step(story.clock.now_s())
                story.clock.offset_s += 216
            assert sink.status().waiting == 300
            story.drive(sink, lambda: sink._connection is None)  # type: ignore[attr-defined]
            broker.start()
            with listening(broker, f"{BASE}/+/alert") as heard:
                story.clock.offset_s += 31  # the longest pause between attempts
                story.drive(sink, lambda: sink.status().waiting == 0)
                wait(lambda: len(heard.heard) == 300)
            assert sink.status().dropped == {"too_many": 100}
    documents = [json.loads(payload) for _, payload, _ in heard.heard]
    assert [document["message_id"] for document in documents] == [message.message_id for message in sent[100:]]
    assert all(document["late"] for document in documents)


def test_a_broker_that_comes_back_empty_is_told_everything_anew(broker: Broker, story: Story):
    with story.sink(settings(broker)) as sink:
        sink.state(story.report())
        story.drive(sink, lambda: sink.status().ok)
        broker.kill()
        story.drive(sink, lambda: not sink.status().ok)
        broker.start()
        with listening(broker) as heard:
            story.drive(sink, lambda: status_of(heard) == [b"online"])
            assert heard.of(f"{BASE}/bed-1/state")
            assert sum(topic.startswith("homeassistant/") for topic, _, _ in heard.heard) > 10


def test_a_frozen_broker_is_noticed(broker: Broker, story: Story):
    with story.sink(settings(broker)) as sink:
        story.drive(sink, lambda: sink.status().ok)
        broker.freeze()
        sink.send(story.message())
        story.drive(sink, lambda: not sink.status().ok)
        broker.thaw()
        story.drive(sink, lambda: sink.status().ok and sink.status().waiting == 0)


def test_commands_become_events(broker: Broker, story: Story):
    with story.sink(settings(broker)) as sink, listening(broker, f"{BASE}/+/answer") as heard:
        technical = out_alert(4, topic=Topic.CAMERA_OFFLINE)
        done = out_alert(2, topic=Topic.CANNOT_ASSESS, presence=Presence.ACKNOWLEDGED)
        sink.state(story.report("bed-1", out_alert(3), technical, done))
        story.drive(sink, lambda: sink.status().ok)

        def ask(bed: str, payload: bytes, **more: Any) -> dict[str, Any]:
            before = len(heard.heard)
            heard.say(f"{BASE}/{bed}/command", payload, **more)
            story.drive(sink, lambda: len(heard.heard) > before)
            return dict(json.loads(heard.heard[-1][1]))

        assert ask("bed-1", b'{"command":"acknowledge","alert_id":"bed-1:3","verdict":"pain","by":"Ann"}') == {
            "ok": True
        }
        assert ask("bed-1", b'{"command":"acknowledge","verdict":"false"}') == {"ok": True}
        assert ask("bed-2", b'{"command":"pause_audio","for_s":60}') == {"ok": True}
        assert ask("bed-2", b'{"command":"begin_privacy","for_s":600,"by":"Ann"}') == {"ok": True}
        assert story.commands == [
            ("bed-1", Acknowledge(alert_id="bed-1:3", by="Ann", verdict=Verdict.PAIN)),
            ("bed-1", Acknowledge(alert_id="bed-1:3", by="MQTT", verdict=Verdict.FALSE)),
            ("bed-1", Acknowledge(alert_id="bed-1:4", by="MQTT")),
            ("bed-2", PauseAudio(for_s=60.0, by="MQTT")),
            ("bed-2", BeginPrivacy(for_s=600.0, by="Ann")),
        ]
        story.commands.clear()
        assert ask("bed-9", b'{"command":"end_privacy"}') == {"ok": False, "said": "there is no such bed here"}
        assert ask("bed-1", b"\xff\x00")["said"] == "is no JSON"
        assert story.commands == []
        assert sink.status().dropped == {"commands_refused": 2}
        assert sink.status().trouble is None


def test_a_retained_command_is_not_obeyed(broker: Broker, story: Story):
    with listening(broker, f"{BASE}/+/answer") as heard:
        heard.say(f"{BASE}/bed-1/command", b'{"command":"begin_privacy","for_s":600}', retain=True)
        with story.sink(settings(broker)) as sink:
            story.drive(sink, lambda: heard.heard)
        assert json.loads(heard.heard[0][1])["ok"] is False
    assert story.commands == []


def test_without_commands_nobody_listens(broker: Broker, story: Story):
    with story.sink(settings(broker, commands=False)) as sink, listening(broker) as heard:
        story.drive(sink, lambda: sink.status().ok)
        heard.say(f"{BASE}/bed-1/command", b'{"command":"end_privacy"}')
        sink.send(story.message())
        story.drive(sink, lambda: sink.status().delivered == 1)
        assert story.commands == []
        assert not any(payload for topic, payload, _ in heard.heard if "/button/" in topic or "/switch/" in topic)


def test_beds_that_left_are_taken_from_the_broker(broker: Broker, story: Story):
    with story.sink(settings(broker)) as sink:
        sink.state(story.report("bed-1"))
        sink.state(story.report("bed-2"))
        story.drive(sink, lambda: sink.status().ok)
        sink.change(settings(broker), {"bed-1": BEDS["bed-1"]}, emotion_scores=False)
        sink.send(story.message())
        story.drive(sink, lambda: sink.status().delivered == 1)
    with listening(broker) as late:
        wait(lambda: late.of(f"{BASE}/status"))
        wait(lambda: late.of(f"{BASE}/bed-1/state"))
        assert not any("bed-2" in topic for topic, _, _ in late.heard)


def test_beds_that_left_while_nothing_ran_are_taken_from_the_broker(broker: Broker, story: Story):
    with story.sink(settings(broker)) as sink:
        sink.state(story.report("bed-2"))
        story.drive(sink, lambda: sink.status().ok)
    with listening(broker, "#") as before:
        wait(lambda: before.of(f"{BASE}/bed-2/state"))
    with story.sink(settings(broker, beds=("bed-1",))) as sink, listening(broker) as heard:
        story.drive(sink, lambda: b"" in heard.of(f"{BASE}/bed-2/state"))
    with listening(broker) as late:
        wait(lambda: late.of(f"{BASE}/status"))
        assert not any("bed-2" in topic for topic, _, _ in late.heard)


def test_words_of_a_bed_change_in_place(broker: Broker, story: Story):
    with story.sink(settings(broker)) as sink, listening(broker) as heard:
        sink.state(story.report("bed-1"))
        story.drive(sink, lambda: heard.of(f"{BASE}/bed-1/state"))
        moved = {**BEDS, "bed-1": replace(BEDS["bed-1"], room="14")}
        sink.change(settings(broker), moved, emotion_scores=False)
        sink.state(story.report("bed-1"))
        story.drive(sink, lambda: len(heard.of(f"{BASE}/bed-1/state")) == 2)
        assert json.loads(heard.of(f"{BASE}/bed-1/state")[1])["room"] == "14"
        assert b"room 14" in heard.of("homeassistant/binary_sensor/vigil_ward-3_bed-1_pain_alert/config")[-1]


def test_the_password_is_the_one_that_was_planted():
    assert PASSWORD == PLANTED
