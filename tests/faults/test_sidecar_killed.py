"""A sidecar that is killed, hangs or loses its parent: everything else goes on, nothing is lost in a replay."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from sidecar_story import asked, until

from monitor.clock import now_s
from monitor.sidecar.client import SidecarClient
from monitor.sidecar.settings import SidecarSettings

pytestmark = pytest.mark.live

pytest.importorskip("torch")
pytest.importorskip("zennit")

QUICK = SidecarSettings(
    first_backoff_s=0.05, longest_backoff_s=0.2, nice=0, start_timeout_s=600.0, submit_timeout_s=600.0
)
"""Quick to start again, patient with a machine that is busy with other things."""


def test_killed_mid_frame_in_a_replay_nothing_is_lost_and_the_bytes_are_the_same(tiny_bundle: Path) -> None:
    def run(kill: bool) -> list[tuple[int, bytes]]:
        with SidecarClient(tiny_bundle, QUICK, live=False) as client:
            for frame_id in range(6):
                assert client.submit(*asked(frame_id))
                if kill and frame_id in {1, 4}:
                    os.kill(client.stats.pid, signal.SIGKILL)
            explanations = client.drain(180)
            assert client.stats.restarts == (2 if kill else 0)
            assert client.stats.dropped == {}
        return [(e.frame_id, e.relevance.tobytes()) for e in explanations]

    assert run(kill=True) == run(kill=False)


def test_killed_mid_frame_live_the_loss_is_counted_and_it_comes_back(tiny_bundle: Path) -> None:
    with SidecarClient(tiny_bundle, QUICK, live=True) as client:
        first = client.stats.pid
        os.kill(first, signal.SIGSTOP)  # keeps the frame in flight until the kill
        assert client.submit(*asked(0))
        os.kill(first, signal.SIGKILL)
        until(client, lambda: client.stats.dropped)  # not alive at once, told of with the next poll
        assert not client.stats.alive
        assert client.stats.dropped == {"worker_died": 1}
        assert not client.submit(*asked(1))
        assert client.stats.dropped == {"worker_died": 1, "worker_down": 1}
        until(client, lambda: client.stats.alive)
        assert client.stats.restarts == 1
        assert client.stats.pid != first
        assert client.submit(*asked(2))
        assert [e.frame_id for e in client.drain(180)] == [2]


def test_live_calls_never_wait_while_the_worker_is_down(tiny_bundle: Path) -> None:
    with SidecarClient(tiny_bundle, SidecarSettings(first_backoff_s=30.0), live=True) as client:
        os.kill(client.stats.pid, signal.SIGKILL)
        until(client, lambda: not client.stats.alive)
        client.poll()
        began = now_s()
        for frame_id in range(50):
            client.submit(*asked(frame_id))
            client.poll()
        assert now_s() - began < 2.0
        assert client.stats.dropped["worker_down"] == 50


def test_a_worker_that_hangs_is_replaced(tiny_bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    skipped_s = [0.0]
    monkeypatch.setattr("monitor.sidecar.client.now_s", lambda: now_s() + skipped_s[0])
    settings = SidecarSettings(first_backoff_s=0.05, job_timeout_s=600.0)
    with SidecarClient(tiny_bundle, settings, live=False) as client:
        os.kill(client.stats.pid, signal.SIGSTOP)
        assert client.submit(*asked(0))
        assert client.poll() == []
        skipped_s[0] += 601.0
        assert [e.frame_id for e in client.drain(180)] == [0]
        assert client.stats.restarts == 1
        assert "silent" in (client.stats.trouble or "")


def test_a_replay_gives_up_on_a_frame_that_kills_every_worker(tiny_bundle: Path) -> None:
    settings = SidecarSettings(first_backoff_s=0.05, longest_backoff_s=0.05, attempts=2)
    with SidecarClient(tiny_bundle, settings, live=False) as client:
        for _ in range(2):
            until(client, lambda: client.stats.alive)
            os.kill(client.stats.pid, signal.SIGSTOP)
            if client.stats.sent == 0:
                assert client.submit(*asked(0))
            else:
                client.poll()
            os.kill(client.stats.pid, signal.SIGKILL)
            until(client, lambda: not client.stats.alive)
        assert client.drain(180) == []
        assert client.stats.dropped == {"gave_up": 1}


def test_a_bundle_changed_while_running_is_refused_on_restart(tiny_bundle: Path, tmp_path: Path) -> None:
    import shutil

    copied = tmp_path / "bundle"
    shutil.copytree(tiny_bundle, copied)
    with SidecarClient(copied, QUICK, live=False) as client:
        (copied / "card.md").write_text("other", encoding="utf-8")
        os.kill(client.stats.pid, signal.SIGKILL)
        until(client, lambda: "card.md: changed" in (client.stats.trouble or ""))
        assert not client.submit(*asked(0))
        assert client.stats.dropped == {"refused": 1}
        assert not client.stats.alive


def test_drain_gives_up_after_its_time(tiny_bundle: Path) -> None:
    with SidecarClient(tiny_bundle, QUICK, live=False) as client:
        pid = client.stats.pid
        os.kill(pid, signal.SIGSTOP)
        client.submit(*asked(0))
        assert client.drain(0.2) == []
        assert client.stats.dropped == {"timeout": 1}
        os.kill(pid, signal.SIGCONT)
        assert client.submit(*asked(1))
        assert [e.frame_id for e in client.drain(180)] == [1]  # the late answer is not taken for another's


def test_the_worker_ends_when_its_parent_is_killed(tiny_bundle: Path) -> None:
    parent = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from monitor.sidecar.client import SidecarClient\n"
        "client = SidecarClient(Path(sys.argv[1]), live=True)\n"
        "client.start()\n"
        "print(client.stats.pid, flush=True)\n"
        "time.sleep(600)\n"
    )
    with subprocess.Popen([sys.executable, "-c", parent, str(tiny_bundle)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        worker = psutil.Process(int(process.stdout.readline()))
        process.kill()
    with contextlib.suppress(psutil.NoSuchProcess):
        worker.wait(120)
    assert not worker.is_running() or worker.status() == psutil.STATUS_ZOMBIE
