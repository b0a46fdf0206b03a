"""Decodes the next pictures while the one before is judged. Same pictures, same order, a few of them in memory."""

from __future__ import annotations

from collections.abc import Iterator
from queue import Empty, Full, Queue
from threading import Event, Thread
from typing import Protocol

from monitor.records import Frame, Gap
from monitor.stage_clock import Durations, Stage

MOST_AHEAD = 2
"""Pictures that wait: 6 MB at 1280×720. More would not help, since one is judged slower than it is decoded."""
_LOOK_AGAIN_S = 0.2


class Pictures(Protocol):
    """Whatever gives pictures in the order of their time."""

    def frames(self) -> Iterator[Frame | Gap]: ...  # noqa: D102


class _Ended:
    """What the decoding thread says last: that there is nothing more, or why."""

    def __init__(self, error: BaseException | None) -> None:
        self.error = error


class ReadAhead:
    """``pictures`` decoded in a thread of its own. ``decoding`` holds how long each picture took there.

    An error of the source is raised where its picture would have come. Ending the pass early ends the thread, which
    owns the source's pass from its first picture to its close.
    """

    def __init__(self, pictures: Pictures, most: int = MOST_AHEAD) -> None:
        self._pictures = pictures
        self._most = most
        self.decoding = Durations()

    def frames(self) -> Iterator[Frame | Gap]:
        """The pictures of the source, in its order."""
        waiting: Queue[Frame | Gap | _Ended] = Queue(self._most)
        stop = Event()
        thread = Thread(target=self._decode, args=(waiting, stop), name="decode", daemon=True)
        thread.start()
        try:
            while not isinstance(seen := waiting.get(), _Ended):
                yield seen
            if seen.error is not None:
                raise seen.error
        finally:
            stop.set()
            _empty(waiting)
            thread.join()

    def _decode(self, waiting: Queue[Frame | Gap | _Ended], stop: Event) -> None:
        error: BaseException | None = None
        try:
            self._decode_all(waiting, stop)
        except BaseException as raised:  # noqa: BLE001  (handed over and raised again, whatever it is)
            error = raised
        _put(waiting, _Ended(error), stop)

    def _decode_all(self, waiting: Queue[Frame | Gap | _Ended], stop: Event) -> None:
        pictures = self._pictures.frames()
        try:
            while not stop.is_set():
                with Stage(self.decoding):
                    seen = next(pictures, None)
                if seen is None:
                    return
                _put(waiting, seen, stop)
        finally:
            close = getattr(pictures, "close", None)
            if close is not None:
                close()


def _put(waiting: Queue[Frame | Gap | _Ended], item: Frame | Gap | _Ended, stop: Event) -> None:
    while not stop.is_set():
        try:
            waiting.put(item, timeout=_LOOK_AGAIN_S)
        except Full:
            continue
        return


def _empty(waiting: Queue[Frame | Gap | _Ended]) -> None:
    """Make room, so that a thread that waits for some looks at ``stop`` at once."""
    while True:
        try:
            waiting.get_nowait()
        except Empty:
            return
