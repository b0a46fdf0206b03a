"""Reading ahead changes nothing but the waiting: same pictures, errors in their place, nothing left behind."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime

import numpy as np
import pytest

from monitor.errors import InputError
from monitor.records import Frame
from monitor.sources.read_ahead import MOST_AHEAD, ReadAhead


class Counting:
    """Gives ``count`` pictures, then raises ``error`` where there is one; knows how far it was read."""

    def __init__(self, count: int, error: BaseException | None = None) -> None:
        self.count, self.error = count, error
        self.given = 0
        self.closed = False
        self.threads: set[str] = set()

    def frames(self) -> Iterator[Frame]:
        try:
            for number in range(self.count):
                self.threads.add(threading.current_thread().name)
                self.given += 1
                yield picture(number)
            if self.error is not None:
                raise self.error
        finally:
            self.closed = True


def picture(number: int) -> Frame:
    return Frame(
        frame_id=number,
        source_id="counted",
        captured_s=number / 25,
        captured_at=datetime(2026, 1, 1, tzinfo=UTC),
        pixels=np.full((2, 2, 3), number % 256, np.uint8),
    )


def decoders() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "decode"]


def test_the_pictures_come_in_their_order_from_a_thread_of_their_own():
    source = Counting(500)
    ahead = ReadAhead(source)
    assert [seen.frame_id for seen in ahead.frames()] == list(range(500))
    assert source.threads == {"decode"}
    assert source.closed
    assert ahead.decoding.count == 501  # the last look finds the end
    assert not decoders()


def test_no_more_pictures_are_decoded_than_may_wait():
    source = Counting(500)
    pictures = ReadAhead(source).frames()
    for number in range(20):
        assert next(pictures).frame_id == number
        assert source.given <= number + 1 + MOST_AHEAD + 1  # one more is held while it finds no room
    pictures.close()
    assert source.closed
    assert source.given < 500
    assert not decoders()


@pytest.mark.parametrize("error", [InputError("clip.mp4: cut off"), ValueError("a library's mistake"), MemoryError()])
def test_an_error_comes_where_its_picture_would_have_come(error: BaseException):
    pictures = ReadAhead(Counting(7, error)).frames()
    assert [next(pictures).frame_id for _ in range(7)] == list(range(7))
    with pytest.raises(type(error)) as raised:
        next(pictures)
    assert raised.value is error
    assert not decoders()


def test_a_pass_that_never_begins_starts_no_thread():
    ReadAhead(Counting(3)).frames().close()
    assert not decoders()


def test_a_source_without_pictures_ends_at_once():
    assert not list(ReadAhead(Counting(0)).frames())
