"""The page's process as the supervisor watches it, by the test's own clock: one that serves, dies, hangs, babbles."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from monitor.service import page_process
from monitor.service.page_messages import Alive, SetUp, Status
from monitor.service.page_process import (
    FIRST_BACKOFF_S,
    GOOD_AFTER_S,
    LONGEST_BACKOFF_S,
    MOST_AT_ONCE,
    STALLED_AFTER_S,
    START_WITHIN_S,
    PageProcess,
)
from monitor.signs_of_life import SILENT_S
from monitor.ward.page import PageSettings
from monitor.ward.service import LoggingSettings, PrivacySettings

SET_UP = SetUp(
    ward="east", page=PageSettings(enabled=True), beds={}, privacy=PrivacySettings(), logging=LoggingSettings(),
    database_url="sqlite:////v.sqlite", state="/var/lib/vigil",
)  # fmt: skip
CHILD = """
import socket, sys, time
end = socket.socket(fileno=int(sys.argv[1]))
SERVES = b'{"kind":"alive","serving":true}'
how = open(sys.argv[2]).read()
if how == "serves":
    first = end.recv(1 << 20)
    assert b'"kind":"set_up"' in first, first
    end.send(SERVES)
    open(sys.argv[2] + ".told", "wb").write(first)
elif how == "floods":
    for number in range(100):
        end.send(SERVES)
elif how == "refuses":
    end.send(b'{"kind":"cannot_serve","reason":"page.port: is taken"}')
    sys.exit(69)
elif how == "babbles":
    end.send(b'nonsense')
elif how == "leaves":
    sys.exit(3)
time.sleep(600)
"""


class Played:
    """A page process whose child does what the test says; ``now_s`` is the test's clock."""

    def __init__(self, folder: Path) -> None:
        self.how = folder / "how"
        self.process = PageProcess(lambda: SET_UP)

    def want(self, how: str, now_s: float = 0.0) -> int:
        """A page that does ``how``; its process id."""
        self.how.write_text(how)
        self.process.want(True, now_s)
        self.process.step(now_s)
        assert self.process.pid is not None
        self.process.tell(Status(status={}))
        return self.process.pid

    def until(self, holds: Callable[[], object], now_s: float = 0.0) -> None:
        """Go round at ``now_s`` until it ``holds``."""
        deadline = time.monotonic() + 120.0
        while not holds():
            assert time.monotonic() < deadline
            self.process.receive(now_s)
            self.process.step(now_s)
            time.sleep(0.01)


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Played]:
    def spawn(module: str, arguments: list[str], descriptors: list[int]) -> subprocess.Popen[bytes]:
        assert module == "monitor.web.entry"
        return subprocess.Popen(
            [sys.executable, "-c", CHILD, *arguments, str(tmp_path / "how")],
            pass_fds=descriptors,
            stdin=subprocess.DEVNULL,
        )

    monkeypatch.setattr(page_process, "spawn", spawn)
    made = Played(tmp_path)
    yield made
    made.process.close(0.0)
    assert made.process.pid is None


def test_nothing_runs_before_it_is_wanted_or_after(page: Played) -> None:
    page.process.step(0.0)
    assert (page.process.pid, page.process.channel, page.process.tell(Status(status={}))) == (None, None, False)
    pid = page.want("serves")
    page.process.want(False, 1.0)
    page.process.step(1.0)
    assert (page.process.pid, page.process.trouble) == (None, None)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_it_is_set_up_before_it_is_told_anything_else(page: Played) -> None:
    page.want("serves")
    assert page.process.tell(Status(status={"at": "now"}))
    page.until(lambda: page.process.serving)
    assert page.process.trouble is None
    page.until(lambda: Path(f"{page.how}.told").exists() and Path(f"{page.how}.told").stat().st_size)


@pytest.mark.parametrize(
    ("how", "why"),
    [
        ("refuses", "page.port: is taken"),
        ("leaves", "ended with status 3"),
        ("babbles", "no message of the page"),
    ],
)
def test_why_it_ended_is_said_and_another_is_tried_after_a_growing_pause(page: Played, how: str, why: str) -> None:
    page.want(how)
    now_s = 0.0
    for pause_s in (FIRST_BACKOFF_S, 2 * FIRST_BACKOFF_S, 4 * FIRST_BACKOFF_S):
        page.until(lambda: page.process.pid is None, now_s)
        assert str(page.process.trouble).startswith(why)
        page.process.step(now_s + 0.9 * pause_s)
        assert page.process.pid is None
        now_s += 1.01 * pause_s
        page.process.step(now_s)
        assert page.process.pid is not None
    assert page.process.restarts == 3
    for _ in range(20):
        page.process._plan(now_s)
    assert page.process._due_s == now_s + LONGEST_BACKOFF_S


def test_a_killed_one_comes_back_and_long_service_makes_up_for_it(page: Played) -> None:
    page.want("serves")
    page.until(lambda: page.process.serving)
    page.process._failures = 5
    pid = page.process.pid
    page.process._heard_s = GOOD_AFTER_S + 0.5  # it goes on saying that it lives
    page.process.step(GOOD_AFTER_S + 0.5)
    assert page.process._failures == 0
    os.kill(pid, signal.SIGKILL)
    page.until(lambda: page.process.pid is None, GOOD_AFTER_S + 1.0)
    assert page.process.trouble == "ended by SIGKILL"
    page.process.step(GOOD_AFTER_S + 1.0 + FIRST_BACKOFF_S)
    assert page.process.pid not in (None, pid)


@pytest.mark.parametrize(("how", "longest_s"), [("hangs", SILENT_S), ("serves", STALLED_AFTER_S)])
def test_one_that_is_silent_is_ended(page: Played, how: str, longest_s: float) -> None:
    pid = page.want(how)
    if how == "serves":
        page.until(lambda: page.process.serving)
    page.process.step(longest_s)
    assert page.process.pid == pid
    page.process.step(longest_s + 0.1)
    assert (page.process.pid, page.process.trouble) == (None, f"gave no sign of life for {longest_s:g} s and was ended")


def test_one_that_lives_but_is_never_served_is_ended(page: Played) -> None:
    page.want("hangs")
    page.process._heard_s = START_WITHIN_S + 1.0
    page.process.step(START_WITHIN_S + 1.0)
    assert "was not served within" in str(page.process.trouble)


def test_one_that_takes_nothing_holds_up_nobody(page: Played) -> None:
    pid = page.want("hangs")
    os.kill(pid, signal.SIGSTOP)
    begun = time.monotonic()
    taken = sum(page.process.tell(Status(status={"words": "x" * 50_000})) for _ in range(200))
    assert taken < 200
    assert time.monotonic() - begun < 60.0
    os.kill(pid, signal.SIGCONT)


def test_a_page_that_talks_without_end_gets_a_bounded_hearing(page: Played) -> None:
    page.want("floods")
    heard: list[int] = []
    deadline = time.monotonic() + 120.0
    while sum(heard) < 100:
        assert time.monotonic() < deadline
        reports = page.process.receive(0.0)
        assert all(isinstance(report, Alive) for report in reports)
        heard.append(len(reports))
    assert max(heard) <= MOST_AT_ONCE
