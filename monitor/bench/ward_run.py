"""A real ``vigil run`` in a folder of its own, watched from outside: its endpoints, its processes, their cost."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from threading import Event
from typing import Any, Self

from monitor.clock import now_s
from monitor.errors import ServiceUnavailable

_START_S = 400.0
_END_S = 60.0
_LINE = re.compile(r"^(\w+)(?:\{(.*)\})? ([0-9.eE+-]+|\+Inf|NaN)$")
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
Sample = tuple[str, tuple[tuple[str, str], ...]]
Scrape = Mapping[Sample, float]


class WardRun:
    """The service while the context lasts. ``settings`` are its configuration but for the health port.

    ``folder`` holds everything: ``config``, state, control socket, log. ``port`` is that of the health endpoint;
    ``environment`` is added to this process's own at the start.
    """

    def __init__(self, folder: Path, settings: Mapping[str, Any], *, port: int | None = None) -> None:
        self.environment: dict[str, str] = {}
        self.folder = folder
        with socket.create_server(("127.0.0.1", port or 0)) as free:
            self.port = int(free.getsockname()[1])
        folder.mkdir(parents=True, exist_ok=True)
        self.config = folder / "vigil.yaml"
        document = {**settings, "health": {"port": self.port}}
        self.config.write_text(json.dumps(document), encoding="utf-8")  # YAML takes JSON
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The supervisor."""
        assert self._process is not None
        return self._process.pid

    @property
    def runs(self) -> bool:
        """Whether it has not ended."""
        return self._process is not None and self._process.poll() is None

    def __enter__(self) -> Self:
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                self.command(), stdout=log, stderr=log, env={**os.environ, **self.environment}
            )
        return self

    def command(self) -> list[str]:
        """What starts the service."""
        state, runtime = self.folder / "state", self.folder / "run"
        words = ["run", str(self.config), "--state-dir", str(state), "--runtime-dir", str(runtime)]
        return [sys.executable, "-c", "from monitor.cli import main; main()", *words]

    def __exit__(self, *_: object) -> None:
        self.end(signal.SIGTERM)

    def end(self, by: signal.Signals) -> int | None:
        """End it by a signal, at the latest by SIGKILL; its exit status, None when it did not run."""
        process, self._process = self._process, None
        if process is None:
            return None
        process.send_signal(by)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_END_S)
        if process.poll() is None:
            process.kill()
        return process.wait()

    def wait_until_judging(self, *, explaining: bool) -> None:
        """Return when every camera is online and every bed judged. ServiceUnavailable when that does not come."""
        deadline_s = now_s() + _START_S
        while now_s() < deadline_s:
            if not self.runs:
                break
            status = self.status()
            if status and _all_judged(status) and (not explaining or (status["sidecar"] or {}).get("alive")):
                return
            Event().wait(0.5)
        raise ServiceUnavailable(f"the measured service does not come up: {self.last_words()}")

    def status(self) -> dict[str, Any] | None:
        """/status; None while nobody answers."""
        text = self._get("/status")
        return None if text is None else json.loads(text)

    def scrape(self) -> Scrape:
        """/metrics, by name and labels."""
        found: dict[Sample, float] = {}
        for line in (self._get("/metrics") or "").splitlines():
            if (match := _LINE.match(line)) is not None:
                found[match[1], tuple(sorted(_LABEL.findall(match[2] or "")))] = float(match[3])
        return found

    def last_words(self) -> str:
        """The last line of its log."""
        lines = (self.folder / "log").read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return lines[-1][:300] if lines else "it said nothing"

    def _get(self, path: str) -> str | None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=20) as answer:
                return str(answer.read().decode())
        except (urllib.error.URLError, OSError):
            return None


def cpu_s(pid: int) -> float:
    """Processor seconds that ``pid`` has used itself, all its threads; 0 when it is gone."""
    try:
        words = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def descriptors(pid: int) -> int:
    """How many files ``pid`` has open; 0 when it is gone."""
    try:
        return len(os.listdir(f"/proc/{pid}/fd"))
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return 0


def _all_judged(status: Mapping[str, Any]) -> bool:
    beds, cameras = status.get("beds", {}).values(), status.get("cameras", {}).values()
    online = bool(cameras) and all(camera["online"] for camera in cameras)
    return online and bool(beds) and all(bed["judged_age_s"] is not None for bed in beds)
