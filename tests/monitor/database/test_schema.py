"""Migrations: they lead to the tables, from every earlier schema, wholly or not at all, one program at a time."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from database_records import BEGIN, END
from earlier_database import schema_1
from sqlalchemy import select, text

from monitor.alerts.topics import Reason
from monitor.records import Level
from monitor.storage.database import schema
from monitor.storage.database.database import Database
from monitor.storage.database.engines import parsed
from monitor.storage.database.tables import METADATA, TRANSITIONS
from monitor.storage.database.transactions import Transactions
from monitor.storage.database.trouble import Cause, DatabaseTrouble

EARLIER = ("0001", "0002")


def revisions() -> list[str]:
    folder = ScriptDirectory(str(Path(schema.__file__).with_name("migrations")))
    return sorted(script.revision for script in folder.walk_revisions())


def test_the_revisions_are_numbered_and_the_newest_is_known() -> None:
    assert revisions() == [f"{number:04d}" for number in range(1, len(revisions()) + 1)]
    assert revisions() == [*EARLIER, schema.NEWEST]


def test_migrations_lead_to_the_tables(database: Database) -> None:
    with database.transactions.read() as connection:
        options = {"compare_type": True, "include_name": lambda name, kind, parents: name != schema.VERSION_TABLE}
        assert compare_metadata(MigrationContext.configure(connection, opts=options), METADATA) == []


def led_to(place, revision: str) -> None:
    """Bring a database of schema 0001 as far as ``revision``."""
    transactions = Transactions(parsed(place.url), place.password)
    with transactions.sure() as connection:
        schema.upgrade(connection, "somebody", revision)
    transactions.close()


def check_content(database: Database) -> None:
    """What stands in the database that schema 0001 left."""
    told = database.transitions(BEGIN, END)
    assert [entry.reason for entry in told] == [
        Reason.CONDITION_HELD,
        Reason.ACKNOWLEDGED,
        Reason.CONDITION_ENDED,
        Reason.CONDITION_HELD,
    ]
    assert (told[1].by, told[1].at.isoformat()) == ("Zoë", "2026-03-01T00:01:46+00:00")
    assert str(database.load_state("bed-4")).startswith('{"format":"vigil-alert-state"')
    assert database.load_baseline("bed-4") == "{}"
    assert database.last_numbers() == {"bed-4": (4, 2)}
    assert [row.level for row in database.trend_seconds("bed-4", BEGIN, END)] == [Level.PAIN] * 3 + [Level.NO_PAIN]
    assert [minute.seconds for minute in database.trend_minutes("bed-4", BEGIN, END)] == [3]
    outbox = database.outbox("mqtt", 2, 3600.0)
    assert [entry.message_id for entry in outbox.pending()] == ["m2"]
    assert sum(outbox.dropped.values()) == 1


@pytest.mark.parametrize("earlier", EARLIER)
def test_every_earlier_schema_becomes_the_newest_and_keeps_everything(sqlite_place, earlier: str) -> None:
    schema_1(sqlite_place.file)
    led_to(sqlite_place, earlier)
    with sqlite_place.open(ward="east") as database:
        check_content(database)
    with sqlite_place.open(ward="west") as other:
        assert (other.transitions(BEGIN, END), other.last_numbers(), other.load_state("bed-4")) == ([], {}, None)
    with sqlite_place.open(ward="east", migrate=False) as again:
        check_content(again)
        again.record_configuration(BEGIN, "root", "s", "d")
        with again.transactions.read() as connection:
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok"
            assert schema.found_schema(connection, "here") == schema.NEWEST


@pytest.mark.parametrize("earlier", EARLIER)
def test_the_same_in_postgresql(postgresql_place, earlier: str) -> None:
    transactions = Transactions(parsed(postgresql_place.url), postgresql_place.password)
    with transactions.sure() as connection:
        schema.upgrade(connection, "", "0001")
        columns = "bed, number, at, reason, alert_id, weak, level, sentence"
        for number, alert in ((1, "'bed:4:17'"), (2, "NULL"), (3, "'bed:4:18'")):
            values = f"'bed:4', {number}, {number}, 'watched', {alert}, false, 0, ''"
            connection.execute(text(f"INSERT INTO transitions ({columns}) VALUES ({values})".replace(":", "\\:")))
        connection.execute(text("INSERT INTO trend_seconds (bed, at, level) VALUES ('b', 1, 'pain'), ('b', 2, 'pain')"))
        connection.execute(text("INSERT INTO bed_states (bed, state) VALUES ('b', 'kept')"))
        schema.upgrade(connection, "", earlier)
    transactions.close()
    with pytest.raises(DatabaseTrouble, match=rf"has schema {earlier} of an earlier version.*vigil data migrate"):
        postgresql_place.open(migrate=False)
    with postgresql_place.open(ward="east") as database:
        assert database.last_numbers() == {"bed:4": (3, 18)}
        assert database.load_state("b") == "kept"
        assert len(database.trend_seconds("b", datetime(1970, 1, 1, tzinfo=UTC), END)) == 2
        with database.transactions.read() as connection:
            numbers = connection.execute(select(TRANSITIONS.c.alert_number).order_by(TRANSITIONS.c.id)).scalars().all()
    assert numbers == [17, None, 18]


KILLED = """
import os, shutil, signal, sys
from pathlib import Path
from sqlalchemy import event
from monitor.storage.database import engines
from monitor.storage.database.database import Database
import alembic.command, alembic.autogenerate  # loaded before the forks

statements = 0
real = engines._sqlite

def counted(*arguments):
    engine = real(*arguments)
    @event.listens_for(engine, "before_cursor_execute")
    def stop(*given):
        global statements
        statements += 1
        if statements == last:
            os.kill(os.getpid(), signal.SIGKILL)
    return engine

engines._sqlite = counted
for last in range(1, 200, int(sys.argv[4])):
    child = os.fork()
    if child == 0:
        Database.open(sys.argv[1]).close()
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    print(last, "done" if status == 0 else "killed" if os.WIFSIGNALED(status) else f"failed {status}", flush=True)
    if status == 0:
        break
    left = Path(sys.argv[3]) / str(last)
    left.mkdir(parents=True)
    for file in Path(sys.argv[2]).parent.glob("vigil.sqlite*"):
        shutil.copy(file, left)
"""


@pytest.mark.parametrize(("earlier", "stride"), [(None, 9), ("0001", 7), ("0002", 4)])
def test_a_migration_that_is_killed_anywhere_is_made_up_for(
    sqlite_place, tmp_path: Path, earlier: str | None, stride: int
) -> None:
    """Killed at its first statement, at a later one, …; what each kill left is opened by a later run."""
    if earlier is not None:
        schema_1(sqlite_place.file)
        led_to(sqlite_place, earlier)
    run = subprocess.run(
        [sys.executable, "-c", KILLED, sqlite_place.url, str(sqlite_place.file), str(tmp_path / "left"), str(stride)],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
        cwd=Path(__file__).parents[3],
    )
    *killed, done = run.stdout.splitlines()
    assert done.endswith("done"), run.stdout + run.stderr
    assert len(killed) >= 5
    assert all(line.endswith("killed") for line in killed)
    left = sorted((tmp_path / "left").glob("*/vigil.sqlite"))
    assert len(left) >= len(killed) - 1
    for file in left:
        with sqlite3.connect(file) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            known = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        connection.close()
        assert ("transitions" in known) is (earlier is not None)
        with Database.open(f"sqlite:///{file}") as database:
            if earlier is not None:
                check_content(database)
    with sqlite_place.open(migrate=False) as database:
        if earlier is not None:
            check_content(database)


def test_a_newer_schema_is_refused_in_one_line_and_left_alone(place) -> None:
    with place.open() as database, database.transactions.sure() as connection:
        connection.execute(text(f"UPDATE {schema.VERSION_TABLE} SET version_num = '0099'"))
    with pytest.raises(DatabaseTrouble, match=r"newer version of vigil \(schema 0099, this one knows up to") as refused:
        place.open()
    assert refused.value.cause is Cause.TOO_NEW
    assert refused.value.exit_code == 69
    assert "\n" not in str(refused.value)
    with pytest.raises(DatabaseTrouble, match="newer version"):
        place.open(migrate=False)


def test_somebody_elses_file_is_refused_and_left_alone(sqlite_place) -> None:
    sqlite_place.file.parent.mkdir()
    connection = sqlite3.connect(sqlite_place.file)
    connection.execute("CREATE TABLE invoices (x)")
    connection.close()
    with pytest.raises(DatabaseTrouble, match=r"is no database of vigil.*invoices") as refused:
        sqlite_place.open()
    assert refused.value.cause is Cause.FOREIGN


def test_tables_of_others_in_postgresql_do_not_matter(postgresql_place, server) -> None:
    name = postgresql_place.url.removeprefix("postgresql://").partition("@")[0]
    server.run("CREATE TABLE invoices (x integer)", name)
    with postgresql_place.open() as database:
        assert database.last_numbers() == {}
    server.run("DROP TABLE vigil_schema", name)
    with pytest.raises(DatabaseTrouble, match=r"is no database of vigil \(it has a table baselines"):
        postgresql_place.open()


def test_an_empty_file_is_a_new_database(sqlite_place) -> None:
    sqlite_place.file.parent.mkdir()
    sqlite_place.file.touch()
    with pytest.raises(DatabaseTrouble, match="is empty"):
        sqlite_place.open(migrate=False)
    with sqlite_place.open() as database:
        assert database.last_numbers() == {}


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_many_programs_may_open_it_for_the_first_time_at_once(request: pytest.FixtureRequest, kind: str) -> None:
    place, failures, opened = request.getfixturevalue(f"{kind}_place"), [], []
    together = threading.Barrier(4)

    def first() -> None:
        together.wait()
        try:
            with place.open(busy_s=30.0) as database:
                opened.append(database.last_numbers())
        except Exception as error:  # noqa: BLE001 - told below
            failures.append(error)

    threads = [threading.Thread(target=first) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert opened == [{}] * 4
