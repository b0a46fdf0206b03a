"""The capture process: ``python -m monitor.capture.process CONTROL_FD RING_FD NAME``, started by a ``Camera``.

It ends with its watcher: when the control channel closes (seen by a thread of its own, also while a library is stuck
in a read) and by the kernel's parent-death signal. The password comes through the channel and stays in memory.
"""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import socket
import sys
import threading

from monitor.capture.feed import FeedEnded
from monitor.capture.masking import masked
from monitor.capture.messages import LARGEST_BYTES, Change, Ended, MessageError, Open, Report, decode, encode
from monitor.capture.ring import RingLayout, RingWriter
from monitor.parent_death import end_with_parent


def die_with(watcher: int) -> bool:
    """Let the kernel end this process with its parent; False when that is gone already."""
    end_with_parent()
    return os.getppid() == watcher


class _Control:
    """This process's end of the channel."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end
        self.changes: queue.SimpleQueue[Change] = queue.SimpleQueue()

    def opening(self) -> Open | None:
        """The first message; None when it is another or there is none."""
        with contextlib.suppress(MessageError):
            message = decode(self._end.recv(LARGEST_BYTES))
            return message if isinstance(message, Open) else None
        return None

    def tell(self, message: Report | Ended) -> None:
        """Hand it over, or not at all when the watcher does not listen just now."""
        with contextlib.suppress(OSError):
            self._end.send(encode(message), socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL)

    def listen(self) -> None:
        """Take in changes; end the process at once when the watcher is gone."""
        while packet := self._end.recv(LARGEST_BYTES):
            with contextlib.suppress(MessageError):
                message = decode(packet)
                if isinstance(message, Change):
                    self.changes.put(message)
        os._exit(os.EX_OK)


def serve(control: _Control, ring_fd: int) -> int:
    """Capture until told to end; the exit status."""
    opening = control.opening()
    if opening is None or not die_with(opening.watcher):
        return os.EX_PROTOCOL
    threading.Thread(target=control.listen, daemon=True).start()
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    import cv2

    from monitor.capture.session import Session

    cv2.setNumThreads(1)  # other cameras want some too
    layout = RingLayout(slots=opening.slots, capacity_bytes=opening.capacity_bytes)
    try:
        Session(opening, RingWriter(ring_fd, layout), control.tell, control.changes, stop).run()
    except FeedEnded as error:
        control.tell(Ended(reason=masked(str(error), opening.password), final=error.final))
        return os.EX_UNAVAILABLE
    except Exception as error:  # noqa: BLE001 — a process boundary: said to the watcher, which counts and tells it
        said = masked(f"{type(error).__name__}: {error}", opening.password)
        control.tell(Ended(reason=f"the capture process failed: {said}"))
        return os.EX_SOFTWARE
    return os.EX_OK


def main() -> None:
    """Entry of the process; leaves without waiting for threads of libraries."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the watcher ends this process
    code = serve(_Control(socket.socket(fileno=int(sys.argv[1]))), int(sys.argv[2]))
    os._exit(code)


if __name__ == "__main__":
    main()
