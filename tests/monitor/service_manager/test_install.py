"""``vigil install`` into a staging folder: what it makes, what it never overwrites, what it leaves."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from pathlib import Path

import pytest
from unit_settings import needs_systemd_tools

from monitor.cli import run
from monitor.service_manager import installed_files
from monitor.service_manager.installation import Installation
from monitor.service_manager.installed_files import InstalledFile, require_executable

VIGIL = "/opt/vigil/bin/vigil"
UNIT = "usr/local/lib/systemd/system/vigil.service"
EXAMPLE = "etc/vigil/vigil.example.yaml"
RECORD = "usr/local/share/vigil/installed.json"


def install(root: Path, *more: str) -> int:
    return run(["install", "--root", str(root), "--executable", VIGIL, *more])


def tree(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def test_everything_lies_where_systemd_looks_and_points_to_the_command(tmp_path: Path) -> None:
    assert run(["install", "--root", str(tmp_path), "--executable", "/srv/v-1/bin/vigil"]) == 0
    found = tree(tmp_path)
    assert set(found) == {
        *(f"usr/local/lib/systemd/system/{name}" for name in installed_files._UNITS),
        "usr/local/lib/sysusers.d/vigil.conf",
        "usr/local/lib/tmpfiles.d/vigil.conf",
        *(f"usr/local/share/vigil/drop-ins/{name}.conf.example" for name in installed_files._DROP_INS),
        *(f"usr/local/share/vigil/{name}" for name in installed_files._WATCHING),
        EXAMPLE,
        "etc/vigil/vigil.d/10-sidecar.yaml",
        RECORD,
    }
    assert b"ExecStart=/srv/v-1/bin/vigil run\n" in found[UNIT]
    assert b"ExecStart=/srv/v-1/bin/vigil sidecar --listen" in found[UNIT.replace("vigil.s", "vigil-sidecar.s")]
    assert not any(b"/opt/vigil" in content for name, content in found.items() if name.endswith(".service"))
    assert {path.stat().st_mode & 0o777 for path in tmp_path.rglob("*") if path.is_file()} == {0o644}
    assert {path.stat().st_mode & 0o777 for path in tmp_path.rglob("*") if path.is_dir()} == {0o755}


def test_twice_is_as_once_and_each_step_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    umask = os.umask(0o077)
    try:
        assert install(tmp_path) == 0
    finally:
        os.umask(umask)
    first, said = tree(tmp_path), capsys.readouterr().out
    assert f"create  /{UNIT}" in said
    assert "to do:  systemd-sysusers /usr/local/lib/sysusers.d/vigil.conf" in said
    assert "systemctl enable --now vigil-sidecar vigil" in said
    assert (tmp_path / UNIT).stat().st_mode & 0o777 == 0o644
    assert (tmp_path / "etc").stat().st_mode & 0o777 == 0o755
    times = {name: (tmp_path / name).stat().st_mtime_ns for name in first}
    assert install(tmp_path) == 0
    assert tree(tmp_path) == first
    assert {name: (tmp_path / name).stat().st_mtime_ns for name in first} == times
    said = capsys.readouterr().out
    assert f"same    /{UNIT}" in said
    assert "create  /" not in said


def test_a_dry_run_says_the_same_and_does_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert install(tmp_path, "--dry-run") == 0
    dry = capsys.readouterr().out
    assert tree(tmp_path) == {}
    assert not (tmp_path / "usr").exists()
    assert install(tmp_path) == 0
    assert capsys.readouterr().out == dry
    before = tree(tmp_path)
    assert install(tmp_path, "--dry-run", "--uninstall") == 0
    assert tree(tmp_path) == before


@pytest.mark.parametrize("changed", [EXAMPLE, UNIT, "etc/vigil/vigil.d/10-sidecar.yaml"])
def test_a_changed_file_is_never_overwritten(changed: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    install(tmp_path)
    original = (tmp_path / changed).read_bytes()
    (tmp_path / changed).write_bytes(b"# mine\n")
    for _ in range(2):
        assert install(tmp_path) == 0
        assert (tmp_path / changed).read_bytes() == b"# mine\n"
        assert (tmp_path / f"{changed}.new").read_bytes() == original
    assert f"create  /{changed}.new (/{changed} was changed here and stays)" in capsys.readouterr().out


def test_an_upgrade_replaces_what_nobody_changed_and_removes_what_is_no_longer_part(tmp_path: Path) -> None:
    said: list[str] = []
    installation = Installation(root=tmp_path, record=Path("/share/vigil/installed.json"), say=said.append)
    old = [InstalledFile(Path(f"/lib/{name}"), b"1") for name in ("kept", "gone", "gone-but-changed")]
    installation.install(old)
    (tmp_path / "lib/gone-but-changed").write_bytes(b"mine")
    installation.install([InstalledFile(Path("/lib/kept"), b"2"), InstalledFile(Path("/lib/more"), b"3")])
    assert tree(tmp_path / "lib") == {"gone-but-changed": b"mine", "kept": b"2", "more": b"3"}
    assert "replace /lib/kept" in said
    assert "remove  /lib/gone (no longer part of vigil)" in said
    assert "keep    /lib/gone-but-changed (changed here)" in said


def test_uninstalling_leaves_configuration_state_and_what_was_changed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    install(tmp_path)
    state = tmp_path / "var/lib/vigil/vigil.sqlite"
    state.parent.mkdir(parents=True)
    state.write_bytes(b"alerts")
    (tmp_path / "etc/vigil/vigil.yaml").write_text("name: north\n", encoding="utf-8")
    sidecar = UNIT.replace("vigil.s", "vigil-sidecar.s")
    (tmp_path / sidecar).write_bytes(b"# mine\n")
    assert install(tmp_path, "--uninstall") == 0
    assert set(tree(tmp_path)) == {
        EXAMPLE,
        "etc/vigil/vigil.d/10-sidecar.yaml",
        "etc/vigil/vigil.yaml",
        "var/lib/vigil/vigil.sqlite",
        sidecar,
    }
    assert not (tmp_path / "usr/local/share/vigil").exists()
    assert "stays:  /etc/vigil" in capsys.readouterr().out
    assert install(tmp_path, "--uninstall") == 0
    assert "nothing to take away" in capsys.readouterr().out


def test_a_link_in_the_place_is_not_followed(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_bytes(b"precious")
    root = tmp_path / "root"
    (root / UNIT).parent.mkdir(parents=True)
    (root / UNIT).symlink_to(precious)  # as `systemctl mask` does with /dev/null
    assert install(root) == 0
    assert precious.read_bytes() == b"precious"
    assert (root / UNIT).is_symlink()
    assert (root / f"{UNIT}.new").is_file()


@pytest.mark.parametrize("record", [b"", b"[]", b'{"files": 7}', b'{"files": {"../../etc/passwd": 1}}', b"\xff"])
def test_a_broken_record_loses_and_removes_nothing(tmp_path: Path, record: bytes) -> None:
    install(tmp_path)
    (tmp_path / RECORD).write_bytes(record)
    before = tree(tmp_path)
    assert install(tmp_path, "--uninstall") == 0
    assert {name: content for name, content in tree(tmp_path).items() if name != RECORD} == {
        name: content for name, content in before.items() if name != RECORD
    }
    assert install(tmp_path) == 0
    assert len(json.loads((tmp_path / RECORD).read_bytes())["files"]) == len(before) - 1


@pytest.mark.skipif(os.geteuid() != 0, reason="every other test here stages as somebody who is not root")
def test_somebody_who_is_not_root_can_stage() -> None:
    with tempfile.TemporaryDirectory() as staging:
        os.chown(staging, 65534, 65534)
        pid = os.fork()
        if pid == 0:
            code = 99
            try:
                os.setgroups([])
                os.setresgid(65534, 65534, 65534)
                os.setresuid(65534, 65534, 65534)
                code = install(Path(staging))
            finally:
                os._exit(code)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
        assert (Path(staging) / UNIT).stat().st_uid == 65534


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--executable", "vigil"], 64, "absolute path"),
        (["--executable", "/opt/a b/vigil"], 64, "absolute path"),
        (["--executable", "/opt/%h/vigil"], 64, "absolute path"),
        (["--executable", "/root/venv/bin/vigil"], 64, "does not see /root"),
        (["--executable", "/home/me/venv/bin/vigil"], 64, "does not see /home"),
        (["--executable", VIGIL, "--prefix", "usr"], 64, "must be absolute"),
    ],
)
def test_what_cannot_work_is_refused_in_one_line(
    arguments: list[str], code: int, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["install", "--root", str(tmp_path), *arguments]) == code
    said = capsys.readouterr().err
    assert words in said
    assert said.count("\n") == 1
    assert tree(tmp_path) == {}


def test_a_command_whose_interpreter_is_hidden_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installed_files, "_HIDDEN", (str(tmp_path / "hidden"),))
    script = tmp_path / "vigil"
    (tmp_path / "hidden").mkdir()
    (tmp_path / "python").symlink_to(tmp_path / "hidden" / "python3")
    script.write_text(f"#!{tmp_path}/python -s\n", encoding="utf-8")
    with pytest.raises(Exception, match="does not see"):
        require_executable(script, must_exist=True)
    script.write_text("#!/usr/bin/python3\n", encoding="utf-8")
    require_executable(script, must_exist=True)
    with pytest.raises(Exception, match="no such command"):
        require_executable(tmp_path / "none", must_exist=True)


def test_a_place_that_cannot_be_written_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "usr").write_bytes(b"a file in the way")
    assert install(tmp_path) == 73
    said = capsys.readouterr().err
    assert "Not a directory" in said
    assert said.count("\n") == 1


@needs_systemd_tools
def test_installed_units_please_systemd(tmp_path: Path) -> None:
    assert run(["install", "--root", str(tmp_path), "--executable", "/bin/true"]) == 0
    units = tmp_path / "usr/local/lib/systemd/system"
    for unit in sorted(units.iterdir()):
        verify = subprocess.run(
            ["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False, timeout=300
        )
        assert "vigil" not in verify.stdout + verify.stderr
