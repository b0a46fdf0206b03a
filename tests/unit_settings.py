"""What tests of the units need of the machine: systemd's own tools, and the right to make namespaces."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

needs_systemd_tools = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed (apt-get install systemd)"
)


def _may_confine() -> bool:
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        return False
    return subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode == 0


needs_namespaces = pytest.mark.skipif(
    not _may_confine(), reason="putting a command under a unit's settings wants root and the right to make namespaces"
)
