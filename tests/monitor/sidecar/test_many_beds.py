"""One sidecar, many beds, for real: all are served, a request in a busy time is cut to its first target."""

from __future__ import annotations

import os
import select
import signal
import time
from pathlib import Path

import pytest
from sidecar_story import asked, until

from monitor.errors import ConfigurationError
from monitor.sidecar.client import SidecarClient
from monitor.sidecar.settings import SidecarSettings
from monitor.signs_of_life import SILENT_S

pytest.importorskip("torch")
THREE = ("AU04", "AU06", "AU07")


def test_one_target_when_busy_all_when_idle_and_each_cut_is_counted(tiny_bundle: Path) -> None:
    with SidecarClient(tiny_bundle, SidecarSettings(in_flight=1), live=True) as client:
        os.kill(client.stats.pid, signal.SIGSTOP)  # keeps the first crop flying while the others come
        for frame_id, bed in enumerate(["a", "b", "c", "b", "b"]):
            assert client.submit(*asked(frame_id, THREE, bed))
        stats = client.stats
        assert (stats.waiting, stats.sent) == (2, 1)
        assert stats.dropped == {"busy": 8, "superseded": 2}
        client.forget("c")
        assert client.stats.dropped == {"busy": 8, "superseded": 2, "forgotten": 1}
        os.kill(stats.pid, signal.SIGCONT)
        found = until(client, lambda: client.stats.done == 2) + client.poll()
        assert [(each.source_id, each.frame_id, each.target) for each in found] == [
            *(("a", 0, target) for target in THREE),
            ("b", 4, "AU04"),
        ]
        assert client.submit(*asked(9, THREE, "b"))
        assert [each.target for each in client.drain(180)] == list(THREE)
        assert client.stats.dropped == {"busy": 8, "superseded": 2, "forgotten": 1}


def test_a_greedy_bed_does_not_starve_the_others(tiny_bundle: Path) -> None:
    with SidecarClient(tiny_bundle, SidecarSettings(in_flight=1), live=True) as client:
        served: list[str] = []
        for frame_id in range(0, 4000, 4):
            for greedy in range(3):
                client.submit(*asked(frame_id + greedy, source_id="greedy"))
            client.submit(*asked(frame_id + 3, source_id="meek"))
            served += [each.source_id for each in client.poll()]
            if len(served) >= 20:
                break
            select.select([client], [], [], 0.05)
    assert abs(served.count("greedy") - served.count("meek")) <= 2


def test_beginning_waits_for_nothing_and_what_is_asked_too_early_is_counted(tiny_bundle: Path) -> None:
    client = SidecarClient(tiny_bundle, live=True)
    assert client.fileno() is None
    client.begin()
    try:
        assert not client.stats.alive
        assert not client.submit(*asked(0))
        assert client.stats.dropped == {"worker_down": 1}
        until(client, lambda: client.stats.alive)
        assert client.submit(*asked(1))
        assert [each.frame_id for each in client.drain(180)] == [1]
    finally:
        client.close()


def test_a_worker_that_is_stopped_while_it_starts_is_replaced_within_half_a_minute(
    tiny_bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    skipped_s = [0.0]
    monkeypatch.setattr("monitor.sidecar.client.now_s", lambda: time.monotonic() + skipped_s[0])
    client = SidecarClient(tiny_bundle, SidecarSettings(first_backoff_s=0.01), live=True)
    client.begin()
    try:
        first = client.stats.pid
        os.kill(first, signal.SIGSTOP)
        client.poll()
        assert client.stats.restarts == 0
        skipped_s[0] += SILENT_S + 1.0
        until(client, lambda: client.stats.restarts == 1)
        assert client.stats.trouble == f"silent for {SILENT_S:g} s while it starts"
        assert client.stats.pid != first
        skipped_s[0] += SILENT_S - 2.0  # the next one gives signs, however slowly it loads
        until(client, lambda: client.stats.alive)
        assert client.stats.restarts == 1
    finally:
        client.close()


def test_beginning_without_torch_says_why_and_raises_nothing(
    tiny_bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitor.sidecar.launch._NEEDED", ("torch", "no_such_package"))
    client = SidecarClient(tiny_bundle, live=True)
    client.begin()
    assert not client.submit(*asked(0))
    assert client.poll() == []
    assert "no_such_package not installed" in (client.stats.trouble or "")
    assert client.stats.dropped == {"refused": 1}
    client.close()


@pytest.mark.parametrize("socket", ["relative.sock", "/" + "x" * 107, ""])
def test_a_socket_that_cannot_be_one_is_refused(socket: str) -> None:
    with pytest.raises(ConfigurationError, match=r"sidecar\.socket"):
        SidecarSettings(socket=socket)
