"""A machine in a folder, on which the commands of a document are carried out as somebody would type them.

Folders that documents name (``/etc/vigil``, ``/var/lib/vigil``, …) lie below ``root``; what only a booted system can do
(``systemctl``, ``journalctl``, another user) is stood in for by small scripts that check what can be checked.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import yaml
from documents import REPOSITORY
from free_ports import free_port

_FOLDERS = re.compile(r"(?<![\w.:~/-])/(etc|var|run|usr/local|opt|backup)(?=/)")
_CHECKOUT = (
    "Makefile",
    "pyproject.toml",
    "constraints.txt",
    "monitor",
    "models",
    "exporters",
    "systemd",
    "tests",
    "docs",
)
_PATIENCE_S = 240.0
QUICK = {
    "alerts": {"delay_s": 1.0, "latch_s": 600.0, "dropout_s": 60.0, "unknown_s": 60.0},
    "lifecycle": {"cooldown_s": 600.0},
    "classifier": {"threads": 1},
    "sidecar": {"socket": None},
    "health": {"port": 8710},
    "page": {"port": 8720},
}
"""A drop-in under which alerts come at once and stay, and nothing is wanted of other units."""


class DocumentWorld:
    """``base`` is copied; ``home`` is where commands are typed. End it to end the service."""

    def __init__(self, base: Path, folder: Path) -> None:
        self.root, self.home = folder / "root", folder / "home"
        shutil.copytree(base, folder, symlinks=True, dirs_exist_ok=True)
        for name in _CHECKOUT:
            (self.home / name).symlink_to(REPOSITORY / name)
        (self.home / ".venv").symlink_to(sys.prefix)
        self.ports = {"8710": str(free_port()), "8720": str(free_port())}
        self._service: subprocess.Popen[bytes] | None = None
        self._started = ["run", "/etc/vigil/vigil.yaml"]
        self.write("/etc/vigil/vigil.d/99-quick.yaml", json.dumps(QUICK))

    def here(self, text: str) -> str:
        """``text`` with folders, ports and addresses as they are on this machine."""
        text = text.replace("/opt/vigil/bin/", f"{sys.prefix}/bin/").replace("0.0.0.0", "127.0.0.1")
        text = _FOLDERS.sub(lambda found: f"{self.root}/{found[1]}", text)
        for said, real in self.ports.items():
            text = re.sub(rf"\b{said}\b", real, text)
        return text

    def write(self, path: str, text: str) -> None:
        """The file that a document shows as ``path``."""
        target = Path(self.here(path))
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(self.here(text), encoding="utf-8")

    def environment(self) -> dict[str, str]:
        """What commands and service see."""
        return {
            **os.environ,
            "PATH": f"{self.root}/shims:{sys.prefix}/bin:{os.environ['PATH']}",
            "VIGIL_ROOT": str(self.root),
            "VIGIL_EXECUTABLE": "/opt/vigil/bin/vigil",
            "STATE_DIRECTORY": f"{self.root}/var/lib/vigil",
            "RUNTIME_DIRECTORY": f"{self.root}/run/vigil",
            "CREDENTIALS_DIRECTORY": f"{self.root}/etc/vigil/credentials",
        }

    def carry_out(self, text: str, *, where: Path | None = None) -> subprocess.CompletedProcess[str]:
        """The command in a shell; its output is kept apart."""
        return subprocess.run(
            ["sh", "-ec", self.here(text)],
            cwd=where or self.home,
            env=self.environment(),
            input="four quiet beds by the window\n",
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )

    def start(self, words: list[str] | None = None) -> None:
        """Start ``vigil run …`` and wait until bed-1 has an alert out."""
        self._started = words or self._started
        with (self.root / "log").open("ab") as log:
            self._service = subprocess.Popen(
                [sys.executable, "-c", "from monitor.cli import main; main()", *map(self.here, self._started)],
                stdout=log,
                stderr=log,
                cwd=self.home,
                env=self.environment(),
            )
        self._wait("an alert at bed-1", lambda status: status["beds"]["bed-1"]["alerts"])
        code = self.root / "var/lib/vigil/page-setup-code"
        drop_ins = [file.read_text(encoding="utf-8") for file in (self.root / "etc/vigil/vigil.d").glob("*.yaml")]
        if any((yaml.safe_load(text) or {}).get("page", {}).get("enabled") for text in drop_ins):
            self._wait("the page", lambda status: code.exists() and _listens(int(self.ports["8720"])))

    @property
    def runs(self) -> bool:
        """Whether the service does."""
        return self._service is not None and self._service.poll() is None

    def alert(self) -> str:
        """The name of bed-1's newest alert."""
        found: str = self._wait("an alert", lambda status: status["beds"]["bed-1"]["alerts"])[-1]["alert_id"]
        return found

    def end(self) -> None:
        """End the service, at the latest by SIGKILL."""
        service, self._service = self._service, None
        if service is None or service.poll() is not None:
            return
        service.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            service.wait(90)
        if service.poll() is None:
            service.kill()
        service.wait()

    def _wait(self, what: str, holds: Any) -> Any:
        deadline = time.monotonic() + _PATIENCE_S
        while time.monotonic() < deadline and self.runs:
            status = self._status()
            if status is not None and (found := holds(status)):
                return found
            time.sleep(0.1)
        log = (self.root / "log").read_text(encoding="utf-8", errors="replace")
        raise AssertionError(f"{what}: not within {_PATIENCE_S:g} s, or the service ended: {log[-3000:]}")

    def _status(self) -> dict[str, Any] | None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.ports['8710']}/status", timeout=20) as answer:
                status: dict[str, Any] = json.load(answer)
                return status
        except (OSError, urllib.error.URLError):
            return None


def _listens(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5):
            return True
    except OSError:
        return False
