"""The libraries that vigil uses reach nobody: a proxy that stands in for the world outside hears nothing."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from monitor.demo.photograph import photograph_path


@pytest.mark.parametrize("command", ["explain", "replay"])
def test_no_library_reports_its_use(command: str, landmarker: Path, tiny_bundle: Path, tmp_path: Path):
    """MediaPipe would ask this proxy for its maker's address within a second of its start."""
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        address = f"http://127.0.0.1:{proxy.getsockname()[1]}"
        environment = {name: value for name, value in os.environ.items() if name not in {"CI", "ORT_DISABLE_TELEMETRY"}}
        environment |= dict.fromkeys(("https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY"), address)
        environment |= {"VIGIL_LANDMARKER": str(landmarker), "VIGIL_MODEL": str(tiny_bundle), "no_proxy": ""}
        program = "import time; from monitor.cli import run; import sys; assert run(sys.argv[1:]) == 0; time.sleep(2)"
        out = ["--out", str(tmp_path / "out.png" if command == "explain" else tmp_path / "out")]
        done = subprocess.run(
            [sys.executable, "-c", program, command, str(photograph_path()), "--no-explain", *out],
            env=environment, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        proxy.settimeout(0.1)
        with pytest.raises(TimeoutError):
            proxy.accept()
