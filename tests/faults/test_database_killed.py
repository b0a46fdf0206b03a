"""A program that records alerts is killed at random points: what it was told is kept, is kept; the file is whole."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from monitor.storage.database.database import Database

pytestmark = pytest.mark.live

KILLS = 30
TESTS = Path(__file__).resolve().parents[1]

WRITER = """
import os, random, signal, sys, time
from dataclasses import replace
from datetime import timedelta
sys.path[:0] = [sys.argv[2]]
from ward_story import MIDNIGHT, Story
from monitor.records import Level
from monitor.storage.database.database import Database
from monitor.storage.database.outbox import OutboxMessage
from monitor.storage.database.trend_row import TrendRow
from monitor.ward.service import StorageSettings

told = Story().watch("++++++").told[0]
settings = StorageSettings(seconds_kept_days=0.0005)

def write(database, number, say):
    outbox = database.outbox("mqtt", 50, 1e9)
    while True:
        number += 1
        at = MIDNIGHT + timedelta(seconds=number)
        if number % 2:
            with database.together():
                database.record_transitions([replace(told, number=number)])
                database.save_state("bed-4", str(number))
                outbox.put(OutboxMessage(message_id=str(number), at=at, body="{}"))
        else:
            database.record_transitions([replace(told, number=number)])
        os.write(say, b"%d\\n" % number)
        database.put_trend([TrendRow(bed="bed-4", at=at, level=Level.NO_PAIN, score=0.5)])
        if number % 7 == 0:
            for _ in database.pruning(at, settings):
                pass
            outbox.delivered([entry.message_id for entry in outbox.pending(3)])

chance = random.Random(int(sys.argv[3]))
known = 0
Database.open(sys.argv[1]).close()
for kill in range(int(sys.argv[4])):
    hear, say = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(hear)
        with Database.open(sys.argv[1]) as database:
            write(database, known, say)
    os.close(say)
    begun = os.read(hear, 64)
    time.sleep(chance.uniform(0.0, 0.15))
    os.kill(child, signal.SIGKILL)
    said = begun
    while part := os.read(hear, 1 << 16):
        said += part
    os.close(hear)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL
    lines = said.decode().split("\\n")[:-1]
    print(known, lines[-1], flush=True)
    known = int(lines[-1]) + 5
"""


def test_nothing_that_was_recorded_is_lost_by_thirty_kills(tmp_path: Path) -> None:
    file = tmp_path / "vigil.sqlite"
    seed = random.Random(20261121).randrange(1 << 30)
    run = subprocess.run(
        [sys.executable, "-c", WRITER, f"sqlite:///{file}", str(TESTS), str(seed), str(KILLS)],
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
        cwd=TESTS.parent,
    )
    assert run.returncode == 0, run.stderr
    spans = [tuple(int(part) for part in line.split()) for line in run.stdout.splitlines()]
    assert len(spans) == KILLS
    connection = sqlite3.connect(file)
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()
    with Database.open(f"sqlite:///{file}", migrate=False) as database:
        told = database.transitions(datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
        numbers = [entry.number for entry in told]
        expected = {number for after, last in spans for number in range(after + 1, last + 1)}
        assert len(expected) > KILLS
        assert expected <= set(numbers)
        assert len(set(numbers) - expected) <= KILLS  # at most the one that was on its way at each kill
        assert numbers == sorted(set(numbers))
        last_odd = max(number for number in numbers if number % 2)
        assert database.load_state("bed-4") == str(last_odd)
        waiting = [int(entry.message_id) for entry in database.outbox("mqtt", 50, 1e9).pending(1000)]
        assert waiting == sorted(waiting)
        assert waiting[-1] == last_odd
        assert set(waiting) <= set(numbers)
        assert len(waiting) <= 50
