"""Ports of loopback that stay free until they are taken: below those the kernel gives to whoever asks for any.

A port that was free a moment ago may be somebody's outgoing connection now, if it is one of the kernel's own; a server
that goes away and comes back would not get it again.
"""

from __future__ import annotations

import random
import socket

_FIRST, _LAST = 10_240, 32_000
_CHANCE = random.SystemRandom()
"""Not the random numbers that tests seed: processes side by side would all get the same port."""


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens at now, and that is not given out by chance."""
    for _ in range(1000):
        port = _CHANCE.randint(_FIRST, _LAST)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("no port is free")
