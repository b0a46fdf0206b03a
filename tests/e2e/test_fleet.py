"""Two services on one machine, one broker and one database, wards whose beds are called alike: kept apart."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from fleet import FleetWard, documented_database, shown
from live_ward import PATIENCE_S, grimacing
from mosquitto_broker import Broker, Listener, listening, mosquitto, wait
from postgresql_server import PASSWORD, postgresql_server

from monitor.alerts.topics import Reason, Topic
from monitor.storage.database.database import Database

pytestmark = [pytest.mark.live, pytest.mark.timeout(1200)]
LONG_AGO, LONG_AFTER = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
WARDS = ("north", "south")


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    with postgresql_server() as server:
        yield documented_database(server)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    users = ("vigil-north", "vigil-south", "station")
    with mosquitto(tmp_path / "broker", users=users, access=shown("text", "user vigil-north")) as broker:
        yield broker


def heard(listener: Listener, ward: str) -> list[dict[str, Any]]:
    """The pain alert messages of a ward's bed-1, in order."""
    messages = [json.loads(payload) for payload in listener.of(f"vigil/{ward}/bed-1/alert")]
    return [message for message in messages if message["topic"] == "pain"]


def recorded(database: str, ward: str) -> list[tuple[str | None, Reason]]:
    """Alert and reason of what a ward's part of the database holds of pain."""
    with Database.open(database, PASSWORD, migrate=False, ward=ward) as opened:
        lines = opened.transitions(LONG_AGO, LONG_AFTER)
    return [(line.alert_id, line.reason) for line in lines if line.topic is Topic.PAIN]


def test_two_wards_share_broker_and_database_and_nothing_else(
    tmp_path: Path, landmarker: Path, broker: Broker, database: str
) -> None:
    film = grimacing(tmp_path / "film.mp4")
    north, south = (FleetWard(tmp_path / name, name, film, landmarker, broker, database) for name in WARDS)
    with listening(broker, "vigil/#", "station") as listener, north, south:
        wait(lambda: all(heard(listener, name) for name in WARDS), PATIENCE_S)
        for name, room in zip(WARDS, ("12", "31"), strict=True):
            assert {(message["ward"], message["room"]) for message in heard(listener, name)} == {(name, room)}
            wait(lambda name=name: listener.of(f"vigil/{name}/status")[-1:] == [b"online"], PATIENCE_S)

        in_north, in_south = (str(heard(listener, name)[0]["alert_id"]) for name in WARDS)

        # pain at both beds called alike: one acknowledged by the station, the other not
        listener.say("vigil/north/bed-1/command", json.dumps({"command": "acknowledge", "by": "Anna"}).encode())
        wait(lambda: (in_north, Reason.ACKNOWLEDGED) in recorded(database, "north"), PATIENCE_S)
        wait(lambda: (in_south, Reason.CONDITION_HELD) in recorded(database, "south"), PATIENCE_S)
        assert Reason.ACKNOWLEDGED not in {reason for _, reason in recorded(database, "south")}
        wait(lambda: south.presence(in_south) in {"on", "latched"}, PATIENCE_S)

        # one page shows both, and who can log in at one can at the other
        south.make_admin()
        wait(lambda: in_north in {alert["alert_id"] for alert in other(south, "north")["alerts"]}, PATIENCE_S)
        wait(lambda: other(south, "north")["room"] == "12", PATIENCE_S)
        wait(lambda: other(north, "south")["room"] == "31", PATIENCE_S)

        # a ward's user has no say below another's topics
        with listening(broker, "vigil/#", "vigil-south") as intruder:
            intruder.say("vigil/north/bed-1/command", b'{"command": "pause_audio", "for_s": 60}')
            intruder.say("vigil/south/bed-1/command", b'{"command": "pause_audio", "for_s": 60}')
            south.wait_for("the pause", lambda status: status["beds"]["bed-1"]["audio_paused_until"])
            assert not [topic for topic, _, _ in intruder.heard if topic.startswith("vigil/north/")]
        assert north.seen()["beds"]["bed-1"]["audio_paused_until"] is None

        # one service dies: broker and page say so, the other goes on
        north.end(signal.SIGKILL)
        wait(lambda: listener.of("vigil/north/status")[-1] == b"offline", PATIENCE_S)
        seen = south.judged()
        wait(lambda: other(south, "north")["because"] == "service silent", PATIENCE_S)
        south.wait_for("more judgements", lambda _status: south.judged() > seen + 10)
        assert south.bed("ack", in_south, "--by", "Ben", "--verdict", "pain").returncode == 0
        wait(lambda: (in_south, Reason.ACKNOWLEDGED) in recorded(database, "south"), PATIENCE_S)
        assert listener.of("vigil/south/status")[-1] == b"online"

        # it comes back where it stood
        with north:
            north.wait_for("the alert of before", lambda _status: north.presence(in_north) == "acknowledged")
            wait(lambda: listener.of("vigil/north/status")[-1] == b"online", PATIENCE_S)
            wait(lambda: other(south, "north")["because"] != "service silent", PATIENCE_S)
        assert south.end(signal.SIGTERM) == 0, south.log()


def other(ward: FleetWard, name: str) -> dict[str, Any]:
    """What the page of ``ward`` shows of the other ward's bed-1; an empty bed while it shows nothing."""
    empty: dict[str, Any] = {"alerts": [], "room": None, "because": None}
    with suppress(httpx.TransportError), closing(ward.signed_in()) as browser:
        told = browser.get("/api/ward")
        beds = [bed for each in told.json().get("other_wards", ()) if each["ward"] == name for bed in each["beds"]]
        return next((bed for bed in beds if bed["bed"] == "bed-1" and bed["alerts"]), empty)
    return empty
