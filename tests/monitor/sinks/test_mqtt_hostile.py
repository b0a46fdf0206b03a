"""What the MQTT sink lives through: floods of garbage at its commands, and being killed amid a stream."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

from mosquitto_broker import USER, listening, mosquitto, wait
from sink_story import PLANTED, WARD, Story

from monitor.alerts.events import EndPrivacy
from monitor.storage.database.database import Database
from monitor.ward.credentials import Secret
from monitor.ward.sinks import MqttSink

SECRETS = {"sinks.there.password_credential": Secret(PLANTED)}
BASE = f"vigil/{WARD}"
ROOT = Path(__file__).resolve().parents[3]

PUBLISHING = """
import sys
from sink_story import PLANTED, Story
from monitor.storage.database.database import Database
from monitor.ward.credentials import Secret
from monitor.ward.sinks import MqttSink
port, url = int(sys.argv[1]), sys.argv[2]
story = Story(secrets={"sinks.there.password_credential": Secret(PLANTED)}, open_outbox=Database.open(url).outbox)
settings = MqttSink(host="127.0.0.1", port=port, tls=False, username="vigil", password_credential="mqtt")
with story.sink(settings) as sink:
    story.drive(sink, lambda: sink.status().ok)
    for number in range(100000):
        message = story.message(alert=number)
        sink.send(message)
        print(message.message_id, flush=True)
        sink.step(story.clock.now_s())
"""


def test_a_flood_of_garbage_changes_nothing(tmp_path: Path):
    story = Story(secrets=SECRETS)
    chance = random.Random(4)
    with mosquitto(tmp_path / "broker") as broker, listening(broker, f"{BASE}/+/answer") as heard:
        settings = MqttSink(host="127.0.0.1", port=broker.port, tls=False, username=USER, password_credential="mqtt")
        with story.sink(settings) as sink:
            story.drive(sink, lambda: sink.status().ok)
            for number in range(600):
                bed = chance.choice(["bed-1", "bed-2", "bed-9", "é", "status", ".."])
                payload = chance.randbytes(chance.choice([0, 1, 30, 5000]))
                heard.say(f"{BASE}/{bed}/command", b'{"command":' + payload if number % 3 else payload)
                if number % 100 == 99:
                    sink.step(story.clock.now_s())
            heard.say(f"{BASE}/bed-1/command", b'{"command":"end_privacy","by":"Ann"}')
            story.drive(sink, lambda: story.commands or sum(sink.status().dropped.values()) > 600)
            if not story.commands:  # it was one too many of the flood
                heard.say(f"{BASE}/bed-1/command", b'{"command":"end_privacy","by":"Ann"}')
                story.drive(sink, lambda: story.commands)
            assert story.commands == [("bed-1", EndPrivacy(by="Ann"))]
            story.drive(sink, lambda: any(json.loads(payload)["ok"] for _, payload, _ in heard.heard))
            assert sink.status().trouble is None
            dropped = sink.status().dropped
    assert set(dropped) <= {"commands_refused", "commands_too_many"}
    assert sum(dropped.values()) in (600, 601)
    assert dropped["commands_too_many"] > 100, "bounded: not all could wait"
    assert sum(json.loads(payload)["ok"] for _, payload, _ in heard.heard) == 1


def test_what_was_kept_by_a_killed_process_arrives_by_the_next(tmp_path: Path):
    """Every id that was kept is delivered, in order; what was under way at the kill may come twice."""
    url = f"sqlite:////{tmp_path / 'vigil.sqlite'}"
    path = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    with mosquitto(tmp_path / "broker") as broker, listening(broker, f"{BASE}/+/alert") as heard:
        process = subprocess.Popen(
            [sys.executable, "-c", PUBLISHING, str(broker.port), url],
            env={**os.environ, "PYTHONPATH": path},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        kept = [process.stdout.readline().strip() for _ in range(80)]
        process.send_signal(signal.SIGKILL)
        kept += [line.strip() for line in process.stdout.read().splitlines() if line.strip()]
        process.wait(60)
        process.stdout.close()

        database = Database.open(url)
        story = Story(secrets=SECRETS, open_outbox=database.outbox)
        story.numbers["bed-1"] = len(kept) + 10
        last = story.message(alert=5)
        settings = MqttSink(host="127.0.0.1", port=broker.port, tls=False, username=USER, password_credential="mqtt")
        with story.sink(settings) as sink:
            sink.send(last)
            story.drive(sink, lambda: sink.status().waiting == 0)
        database.close()
        wait(lambda: json.loads(heard.heard[-1][1])["message_id"] == last.message_id)
    came = [json.loads(payload)["message_id"] for _, payload, _ in heard.heard]
    once = list(dict.fromkeys(came))
    assert len(came) - len(once) <= 20
    assert once[: len(kept)] == kept
    assert once[-1] == last.message_id
    assert len(once) - len(kept) <= 2, "the last and perhaps one that was kept and not printed"
