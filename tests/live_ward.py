"""The whole service on a recording whose face grimaces: started, watched, killed and told things by the tests."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from free_ports import free_port

from monitor.bench.memory import family
from monitor.bench.ward_run import WardRun
from monitor.demo.recording import RecordingSettings, make_recording
from monitor.demo.script import Act, written_script

PATIENCE_S = 150.0


def grimacing(path: Path) -> Path:
    """Four seconds of calm face, six of grimace; played round and round it is in pain again and again."""
    script = written_script(((Act.NEUTRAL, 4.0), (Act.GRIMACE, 6.0)))
    return make_recording(path, RecordingSettings(width_px=480, height_px=270, fps=10.0, script=script))


def two_beds(film: Path, **more: Any) -> dict[str, Any]:
    """A ward of two beds, each with a camera of its own, that alerts after a second of pain.

    Its breaks in the film are dropouts, so that an alert that is out stays out.
    """
    return {
        "sources": {name: {"kind": "recording", "path": str(film), "max_fps": 8.0} for name in ("left", "right")},
        "beds": {"bed-1": {"source": "left", "room": "12"}, "bed-2": {"source": "right", "room": "14"}},
        "alerts": {"delay_s": 1.0, "latch_s": 600.0, "dropout_s": 60.0, "unknown_s": 60.0},
        "lifecycle": {"service_delay_s": 1.0, "cooldown_s": 600.0},
        "inference": {"stalled_after_s": 6.0},
        "classifier": {"threads": 1},
        **more,
    }


class LiveWard(WardRun):
    """One service; entering it again starts it again in the same folders."""

    def __init__(self, folder: Path, settings: Mapping[str, Any]) -> None:
        super().__init__(folder, settings, port=free_port())
        self.state, self.runtime = folder / "state", folder / "run"

    def wait_for(self, what: str, holds: Callable[[dict[str, Any]], object], patience_s: float = PATIENCE_S) -> Any:
        """What ``holds`` says of /status once that is true."""
        deadline = time.monotonic() + patience_s
        status = None
        while time.monotonic() < deadline:
            status = self.status()
            if status is not None and (found := holds(status)):
                return found
            if not self.runs:
                break
            time.sleep(0.1)
        raise AssertionError(f"{what}: not within {patience_s:g} s; last {json.dumps(status)}; {self.log()[-3000:]}")

    def lives(self) -> bool:
        """What /livez says."""
        return self._get("/livez") is not None

    def seen(self) -> dict[str, Any]:
        """What /status says now, however long a busy machine takes to answer."""
        found: dict[str, Any] = self.wait_for("an answer", lambda status: status)
        return found

    def bed(self, *words: str) -> subprocess.CompletedProcess[str]:
        """``vigil bed`` as somebody at the machine types it."""
        command = [sys.executable, "-c", "from monitor.cli import main; main()", "bed", *words]
        return subprocess.run(
            [*command, "--runtime-dir", str(self.runtime)], capture_output=True, text=True, timeout=300, check=False
        )

    def reload(self, settings: Mapping[str, Any]) -> None:
        """Write other settings and say SIGHUP."""
        document = {**settings, "health": {"port": self.port}}
        self.config.write_text(json.dumps(document), encoding="utf-8")
        os.kill(self.pid, signal.SIGHUP)

    def log(self) -> str:
        """Everything it logged."""
        return (self.folder / "log").read_text(encoding="utf-8", errors="replace")

    def family(self) -> list[int]:
        """The service and all its descendants, but a sidecar: one that still loads hears late that it is alone."""
        status = self.status()
        sidecars = [row["pid"] for row in status["processes"] if row["kind"] == "sidecar"] if status else []
        return [pid for pid in family(self.pid) if pid not in sidecars]


def process(status: Mapping[str, Any], name: str) -> dict[str, Any]:
    """A row of the process table."""
    return next(row for row in status["processes"] if row["name"] == name)


def gone(pids: list[int], within_s: float = 90.0) -> bool:
    """Whether none of ``pids`` runs any more."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if not any(_runs(pid) for pid in pids):
            return True
        time.sleep(0.05)
    return False


def _runs(pid: int) -> bool:
    try:
        words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return words[0] != "Z"
