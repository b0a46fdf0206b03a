"""The explaining process gives up what it has no use for: the network, foreign descriptors, new privileges."""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
import socket
import sys
from collections.abc import Iterable

_CLONE_NEWUSER = 0x10000000
_CLONE_NEWNET = 0x40000000
_PR_SET_NO_NEW_PRIVS = 38
_FIRST_FREE = 3
"""Descriptors below are standard input, output and error."""


def isolate(keep: Iterable[int]) -> None:
    """Leave the network as far as this machine lets us, close all descriptors but ``keep``, gain no privileges.

    For a process with one thread, before it imports anything that starts others: each thread has a network of its
    own. What could not be left shows in ``network_in_reach``.
    """
    first = _FIRST_FREE
    for descriptor in sorted(keep):
        os.closerange(first, descriptor)
        first = descriptor + 1
    os.closerange(first, os.sysconf("SC_OPEN_MAX"))
    if sys.platform != "linux":
        return
    # first with the right that root has; else by a user namespace of our own, where the kernel allows everybody that
    if _unshare(_CLONE_NEWNET) == errno.EPERM:
        _unshare(_CLONE_NEWUSER | _CLONE_NEWNET)
    _libc().prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def network_in_reach() -> str:
    """What this process reaches: "none", "loopback", or the names of its interfaces. Sends nothing."""
    try:
        names = [name for _, name in socket.if_nameindex() if name != "lo"]
        if names:
            return ", ".join(sorted(names))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect(("127.0.0.1", 9))  # of a datagram socket: only asks the routes
    except OSError:
        return "none"  # no addresses of that kind, or no route even to this machine
    return "loopback"


def may_generate_code() -> bool:
    """Whether memory can be written and run, which libraries that compile for this processor want (oneDNN).

    A unit with MemoryDenyWriteExecute= refuses it.
    """
    try:
        mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC).close()
    except OSError:
        return False
    return True


def _unshare(flags: int) -> int:
    """0, or the error number."""
    return 0 if _libc().unshare(flags) == 0 else ctypes.get_errno()


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
