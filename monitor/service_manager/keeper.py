"""A service manager in small, for one command: starts it confined, hears its notifications, guards its watchdog."""

from __future__ import annotations

import os
import re
import select
import signal
import socket
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

from monitor.clock import now_s
from monitor.errors import ServiceUnavailable, VigilError
from monitor.service_manager.confinement import Confinement

ADDRESS = "notify.sock"
"""Where notifications are heard, in the base folder."""
_TICK_S = 0.2
_UNITS_S = {"": 1.0, "s": 1.0, "sec": 1.0, "min": 60.0, "ms": 1e-3}
_HANDED_ON = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def keep(confinement: Confinement, command: Sequence[str], base: Path) -> int:
    """Run ``command`` to its end; its exit status (128 + signal when killed)."""
    watchdog_s = seconds(confinement.unit.last("WatchdogSec", "0"))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        address = base / ADDRESS
        address.unlink(missing_ok=True)
        heard.bind(str(address))
        address.chmod(0o777)
        environment = {
            **{name: value for name, value in os.environ.items() if name in {"PATH", "LANG", "TZ"}},
            **confinement.environment,
            "NOTIFY_SOCKET": str(address),
        }
        if watchdog_s:
            environment["WATCHDOG_USEC"] = str(int(watchdog_s * 1e6))
        pid = os.fork()
        if pid == 0:
            _become(confinement, command, environment)
        try:
            return _guard(pid, heard, watchdog_s)
        finally:
            address.unlink(missing_ok=True)


def seconds(text: str) -> float:
    """A time span as units write it ("30", "2min 10s"); ServiceUnavailable for one that is not understood here."""
    total = 0.0
    for word in re.findall(r"\S+", text.replace(" min", "min").replace(" s", "s")):
        found = re.fullmatch(r"([0-9.]+)([a-z]*)", word)
        if found is None or found[2] not in _UNITS_S:
            raise ServiceUnavailable(f"time span {text!r} is not understood here")
        total += float(found[1]) * _UNITS_S[found[2]]
    return total


def _become(confinement: Confinement, command: Sequence[str], environment: dict[str, str]) -> None:
    """In the child: confine, then be the command. Never returns."""
    try:
        confinement.apply(_say)
        os.execvpe(command[0], list(command), environment)
    except (VigilError, OSError) as error:
        _say(f"{command[0]}: {error}")
    except BaseException:  # noqa: BLE001 — a fork must not run on as its parent
        traceback.print_exc()
    os._exit(69)


def _guard(pid: int, heard: socket.socket, watchdog_s: float) -> int:
    for number in _HANDED_ON:
        signal.signal(number, lambda received, _: os.kill(pid, received))
    fed_s: float | None = None
    longest_s, patience_s = 0.0, watchdog_s
    while True:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            _say(f"longest wait for food: {longest_s:.1f} s of {patience_s:g} s" if longest_s else "never fed")
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code
        readable, _, _ = select.select([heard], [], [], _TICK_S)
        for line in heard.recv(8192).decode(errors="replace").split("\n") if readable else ():
            if line == "WATCHDOG=1":
                longest_s = max(longest_s, now_s() - fed_s if fed_s is not None else 0.0)
            else:
                _say(f"told: {line}")
            if line in {"WATCHDOG=1", "READY=1"}:
                fed_s = now_s()
            elif line == "STOPPING=1":
                fed_s, watchdog_s = None, 0.0
        if watchdog_s and fed_s is not None and now_s() - fed_s > watchdog_s:
            _say(f"not fed for {watchdog_s:g} s: SIGABRT, as systemd does")
            os.kill(pid, signal.SIGABRT)
            fed_s = None


def _say(line: str) -> None:
    print(f"as_unit: {line}", file=sys.stderr, flush=True)
