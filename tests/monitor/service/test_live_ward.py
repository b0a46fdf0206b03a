"""The whole service with two cameras: an alert's way to people and back, deaths of any part, reload, end."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import sqlite3
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest
from live_ward import LiveWard, gone, grimacing, process, two_beds
from mosquitto_broker import PASSWORD, USER, Listener, listening, mosquitto, wait

from monitor.bench.memory import family as descendants
from monitor.storage.database.database import Database

pytestmark = pytest.mark.live

KEY = hashlib.sha256(b"the key of this test").hexdigest()


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return grimacing(tmp_path_factory.mktemp("film") / "grimace.mp4")


@pytest.fixture
def ward(tmp_path: Path, film: Path, landmarker: Path):
    run = LiveWard(tmp_path, two_beds(film, landmarker=str(landmarker)))
    with run:
        yield run


def pain_of(status, bed="bed-1"):
    return next((alert for alert in status["beds"][bed]["alerts"] if alert["topic"] == "pain"), None)


def alerts_of(bed) -> list[str]:
    return [entry["alert_id"] for entry in bed["alerts"]]


def test_an_alert_goes_to_people_and_its_acknowledgement_outlives_the_service(
    tmp_path: Path, film: Path, landmarker: Path
):
    with mosquitto(tmp_path / "broker") as broker, listening(broker) as nurse:
        secret = tmp_path / "password"
        secret.touch(mode=0o600)
        secret.write_text(PASSWORD)
        sink = {"kind": "mqtt", "host": "127.0.0.1", "port": broker.port, "tls": False, "username": USER}
        patient = {"inference": {"stalled_after_s": 20.0}, "capture": {"offline_after_s": 30, "stuck_after_s": 60}}
        settings = two_beds(film, landmarker=str(landmarker), **patient)
        sinks = {"broker": {**sink, "password_credential": str(secret)}}
        ward = LiveWard(tmp_path / "ward", {**settings, "sinks": sinks})
        clock = ShiftedClock(tmp_path / "shift", ward)
        with ward:
            acknowledged_at_both_beds(ward, nurse)
            jumped(ward, clock)
            assert PASSWORD not in ward.log()
            killed(ward)
            restarted(ward)


def acknowledged_at_both_beds(ward: LiveWard, nurse: Listener) -> None:
    """One by a command at the machine, one by MQTT."""
    alert = ward.wait_for("an alert at bed-1", pain_of)
    ward.wait_for("an alert at bed-2", lambda status: pain_of(status, "bed-2"))
    assert alert["alert_id"] == "bed-1:1"
    wait(lambda: nurse.of("vigil/ward/bed-1/alert"))
    told = json.loads(nurse.of("vigil/ward/bed-1/alert")[0])
    assert (told["alert_id"], told["topic"], told["presence"], told["room"]) == ("bed-1:1", "pain", "on", "12")
    assert "brow lowered" in told["sentence"]

    assert ward.bed("ack", "bed-1:1", "--by", "Anna", "--verdict", "pain").stdout == "bed-1:1: acknowledged by Anna\n"
    assert ward.bed("ack", "bed-7:1", "--by", "Anna").returncode == 64
    command = {"command": "acknowledge", "alert_id": "bed-2:1", "by": "Berta", "verdict": "false"}
    nurse.say("vigil/ward/bed-2/command", json.dumps(command).encode())
    for bed, by in (("bed-1", "Anna"), ("bed-2", "Berta")):
        wait(lambda bed=bed, by=by: (by, "acknowledged") in said_by(nurse, bed))


def said_by(nurse: Listener, bed: str) -> list[tuple[str, str]]:
    """Who did what, as the broker was told."""
    return [(told["by"], told["reason"]) for told in map(json.loads, nurse.of(f"vigil/ward/{bed}/alert"))]


class ShiftedClock:
    """The clock on the wall of all processes of a ward that starts after this."""

    def __init__(self, file: Path, ward: LiveWard) -> None:
        self._file = file
        self.by(0.0)
        here = Path(__file__).resolve().parents[3]
        path = [here / "tests" / "shifted_clock", here, *filter(None, [os.environ.get("PYTHONPATH")])]
        ward.environment = {"PYTHONPATH": os.pathsep.join(map(str, path)), "VIGIL_TEST_SHIFT": str(file)}

    def by(self, seconds: float) -> None:
        """Be wrong by so much."""
        new = self._file.with_suffix(".new")
        new.write_text(str(seconds), encoding="ascii")
        new.replace(self._file)


def jumped(ward: LiveWard, clock: ShiftedClock) -> None:
    """An hour and a day forth and back, to 1970, and right again: nothing ends, expires, restarts or is told."""

    def alike(status) -> list:
        rows = [(row["name"], row["pid"]) for row in status["processes"] if row["kind"] != "sidecar"]
        return [*rows, *(pain_of(status, bed)["presence"] for bed in ("bed-1", "bed-2"))]

    def of_pain() -> list[tuple[str, str]]:
        """What changed and why; an explanation that comes late may confirm an alert at any time."""
        lines = [json.loads(line) for line in (ward.state / "alerts.jsonl").read_text().splitlines()]
        changes = [(line["alert_id"], line["reason"]) for line in lines if line.get("topic") == "pain"]
        return [change for change in changes if change[1] != "evidence_strengthened"]

    done = ["acknowledged", "acknowledged"]
    before = alike(ward.wait_for("both in /status", lambda status: alike(status)[-2:] == done and status))
    told = of_pain()
    assert len(told) == 4
    for seconds in (3600.0, 0.0, 86_400.0, -86_400.0, 1000.0 - datetime.now(UTC).timestamp()):
        clock.by(seconds)
        until_at = datetime.now(UTC) + timedelta(seconds=seconds + 2.0)
        ward.wait_for(
            "two seconds of the other time",
            lambda status, at=until_at: 0 <= (datetime.fromisoformat(status["at"]) - at).total_seconds() < 300,
        )
        assert alike(ward.seen()) == before
        assert ward.lives()
    assert of_pain() == told
    clock.by(0.0)


def killed(ward: LiveWard) -> None:
    """SIGKILL ends every process, and what people did stands in journal and database."""

    family = ward.family()
    assert len(family) >= 4  # supervisor, inference, two cameras
    ward.end(signal.SIGKILL)
    assert gone(family)
    journal = [json.loads(line) for line in (ward.state / "alerts.jsonl").read_text().splitlines()]
    acknowledged = [line for line in journal if line.get("reason") == "acknowledged"]
    done = [("bed-1:1", "Anna", "pain"), ("bed-2:1", "Berta", "false")]
    assert [(line["alert_id"], line["by"], line["verdict"]) for line in acknowledged] == done
    with sqlite3.connect(ward.state / "vigil.sqlite") as database:
        kept = database.execute(
            "select alert_id, by, verdict from transitions where reason = 'acknowledged'"
        ).fetchall()
        assert kept == done
        assert database.execute("select count(*) from trend_seconds where bed = 'bed-2'").fetchone()[0] >= 2
    database.close()


def restarted(ward: LiveWard) -> None:
    """The acknowledgement is still there; SIGTERM ends every process in order."""
    with ward:
        restored = ward.wait_for("bed-1 after the restart", lambda status: status["beds"]["bed-1"]["alerts"])
        assert [(alert["alert_id"], alert["presence"]) for alert in restored] == [("bed-1:1", "acknowledged")]
        ward.wait_for("all cameras", lambda status: all(camera["online"] for camera in status["cameras"].values()))
        family = descendants(ward.pid)
        assert ward.end(signal.SIGTERM) == 0
        assert gone(family)
        assert not (ward.runtime / "control.sock").exists()


def test_whatever_dies_comes_back_and_touches_nothing_else(ward: LiveWard):
    ward.wait_for("both beds judged", lambda status: all(bed["assessable"] for bed in status["beds"].values()))
    before = ward.seen()
    killed = before["cameras"]["left"]
    os.kill(killed["pid"], signal.SIGKILL)

    def back(status):
        left = status["cameras"]["left"]
        return left["restarts"] >= 1 and left["online"] and left["sequence"] > killed["sequence"] + 3

    ward.wait_for("the left camera again", back)
    after = ward.seen()
    assert after["cameras"]["right"]["pid"] == before["cameras"]["right"]["pid"]
    assert after["cameras"]["right"]["restarts"] == 0

    inference = process(after, "inference")["pid"]
    alert = ward.wait_for("an alert at bed-1", pain_of)
    os.kill(inference, signal.SIGKILL)
    ward.wait_for(
        "the dead process replaced", lambda status: process(status, "inference")["pid"] not in (None, inference)
    )
    ward.wait_for("networks loaded again", lambda status: status["inference"]["ready"])
    status = ward.wait_for("judging again", lambda status: status["beds"]["bed-1"]["assessable"] and status)
    assert "ended by SIGKILL" in ward.log()
    assert alert["alert_id"] in alerts_of(status["beds"]["bed-1"])

    inference = process(status, "inference")["pid"]
    told = len(told_of_trouble(ward, "bed-2"))
    os.kill(inference, signal.SIGSTOP)
    stopped = time.monotonic()
    blind = ward.wait_for(
        "bed-1 not judged", lambda status: (bed := status["beds"]["bed-1"])["level"] == "unassessable" and bed, 10.0
    )
    assert blind["score"] is None
    assert alert["alert_id"] in alerts_of(blind)
    ward.wait_for("the stalled process ended", lambda status: process(status, "inference")["pid"] != inference, 30.0)
    assert time.monotonic() - stopped < 30.0
    trouble = ward.wait_for("trouble told", lambda status: told_of_trouble(ward, "bed-2")[told:])
    assert trouble[0]["presence"] == "on"
    assert "nothing is judged" in trouble[0]["sentence"]
    ward.wait_for("judging once more", lambda status: status["beds"]["bed-2"]["assessable"])


def test_a_reload_adds_a_bed_and_refuses_nonsense_on_a_full_disk_too(tmp_path: Path, film: Path, landmarker: Path):
    journals = {"journal": {"kind": "journal"}, "full": {"kind": "journal", "path": "/dev/full"}}
    key = tmp_path / "key"
    key.touch(mode=0o600)
    key.write_text(KEY)
    pictures = {"privacy": {"pixels": True}, "storage": {"pixels_key_credential": str(key)}}
    wanted = two_beds(film, landmarker=str(landmarker), sinks=journals, **pictures)
    with LiveWard(tmp_path / "ward", wanted) as ward:
        full = ward.wait_for("the full disk told", lambda status: trouble_of(status, "bed-1"))
        assert "alert journal: /dev/full" in full["sentence"]
        ward.wait_for("pain told all the same", pain_of)
        reloaded(ward, wanted)
    with Database.open(f"sqlite:///{ward.state}/vigil.sqlite", pixels_key=KEY) as database:
        at = datetime.now(UTC)
        (entry,) = database.picture_entries("bed-1", at - timedelta(hours=1), at)
        assert entry.alert_id.startswith("bed-1:")
        assert cv2.imdecode(np.frombuffer(database.picture(entry.id).image, np.uint8), cv2.IMREAD_COLOR).shape == (
            112,
            112,
            3,
        )


def told_of_trouble(ward: LiveWard, bed: str) -> list[dict]:
    """When trouble of the service went on at ``bed``, from the journal, which forgets nothing."""
    lines = map(json.loads, (ward.state / "alerts.jsonl").read_text().splitlines(keepends=False))
    told = [line for line in lines if line.get("topic") == "service_trouble" and line["bed"] == bed]
    return [line for line in told if line["reason"] in ("condition_held", "retriggered")]


def trouble_of(status, bed):
    return next((alert for alert in status["beds"][bed]["alerts"] if alert["topic"] == "service_trouble"), None)


def reloaded(ward: LiveWard, wanted: dict) -> None:
    ward.wait_for("both beds judged", lambda status: all(bed["assessable"] for bed in status["beds"].values()))
    before = ward.seen()
    ward.reload({**wanted, "beds": {**wanted["beds"], "bed-3": {"source": "nowhere"}}})
    wait(lambda: "configuration refused" in ward.log())
    assert set(ward.seen()["beds"]) == {"bed-1", "bed-2"}

    wanted["sources"]["third"] = wanted["sources"]["left"]
    wanted["beds"]["bed-3"] = {"source": "third", "room": "16"}
    ward.reload(wanted)
    ward.wait_for("bed-3 judged", lambda status: status["beds"].get("bed-3", {}).get("assessable"))
    after = ward.seen()
    for name in ("inference", "capture left", "capture right"):
        assert process(after, name)["pid"] == process(before, name)["pid"]

    del wanted["beds"]["bed-1"], wanted["sources"]["left"]
    ward.reload(wanted)
    ward.wait_for("bed-1 gone", lambda status: "bed-1" not in status["beds"] and "left" not in status["cameras"])
    assert gone([before["cameras"]["left"]["pid"]])
    assert process(ward.seen(), "capture right")["pid"] == process(before, "capture right")["pid"]
    with sqlite3.connect(ward.state / "vigil.sqlite") as database:
        changes = [row[0] for row in database.execute("select summary from configuration_changes order by id")]
    database.close()
    assert any("bed bed-3: start" in change for change in changes)
