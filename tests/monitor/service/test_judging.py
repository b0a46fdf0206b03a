"""The inference process as the supervisor watches it: stopped while it loads it is replaced, slow it is not."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator

import pytest

from monitor.classifier import ClassifierSettings
from monitor.service.inference.entry import LOADING
from monitor.service.inference.messages import Configure, Loading, Ready, unpack
from monitor.service.judging import Judging
from monitor.sidecar.settings import SidecarSettings
from monitor.signs_of_life import EVERY_S, SILENT_S
from monitor.ward.inference import InferenceSettings

pytestmark = pytest.mark.live

CONFIGURE = Configure(
    bundle=None,
    landmarker=None,
    classifier=ClassifierSettings(threads=1),
    sidecar=SidecarSettings(),
    inference=InferenceSettings(),
    explain=False,
)


@pytest.fixture
def judging() -> Iterator[Judging]:
    """Started at second 0; the real process, but the test's own clock."""
    made = Judging(lambda: CONFIGURE, list)
    made.start(0.0)
    yield made
    if made.pid is not None:
        os.kill(made.pid, signal.SIGKILL)
    made.close_after(0.05, lambda: None)


def until(holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + 150.0
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_signs_come_in_time_for_what_is_made_of_them():
    assert unpack(LOADING) == Loading()
    assert SILENT_S < 30.0 - 2 * EVERY_S  # a process that was stopped is acted on within 30 s


def test_one_that_is_stopped_before_it_is_ready_is_ended_and_replaced(judging: Judging):
    first = judging.pid
    os.kill(first, signal.SIGSTOP)
    judging.receive(0.1)
    judging.step(SILENT_S - 1.0)
    assert judging.pid == first
    judging.step(SILENT_S + 1.0)
    assert judging.pid is None
    assert judging.trouble == f"gave no sign of life for {SILENT_S:g} s and was ended"
    judging.step(SILENT_S + 2.0)
    assert judging.pid not in (None, first)
    assert judging.restarts == 1


def test_one_that_loads_slowly_lives_until_it_is_too_late(judging: Judging):
    longest_s = CONFIGURE.inference.start_timeout_s
    first = judging.pid
    for now_s in (20.0, 40.0):
        until(lambda now_s=now_s: judging.receive(now_s))
        judging.step(now_s + SILENT_S - 1.0)
        assert judging.pid == first
    os.kill(first, signal.SIGSTOP)  # on a fast machine it is ready by now: then it is silent, else too late
    judging.receive(longest_s)
    judging.step(longest_s + 11.0)
    assert judging.pid is None
    assert "and was ended" in str(judging.trouble)


def test_one_that_is_never_ready_is_ended_however_much_it_says(judging: Judging, monkeypatch: pytest.MonkeyPatch):
    os.kill(judging.pid, signal.SIGSTOP)
    judging.receive(1.0)
    for now_s in range(0, 120, 10):
        monkeypatch.setattr(judging, "_heard_s", float(now_s))
        judging.step(now_s + 5.0)
        assert judging.pid is not None
    monkeypatch.setattr(judging, "_heard_s", 120.0)
    judging.step(121.0)
    assert judging.pid is None
    assert judging.trouble == "was not ready within 120 s and was ended"


def test_one_that_judged_and_fell_silent_is_told_before_it_is_ended(judging: Judging):
    stalled_s = CONFIGURE.inference.stalled_after_s
    assert not judging.stands_still(stalled_s)  # it still loads, which may take longer
    judging.ready = Ready(model_id="tiny", providers=())
    assert not judging.stands_still(stalled_s * 0.4)
    assert judging.stands_still(stalled_s * 0.6)
    judging.step(stalled_s + 1.0)
    assert judging.pid is None
    assert not judging.stands_still(stalled_s + 1.0)  # from here on its end is told
    assert "no sign of life" in (judging.trouble or "")
