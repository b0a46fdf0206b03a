"""What reaches a real notify socket, by path and by abstract name, and what happens when nobody listens."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from monitor.service_manager.notify import ServiceManager


class Listener:
    """What systemd would be: a bound datagram socket."""

    def __init__(self, address: str) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(address)
        self.socket.settimeout(60)

    def next(self) -> list[str]:
        return self.socket.recv(4096).decode().split("\n")

    def nothing(self) -> bool:
        self.socket.setblocking(False)
        try:
            self.socket.recv(4096)
        except BlockingIOError:
            return True
        finally:
            self.socket.settimeout(60)
        return False


@pytest.fixture(params=["path", "abstract"])
def told(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Listener, ServiceManager]]:
    abstract = f"vigil-test-{os.getpid()}-{tmp_path.name}"
    bound, named = (
        (str(tmp_path / "notify"), str(tmp_path / "notify"))
        if request.param == "path"
        else (f"\0{abstract}", f"@{abstract}")
    )
    listener = Listener(bound)
    environment = {"NOTIFY_SOCKET": named, "WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid()), "A": "b"}
    manager = ServiceManager.from_environment(environment)
    assert environment == {"A": "b"}
    yield listener, manager
    manager.close()
    listener.socket.close()


def test_every_message_arrives_as_systemd_reads_it(told: tuple[Listener, ServiceManager]) -> None:
    listener, manager = told
    assert manager.present
    assert manager.watchdog_s == 30.0
    manager.ready("4 beds")
    assert listener.next() == ["READY=1", "STATUS=4 beds"]
    manager.reloading(12.25)
    assert listener.next() == ["RELOADING=1", "MONOTONIC_USEC=12250000"]
    manager.feed()
    assert listener.next() == ["WATCHDOG=1"]
    manager.extend(2.5)
    assert listener.next() == ["EXTEND_TIMEOUT_USEC=2500000"]
    manager.stopping("asked to")
    assert listener.next() == ["STOPPING=1", "STATUS=asked to"]
    assert listener.nothing()
    assert manager.trouble is None


def test_a_status_is_one_line_and_sent_when_it_changed(told: tuple[Listener, ServiceManager]) -> None:
    listener, manager = told
    manager.status("camera off\nWATCHDOG=1\nREADY=1")
    assert listener.next() == ["STATUS=camera off WATCHDOG=1 READY=1"]
    manager.status("camera off\nWATCHDOG=1\nREADY=1")
    assert listener.nothing()
    manager.status("x" * 5000)
    assert listener.next() == ["STATUS=" + "x" * 1000]
    manager.status("\udcff")
    assert listener.next() == ["STATUS=?"]


def test_a_socket_that_is_gone_is_said_and_survived(tmp_path: Path) -> None:
    path = tmp_path / "notify"
    manager = ServiceManager(str(path))
    manager.feed()
    assert "No such file" in (manager.trouble or "")
    listener = Listener(str(path))
    manager.feed()
    assert listener.next() == ["WATCHDOG=1"]
    assert manager.trouble is None
    listener.socket.close()
    manager.ready()
    assert "refused" in (manager.trouble or "")
    manager.close()


@pytest.mark.parametrize("address", ["@", "relative", "vsock:2:1"])
def test_other_addresses_are_refused_in_words(address: str) -> None:
    manager = ServiceManager(address)
    manager.ready("x")
    assert not manager.present
    assert "NOTIFY_SOCKET" in (manager.trouble or "")


def test_without_systemd_nothing_is_opened() -> None:
    before = psutil.Process().num_fds()
    manager = ServiceManager.from_environment({})
    manager.ready("x")
    manager.feed()
    assert psutil.Process().num_fds() <= before
    assert (manager.present, manager.watchdog_s, manager.trouble) == (False, None, None)


@pytest.mark.parametrize(
    ("environment", "watchdog_s"),
    [
        ({"WATCHDOG_USEC": "1500000"}, 1.5),
        ({"WATCHDOG_USEC": "1500000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "-5"}, None),
        ({"WATCHDOG_USEC": "often"}, None),
        ({"WATCHDOG_USEC": "٣"}, None),
    ],
)
def test_the_watchdog_is_read_only_where_it_is_ours(environment: dict[str, str], watchdog_s: float | None) -> None:
    assert ServiceManager.from_environment(environment).watchdog_s == watchdog_s


def test_children_do_not_inherit_the_way_to_systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listener = Listener(str(tmp_path / "notify"))
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    manager = ServiceManager.from_environment(os.environ)
    manager.feed()
    probe = "import os, sys; sys.exit('NOTIFY_SOCKET' in os.environ)"
    assert subprocess.run([sys.executable, "-c", probe], check=False).returncode == 0
    listener.socket.close()
    manager.close()
