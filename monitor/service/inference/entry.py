"""Entry of the inference process: ``python -m monitor.service.inference.entry DESCRIPTOR``.

Gives signs of life before anything heavy is imported, and until the networks are loaded.
"""

from __future__ import annotations

import socket
import sys

from monitor.service.child import die_with_parent
from monitor.signs_of_life import SignsOfLife

LOADING = b'{"kind":"loading"}'
"""``messages.Loading`` as it travels; the messages themselves take a second to import."""


def main() -> int:
    """The exit status."""
    die_with_parent()
    end = socket.socket(fileno=int(sys.argv[1]))
    with SignsOfLife(lambda: end.send(LOADING, socket.MSG_DONTWAIT)) as signs:
        from monitor.service.inference.process import serve

        return serve(end, signs.stop)


if __name__ == "__main__":
    sys.exit(main())
