"""Keeps what C++ libraries report of their use from leaving the machine.

MediaPipe 1.2 sends the start and end of every task, with counts and durations but no pictures, to its maker, and has
no switch against it. It honours ``https_proxy``, so it is shown one that leads nowhere. Only the C library's view of
the environment is changed: downloads made by Python read ``os.environ`` and go the way they are configured to go.
"""

from __future__ import annotations

import ctypes

NOWHERE = b"http://127.0.0.1:9"
"""The discard port of this machine: nothing listens there."""


def keep_reports_here() -> None:
    """Call before the first landmarker is made. A child process that downloads is given ``os.environ`` explicitly."""
    library = ctypes.CDLL(None)
    for name in (b"https_proxy", b"HTTPS_PROXY"):
        library.setenv(name, NOWHERE, 1)
    for name in (b"no_proxy", b"NO_PROXY"):
        library.unsetenv(name)
