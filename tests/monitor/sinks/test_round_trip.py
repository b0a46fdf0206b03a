"""From a face in pain to the broker and back: alerts go out, an acknowledgement comes in and is told in turn."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
from mosquitto_broker import USER, listening, mosquitto
from sink_story import PLANTED, WARD, Story
from sinks_document import documented
from ward_story import Story as WardStory
from ward_story import moment

from monitor.alerts.events import Event
from monitor.alerts.topics import Topic, Verdict
from monitor.records import Level
from monitor.sinks.base import Sink
from monitor.sinks.bed_report import bed_report
from monitor.sinks.message import BedWords, alert_message
from monitor.ward.credentials import Secret
from monitor.ward.sinks import MqttSink

BED = "bed-4"
BASE = f"vigil/{WARD}/{BED}"


class Bed:
    """A bed's lifecycle in front of a sink, as the service has them."""

    def __init__(self, story: Story, sink: Sink) -> None:
        self.story, self.sink, self.life = story, sink, WardStory()

    def happen(self, event: Event) -> None:
        self._told_since(lambda: self.life.happen(event))

    def watch(self, facts: str, topic: Topic = Topic.PAIN) -> None:
        self._told_since(lambda: self.life.watch(facts, topic))

    def _told_since(self, act: Any) -> None:
        before = len(self.life.told)
        act()
        for told in self.life.told[before:]:
            message = alert_message(told, ward=WARD, words=BedWords(room="4"))
            if message is not None:
                self.sink.send(message)
        pain = self.life.presence() != "off"
        level = Level.PAIN if pain else Level.NO_PAIN
        self.sink.state(bed_report(self.life.state, moment(self.life.now_s), level=level, score=0.9 if pain else 0.1))
        self.sink.step(self.story.clock.now_s())


def test_an_alert_goes_out_and_its_acknowledgement_comes_back(tmp_path: Path):
    story = Story(secrets={"sinks.there.password_credential": Secret(PLANTED)})
    alert = jsonschema.Draft202012Validator(documented("Alert message"))
    state = jsonschema.Draft202012Validator(documented("Bed state"))
    with mosquitto(tmp_path / "broker") as broker, listening(broker, f"{BASE}/#") as heard:
        settings = MqttSink(
            host="127.0.0.1", port=broker.port, tls=False, username=USER, password_credential="mqtt", beds=(BED,)
        )
        context_of = story.context
        story.context = lambda: _with_bed(context_of())  # type: ignore[method-assign]
        with story.sink(settings) as sink:
            bed = Bed(story, sink)
            bed.watch("-" * 5)
            story.drive(sink, lambda: heard.of(f"{BASE}/state"))
            bed.watch("+" * 6)
            story.drive(sink, lambda: heard.of(f"{BASE}/alert"))
            (raised,) = (json.loads(payload) for payload in heard.of(f"{BASE}/alert"))
            assert (raised["presence"], raised["headline"]) == (
                "on",
                "Check the resident (bed-4, room 4): signs of pain",
            )

            asked = {"command": "acknowledge", "alert_id": raised["alert_id"], "verdict": "pain", "by": "Ann"}
            heard.say(f"{BASE}/command", json.dumps(asked).encode())
            story.drive(sink, lambda: story.commands)
            ((named, event),) = story.commands
            assert named == BED
            bed.happen(event)
            story.drive(sink, lambda: len(heard.of(f"{BASE}/alert")) == 2)
            done = json.loads(heard.of(f"{BASE}/alert")[1])
            assert (done["presence"], done["by"], done["verdict"]) == ("acknowledged", "Ann", Verdict.PAIN)
            assert done["alert_id"] == raised["alert_id"]

            bed.watch("-" * 10)
            story.drive(sink, lambda: len(heard.of(f"{BASE}/alert")) == 3)
            story.drive(sink, lambda: json.loads(heard.of(f"{BASE}/state")[-1])["pain_alert"] == "OFF")
    for payload in heard.of(f"{BASE}/alert"):
        alert.validate(json.loads(payload))
    shown = [json.loads(payload) for payload in heard.of(f"{BASE}/state")]
    for each in shown:
        state.validate(each)
    assert [each["unacknowledged"] for each in shown][-1] == 0
    assert 1 in [each["unacknowledged"] for each in shown]


def _with_bed(context: Any) -> Any:
    return replace(context, beds={BED: BedWords(room="4")})
