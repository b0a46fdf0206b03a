"""Nothing is reported to anyone: the runtime keeps no identifier and no queue of events."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from models.bundle import GRAPH


def test_a_session_leaves_no_telemetry(tiny_bundle: Path, tmp_path: Path):
    environment = {name: value for name, value in os.environ.items() if name not in {"CI", "ORT_DISABLE_TELEMETRY"}}
    environment |= {"HOME": str(tmp_path), "TMPDIR": str(tmp_path), "PYTHONPATH": os.pathsep.join(sys.path)}
    environment.pop("XDG_CACHE_HOME", None)
    program = (
        "import sys, exporters.parity, exporters.graph, monitor.classifier, monitor.bench.bare, monitor.cli; "
        "from models.onnx_runtime import onnxruntime; "
        "onnxruntime.InferenceSession(sys.argv[1], providers=['CPUExecutionProvider'])"
    )
    subprocess.run([sys.executable, "-c", program, str(tiny_bundle / GRAPH)], env=environment, check=True, timeout=120)
    assert [path for path in tmp_path.rglob("*") if "onnxruntime" in path.name or path.name == ".ses"] == []
