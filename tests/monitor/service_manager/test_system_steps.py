"""What the system is told around an installation, with stand-ins for systemd's commands."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from monitor.errors import ServiceUnavailable, UsageError
from monitor.service_manager import system_steps
from monitor.service_manager.system_steps import after_installing, after_uninstalling, require_stopped

COMMANDS = ("systemd-sysusers", "systemd-tmpfiles", "systemctl")


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file with a line for every command that was run; systemd seems to run here, and we seem to be root."""
    log, commands, running = tmp_path / "log", tmp_path / "bin", tmp_path / "running"
    commands.mkdir()
    running.mkdir()
    for name in COMMANDS:
        script = commands / name
        script.write_text(f'#!/bin/sh\necho "{name} $*" >> {log}\ncat {tmp_path}/{name}.out 2>/dev/null || :\n')
        script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{commands}:/usr/bin:/bin")
    monkeypatch.setattr(system_steps, "_RUNNING", running)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    return log


def test_users_come_before_folders_and_systemd_reads_its_units_last(told: Path) -> None:
    said: list[str] = []
    after_installing(said.append, Path("/usr/local"), Path("/opt/vigil/bin/vigil"), act=True)
    assert told.read_text().splitlines() == [
        "systemd-sysusers /usr/local/lib/sysusers.d/vigil.conf",
        "systemd-tmpfiles --create /usr/local/lib/tmpfiles.d/vigil.conf",
        "systemctl daemon-reload",
    ]
    assert sum(line.startswith("run ") for line in said) == 3
    assert not any(line.startswith("to do") for line in said)


def test_a_dry_run_or_somebody_else_than_root_only_says_it(told: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    after_installing(said.append, Path("/usr"), Path("/usr/bin/vigil"), act=False)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    after_uninstalling(said.append, act=True)
    assert not told.exists()
    assert sum(line.startswith("to do:") for line in said) == 4


def test_where_systemd_does_not_run_it_is_not_asked(told: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system_steps, "_RUNNING", told.with_name("not-there"))
    said: list[str] = []
    after_installing(said.append, Path("/usr"), Path("/usr/bin/vigil"), act=True)
    assert [line.split()[0] for line in told.read_text().splitlines()] == ["systemd-sysusers", "systemd-tmpfiles"]
    assert "to do:  systemctl daemon-reload   (as root)" in said
    require_stopped()


def test_a_step_that_fails_is_one_line(told: Path) -> None:
    (told.with_name("bin") / "systemd-tmpfiles").write_text("#!/bin/sh\necho one >&2\necho why >&2\nexit 65\n")
    with pytest.raises(ServiceUnavailable, match=r"^systemd-tmpfiles: why; the files are installed, run it again$"):
        after_installing(lambda _: None, Path("/usr"), Path("/usr/bin/vigil"), act=True)


def test_a_running_service_is_not_taken_away(told: Path) -> None:
    require_stopped()
    told.with_name("systemctl.out").write_text(
        "vigil.service loaded active running vigil\nvigil-sidecar.service loaded\n"
    )
    with pytest.raises(UsageError, match=r"systemctl disable --now vigil\.service vigil-sidecar\.service"):
        require_stopped()
