"""The whole service on a real PostgreSQL server that dies, comes back, and says nothing: alerts go on all the same."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from live_ward import LiveWard, grimacing, two_beds
from postgresql_server import PASSWORD, PostgresqlServer, postgresql_server

from monitor.storage.database.database import Database

pytestmark = pytest.mark.live


@pytest.fixture
def server() -> Iterator[PostgresqlServer]:
    with postgresql_server() as running:
        yield running


def trouble(status) -> str:
    return " ".join(status["troubles"])


def reasons(ward: LiveWard) -> list[str]:
    lines = (ward.state / "alerts.jsonl").read_text().splitlines()
    return [f"{line['bed']} {line['number']}" for line in map(json.loads, lines) if "reason" in line]


def test_alerts_go_on_without_the_server_and_nothing_is_missing_afterwards(
    tmp_path: Path, landmarker: Path, server: PostgresqlServer
):
    secret = tmp_path / "password"
    secret.touch(mode=0o600)
    secret.write_text(PASSWORD)
    url = server.new_place()
    film = grimacing(tmp_path / "film.mp4")
    wanted = two_beds(film, landmarker=str(landmarker))
    del wanted["sources"]["right"], wanted["beds"]["bed-2"]
    wanted["storage"] = {"database_url": url, "password_credential": str(secret)}
    with LiveWard(tmp_path / "ward", wanted) as ward:
        ward.wait_for("an alert", lambda status: status["beds"]["bed-1"]["alerts"])
        assert "database" not in trouble(ward.seen())

        server.stop(signal.SIGQUIT)
        ward.wait_for("the dead server told", lambda status: "the server does not answer" in trouble(status))
        paused = ward.bed("pause", "bed-1", "--for", "60", "--by", "Anna")
        assert paused.returncode == 0, paused.stderr
        assert PASSWORD not in ward.log()
        server.start()
        ward.wait_for("the server back", lambda status: "database" not in trouble(status))

        server.freeze()
        ward.wait_for("the silent server told", lambda status: "the server does not answer" in trouble(status))
        begun_s = time.monotonic()
        resumed = ward.bed("resume", "bed-1", "--by", "Anna")
        assert resumed.returncode == 0, resumed.stderr
        assert ward.lives()
        server.thaw()
        ward.wait_for("the server talks again", lambda status: "database" not in trouble(status))
        assert time.monotonic() - begun_s < 150.0
        kept_by_the_journal = reasons(ward)
    assert not (ward.state / "vigil.sqlite").exists()
    with Database.open(url, PASSWORD) as database:
        now = datetime.now(UTC)
        found = database.transitions(now - timedelta(hours=1), now + timedelta(hours=1))
    kept = [f"{each.bed} {each.number}" for each in found]
    assert set(kept_by_the_journal) <= set(kept)
    assert len(kept) == len(set(kept))
