"""`vigil check-config`: the real command line, its words and exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from monitor.cli import run

EXAMPLE = Path(__file__).resolve().parents[2] / "systemd" / "vigil.example.yaml"
GOOD = 'sources: {d: {kind: rtsp, url: "rtsps://c/1"}}\nbeds: {one: {source: d}}\nsinks: {c: {kind: console}}\n'


@pytest.fixture(autouse=True)
def no_service(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)


def test_the_example(capsys: pytest.CaptureFixture[str]):
    assert run(["check-config", str(EXAMPLE)]) == 0
    said = capsys.readouterr()
    assert said.out.endswith("can be used: 5 beds, 4 sources, 6 sinks\n")
    assert said.err.count("note: ") == said.err.count("its file is not checked here") == 5


def test_all_errors_and_78(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    path = tmp_path / "vigil.yaml"
    path.write_text("beds:\n  one: {source: door}\nhealth: {port: 0}\nlogging: {levle: info}\n")
    assert run(["check-config", str(path)]) == 78
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.splitlines() == [
        f"{path}:2:9: beds.one.source: there is no source 'door'",
        f"{path}:3:10: health.port: input should be greater than or equal to 1, got 0",
        f"{path}:4:11: logging.levle: no such setting; did you mean level?",
        f"vigil: {path}: 3 errors",
    ]


def test_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    path = tmp_path / "vigil.yaml"
    path.write_text(GOOD + "health: {port: 0}\n")
    assert run(["check-config", str(path), "--json"]) == 78
    told = json.loads(capsys.readouterr().out)
    assert told["usable"] is False
    (error,) = told["errors"]
    assert (error["file"], error["line"], error["column"], error["path"]) == (str(path), 4, 10, "health.port")
    path.write_text(GOOD)
    assert run(["check-config", str(path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "usable": True,
        "files": [str(path)],
        "errors": [],
        "notes": [],
        "beds": ["one"],
        "sources": ["d"],
        "sinks": ["c"],
    }


def test_drop_ins_are_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "vigil.yaml").write_text(GOOD)
    (tmp_path / "vigil.d").mkdir()
    (tmp_path / "vigil.d" / "a.toml").write_text('[beds.two]\nsource = "d"\nzone = [0, 0, 0.5, 1]\n')
    assert run(["check-config", str(tmp_path / "vigil.yaml")]) == 78  # two beds, one of them the whole picture
    (tmp_path / "vigil.d" / "b.yaml").write_text("beds: {one: {zone: [0.5, 0, 0.5, 1]}}\n")
    capsys.readouterr()
    assert run(["check-config", str(tmp_path / "vigil.yaml")]) == 0
    assert "2 beds, 1 source, 1 sink (2 drop-in files)" in capsys.readouterr().out


def test_credentials_are_looked_at_where_that_can_be_done(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    secret = tmp_path / "secret"
    secret.write_text("pl4nted-s3cret")
    secret.chmod(0o644)
    path = tmp_path / "vigil.yaml"
    sink = "sinks: {m: {kind: mqtt, host: b, username: u, password_credential: "
    path.write_text(GOOD.replace("sinks: {c: {kind: console}}", sink + f"{secret}}}}}"))
    assert run(["check-config", str(path)]) == 78
    said = capsys.readouterr().err
    assert f"{path}:3:47: sinks.m.password_credential: credential {secret}: others may read" in said
    secret.chmod(0o600)
    assert run(["check-config", str(path)]) == 0
    path.write_text(GOOD.replace("sinks: {c: {kind: console}}", sink + "secret}}"))
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert run(["check-config", str(path)]) == 0
    secret.unlink()
    assert run(["check-config", str(path)]) == 78
    assert "pl4nted" not in said + capsys.readouterr().err


def test_schema_and_what_is_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert run(["check-config", "--schema"]) == 0
    assert json.loads(capsys.readouterr().out)["title"] == "vigil ward"
    assert run(["check-config"]) == 64
    assert run(["check-config", str(tmp_path / "none.yaml")]) == 78
    assert "none.yaml: No such file or directory" in capsys.readouterr().err
