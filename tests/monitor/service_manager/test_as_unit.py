"""A command under a unit's settings: measured from inside, and the watchdog that ends it from outside."""

from __future__ import annotations

import errno
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from unit_settings import needs_namespaces, needs_systemd_tools

from monitor.clock import now_s
from monitor.service_manager.keeper import seconds
from monitor.service_manager.syscall_filter import allowed_calls, expand, rules_of
from monitor.service_manager.unit_file import read_unit

pytestmark = [pytest.mark.live, needs_systemd_tools]
SYSTEMD = Path(__file__).resolve().parents[3] / "systemd"
INSIDE = r"""
import ctypes, json, mmap, os, resource, socket, time
libc = ctypes.CDLL(None, use_errno=True)
def refused(act):
    try:
        act()
    except OSError as error:
        return error.errno
    return 0
def call(name, *arguments):
    if getattr(libc, name)(*arguments) != 0:
        raise OSError(ctypes.get_errno(), name)
def write(path):
    with open(path, "w") as file:
        file.write("x")
status = dict(line.split(":\t", 1) for line in open("/proc/self/status").read().splitlines() if ":\t" in line)
state = os.environ.get("STATE_DIRECTORY")
attempts = {
    "root": lambda: write("/vigil-was-here"),
    "usr": lambda: write("/usr/vigil-was-here"),
    "tmp": lambda: write("/tmp/vigil-was-here"),
    "wx": lambda: mmap.mmap(-1, 4096, prot=7),
    "unshare": lambda: call("unshare", 0x10000000),
    "mount": lambda: call("mount", b"x", b"/mnt", b"tmpfs", 0, 0),
    "packet": lambda: socket.socket(17, socket.SOCK_RAW),
    "inet": socket.socket,
    "interfaces": socket.if_nameindex,
    "affinity": lambda: os.sched_setaffinity(0, [0]),
    "nice": lambda: os.nice(1),
    "personality": lambda: call("personality", 0x0040000),
    "clock": lambda: time.clock_settime(time.CLOCK_REALTIME, time.time()),
}
if state:
    attempts["state"] = lambda: write(state + "/x")
    attempts["suid"] = lambda: os.chmod(state + "/x", 0o4755)
found = {name: refused(act) for name, act in attempts.items()}
found |= {
    "uid": os.getuid(),
    "umask": os.umask(0),
    "caps": [status[f"Cap{kind}"] for kind in ("Prm", "Eff", "Bnd", "Amb")],
    "nnp": status["NoNewPrivs"],
    "seccomp": status["Seccomp"],
    "home": os.listdir("/root") if os.access("/root", os.R_OK) else [],
    "others": [name for name in os.listdir("/proc") if name == "1"],
    "core": resource.getrlimit(resource.RLIMIT_CORE),
    "nodes": sorted(os.listdir("/dev")),
}
print(json.dumps(found))
"""


def as_unit(base: Path, unit: Path, *command: str, options: tuple[str, ...] = ()) -> list[str]:
    base.chmod(0o755)
    return [
        *(sys.executable, "-m", "monitor.service_manager.as_unit", "--base", str(base), *options, str(unit), "--"),
        *command,
    ]


def measured(base: Path, unit: str) -> tuple[dict, str]:
    import json

    command = as_unit(base, SYSTEMD / unit, sys.executable, "-c", INSIDE)
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout), run.stderr


@needs_namespaces
def test_the_service_has_what_its_unit_leaves_it_and_no_more(tmp_path: Path) -> None:
    found, said = measured(tmp_path, "vigil.service")
    assert found["uid"] != 0
    assert found["umask"] == 0o027
    assert found["caps"] == ["0" * 16] * 4
    assert (found["nnp"], found["seccomp"]) == ("1", "2")
    assert found["root"] == found["usr"] == errno.EROFS
    assert found["tmp"] == found["state"] == 0
    assert not Path("/tmp/vigil-was-here").exists()
    assert (tmp_path / "state/vigil/x").read_text(encoding="ascii") == "x"
    assert found["home"] == [name for name in found["home"] if Path(sys.base_prefix).is_relative_to(f"/root/{name}")]
    assert found["others"] == []
    refused = ("wx", "unshare", "mount", "affinity", "suid", "personality", "clock")
    assert {name: found[name] for name in refused} == dict.fromkeys(refused, errno.EPERM)
    assert found["packet"] == errno.EAFNOSUPPORT
    assert found["inet"] == found["nice"] == found["interfaces"] == 0
    assert found["core"] == [0, 0]
    assert "as_unit: not applied, only systemd can: " in said


@needs_namespaces
def test_the_sidecar_has_no_network_and_no_devices(tmp_path: Path) -> None:
    found, _ = measured(tmp_path, "vigil-sidecar.service")
    assert found["inet"] == errno.EAFNOSUPPORT
    assert found["interfaces"] == errno.EAFNOSUPPORT
    assert "state" not in found
    assert set(found["nodes"]) <= {"fd", "full", "null", "random", "shm", "tty", "urandom", "zero"}
    assert found["wx"] == errno.EPERM


@needs_namespaces
def test_what_is_left_out_is_said_and_not_in_force(tmp_path: Path) -> None:
    probe = "import mmap; mmap.mmap(-1, 4096, prot=7)"
    options = ("--without", "MemoryDenyWriteExecute")
    command = as_unit(tmp_path, SYSTEMD / "vigil.service", sys.executable, "-c", probe, options=options)
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert run.returncode == 0, run.stderr
    assert "left out: MemoryDenyWriteExecute" in run.stderr


TALKING = r"""
import os, signal, sys, time
sys.path.insert(0, sys.argv[2])
from monitor.service_manager.notify import ServiceManager
manager = ServiceManager.from_environment(os.environ)
signal.signal(signal.SIGHUP, lambda *_: manager.status("reloaded"))
signal.signal(signal.SIGTERM, lambda *_: (manager.stopping("bye"), sys.exit(7)))
manager.ready("up")
while True:
    if sys.argv[1] == "feeds":
        manager.feed()
    time.sleep(0.05)
"""


@contextmanager
def talking(base: Path, manner: str, watchdog_s: float) -> Iterator[subprocess.Popen[str]]:
    unit = base / "talk.service"
    text = (SYSTEMD / "vigil.service").read_text(encoding="utf-8")
    unit.write_text(f"{text}\n[Service]\nWatchdogSec={watchdog_s}\n", encoding="utf-8")
    root = str(Path(__file__).resolve().parents[3])
    command = as_unit(base, unit, sys.executable, "-c", TALKING, manner, root)
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
        process.communicate()


def heard(process: subprocess.Popen[str], words: str) -> str:
    assert process.stderr is not None
    deadline = now_s() + 120
    while now_s() < deadline and (line := process.stderr.readline()):
        if words in line:
            return line
    raise AssertionError(f"never said: {words}")


@needs_namespaces
def test_it_hears_what_the_command_says_and_hands_signals_on(tmp_path: Path) -> None:
    with talking(tmp_path, "feeds", 20.0) as process:
        heard(process, "told: STATUS=up")
        process.send_signal(signal.SIGHUP)
        heard(process, "told: STATUS=reloaded")
        process.send_signal(signal.SIGTERM)
        heard(process, "told: STOPPING=1")
        assert process.wait(120) == 7


@needs_namespaces
def test_a_command_that_is_not_fed_is_ended(tmp_path: Path) -> None:
    with talking(tmp_path, "starves", 0.5) as process:
        heard(process, "not fed for 0.5 s: SIGABRT")
        assert process.wait(120) == 128 + signal.SIGABRT


@needs_namespaces
def test_credentials_are_handed_over_to_the_user_alone(tmp_path: Path) -> None:
    unit, secret = tmp_path / "vigil.service", tmp_path / "secret"
    secret.write_text("hush", encoding="ascii")
    secret.chmod(0o600)
    text = (SYSTEMD / "vigil.service").read_text(encoding="utf-8")
    unit.write_text(f"{text}\n[Service]\nLoadCredential=door:{secret}\n", encoding="utf-8")
    probe = (
        "import os; from pathlib import Path; from monitor.ward.credentials import *\n"
        "folder = credentials_directory(); print(read_credential('door', folder).reveal())\n"
        f"print(os.access({str(secret)!r}, os.R_OK), oct(os.stat(folder).st_mode))"
    )
    run = subprocess.run(
        as_unit(tmp_path, unit, sys.executable, "-c", probe), capture_output=True, text=True, check=False, timeout=300
    )
    assert run.stdout.splitlines() == ["hush", "False 0o40700"], run.stderr
    assert "hush" not in run.stderr
    secret.unlink()
    run = subprocess.run(as_unit(tmp_path, unit, "/bin/true"), capture_output=True, text=True, check=False, timeout=300)
    assert run.returncode == 66
    assert run.stderr == "as_unit: credential door: No such file or directory\n"


@needs_namespaces
def test_a_command_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    command = as_unit(tmp_path, SYSTEMD / "vigil.service", "/no/such/command")
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert run.returncode == 69
    assert "/no/such/command: [Errno 2]" in run.stderr
    assert "Traceback" not in run.stderr


@pytest.mark.parametrize(
    ("text", "value"), [("30", 30.0), ("1.5", 1.5), ("2min 10s", 130.0), ("2 min", 120.0), ("0", 0.0)]
)
def test_time_spans(text: str, value: float) -> None:
    assert seconds(text) == value


def test_the_filter_is_the_units() -> None:
    calls = allowed_calls(read_unit(SYSTEMD / "vigil.service"))
    assert calls is not None
    assert {"execve", "exit_group", "read", "memfd_create", "sendmsg", "futex", "setpriority"} <= calls
    assert calls.isdisjoint(
        {"mount", "ptrace", "bpf", "reboot", "sched_setaffinity", "kexec_load", "keyctl"} - expand(["@keyring"])
    )
    rules = rules_of(read_unit(SYSTEMD / "vigil-sidecar.service"))
    families = {rule.compares[0][2] for rule in rules["RestrictAddressFamilies"]}
    assert int(socket.AF_UNIX) not in families
    assert {int(socket.AF_INET), int(socket.AF_INET6), int(socket.AF_NETLINK)} <= families
