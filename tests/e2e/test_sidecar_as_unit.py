"""Sidecar and client, each under its own unit's settings, as on a real box: explanations come all the same."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from unit_settings import needs_namespaces, needs_systemd_tools

pytestmark = pytest.mark.live

pytest.importorskip("torch")
ROOT = Path(__file__).resolve().parents[2]
AS_UNIT = [sys.executable, "-m", "monitor.service_manager.as_unit"]
CLIENT = """
import sys
sys.path[:0] = [sys.argv[1], sys.argv[1] + "/tests"]
from pathlib import Path
from monitor.sidecar.client import SidecarClient
from monitor.sidecar.settings import SidecarSettings
from sidecar_story import asked, until
with SidecarClient(Path(sys.argv[2]), SidecarSettings(socket=sys.argv[3]), live=True) as client:
    for frame in range(3):
        client.submit(*asked(frame, ("AU04", "AU06")))
        for explanation in client.drain(60):
            print(explanation.frame_id, explanation.target)
    print(client.stats.network, client.stats.dropped)
"""


@needs_namespaces
@needs_systemd_tools
def test_it_explains_under_the_units_own_settings() -> None:
    bundle = next((ROOT / "models" / "zoo").glob("*/bundle.json")).parent
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        base.chmod(0o755)
        path = base / "run" / "vigil-sidecar" / "sidecar.sock"
        vigil = [sys.executable, "-c", "from monitor.cli import main; main()"]
        service = subprocess.Popen(
            [
                *AS_UNIT,
                "--base",
                base,
                ROOT / "systemd/vigil-sidecar.service",
                "--",
                *vigil,
                "sidecar",
                "--listen",
                path,
            ],
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            assert service.stderr is not None
            said = []
            for line in service.stderr:
                said.append(line)
                if "told: READY=1" in line:
                    break
            assert "told: READY=1" in said[-1], said
            options = ["--base", base, "--writable", path.parent, ROOT / "systemd/vigil.service", "--"]
            run = subprocess.run(
                [*AS_UNIT, *options, sys.executable, "-c", CLIENT, ROOT, bundle, path],
                capture_output=True,
                text=True,
                check=False,
                timeout=240,
            )
            assert run.returncode == 0, run.stderr
            explained = [f"{frame} {target}" for frame in range(3) for target in ("AU04", "AU06")]
            assert run.stdout.splitlines() == [*explained, "none {}"]
        finally:
            service.terminate()
            service.communicate(timeout=30)
        assert service.returncode == 0
        assert not path.exists()
