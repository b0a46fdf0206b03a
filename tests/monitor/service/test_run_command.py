"""``vigil run`` and ``vigil bed`` that cannot work say why in one line, with the right exit code."""

from __future__ import annotations

import errno
import logging
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from monitor.cli import run
from monitor.errors import ConfigurationError, OutputError
from monitor.service import folders
from monitor.service.folders import find_folders, find_runtime
from monitor.service.state_lock import StateLock

WARD = '{"sources": {"a": {"kind": "recording", "path": "/nowhere.mp4"}}, "beds": {"bed-1": {"source": "a"}}}'


@pytest.fixture(autouse=True)
def _log_as_it_was() -> Iterator[None]:
    """The command sets up the log of its process, which is this one."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """No folder is named by the environment."""
    for name in ("STATE", "RUNTIME", "CONFIGURATION", "CREDENTIALS"):
        monkeypatch.delenv(f"{name}_DIRECTORY", raising=False)
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    monkeypatch.setenv("CONFIGURATION_DIRECTORY", str(tmp_path / "none"))
    return tmp_path


def refusal(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str]:
    code = run([str(word) for word in words])
    said = capsys.readouterr()
    assert said.err.count("\n") == 1
    return code, said.err


def test_without_configuration_there_is_a_hint(bare: Path, capsys: pytest.CaptureFixture[str]):
    code, said = refusal(capsys, "run")
    assert code == 78
    assert "--config FILE" in said


def test_a_wrong_configuration_is_refused_by_line(bare: Path, capsys: pytest.CaptureFixture[str]):
    (bare / "vigil.yaml").write_text("beds:\n  bed-1:\n    source: a\n")
    given = ("--state-dir", bare / "state", "--runtime-dir", bare / "run")
    code, said = refusal(capsys, "run", bare / "vigil.yaml", *given)
    assert code == 78
    assert "vigil.yaml:3:5: beds.bed-1.source: there is no source 'a'" in said
    assert refusal(capsys, "run", bare / "missing.yaml", *given)[0] == 78


def test_a_configuration_is_given_once(bare: Path, capsys: pytest.CaptureFixture[str]):
    assert refusal(capsys, "run", bare / "a.yaml", "--config", bare / "b.yaml")[0] == 64


def test_folders_are_asked_for(bare: Path, capsys: pytest.CaptureFixture[str]):
    (bare / "vigil.yaml").write_text(WARD)
    code, said = refusal(capsys, "run", bare / "vigil.yaml")
    assert (code, "--state-dir" in said) == (64, True)
    code, said = refusal(capsys, "run", bare / "vigil.yaml", "--state-dir", bare / "state")
    assert (code, "--runtime-dir" in said) == (64, True)
    (bare / "file").write_text("")
    code, said = refusal(capsys, "run", bare / "vigil.yaml", "--state-dir", bare / "file" / "state")
    assert (code, "cannot be created" in said) == (73, True)


def test_a_second_service_is_refused(bare: Path, capsys: pytest.CaptureFixture[str]):
    (bare / "vigil.yaml").write_text(WARD)
    (bare / "run").mkdir()
    with socket.socket(socket.AF_UNIX) as first:
        first.bind(str(bare / "run" / "control.sock"))
        first.listen()
        code, said = refusal(
            capsys, "run", bare / "vigil.yaml", "--state-dir", bare / "state", "--runtime-dir", bare / "run"
        )
    assert (code, "a service runs already" in said) == (69, True)


def test_a_state_directory_belongs_to_one_service(bare: Path, capsys: pytest.CaptureFixture[str]):
    (bare / "vigil.yaml").write_text(WARD)
    (bare / "state").mkdir()
    first = StateLock(bare / "state")
    given = ("--state-dir", bare / "state", "--runtime-dir", bare / "run")
    code, said = refusal(capsys, "run", bare / "vigil.yaml", *given)
    assert (code, "another service keeps its state here" in said) == (69, True)
    assert not (bare / "run" / "control.sock").exists()
    first.close()
    StateLock(bare / "state").close()


def test_a_disk_that_became_read_only_does_not_keep_the_service_from_starting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "vigil.yaml").touch()
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path).name != "state")
    environment = {"XDG_RUNTIME_DIR": str(tmp_path)}
    with pytest.raises(OutputError, match="cannot be written"):
        find_folders(tmp_path / "vigil.yaml", tmp_path / "state", None, environment)
    monkeypatch.setattr(folders, "on_read_only_disk", lambda folder: folder.name == "state")
    assert find_folders(tmp_path / "vigil.yaml", tmp_path / "state", None, environment).state.name == "state"


@pytest.mark.parametrize("trouble", [errno.EROFS, errno.ENOSPC])
def test_a_lock_that_no_disk_takes_is_done_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trouble: int):
    def refuse(*_: object) -> int:
        raise OSError(trouble, os.strerror(trouble))

    with monkeypatch.context() as disk:
        disk.setattr(os, "open", refuse)
        StateLock(tmp_path).close()
    assert not (tmp_path / "lock").exists()


def test_without_a_service_beds_cannot_be_asked(bare: Path, capsys: pytest.CaptureFixture[str]):
    code, said = refusal(capsys, "bed", "list", "--runtime-dir", bare)
    assert (code, "no service runs here" in said) == (69, True)
    code, said = refusal(capsys, "bed", "neutral", "bed-1", "often", "--runtime-dir", bare)
    assert (code, "wants `reset` or seconds" in said) == (64, True)
    code, said = refusal(capsys, "bed", "pause", "bed-1", "--for", "-3", "--by", "Anna", "--runtime-dir", bare)
    assert (code, "above 0" in said) == (64, True)


def test_systemd_s_folders_are_taken(tmp_path: Path):
    names = {name: tmp_path / name for name in ("CONFIGURATION", "STATE", "RUNTIME")}
    environment = {f"{name}_DIRECTORY": f"{folder}:/elsewhere" for name, folder in names.items()}
    with pytest.raises(ConfigurationError, match="no configuration"):
        find_folders(None, None, None, environment)
    names["CONFIGURATION"].mkdir()
    (names["CONFIGURATION"] / "vigil.toml").touch()
    found = find_folders(None, None, None, environment)
    assert found.configuration == names["CONFIGURATION"] / "vigil.toml"
    assert found.journal == names["STATE"] / "alerts.jsonl"
    assert found.control_socket == names["RUNTIME"] / "control.sock"
    assert find_runtime(None, {"XDG_RUNTIME_DIR": "/run/user/7"}) in (Path("/run/user/7/vigil"), Path("/run/vigil"))
