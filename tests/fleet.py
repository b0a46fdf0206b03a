"""The fleet of docs/fleet.md on this machine: its configurations, statements and access list; a recording as camera."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import yaml
from documents import blocks
from free_ports import free_port
from live_ward import LiveWard
from mosquitto_broker import PASSWORD as BROKER_PASSWORD
from mosquitto_broker import Broker
from postgresql_server import PASSWORD, PostgresqlServer

DOCUMENT = "docs/fleet.md"
ADMIN, ADMIN_PASSWORD = "lead", "four quiet beds"
_QUICK = {
    "alerts": {"delay_s": 1.0, "latch_s": 600.0, "dropout_s": 60.0, "unknown_s": 60.0},
    "classifier": {"threads": 1},
}


def shown(language: str, begins: str) -> str:
    """The one block of the document in ``language`` whose text begins so."""
    found = [block.text for block in blocks(DOCUMENT) if block.language == language and block.text.startswith(begins)]
    assert len(found) == 1, f"{DOCUMENT}: {len(found)} blocks of {language} begin with {begins!r}"
    return found[0]


def documented_database(server: PostgresqlServer) -> str:
    """Carry out the document's statements; the address of the wards' database on ``server``."""
    for statement in shown("sql", "CREATE ROLE").replace("change me", PASSWORD).split(";"):
        if statement.strip():
            server.run(statement)
    return f"postgresql://vigil_wards@127.0.0.1:{server.port}/vigil_wards"


class FleetWard(LiveWard):
    """A ward of the document, with ``film`` for its camera and these ``broker`` and ``database``."""

    def __init__(self, folder: Path, name: str, film: Path, landmarker: Path, broker: Broker, database: str) -> None:
        folder.mkdir()
        said: dict[str, Any] = yaml.safe_load(shown("yaml", f"# /etc/vigil/{name}/vigil.yaml"))
        assert said["sidecar"]["socket"].endswith(f"-{name}/sidecar.sock")
        assert said["storage"]["database_url"].endswith("vigil_wards@database.ward.example/vigil_wards")
        self.name, self.page_port = name, free_port()
        said["sources"]["camera"] = {"kind": "recording", "path": str(film), "max_fps": 6.0}
        said["sinks"]["broker"] |= {"host": "127.0.0.1", "port": broker.port, "tls": False}
        said["sinks"]["broker"]["password_credential"] = _secret(folder / "mqtt", BROKER_PASSWORD)
        said["storage"] = {"database_url": database, "password_credential": _secret(folder / "database", PASSWORD)}
        said["sidecar"]["socket"] = str(folder / "nobody.sock")
        said["page"]["port"] = self.page_port
        super().__init__(folder, {**said, **_QUICK, "landmarker": str(landmarker)})

    def judged(self) -> float:
        """Pictures of bed-1 that were judged since the start."""
        return self.scrape().get(("vigil_pictures_judged_total", (("bed", "bed-1"),)), 0.0)

    def presence(self, alert_id: str) -> str | None:
        """How an alert of bed-1 stands, None when it is not out."""
        return next((a["presence"] for a in self.seen()["beds"]["bed-1"]["alerts"] if a["alert_id"] == alert_id), None)

    def make_admin(self) -> None:
        """Make the first user, by the command."""
        words = ["user", "add", ADMIN, "--role", "admin", "--beds", "*", "--config", str(self.config)]
        words += ["--password-file", _secret(self.folder / "admin", ADMIN_PASSWORD)]
        done = subprocess.run(
            [sys.executable, "-c", "from monitor.cli import main; main()", *words],
            capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr

    def signed_in(self) -> httpx.Client:
        """The page, logged in as the admin; httpx.TransportError while it is not there."""
        browser = httpx.Client(base_url=f"http://127.0.0.1:{self.page_port}", timeout=60)
        try:
            answer = browser.post("/api/login", json={"name": ADMIN, "password": ADMIN_PASSWORD})
            assert answer.status_code == 204, answer.text
        except BaseException:
            browser.close()
            raise
        return browser


def _secret(path: Path, text: str) -> str:
    path.write_text(text)
    path.chmod(0o600)
    return str(path)
