"""What native code prints on file descriptor 2 goes elsewhere; what vigil says stays on stderr."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

PROGRAM = """
import os, sys
from monitor.native_log import native_log_apart
with native_log_apart():
    os.write(2, b"W0000 noise\\n")
    print("vigil: said", file=sys.stderr)
os.write(2, b"after\\n")
"""


def run(environment: dict[str, str]) -> str:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=os.environ | environment, capture_output=True, text=True, check=True
    )
    return done.stderr


def test_noise_goes_nowhere():
    assert run({}) == "vigil: said\nafter\n"


def test_noise_can_be_kept(tmp_path: Path):
    assert run({"VIGIL_NATIVE_LOG": str(tmp_path / "native.log")}) == "vigil: said\nafter\n"
    assert (tmp_path / "native.log").read_text() == "W0000 noise\n"
