"""Memory figures: read from the kernel, a leak is seen, a flat process is called flat."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from monitor.bench.memory import family, flatness, memory_of

pytestmark = pytest.mark.live


def test_the_peak_is_never_below_the_present_size():
    now = memory_of(os.getpid())
    assert now is not None
    assert now["VmHWM"] >= now["VmRSS"] > 5


def test_a_process_that_is_gone_has_no_memory():
    child = subprocess.Popen([sys.executable, "-c", "pass"])
    child.wait()
    assert memory_of(child.pid) is None


def test_children_belong_to_the_family():
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        assert child.pid in family(os.getpid())
    finally:
        child.communicate(b"\n")
    assert child.pid not in family(os.getpid())


def test_a_flat_process_is_flat_and_the_start_does_not_count(rng):
    samples = [(t / 4, min(300.0, 100 + t * 5) + rng.normal(0, 0.1)) for t in range(400)]
    growth, slope = flatness(samples)
    assert abs(growth) < 0.3
    assert abs(slope) < 20


def test_a_leak_is_seen():
    growth, slope = flatness([(t / 4, 100 + 0.05 * t) for t in range(400)])
    assert growth > 5
    assert slope == pytest.approx(0.2 * 3600, rel=0.01)


def test_too_few_samples_say_nothing():
    assert flatness([]) == (0.0, 0.0)
    assert flatness([(0.0, 1.0)]) == (0.0, 0.0)
