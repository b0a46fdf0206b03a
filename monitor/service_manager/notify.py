"""What the service tells systemd (sd_notify(3)): datagrams of ``NAME=value`` lines to the socket in $NOTIFY_SOCKET."""

from __future__ import annotations

import os
import socket
from collections.abc import MutableMapping

_ABSTRACT = "@"
_LONGEST_STATUS = 1000
_SEND_TIMEOUT_S = 1.0


class ServiceManager:
    """One way to systemd, or to nobody: every call does nothing when there is no ``address``.

    ``address`` is an absolute path or, with a leading ``@``, a name in the abstract space. ``watchdog_s`` is how long
    systemd waits for the next ``feed``, None when it does not. A socket that is gone or full is no error, since alerts
    matter more than systemd's picture of them: ``trouble`` keeps the words.
    """

    def __init__(self, address: str | None, watchdog_s: float | None = None) -> None:
        self.watchdog_s = watchdog_s
        self.trouble: str | None = None
        self._status: str | None = None
        self._address = _resolved(address) if address else None
        if address and self._address is None:
            self.trouble = "$NOTIFY_SOCKET is neither an absolute path nor an abstract name (@…)"
        self._socket: socket.socket | None = None

    @classmethod
    def from_environment(cls, environment: MutableMapping[str, str]) -> ServiceManager:
        """As systemd set it up for this process. Takes the variables out, so that no child speaks in its name."""
        address = environment.pop("NOTIFY_SOCKET", None)
        period, owner = environment.pop("WATCHDOG_USEC", ""), environment.pop("WATCHDOG_PID", "")
        ours = not owner or owner == str(os.getpid())
        watched = ours and period.isascii() and period.isdigit() and int(period) > 0
        return cls(address, int(period) / 1e6 if watched else None)

    @property
    def present(self) -> bool:
        """Whether there is somebody to tell."""
        return self._address is not None

    def ready(self, status: str = "") -> None:
        """Started, or done with a reload; ``status`` is one line for ``systemctl status``."""
        self._status = _line(status)
        self._send("READY=1" + self._also())

    def reloading(self, now_s: float) -> None:
        """The configuration is read again; ``now_s`` is CLOCK_MONOTONIC. ``ready`` ends it, however it went."""
        self._send(f"RELOADING=1\nMONOTONIC_USEC={int(now_s * 1e6)}")

    def stopping(self, status: str = "") -> None:
        """On the way out."""
        self._status = _line(status)
        self._send("STOPPING=1" + self._also())

    def status(self, status: str) -> None:
        """One line for ``systemctl status``; sent only when it changed."""
        if _line(status) != self._status:
            self._status = _line(status)
            self._send(f"STATUS={self._status}")

    def feed(self) -> None:
        """The watchdog's food; ``monitor.service_manager.watchdog`` says when it is deserved."""
        self._send("WATCHDOG=1")

    def extend(self, seconds: float) -> None:
        """Start, reload or stop needs up to so many seconds more, counted from now."""
        self._send(f"EXTEND_TIMEOUT_USEC={int(seconds * 1e6)}")

    def close(self) -> None:
        """Close the socket; the next call opens it again."""
        if self._socket is not None:
            self._socket.close()
        self._socket = None

    def _also(self) -> str:
        return f"\nSTATUS={self._status}" if self._status else ""

    def _send(self, lines: str) -> None:
        if self._address is None:
            return
        try:
            if self._socket is None:
                self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
                self._socket.settimeout(_SEND_TIMEOUT_S)
            self._socket.sendto(lines.encode(errors="replace"), self._address)
        except OSError as error:
            self.trouble = f"systemd cannot be told: {error.strerror or error}"
            self.close()
        else:
            self.trouble = None


def _resolved(address: str) -> str | None:
    if address.startswith(_ABSTRACT) and len(address) > 1:
        return "\0" + address[1:]
    return address if address.startswith("/") else None


def _line(text: str) -> str:
    """``text`` on one line: a line break would start another assignment."""
    return " ".join(text.split())[:_LONGEST_STATUS]
