"""Two services on one machine, one broker and one database, wards whose beds are called alike: kept apart."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from live_ward import PATIENCE_S, LiveWard, grimacing
from mosquitto_broker import PASSWORD as BROKER_PASSWORD
from mosquitto_broker import USER as BROKER_USER
from mosquitto_broker import Broker, Listener, listening, mosquitto, wait
from postgresql_server import PASSWORD, postgresql_server

from monitor.alerts.topics import Reason, Topic
from monitor.storage.database.database import Database

pytestmark = [pytest.mark.live, pytest.mark.timeout(900)]
LONG_AGO, LONG_AFTER = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def database_address() -> Iterator[str]:
    with postgresql_server() as server:
        yield server.new_place()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    with mosquitto(tmp_path / "broker") as broker:
        yield broker


def secret(path: Path, text: str) -> str:
    path.write_text(text)
    path.chmod(0o600)
    return str(path)


def ward(folder: Path, name: str, film: Path, landmarker: Path, broker: Broker, database_address: str) -> LiveWard:
    """A ward of the fleet: a name, state and ports of its own; broker, database and names of beds as the others."""
    folder.mkdir()
    settings = {
        "name": name,
        "landmarker": str(landmarker),
        "sources": {"camera": {"kind": "recording", "path": str(film), "max_fps": 6.0}},
        "beds": {"bed-1": {"source": "camera", "room": f"{name} 12"}},
        "alerts": {"delay_s": 1.0, "latch_s": 600.0, "dropout_s": 60.0, "unknown_s": 60.0},
        "classifier": {"threads": 1},
        "sidecar": {"socket": str(folder / "nobody.sock")},
        "sinks": {
            "broker": {
                "kind": "mqtt", "host": "127.0.0.1", "port": broker.port, "tls": False, "username": BROKER_USER,
                "password_credential": secret(folder / "mqtt", BROKER_PASSWORD),
            },
        },
        "storage": {"database_url": database_address, "password_credential": secret(folder / "database", PASSWORD)},
    }  # fmt: skip
    return LiveWard(folder, settings)


def heard(listener: Listener, name: str) -> list[dict]:
    """The pain alert messages of a ward's bed-1, in order."""
    messages = [json.loads(payload) for payload in listener.of(f"vigil/{name}/bed-1/alert")]
    return [message for message in messages if message["topic"] == "pain"]


def recorded(database_address: str, name: str) -> list[tuple[str | None, Reason]]:
    """Alert and reason of what a ward's part of the database holds of pain."""
    with Database.open(database_address, PASSWORD, migrate=False, ward=name) as database:
        lines = database.transitions(LONG_AGO, LONG_AFTER)
    return [(line.alert_id, line.reason) for line in lines if line.topic is Topic.PAIN]


def test_two_wards_share_broker_and_database_and_nothing_else(
    tmp_path: Path, landmarker: Path, broker: Broker, database_address: str
) -> None:
    film = grimacing(tmp_path / "film.mp4")
    north, south = (
        ward(tmp_path / name, name, film, landmarker, broker, database_address) for name in ("north", "south")
    )
    with listening(broker, "vigil/#") as listener, north, south:
        wait(lambda: all(heard(listener, name) for name in ("north", "south")), PATIENCE_S)
        for name in ("north", "south"):
            assert {message["ward"] for message in heard(listener, name)} == {name}
            assert {message["room"] for message in heard(listener, name)} == {f"{name} 12"}
            wait(lambda name=name: listener.of(f"vigil/{name}/status")[-1] == b"online", PATIENCE_S)

        # the same alert number in both wards: one acknowledged, the other not
        first = heard(listener, "north")[0]["alert_id"]
        assert heard(listener, "south")[0]["alert_id"] == first == "bed-1:1"
        assert north.bed("ack", first, "--by", "Anna").returncode == 0
        north.wait_for("acknowledged", lambda status: presence(status, first) == "acknowledged")
        assert presence(south.seen(), first) in {"on", "latched"}
        wait(lambda: (first, Reason.ACKNOWLEDGED) in recorded(database_address, "north"), PATIENCE_S)
        assert (first, Reason.CONDITION_HELD) in recorded(database_address, "south")
        assert (first, Reason.ACKNOWLEDGED) not in recorded(database_address, "south")

        # one service dies: the broker says so, the other goes on
        north.end(signal.SIGKILL)
        wait(lambda: listener.of("vigil/north/status")[-1] == b"offline", PATIENCE_S)
        seen = judged(south)
        south.wait_for("more judgements", lambda _status: judged(south) > seen + 10)
        assert south.bed("ack", first, "--by", "Ben", "--verdict", "pain").returncode == 0
        wait(lambda: (first, Reason.ACKNOWLEDGED) in recorded(database_address, "south"), PATIENCE_S)
        assert listener.of("vigil/south/status")[-1] == b"online"

        # it comes back where it stood
        with north:
            north.wait_for("the alert of before", lambda status: presence(status, first) == "acknowledged")
            wait(lambda: listener.of("vigil/north/status")[-1] == b"online", PATIENCE_S)
        assert south.end(signal.SIGTERM) == 0, south.log()


def presence(status: dict, alert_id: str) -> str | None:
    return next((a["presence"] for a in status["beds"]["bed-1"]["alerts"] if a["alert_id"] == alert_id), None)


def judged(service: LiveWard) -> float:
    """Pictures of bed-1 that were judged since the start."""
    return service.scrape().get(("vigil_pictures_judged_total", (("bed", "bed-1"),)), 0.0)
