"""The sidecar service against clients that are strange, too many, hostile or gone; the worker is a stand-in here."""

from __future__ import annotations

import array
import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.clock import now_s
from monitor.errors import OutputError, ServiceUnavailable, UsageError
from monitor.sidecar import peers, service
from monitor.sidecar.connection import WorkerConnection
from monitor.sidecar.listening import bound
from monitor.sidecar.service import SidecarService
from monitor.sidecar.slots import anonymous_memory
from monitor.sidecar.wire import Channel, Configure, Refused

pytestmark = pytest.mark.live

CONFIGURE = Configure(bundle="/m", composite="zplus", crop_px=112, slots=2, max_targets=8, nice=10)
STAND_IN = """
import os, socket, sys, time
end = socket.socket(fileno=int(sys.argv[1]))
os.fstat(int(sys.argv[2]))
if sys.argv[3] == "deaf":
    time.sleep(60)
while end.recv(4096):
    pass
"""


class Played:
    """A service whose workers only listen, and what it says."""

    def __init__(self, listening: socket.socket, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.path, self.said, self.manner = path, list[str](), "polite"
        monkeypatch.setattr(service, "launch_worker", self._launch)
        self.service = SidecarService(listening, self.said.append)

    def _launch(self, control: int, memory: int, *, bound_to_us: bool) -> subprocess.Popen[bytes]:
        assert bound_to_us
        return subprocess.Popen(
            [sys.executable, "-S", "-c", STAND_IN, str(control), str(memory), self.manner], pass_fds=(control, memory)
        )

    def connect(self) -> WorkerConnection:
        memory = anonymous_memory(4096)
        try:
            return WorkerConnection(str(self.path), CONFIGURE, memory)
        finally:
            os.close(memory)

    def until(self, words: str) -> None:
        deadline = now_s() + 120
        while not any(words in line for line in self.said):
            assert now_s() < deadline, self.said
            self.service.step(0.02)


@pytest.fixture
def played(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Played]:
    path = tmp_path / "s.sock"
    with bound(path) as listening:
        playing = Played(listening, path, monkeypatch)
        yield playing
        playing.service.close()
    assert not path.exists()


def test_one_client_is_served_a_second_is_refused_in_words_until_the_first_is_gone(played: Played) -> None:
    first = played.connect()
    played.until("is served by process")
    assert played.service.status == f"serves process {os.getpid()}"
    second = played.connect()
    played.until("refused: another client is served")
    (refused,) = second.receive(60.0) or ()
    assert refused == Refused(reason=f"another client is served (process {os.getpid()}), one at a time", for_now=True)
    assert second.receive(60.0) is None
    second.end()
    first.end()
    played.until("the worker ended (exit status 0)")
    assert played.service.status == "waits for a client"
    played.said.clear()
    third = played.connect()
    played.until("is served by process")
    third.end()


def test_a_worker_that_does_not_notice_that_its_client_is_gone_is_killed(played: Played) -> None:
    played.manner = "deaf"
    client = played.connect()
    played.until("is served by process")
    worker = psutil.Process(int(played.said[-1].split()[-1]))
    client.end()
    played.until("the client is gone, the worker was ended")
    assert not worker.is_running()


def test_a_stranger_is_refused(played: Played, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "peer_of", lambda end: peers.Peer(pid=1, uid=12345, gid=12345))
    client = played.connect()
    played.until("user 12345")
    (refused,) = client.receive(60.0) or ()
    assert isinstance(refused, Refused)
    assert not refused.for_now
    client.end()


@pytest.mark.parametrize(
    ("peer", "trusted"),
    [
        (peers.Peer(1, os.geteuid(), 99999), True),
        (peers.Peer(1, 0, 99999), True),
        (peers.Peer(1, 99999, 4242), True),
        (peers.Peer(1, 99999, 99999), False),
        (peers.Peer(1, 99999, 0), False),
    ],
)
def test_who_is_trusted(peer: peers.Peer, trusted: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getegid", lambda: 4242)
    monkeypatch.setattr(os, "getgroups", lambda: [0, 4242])
    assert peer.trusted is trusted


def test_the_kernel_says_who_connected(played: Played) -> None:
    client = played.connect()
    assert client.pid == os.getpid()
    client.end()


def send(path: Path, data: bytes, descriptors: int) -> bytes:
    """Sends like a client that means no good; what it is told."""
    with socket.socket(socket.AF_UNIX) as end:
        end.settimeout(5)
        end.connect(str(path))
        handed = [os.open(os.devnull, os.O_RDONLY) for _ in range(descriptors)]
        with contextlib.suppress(OSError):
            rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", handed))] if handed else []
            if data:
                end.sendmsg([data], rights)
            end.shutdown(socket.SHUT_WR)
        for descriptor in handed:
            os.close(descriptor)
        return b""


@settings(max_examples=60, deadline=None, suppress_health_check=[*HealthCheck])
@given(data=st.one_of(st.binary(max_size=64), st.just(peers.HELLO)), descriptors=st.integers(0, 6))
def test_no_hello_but_the_right_one_starts_a_worker_and_no_descriptor_is_left(
    played: Played, data: bytes, descriptors: int
) -> None:
    before = psutil.Process().num_fds()
    started: list[int] = []
    launch, service.launch_worker = service.launch_worker, lambda *_, **__: started.append(1) or pytest.fail("started")
    try:
        if data.startswith(peers.HELLO) and descriptors == 1:
            return
        send(played.path, data, descriptors)
        played.service.step(1.0)
    finally:
        service.launch_worker = launch
    assert started == []
    assert played.service.status == "waits for a client"
    assert psutil.Process().num_fds() <= before


def test_a_client_that_says_nothing_is_given_up_and_others_are_served(
    played: Played, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "_HELLO_TIMEOUT_S", 0.05)
    with socket.socket(socket.AF_UNIX) as silent:
        silent.connect(str(played.path))
        played.service.step(1.0)
        client = played.connect()
        played.until("is served by process")
        client.end()


def test_a_left_over_socket_is_replaced_a_living_one_and_other_files_are_not(tmp_path: Path) -> None:
    path = tmp_path / "s.sock"
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    with bound(path) as listening:
        assert path.stat().st_mode & 0o777 == 0o660
        assert listening.getsockname() == str(path)
        with pytest.raises(UsageError, match="somebody listens"), bound(path):
            pass
    path.write_text("precious", encoding="ascii")
    with pytest.raises(UsageError, match="is no socket"), bound(path):
        pass
    assert path.read_text(encoding="ascii") == "precious"
    with pytest.raises(OutputError, match="No such file"), bound(tmp_path / "none" / "s.sock"):
        pass
    with pytest.raises(UsageError, match="longer than"), bound(tmp_path / ("x" * 120)):
        pass


def test_nobody_listening_is_one_line(tmp_path: Path) -> None:
    memory = anonymous_memory(4096)
    before = psutil.Process().num_fds()
    with pytest.raises(ServiceUnavailable, match=r"no sidecar service at .*No such file") as caught:
        WorkerConnection(str(tmp_path / "s.sock"), CONFIGURE, memory)
    assert "\n" not in str(caught.value)
    assert psutil.Process().num_fds() <= before
    os.close(memory)


def test_messages_after_the_hello_are_the_workers(played: Played, monkeypatch: pytest.MonkeyPatch) -> None:
    """The configuration follows the hello at once and must not be swallowed with it."""
    mine, theirs = socket.socketpair()
    handed: list[socket.socket] = []

    def launch(control: int, memory: int, *, bound_to_us: bool) -> subprocess.Popen[bytes]:
        handed.append(socket.socket(fileno=os.dup(control)))
        return subprocess.Popen([sys.executable, "-S", "-c", "input()"], stdin=theirs.fileno())

    monkeypatch.setattr(service, "launch_worker", launch)
    client = played.connect()
    played.until("is served by process")
    assert Channel(handed[0]).receive() == CONFIGURE
    client.end()
    for end in (*handed, mine, theirs):
        end.close()
