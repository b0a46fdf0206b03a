"""The control socket: asked one line at a time, answered at once, from the supervisor's own loop."""

from __future__ import annotations

import contextlib
import os
import selectors
import socket
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from monitor.errors import OutputError, ServiceUnavailable, VigilError
from monitor.service.control.requests import LARGEST_BYTES, Answer, Request, read_request

MODE = 0o660
MOST_CALLERS = 32
_PATIENCE_S = 30.0


@dataclass(slots=True)
class _Caller:
    socket: socket.socket
    last_s: float
    said: bytearray = field(default_factory=bytearray)
    unsent: bytearray = field(default_factory=bytearray)


class ControlServer:
    """Listens at ``path``, for owner and group alone. Registers itself with the loop's ``selector``.

    ServiceUnavailable when another service listens there, OutputError when the socket cannot be made.
    """

    def __init__(self, path: Path, selector: selectors.BaseSelector, answer: Callable[[Request], Answer]) -> None:
        self._path = path
        self._selector = selector
        self._answer = answer
        self._callers: dict[int, _Caller] = {}
        _refuse_if_served(path)
        self._listener = socket.socket(socket.AF_UNIX)
        mask = os.umask(0o777 & ~MODE)
        try:
            self._listener.bind(str(path))
        except OSError as error:
            self._listener.close()
            raise OutputError(f"{path}: cannot listen: {error.strerror or error}") from error
        finally:
            os.umask(mask)
        self._listener.setblocking(False)
        self._listener.listen(8)
        selector.register(self._listener, selectors.EVENT_READ, self._accept)

    def step(self, now_s: float) -> None:
        """Let go of callers that have been silent for long."""
        for caller in tuple(self._callers.values()):
            if caller.last_s == 0.0:
                caller.last_s = now_s
            elif now_s - caller.last_s > _PATIENCE_S:
                self._drop(caller)

    def close(self) -> None:
        """Stop listening and take the socket away."""
        for caller in tuple(self._callers.values()):
            self._drop(caller)
        with contextlib.suppress(KeyError, ValueError):
            self._selector.unregister(self._listener)
        self._listener.close()
        self._path.unlink(missing_ok=True)

    def _accept(self) -> None:
        try:
            end, _ = self._listener.accept()
        except OSError:
            return
        if len(self._callers) >= MOST_CALLERS:
            end.close()
            return
        end.setblocking(False)
        caller = _Caller(end, 0.0)
        self._callers[end.fileno()] = caller
        self._selector.register(end, selectors.EVENT_READ, lambda: self._serve(caller))

    def _serve(self, caller: _Caller) -> None:
        try:
            heard = caller.socket.recv(LARGEST_BYTES)
        except BlockingIOError:
            heard = b""
            if not caller.unsent:
                return
        except OSError:
            self._drop(caller)
            return
        if not heard and not caller.unsent:
            self._drop(caller)
            return
        caller.last_s = 0.0
        caller.said += heard
        while (end := caller.said.find(b"\n")) >= 0:
            line, caller.said = bytes(caller.said[:end]), caller.said[end + 1 :]
            if line.strip():
                caller.unsent += self._reply(line)
        if len(caller.said) > LARGEST_BYTES or len(caller.unsent) > 64 * LARGEST_BYTES:
            self._drop(caller)
            return
        self._send(caller)

    def _reply(self, line: bytes) -> bytes:
        try:
            return self._answer(read_request(line)).to_json()
        except VigilError as error:
            return Answer(error=" ".join(str(error).split())).to_json()

    def _send(self, caller: _Caller) -> None:
        try:
            sent = caller.socket.send(caller.unsent) if caller.unsent else 0
        except BlockingIOError:
            sent = 0
        except OSError:
            self._drop(caller)
            return
        del caller.unsent[:sent]
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if caller.unsent else 0)
        self._selector.modify(caller.socket, wanted, lambda: self._serve(caller))

    def _drop(self, caller: _Caller) -> None:
        self._callers.pop(caller.socket.fileno(), None)
        with contextlib.suppress(KeyError, ValueError):
            self._selector.unregister(caller.socket)
        caller.socket.close()


def _refuse_if_served(path: Path) -> None:
    """Take away a socket that a killed service left; refuse to take one that answers."""
    try:
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise OutputError(f"{path}: is there already and is no socket")
    except FileNotFoundError:
        return
    except OSError as error:
        raise OutputError(f"{path}: {error.strerror or error}") from error
    with socket.socket(socket.AF_UNIX) as trial:
        trial.settimeout(2.0)
        try:
            trial.connect(str(path))
        except (ConnectionRefusedError, FileNotFoundError):
            path.unlink(missing_ok=True)
            return
        except OSError as error:
            raise OutputError(f"{path}: {error.strerror or error}") from error
    raise ServiceUnavailable(f"{path}: a service runs already; stop it first, or give --runtime-dir another folder")
