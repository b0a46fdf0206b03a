"""Entry of the page's process: ``python -m monitor.web.entry DESCRIPTOR``.

Gives signs of life before anything heavy is imported, and until the supervisor has said how the page is set.
"""

from __future__ import annotations

import contextlib
import os
import resource
import socket
import sys

from monitor.service.child import die_with_parent
from monitor.signs_of_life import SignsOfLife

ALIVE = b'{"kind":"alive","serving":false}'
"""``page_messages.Alive`` as it travels; the messages themselves take a moment to import."""
NICE = 5
MOST_MEMORY_BYTES = 1 << 30
"""Of its own (shared memory of cameras does not count): a page that leaks ends, and is started anew."""


def main() -> int:
    """The exit status."""
    die_with_parent()
    with contextlib.suppress(OSError):  # a unit's system call filter may not let us
        os.nice(NICE)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_DATA, (MOST_MEMORY_BYTES, MOST_MEMORY_BYTES))
    end = socket.socket(fileno=int(sys.argv[1]))
    with SignsOfLife(lambda: end.send(ALIVE, socket.MSG_DONTWAIT)) as signs:
        from monitor.web.process import serve_page

        return serve_page(end, signs.stop)


if __name__ == "__main__":
    sys.exit(main())
