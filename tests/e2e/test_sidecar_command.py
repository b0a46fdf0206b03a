"""``vigil sidecar`` for real: explains by socket, outlives nonsense, is found again after a kill."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sidecar_story import asked, until

from monitor.clock import now_s
from monitor.errors import ServiceUnavailable
from monitor.sidecar.client import SidecarClient
from monitor.sidecar.peers import HELLO
from monitor.sidecar.settings import SidecarSettings
from monitor.sidecar.slots import anonymous_memory
from monitor.sidecar.wire import Channel, Configure, Loading, Ready, Refused, encode

pytestmark = pytest.mark.live

pytest.importorskip("torch")
VIGIL = [sys.executable, "-c", "from monitor.cli import main; main()"]


@contextmanager
def listening(path: Path) -> Iterator[subprocess.Popen[str]]:
    """The command, from its READY=1 on, which a notify socket of ours hears."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(str(path.with_name("notify")))
        heard.settimeout(60)
        environment = {**os.environ, "NOTIFY_SOCKET": str(path.with_name("notify")), "WATCHDOG_USEC": "1000000"}
        process = subprocess.Popen(
            [*VIGIL, "sidecar", "--listen", str(path)], env=environment, stderr=subprocess.PIPE, text=True
        )
        try:
            assert heard.recv(999) == b"READY=1\nSTATUS=waits for a client"
            assert heard.recv(999) == b"WATCHDOG=1"
            yield process
        finally:
            path.with_name("notify").unlink()
            if process.poll() is None:
                process.kill()
            process.communicate()


def settings(path: Path) -> SidecarSettings:
    return SidecarSettings(socket=str(path), first_backoff_s=0.05, longest_backoff_s=0.2)


def test_it_explains_like_a_worker_of_ones_own_and_is_found_again_after_a_kill(
    tiny_bundle: Path, tmp_path: Path
) -> None:
    path = tmp_path / "s.sock"
    with SidecarClient(tiny_bundle, live=False) as own:
        own.submit(*asked(7))
        (expected,) = own.drain(60)
    with pytest.raises(ServiceUnavailable, match="no sidecar service at"):
        SidecarClient(tiny_bundle, settings(path), live=True).start()
    client = SidecarClient(tiny_bundle, settings(path), live=True)
    client.begin()
    try:
        with listening(path) as service:
            until(client, lambda: client.stats.alive)
            assert client.stats.pid == service.pid
            assert client.submit(*asked(7))
            (found,) = client.drain(60)
            assert found.relevance.tobytes() == expected.relevance.tobytes()
            assert (found.mu, found.composite) == (expected.mu, expected.composite)
            service.send_signal(signal.SIGKILL)
            until(client, lambda: not client.stats.alive)
            assert not client.submit(*asked(8))
        with listening(path) as service:
            until(client, lambda: client.stats.alive)
            assert client.submit(*asked(9))
            assert [each.frame_id for each in client.drain(60)] == [9]
            client.close()
            service.send_signal(signal.SIGTERM)
            assert service.wait(20) == 0
        assert not path.exists()
    finally:
        client.close()


def test_nonsense_ends_that_connection_alone(tiny_bundle: Path, tmp_path: Path) -> None:
    path = tmp_path / "s.sock"
    configure = Configure(bundle=str(tiny_bundle), composite="zplus", crop_px=112, slots=1, max_targets=1, nice=0)
    with listening(path) as service:
        stories = (
            (b"\xff" * 64, 1 << 20, None),
            (encode(configure), 4096, "does not hold the slots"),
            (encode(configure.model_copy(update={"bundle": "/etc/passwd"})), 1 << 20, "/etc/passwd"),
        )
        for message, size, words in stories:
            told = nonsense(path, message, size)
            assert told is None if words is None else isinstance(told, Refused) and words in told.reason, told
        with SidecarClient(tiny_bundle, settings(path), live=True) as client:
            assert client.submit(*asked(1))
            assert [each.frame_id for each in client.drain(60)] == [1]
        service.send_signal(signal.SIGTERM)
        _, said = service.communicate(timeout=20)
    assert "Traceback" not in said
    assert said.count("is served by process") == len(stories) + 1


def nonsense(path: Path, message: bytes, size: int) -> object:
    """Says hello as one should, then ``message``; the first answer. Asks again while somebody else is served."""
    deadline = now_s() + 60
    while now_s() < deadline:
        memory = anonymous_memory(size)
        with socket.socket(socket.AF_UNIX) as end:
            end.settimeout(60)
            end.connect(str(path))
            socket.send_fds(end, [HELLO], [memory])
            os.close(memory)
            end.sendall(message)
            channel = Channel(end)
            while isinstance(answer := channel.receive(), Loading):
                pass  # a sign of life
        if not (isinstance(answer, Refused) and answer.for_now):
            assert not isinstance(answer, Ready)
            return answer
    raise AssertionError("never served")


def test_without_torch_it_says_so_in_one_line(tmp_path: Path) -> None:
    hidden = (
        "import importlib.util as u, sys\n"
        "real = u.find_spec\n"
        "u.find_spec = lambda name, *more: None if name == 'torch' else real(name, *more)\n"
        "from monitor.cli import main; main()\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", hidden, "sidecar", "--listen", str(tmp_path / "s")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 69
    assert run.stderr == "vigil: no explanations: torch not installed; install vigil[explain] to have them\n"
