"""The ring: what is read is a whole picture or nothing, whoever writes, dies or scribbles."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.capture.ring import LONGEST_SIDE_PX, RingError, RingLayout, RingReader, RingWriter, ring_memory

AT = datetime(2026, 11, 21, 12, 0, 0, 123456, tzinfo=UTC)
SMALL = RingLayout(slots=3, capacity_bytes=3000)
HEADER = 8 + 48
"""Bytes of lock word and header in front of a slot's pixels."""


def picture(height: int, width: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


@pytest.fixture
def memory() -> Iterator[int]:
    descriptor = ring_memory(SMALL)
    yield descriptor
    os.close(descriptor)


def test_what_is_written_is_read_with_its_times(memory: int):
    writer, reader = RingWriter(memory, SMALL), RingReader(memory, SMALL)
    assert reader.newest() is None
    assert reader.newest_sequence() == 0
    assert reader.newest_captured_s() is None
    assert writer.write(picture(10, 20, 1), 12.5, AT) == 1
    found = reader.newest()
    assert (found.sequence, found.captured_s, found.captured_at) == (1, 12.5, AT)
    np.testing.assert_array_equal(found.pixels, picture(10, 20, 1))
    assert reader.newest_captured_s() == 12.5
    assert reader.newest(after=1) is None


def test_the_latest_wins_and_what_was_read_stays(memory: int):
    writer, reader = RingWriter(memory, SMALL), RingReader(memory, SMALL)
    writer.write(picture(10, 20, 1), 1.0, AT)
    kept = reader.newest()
    for number in range(2, 12):
        writer.write(picture(5, number, number), float(number), AT)
    newest = reader.newest(after=kept.sequence)
    assert (newest.sequence, newest.pixels.shape) == (11, (5, 11, 3))
    np.testing.assert_array_equal(kept.pixels, picture(10, 20, 1))


@pytest.mark.parametrize("shape", [(0, 5, 3), (5, 5, 4), (5, 5), (40, 40, 3)])
def test_what_does_not_fit_is_refused_at_the_door(memory: int, shape: tuple[int, ...]):
    with pytest.raises(RingError):
        RingWriter(memory, SMALL).write(np.zeros(shape, np.uint8), 1.0, AT)


def test_a_full_picture_of_the_usual_layout_fits():
    layout = RingLayout(slots=2)
    descriptor = ring_memory(layout)
    try:
        RingWriter(descriptor, layout).write(np.full((LONGEST_SIDE_PX, LONGEST_SIDE_PX, 3), 7, np.uint8), 1.0, AT)
        assert RingReader(descriptor, layout).newest().pixels.mean() == 7
    finally:
        os.close(descriptor)


def test_another_layout_is_refused(memory: int):
    with pytest.raises(RingError, match="bytes"):
        RingReader(memory, RingLayout(slots=4, capacity_bytes=3000))


def test_nobody_can_make_the_memory_smaller_under_a_reader(memory: int):
    with pytest.raises(PermissionError):
        os.ftruncate(memory, 10)


def test_a_writer_that_follows_a_killed_one_goes_on_counting(memory: int):
    writer = RingWriter(memory, SMALL)
    for number in range(4):
        writer.write(picture(4, 4, number), 1.0, AT)
    writer._locks[5 % 3] = 2 * 5 - 1  # killed while it wrote the fifth
    reader = RingReader(memory, SMALL)
    assert reader.newest().sequence == 4
    assert RingWriter(memory, SMALL).write(picture(4, 4, 9), 2.0, AT) == 6
    assert reader.newest().sequence == 6


def test_closing_twice_is_fine(memory: int):
    reader = RingReader(memory, SMALL)
    reader.close()
    reader.close()


@settings(max_examples=150, deadline=None)
@given(
    shapes=st.lists(st.tuples(st.integers(1, 30), st.integers(1, 30)), min_size=1, max_size=7),
    hits=st.lists(st.tuples(st.integers(0, 2), st.integers(8, HEADER + 2700), st.integers(1, 255)), max_size=6),
)
def test_whatever_byte_changes_no_wrong_picture_is_given(shapes: list[tuple[int, int]], hits: list[tuple]):
    """Lock words stay even, as a processor that reorders its writes would show them: the sums alone must tell."""
    descriptor = ring_memory(SMALL)
    try:
        writer, reader = RingWriter(descriptor, SMALL), RingReader(descriptor, SMALL)
        for number, (height, width) in enumerate(shapes, start=1):
            writer.write(picture(height, width, number), float(number), AT + timedelta(seconds=number))
        for slot, at, flip in hits:
            writer._bytes[slot, at] ^= flip
        found = reader.newest()
        if found is not None:
            height, width = shapes[found.sequence - 1]
            np.testing.assert_array_equal(found.pixels, picture(height, width, found.sequence))
            assert found.captured_s == found.sequence
        if not hits:
            assert found is not None
            assert found.sequence == len(shapes)
    finally:
        os.close(descriptor)


@pytest.mark.parametrize("seed", range(20))
def test_rubbish_is_no_picture(seed: int):
    junk = np.random.default_rng(seed).bytes(SMALL.size) if seed < 12 else bytes([seed * 12 - 144]) * SMALL.size
    descriptor = ring_memory(SMALL)
    try:
        os.pwrite(descriptor, junk, 0)
        reader = RingReader(descriptor, SMALL)
        assert reader.newest() is None
        assert reader.newest_captured_s() is None
        reader.newest_sequence()
    finally:
        os.close(descriptor)


LAYOUT = RingLayout(slots=2, capacity_bytes=240 * 320 * 3)
WRITER = """
import os, sys
from datetime import UTC, datetime
import numpy as np
from monitor.capture.ring import RingLayout, RingWriter
writer = RingWriter(int(sys.argv[1]), RingLayout(slots=2, capacity_bytes=240 * 320 * 3))
number = int(sys.argv[2])
print("ready", flush=True)
while True:
    number += 1
    height, width = 60 + number * 7 % 180, 80 + number * 11 % 240
    writer.write(np.full((height, width, 3), number % 251, np.uint8), float(number), datetime.now(UTC))
"""


class _Writer:
    def __init__(self, descriptor: int, first: int) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(descriptor), str(first)], pass_fds=(descriptor,), stdout=subprocess.PIPE
        )
        assert self.process.stdout.readline() == b"ready\n"

    def kill(self) -> None:
        self.process.send_signal(signal.SIGCONT)
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


def _whole(found) -> bool:
    """Every byte and figure of ``found`` tells of the same write."""
    number = int(found.captured_s)
    shape = (60 + number * 7 % 180, 80 + number * 11 % 240, 3)
    return found.pixels.shape == shape and bool((found.pixels == number % 251).all())


@pytest.mark.parametrize("writers", [1, 2])
def test_no_torn_picture_is_accepted_while_processes_write_stop_and_die(writers: int):
    """Two slots and a writer without a pause: most copies are overtaken. A second writer breaks the rules on top."""
    descriptor = ring_memory(LAYOUT)
    chance = random.Random(writers)
    accepted, wrong, numbers = [0, 0, 0], [0], set()
    ended = threading.Event()

    def read(which: int, reader: RingReader) -> None:
        while not ended.is_set():
            found = reader.newest()
            if found is not None:
                accepted[which] += 1
                numbers.add(found.sequence)
                wrong[0] += not _whole(found)

    def enough() -> bool:
        return min(accepted) > 20 and len(numbers) > 50 and sum(reader.refused for reader in readers) > 0

    readers = [RingReader(descriptor, LAYOUT) for _ in accepted]
    threads = [threading.Thread(target=read, args=each) for each in enumerate(readers)]
    running = [_Writer(descriptor, 1000 * number) for number in range(writers)]
    try:
        for thread in threads:
            thread.start()
        begun = time.monotonic()
        while time.monotonic() - begun < 4 or (time.monotonic() - begun < 60 and not enough()):
            time.sleep(chance.uniform(0.05, 0.25))
            which = chance.randrange(writers)
            if chance.random() < 0.5:  # stopped in the middle of whatever it does
                running[which].process.send_signal(signal.SIGSTOP)
                time.sleep(chance.uniform(0.0, 0.05))
                running[which].process.send_signal(signal.SIGCONT)
            else:
                running[which].kill()
                running[which] = _Writer(descriptor, int(chance.uniform(0, 1e6)))
    finally:
        ended.set()
        for thread in threads:
            thread.join()
        for each in running:
            each.kill()
        os.close(descriptor)
    assert wrong == [0]
    assert enough()  # and it was close indeed
