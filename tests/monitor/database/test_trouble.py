"""Full, read-only, locked, damaged, unreachable: one kind of error that says what to do, and work goes on after it."""

from __future__ import annotations

import gc
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from database_records import BEGIN, END, FULL
from postgresql_server import PASSWORD, postgresql_server

from monitor.errors import ServiceUnavailable
from monitor.storage.database import answering, engines
from monitor.storage.database.database import Database
from monitor.storage.database.outbox import OutboxMessage
from monitor.storage.database.trouble import Cause, DatabaseTrouble

pytestmark = pytest.mark.live

REPOSITORY = Path(__file__).parents[3]


def one_line(trouble: BaseException) -> str:
    said = str(trouble)
    assert "\n" not in said
    assert len(said) < 600
    return said


def test_a_full_database_says_so_and_goes_on_when_there_is_room(sqlite_place) -> None:
    """SQLite's own limit of pages stands for a disk without room: the same error, from the same place."""
    with sqlite_place.open() as database:
        with database.transactions.read() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        limit_pages(database, pages)
        recorded = []
        with pytest.raises(DatabaseTrouble) as full:  # noqa: PT012
            for number in range(1000):
                entry = replace(FULL, number=number, sentence="x" * 500)
                database.record_transitions([entry])
                recorded.append(entry)
        assert full.value.cause is Cause.FULL
        assert f"{sqlite_place.file}: there is no room left; free some" in one_line(full.value)
        assert isinstance(full.value, ServiceUnavailable)
        assert database.transitions(BEGIN, END) == recorded
        with pytest.raises(DatabaseTrouble), database.together():  # noqa: PT012
            database.save_state("bed-1", "small")
            database.record_transitions([replace(FULL, number=5000 + n, sentence="x" * 3000) for n in range(20)])
        assert database.load_state("bed-1") is None
        limit_pages(database, 1 << 30)
        database.record_transitions([entry])
        assert database.transitions(BEGIN, END) == [*recorded, entry]


def limit_pages(database: Database, pages: int) -> None:
    with database.transactions.sure() as connection:
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")


NO_ROOM = """
import resource, signal, sys
from dataclasses import replace
sys.path[:0] = [sys.argv[2]]
from database_records import FULL
from monitor.storage.database.database import Database
from monitor.storage.database.trouble import DatabaseTrouble
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
database = Database.open(sys.argv[1])
before = database.size_bytes()
resource.setrlimit(resource.RLIMIT_FSIZE, (before + 20_000, resource.RLIM_INFINITY))
for number in range(1000):
    try:
        database.record_transitions([replace(FULL, number=number, sentence="x" * 500)])
    except DatabaseTrouble as error:
        print(number, error.cause.value)
        break
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
database.record_transitions([replace(FULL, number=number)])
print(len(database.transitions(FULL.at.replace(month=1), FULL.at.replace(month=12))))
"""


def test_a_file_that_may_not_grow_is_trouble_and_not_the_end(sqlite_place) -> None:
    run = subprocess.run(
        [sys.executable, "-c", NO_ROOM, sqlite_place.url, str(REPOSITORY / "tests")],
        capture_output=True, text=True, check=True, timeout=300, cwd=REPOSITORY,
    )  # fmt: skip
    told, count = run.stdout.splitlines()
    number, cause = told.split()
    assert cause in ("full", "failed")
    assert int(count) == int(number) + 1
    assert int(number) > 0


READ_ONLY = """
import os, sys
from monitor.storage.database.database import Database
from monitor.storage.database.trouble import DatabaseTrouble
if os.getuid() == 0:
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
try:
    with Database.open(sys.argv[1]) as database:
        database.save_state("bed-1", "x")
    print("written")
except DatabaseTrouble as error:
    print(error.cause.value, error)
"""


def as_nobody(url: str) -> str:
    run = subprocess.run(
        [sys.executable, "-c", READ_ONLY, url],
        capture_output=True, text=True, check=True, timeout=300, cwd=REPOSITORY,
    )  # fmt: skip
    return run.stdout.strip()


@pytest.mark.parametrize("there", [False, True])
def test_a_read_only_folder_is_trouble(there: bool) -> None:
    folder = Path(tempfile.mkdtemp(prefix="vigil-read-only-"))
    try:
        file = folder / "vigil.sqlite"
        if there:
            Database.open(f"sqlite:///{file}").close()
        for path in folder.iterdir():
            path.chmod(0o444)
        folder.chmod(0o555)
        said = as_nobody(f"sqlite:///{file}")
        assert said.startswith(f"read_only {file}: cannot be written; give its folder and file to the user")
    finally:
        folder.chmod(0o700)
        shutil.rmtree(folder)


def test_a_folder_in_its_place_and_a_file_in_its_way(tmp_path: Path) -> None:
    with pytest.raises(DatabaseTrouble, match="is a folder; name a file"):
        Database.open(f"sqlite:///{tmp_path}")
    (tmp_path / "file").touch()
    with pytest.raises(DatabaseTrouble, match="cannot be written") as refused:
        Database.open(f"sqlite:///{tmp_path}/file/x.sqlite")
    assert refused.value.cause is Cause.READ_ONLY


def test_what_is_not_there_is_not_made_where_that_is_not_wanted(tmp_path: Path) -> None:
    with pytest.raises(DatabaseTrouble, match=r"x\.sqlite: there is no such database") as missing:
        Database.open(f"sqlite:///{tmp_path}/x.sqlite", create=False)
    assert missing.value.cause is Cause.MISSING
    assert list(tmp_path.iterdir()) == []


def test_a_lock_of_another_program_is_said_and_waited_for(sqlite_place) -> None:
    with sqlite_place.open(busy_s=0.05) as database:
        other = sqlite3.connect(sqlite_place.file, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(DatabaseTrouble, match="another program holds it locked") as locked:
            database.record_transitions([FULL])
        assert locked.value.cause is Cause.LOCKED
        assert database.transitions(BEGIN, END) == []  # reading goes on
        other.execute("COMMIT")
        other.close()
        database.record_transitions([FULL])
        assert database.transitions(BEGIN, END) == [FULL]


@pytest.mark.parametrize("content", [b"", b"no database " * 1000], ids=["cut", "overwritten"])
def test_a_damaged_file_is_said(sqlite_place, content: bytes) -> None:
    with sqlite_place.open() as database:
        database.record_transitions([replace(FULL, number=number) for number in range(500)])
    with sqlite_place.file.open("r+b") as file:
        if content:
            file.write(content)
        else:
            file.truncate(sqlite_place.file.stat().st_size // 2 + 7)
    with pytest.raises(DatabaseTrouble) as damaged, sqlite_place.open() as database:  # noqa: PT012
        database.transitions(BEGIN, END)
        database.last_numbers()
        database.record_transitions([replace(FULL, number=number) for number in range(500, 900)])
    assert damaged.value.cause is Cause.DAMAGED
    said = one_line(damaged.value)
    assert "is damaged; stop the service, move the file" in said
    assert "alert journal" in said


def test_commits_of_alerts_wait_for_the_disk_and_those_of_trends_do_not(sqlite_place) -> None:
    with sqlite_place.open() as database:
        found = {}
        for kind in ("sure", "quick"):
            with getattr(database.transactions, kind)() as connection:
                found[kind] = [
                    connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
                    for name in ("synchronous", "journal_mode")
                ]
        assert found == {"sure": [2, "wal"], "quick": [1, "wal"]}
        assert sqlite_place.file.stat().st_mode & 0o007 == 0


def test_several_programs_may_open_a_new_file_at_once(tmp_path: Path) -> None:
    """SQLite does not wait for the lock that turning the write-ahead log on takes: we do."""
    for number in range(25):
        url, together = f"sqlite:////{tmp_path}/{number}.sqlite", threading.Barrier(4)
        with ThreadPoolExecutor(4) as programs:
            found = [programs.submit(opened_together, url, together) for _ in range(4)]
        assert [each.result() for each in found] == ["wal"] * 4


def opened_together(url: str, together: threading.Barrier) -> str:
    together.wait(60)
    with Database.open(url, busy_s=30.0) as database, database.transactions.sure() as connection:
        return connection.exec_driver_sql("PRAGMA journal_mode").scalar_one()


def test_the_same_in_postgresql(postgresql_place) -> None:
    with postgresql_place.open() as database:
        found = {}
        for kind in ("sure", "quick"):
            with getattr(database.transactions, kind)() as connection:
                found[kind] = connection.exec_driver_sql("SHOW synchronous_commit").scalar_one()
    assert found == {"sure": "on", "quick": "off"}
    own = f"{postgresql_place.url}?options=-cwork_mem%3D7MB"
    with Database.open(own, postgresql_place.password) as database, database.transactions.sure() as connection:
        assert connection.exec_driver_sql("SHOW work_mem").scalar_one() == "7MB"
        assert connection.exec_driver_sql("SHOW synchronous_commit").scalar_one() == "on"


def test_a_server_that_goes_and_comes_back(tmp_path: Path) -> None:
    with postgresql_server() as server:
        url = server.new_place()
        with Database.open(url, PASSWORD) as database:
            database.record_transitions([FULL])
            server.stop(signal.SIGQUIT)  # at once, as a crash
            with pytest.raises(DatabaseTrouble, match="the server does not answer") as away:
                database.record_transitions([replace(FULL, number=8)])
            assert away.value.cause is Cause.UNREACHABLE
            assert PASSWORD not in one_line(away.value)
            with pytest.raises(DatabaseTrouble):
                database.transitions(BEGIN, END)
            server.start()
            outbox = database.outbox("mqtt", 10, 1e6)
            with database.together():
                database.record_transitions([FULL, replace(FULL, number=8)])
                outbox.put(OutboxMessage(message_id="m", at=datetime(2026, 1, 1, tzinfo=UTC), body="b"))
            assert database.transitions(BEGIN, END) == [FULL, replace(FULL, number=8)]
            assert outbox.waiting == 1


def test_a_server_that_says_nothing_is_given_up_and_left_alone_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopped: its kernel accepts whatever is sent, nobody answers."""
    rested_s = [0.0]
    monkeypatch.setattr(answering, "now_s", lambda: time.monotonic() + rested_s[0])
    with postgresql_server() as server, Database.open(server.new_place(), PASSWORD, answer_s=1.0) as database:
        database.record_transitions([FULL])
        server.freeze()
        try:
            with pytest.raises(DatabaseTrouble, match="the server does not answer") as silent:
                database.record_transitions([replace(FULL, number=8)])
            assert silent.value.cause is Cause.UNREACHABLE
            with pytest.raises(DatabaseTrouble, match="asked in vain a moment ago"):
                database.record_transitions([replace(FULL, number=8)])
        finally:
            server.thaw()
        rested_s[0] += 3600.0
        database.record_transitions([replace(FULL, number=8)])
        assert [each.number for each in database.transitions(BEGIN, END)] == [FULL.number, 8]


def test_a_wrong_password_is_said_and_shown_nowhere(postgresql_place, caplog, capfd) -> None:
    with pytest.raises(DatabaseTrouble, match="the server refuses; check user, password credential") as refused:
        Database.open(postgresql_place.url, "another-s3cret")
    assert refused.value.cause is Cause.REFUSED
    with pytest.raises(DatabaseTrouble) as unknown:
        Database.open(postgresql_place.url + "x", PASSWORD)
    assert unknown.value.cause is Cause.REFUSED
    shown = [one_line(refused.value), one_line(unknown.value), caplog.text, *capfd.readouterr()]
    assert not any(secret in text for text in shown for secret in (PASSWORD, "another-s3cret"))


def test_a_driver_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*given: object, **options: object) -> None:
        raise ModuleNotFoundError("No module named 'psycopg'")

    monkeypatch.setattr(engines, "create_engine", missing)
    with pytest.raises(ServiceUnavailable, match=r"ward: PostgreSQL's driver is missing; install vigil\[postgresql\]"):
        Database.open("postgresql://vigil@127.0.0.1/ward", PASSWORD)


def test_a_server_that_is_not_there() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        with pytest.raises(DatabaseTrouble) as away:
            Database.open(f"postgresql://vigil@127.0.0.1:{free.getsockname()[1]}/ward", PASSWORD)
    assert away.value.cause is Cause.UNREACHABLE
    assert PASSWORD not in one_line(away.value)


def test_a_table_that_somebody_took_away_is_trouble_too(place) -> None:
    with place.open() as database:
        with database.transactions.sure() as connection:
            connection.exec_driver_sql("DROP TABLE baselines")
        with pytest.raises(DatabaseTrouble, match=r"did not take a statement; .*`vigil data check`") as odd:
            database.load_baseline("bed-1")
        assert odd.value.cause is Cause.UNEXPECTED
        one_line(odd.value)
        database.record_transitions([FULL])


def test_nothing_stays_open(sqlite_place) -> None:
    def descriptors() -> int:
        return len(os.listdir("/proc/self/fd"))

    sqlite_place.open().close()
    gc.collect()
    before = descriptors()
    for _ in range(20):
        with sqlite_place.open() as database:
            database.save_state("bed-1", "x")
    assert descriptors() <= before
