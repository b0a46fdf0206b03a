"""The live service under the unit's own settings, as far as they can be applied without systemd: an alert comes."""

from __future__ import annotations

import shutil
import signal
import ssl
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from certificates import make_certificates
from free_ports import free_port
from live_ward import LiveWard, grimacing, two_beds
from unit_settings import needs_namespaces, needs_systemd_tools

pytestmark = pytest.mark.live

ROOT = Path(__file__).resolve().parents[2]


class UnitWard(LiveWard):
    """The service as systemd/vigil.service has it, in a box of its own."""

    def __init__(self, folder: Path, settings: dict) -> None:
        super().__init__(folder, settings)
        self.state, self.runtime = folder / "box" / "state" / "vigil", folder / "box" / "run" / "vigil"

    def command(self) -> list[str]:
        box = ["--base", self.folder / "box", "--config-dir", self.folder, "--readable", self.folder]
        unit = [sys.executable, "-m", "monitor.service_manager.as_unit", *box, self.folder / "units" / "vigil.service"]
        return [
            str(word) for word in (*unit, "--", sys.executable, "-c", "from monitor.cli import main; main()", "run")
        ]


@pytest.fixture
def folder() -> Iterator[Path]:
    """In view under PrivateTmp=, and readable for a service that is not root."""
    with tempfile.TemporaryDirectory(dir="/srv", prefix="vigil-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


def unit_with_the_page_s_key(folder: Path, key: Path) -> None:
    """The unit and the drop-in that hands it the page's key, as an administrator would have them."""
    drop_in = folder / "units" / "vigil.service.d" / "page.conf"
    drop_in.parent.mkdir(parents=True)
    shutil.copy(ROOT / "systemd" / "vigil.service", folder / "units")
    example = (ROOT / "systemd" / "drop-ins" / "page.conf.example").read_text(encoding="utf-8")
    drop_in.write_text(example.replace("/etc/vigil/credentials/page-key", str(key)), encoding="utf-8")


def wait_for_page(ward: UnitWard, port: int, authority: Path) -> None:
    trusting = ssl.create_default_context(cafile=str(authority))

    def answers(_: object) -> bool:
        try:
            told = httpx.get(f"https://127.0.0.1:{port}/api/session", timeout=60, verify=trusting)
            return told.json()["setup_needed"]
        except httpx.TransportError:
            return False

    ward.wait_for("the page", answers)


@needs_namespaces
@needs_systemd_tools
def test_it_watches_and_alerts_under_the_units_own_settings(folder: Path, landmarker: Path):
    asset = shutil.copy(landmarker, folder / "face_landmarker.task")
    film = grimacing(folder / "film.mp4")
    for path in (asset, film):
        Path(path).chmod(0o644)
    certificates = make_certificates(folder)
    unit_with_the_page_s_key(folder, certificates.key)
    page = {"enabled": True, "port": free_port(), "certificate": str(certificates.certificate)}
    page["private_key_credential"] = "page-key"
    with UnitWard(folder, two_beds(film, landmarker=str(asset), page=page)) as ward:
        pain = ward.wait_for(
            "an alert at bed-1", lambda status: [a for a in status["beds"]["bed-1"]["alerts"] if a["topic"] == "pain"]
        )
        assert pain[0]["presence"] == "on"
        assert ward.bed("ack", pain[0]["alert_id"], "--by", "Anna").returncode == 0
        wait_for_page(ward, page["port"], certificates.authority)
        assert ward.status()["troubles"] == []
        code = ward.state / "page-setup-code"
        ward.wait_for("the code for the first admin", lambda _: code.exists())
        assert ward.end(signal.SIGTERM) == 0
        said = ward.log()
    for word in ("told: READY=1", "told: STOPPING=1", "as_unit: NoNewPrivileges", "SystemCallFilter ("):
        assert word in said
    assert (ward.state / "alerts.jsonl").read_text().count("acknowledged") >= 1
    assert not (ward.runtime / "control.sock").exists()
