"""`vigil data`: the real command line on real databases, its words, files and exit codes."""

from __future__ import annotations

import csv
import json
import tomllib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib.metadata import EntryPoint
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from database_records import FULL
from earlier_database import schema_1
from postgresql_server import PASSWORD

from monitor import cli
from monitor.alerts.topics import Reason
from monitor.records import Level
from monitor.storage.database.database import Database
from monitor.storage.database.outbox import OutboxMessage
from monitor.storage.database.pictures import StoredPicture
from monitor.storage.database.trend_row import TrendRow

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
KEY = "3f" * 16 + "a0" * 16
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """``run("check", ...) -> (exit code, stdout, stderr)`` with the command as the project registers it."""
    project = tomllib.loads((Path(cli.__file__).parent.parent / "pyproject.toml").read_text())["project"]
    point = EntryPoint("data", project["entry-points"][cli.GROUP]["data"], cli.GROUP)
    monkeypatch.setattr(cli, "registered", lambda: {"data": point})
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)

    def carried_out(*arguments: object) -> tuple[int, str, str]:
        code = cli.run(["data", *(str(argument) for argument in arguments)])
        said = capsys.readouterr()
        return code, said.out, said.err

    return carried_out


def fill(database: Database, emotions: dict[str, float] | None = None) -> None:
    for bed in ("bed-1", "bed-2"):
        rows = [
            TrendRow(bed=bed, at=NOON + timedelta(seconds=number), level=Level.PAIN, score=0.75, emotions=emotions)
            for number in range(61)
        ]
        database.put_trend(rows[:60])
        database.put_trend(rows[60:])
    database.record_transitions(
        [
            replace(FULL, number=1, reason=Reason.CONDITION_HELD, verdict=None, by=None),
            replace(FULL, number=2, reason=Reason.ACKNOWLEDGED, by="=1+1", verdict=None),
            FULL,
            replace(FULL, number=8, reason=Reason.RESTARTED, alert_id=None, topic=None),
        ]
    )
    database.record_configuration(NOON, "root", "reloaded", "ab12")


@pytest.fixture
def filled(sqlite_place) -> Path:
    with sqlite_place.open() as database:
        fill(database)
    return sqlite_place.file


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(
    ("what", "rows"),
    [("trends", 122), ("minutes", 2), ("alerts", 3), ("acknowledgements", 2), ("configuration", 1)],
)
def test_both_formats_say_the_same(run: Run, filled: Path, tmp_path: Path, what: str, rows: int) -> None:
    written = {}
    for kind in ("csv", "parquet"):
        out = tmp_path / f"out.{kind}"
        code, said, err = run("export", "--what", what, "--format", kind, "--database", filled, "--out", out)
        assert (code, said, err) == (0, f"{out}: {rows} rows of {what}\n", "")
        written[kind] = out
    table = pq.read_table(written["parquet"]).to_pylist()
    sheet = rows_of(written["csv"])
    assert len(table) == len(sheet) == rows
    for one, other in zip(sheet, table, strict=True):
        assert one == {name: as_cell(value) for name, value in other.items()}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.csv", "out.parquet", "ward"]


def as_cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bool):
        return str(value).lower()
    return f"'{value}" if str(value).startswith("=") else str(value)


def test_trends_have_no_emotions_unless_some_were_stored(run: Run, filled: Path, tmp_path: Path) -> None:
    run("export", "--what", "trends", "--database", filled, "--out", tmp_path / "a.csv")
    first = rows_of(tmp_path / "a.csv")[0]
    assert list(first) == [
        "ward", "bed", "at", "level", "score", "confidence", "coverage", "pspi", "cannot_assess", "mu", "fps",
    ]  # fmt: skip
    assert (first["bed"], first["at"], first["level"], first["score"], first["mu"]) == (
        "bed-1", "2026-03-01T12:00:00+00:00", "pain", "0.75", "",
    )  # fmt: skip
    with Database.open(f"sqlite:///{filled}", emotion_scores=True) as database:
        row = TrendRow(bed="bed-3", at=NOON, level=Level.PAIN, score=0.5, emotions={"joy": 0.25, "anger": 0.5})
        database.put_trend([row])
        database.put_trend([replace(row, at=NOON + timedelta(minutes=1), emotions={"fear": 0.125})])
    run("export", "--what", "trends", "--database", filled, "--out", tmp_path / "b.csv")
    rows = rows_of(tmp_path / "b.csv")
    assert [name for name in rows[0] if name.startswith("emotion_")] == ["emotion_anger", "emotion_fear", "emotion_joy"]
    assert [row["emotion_joy"] for row in rows if row["bed"] == "bed-3"] == ["0.25", ""]
    run("export", "--what", "minutes", "--database", filled, "--out", tmp_path / "c.csv")
    assert {row["bed"]: row["emotion_joy"] for row in rows_of(tmp_path / "c.csv")} == {
        "bed-1": "",
        "bed-2": "",
        "bed-3": "0.25",
    }


def test_from_and_to(run: Run, filled: Path, tmp_path: Path) -> None:
    span = ("--from", "2026-03-01T12:00:10+00:00", "--to", "2026-03-01T13:00:20+01:00")
    run("export", "--what", "trends", "--database", filled, "--out", tmp_path / "a.csv", *span)
    assert len(rows_of(tmp_path / "a.csv")) == 20
    code, _, err = run(
        "export", "--what", "trends", "--database", filled, "--out", tmp_path / "b.csv", "--to", "1969-1"
    )
    assert (code, err) == (64, "vigil: --to: must be a date, as 2026-03-01T07:00, got '1969-1'\n")
    code, _, err = run(
        "export", "--what", "trends", "--database", filled, "--out", tmp_path / "b.csv", *reversed(span[1::2]), "--from"
    )
    assert code == 64
    code, _, err = run(
        "export", "--what", "trends", "--database", filled, "--out", tmp_path / "b.csv",
        "--from", "2026-03-02", "--to", "2026-03-01",
    )  # fmt: skip
    assert (code, err) == (64, "vigil: --to: 2026-03-01 must lie after --from 2026-03-02\n")
    assert not (tmp_path / "b.csv").exists()


def test_many_rows_come_in_pages(run: Run, filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.storage.database.exporting.PAGE_ROWS", 7)
    for kind in ("csv", "parquet"):
        run("export", "--what", "trends", "--format", kind, "--database", filled, "--out", tmp_path / f"a.{kind}")
    rows = rows_of(tmp_path / "a.csv")
    assert [(row["bed"], row["at"]) for row in rows] == sorted({(row["bed"], row["at"]) for row in rows})
    assert len(rows) == 122
    assert pq.read_table(tmp_path / "a.parquet").num_rows == 122


def test_a_file_that_is_there_is_kept(run: Run, filled: Path, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("mine")
    command = ("export", "--what", "alerts", "--database", filled, "--out", tmp_path / "a.csv")
    code, _, err = run(*command)
    assert (code, err) == (73, f"vigil: {tmp_path}/a.csv: is there already; name another file or add --overwrite\n")
    assert (tmp_path / "a.csv").read_text() == "mine"
    assert run(*command, "--overwrite")[0] == 0
    assert len(rows_of(tmp_path / "a.csv")) == 3
    assert run("export", "--what", "alerts", "--database", filled, "--out", tmp_path / "none" / "a.csv")[0] == 73


def test_check_says_what_there_is_and_what_will_go(run: Run, filled: Path) -> None:
    with Database.open(f"sqlite:///{filled}") as database:
        outbox = database.outbox("mqtt", 1, 1e9)
        outbox.put(*(OutboxMessage(message_id=str(number), at=NOON, body="b") for number in range(3)))
    code, said, err = run("check", "--database", filled)
    assert (code, err) == (0, "")
    lines = said.splitlines()
    assert lines[0] == f"database:   {filled}"
    assert lines[2] == "integrity:  ok"
    assert "trend_seconds:          122 rows, 2026-03-01 12:00 to 2026-03-01 12:01 UTC" in said
    assert "sink mqtt: 1 wait, 2 were dropped" in lines
    code, said, _ = run("check", "--json", "--database", filled)
    found = json.loads(said)
    assert (found["faults"], found["waiting"], found["dropped"]) == ([], {"mqtt": 1}, {"mqtt": 2})
    assert found["holdings"]["transitions"]["rows"] == 4


def test_check_of_a_damaged_file(run: Run, filled: Path) -> None:
    with filled.open("r+b") as file:
        file.seek(3 * 4096)
        file.write(bytes(8 * 4096))
    code, said, err = run("check", "--database", filled)
    assert code == 69
    assert err.startswith(f"vigil: {filled}: is damaged; stop the service")
    assert err.count("\n") == 1
    assert "integrity:  ok" not in said


def test_prune_by_the_wards_settings(run: Run, filled: Path, tmp_path: Path) -> None:
    config = tmp_path / "vigil.yaml"
    settings = f"{{database_url: 'sqlite:///{filled}', seconds_kept_days: 36500, minutes_kept_days: 36500}}"
    config.write_text(
        'sources: {d: {kind: rtsp, url: "rtsps://c/1"}}\nbeds: {one: {source: d}}\nsinks: {c: {kind: console}}\n'
        f"storage: {settings}\n"
    )
    code, said, err = run("prune", "--config", config)
    assert (code, err) == (0, "")
    assert said.startswith("size: ")
    config.write_text(config.read_text().replace("seconds_kept_days: 36500", "seconds_kept_days: 0.00001"))
    code, said, err = run("prune", "--config", config)
    assert (code, err) == (0, "")
    assert "trend_seconds: 122 rows removed" in said
    assert "transitions" not in said


def test_pictures_are_given_up_on_demand(run: Run, filled: Path) -> None:
    with Database.open(f"sqlite:///{filled}", pixels_key=KEY) as database:
        database.put_picture(StoredPicture(bed="bed-1", at=NOON, image=b"x"))
    code, said, _ = run("prune", "--all-pictures", "--database", filled)
    assert code == 0
    assert "pictures: 1 given up" in said
    Database.open(f"sqlite:///{filled}", pixels_key="00" * 16 + "a0" * 16).close()


def test_an_earlier_database_is_migrated_on_demand_only(run: Run, tmp_path: Path) -> None:
    file = schema_1(tmp_path / "vigil.sqlite")
    code, _, err = run("check", "--database", file)
    assert code == 69
    assert "has schema 0001 of an earlier version" in err
    assert "say whose records these are" in run("migrate", "--database", file)[2]
    assert run("migrate", "--database", file, "--ward", "east")[:2] == (0, f"{file}: has schema 0003\n")
    assert run("check", "--database", file)[0] == 0


def test_the_size_of_a_file_from_a_dump_can_be_given_back(run: Run, tmp_path: Path) -> None:
    """A database that was restored from a dump cannot shrink by itself; prune rewrites it once."""
    file = schema_1(tmp_path / "vigil.sqlite")
    run("migrate", "--database", file, "--ward", "ward")
    with Database.open(f"sqlite:///{file}") as database:
        fill(database)
        with database.transactions.read() as connection:
            assert connection.exec_driver_sql("PRAGMA auto_vacuum").scalar_one() == 0
    assert run("prune", "--database", file)[0] == 0
    with Database.open(f"sqlite:///{file}") as database, database.transactions.read() as connection:
        assert connection.exec_driver_sql("PRAGMA auto_vacuum").scalar_one() == 2
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"


def test_postgresql_with_a_password_file(run: Run, postgresql_place, tmp_path: Path) -> None:
    with postgresql_place.open() as database:
        fill(database)
    secret = tmp_path / "password"
    secret.write_text(PASSWORD + "\n")
    secret.chmod(0o600)
    where = ("--database", postgresql_place.url, "--password-file", secret)
    said = [
        run("export", "--what", "minutes", "--out", tmp_path / "m.csv", *where),
        run("check", *where),
        run("prune", *where),
    ]
    assert [code for code, _, _ in said] == [0, 0, 0]
    assert len(rows_of(tmp_path / "m.csv")) == 2
    secret.write_text("another-s3cret")
    said.append(run("check", *where))
    assert said[-1][0] == 69
    secret.chmod(0o644)
    said.append(run("check", *where))
    assert said[-1][0] == 78
    assert not any(word in out + err for _, out, err in said for word in (PASSWORD, "another-s3cret"))


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        ((), 64, "name either --database or --config"),
        (("--database", "x", "--config", "y"), 64, "name either --database or --config"),
        (("--database", "mysql://host/x"), 64, "--database: wants an address that begins with sqlite:// or"),
        (("--database", "postgresql://u:secret@host/x"), 64, "--database: carries a user or password"),
        (("--config", "none.yaml"), 78, "none.yaml: No such file or directory"),
        (("--database", "none.sqlite"), 69, "none.sqlite: there is no such database"),
    ],
)
def test_what_cannot_be_opened(run: Run, options: tuple[str, ...], code: int, said: str) -> None:
    got, out, err = run("check", *options)
    assert (got, out) == (code, "")
    assert said in err
    assert err.count("\n") == 1
    assert "secret" not in err


def test_nothing_is_made_by_looking(run: Run, tmp_path: Path) -> None:
    for command in (
        ("check",),
        ("prune",),
        ("migrate", "--ward", "w"),
        ("export", "--what", "alerts", "--out", tmp_path / "o"),
    ):
        assert run(*command, "--database", tmp_path / "new.sqlite")[0] == 69
    assert list(tmp_path.iterdir()) == []


def test_wards_that_share_a_database_are_exported_together_or_one_by_one(
    run: Run, sqlite_place, tmp_path: Path
) -> None:
    for ward in ("east", "west"):
        with sqlite_place.open(ward=ward) as database:
            fill(database)
    where = ("--database", sqlite_place.file)
    for what, each in (("trends", 122), ("minutes", 2), ("alerts", 3), ("configuration", 1)):
        for wards, names in (((), ["east", "west"]), (("--ward", "west"), ["west"])):
            out = tmp_path / f"{what}-{len(names)}.csv"
            assert run("export", "--what", what, "--out", out, *wards, *where)[0] == 0
            assert [row["ward"] for row in rows_of(out)] == [name for name in names for _ in range(each)]


def test_a_ward_is_given_its_new_name(run: Run, sqlite_place, tmp_path: Path) -> None:
    with sqlite_place.open(ward="east") as database:
        fill(database)
    with sqlite_place.open(ward="west") as database:
        fill(database)
    where = ("--database", sqlite_place.file)
    for old, new, said in (
        ("north", "south", "no such ward"),
        ("east", "west", "already"),
        ("east", "a b", "a name has"),
    ):
        code, _, err = run("rename", old, new, *where)
        assert (code, said in err) == (64, True), err
    code, said, _ = run("rename", "east", "north", *where)
    assert (code, "belong to north now" in said) == (0, True)
    with sqlite_place.open(ward="north", migrate=False) as database:
        assert len(database.trend_seconds("bed-1", NOON, NOON + timedelta(hours=1))) == 61
