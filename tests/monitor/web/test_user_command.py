"""``vigil user`` on the ward's database, also while the page is being served."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from page_server import PASSWORD

from monitor.cli import run
from monitor.web.users import every_user


@pytest.fixture
def config(ward, tmp_path: Path) -> Path:
    """The configuration of the ward that is served; it names no database, so the state folder's is meant."""
    film, path = tmp_path / "film.mp4", tmp_path / "vigil.yaml"
    film.touch()
    path.write_text(
        f"name: north\nsources:\n  film: {{kind: recording, path: {film}}}\nbeds:\n"
        "  bed-1: {source: film, zone: [0.0, 0.0, 0.5, 1.0]}\n  bed-2: {source: film, zone: [0.5, 0.0, 0.5, 1.0]}\n"
    )
    return path


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "password"
    path.write_text(PASSWORD + "\n")
    path.chmod(0o600)
    return path


@pytest.fixture
def user(config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def said(*words: object) -> int:
        return run(["user", *map(str, words), "--config", str(config)])

    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
    return said


def test_a_user_who_is_added_while_the_page_runs_can_log_in(user, secret, served, capsys):
    assert user("add", "Anna", "--role", "nurse", "--beds", "bed-1, bed-2", "--password-file", secret) == 0
    assert capsys.readouterr().out == "Anna is a user now: nurse, bed-1, bed-2\n"
    anna = served.browser("anna")
    assert [bed["bed"] for bed in anna.get("/api/ward").json()["beds"]] == ["bed-1", "bed-2"]
    assert user("list") == 0
    assert "Anna: nurse, bed-1, bed-2\n" in capsys.readouterr().out
    secret.write_text("seven calm windows")
    assert user("password", "ANNA", "--password-file", secret) == 0
    assert anna.get("/api/ward").status_code == 401
    anna.log_in("Anna", "seven calm windows")
    assert user("remove", "anna") == 0
    assert anna.get("/api/ward").status_code == 401
    assert "Anna is no user any more\n" in capsys.readouterr().out


def test_all_beds_and_beds_of_other_wards(user, secret, ward, capsys):
    wall = ("--role", "viewer", "--beds", "bed-2,south/*", "--pictures")
    assert user("add", "Chief", "--role", "admin", "--beds", "*", "--password-file", secret) == 0
    assert user("add", "Wall", *wall, "--password-file", secret) == 0
    assert user("list") == 0
    told = capsys.readouterr().out.splitlines()[2:]
    assert told == ["Chief: admin, all beds", "Wall: viewer, bed-2, south/*, pictures"]


@pytest.mark.parametrize(
    ("words", "code", "why"),
    [
        (["add", "nurse", "--role", "nurse", "--beds", "bed-9"], 64, "there is no bed-9; there are: bed-1, bed-2"),
        (["add", "nurse", "--role", "nurse", "--beds", "bed 1"], 64, "--beds: beds: each must be"),
        (["add", "a/b", "--role", "nurse", "--beds", "bed-1"], 64, "a user's name has"),
        (["add", "nurse", "--role", "boss", "--beds", "bed-1"], 64, "boss"),
        (["password", "nobody"], 64, "there is no user nobody"),
        (["remove", "nobody"], 64, "there is no user nobody"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(words, code, why, user, secret, ward, capsys):
    more = ["--password-file", secret] if words[0] == "add" else []
    assert user(*words, *more) == code
    said = capsys.readouterr().err
    assert why in said
    assert said.count("\n") == 1
    assert every_user(ward.database.transactions) == []


def test_the_last_admin_stays(user, secret, ward, capsys):
    assert user("add", "Chief", "--role", "admin", "--beds", "*", "--password-file", secret) == 0
    assert user("remove", "chief") == 64
    assert "is the last admin" in capsys.readouterr().err
    assert user("add", "chief", "--role", "admin", "--beds", "*", "--password-file", secret) == 64


def test_weak_passwords_and_files_that_others_read_are_refused(user, secret, ward, capsys):
    secret.write_text("short")
    assert user("add", "Anna", "--role", "nurse", "--beds", "bed-1", "--password-file", secret) == 64
    secret.write_text(PASSWORD)
    secret.chmod(0o644)
    assert user("add", "Anna", "--role", "nurse", "--beds", "bed-1", "--password-file", secret) == 78
    assert PASSWORD not in capsys.readouterr().err


def test_without_a_terminal_the_password_must_stand_in_a_file(user, ward, capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin", StringIO(PASSWORD))
    assert user("add", "Anna", "--role", "nurse", "--beds", "bed-1") == 64
    assert "--password-file" in capsys.readouterr().err


def test_a_ward_that_never_ran_has_no_users_yet(user, secret, ward, tmp_path, capsys):
    ward.close()
    (tmp_path / "vigil.sqlite").unlink()
    assert user("list") == 69
    assert capsys.readouterr().err.count("\n") == 1
