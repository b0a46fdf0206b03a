"""Packages of the real scripts that are built in seconds: their libraries are those of the interpreter of the tests."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from bare_tree import LIBRARIES

ROOT = Path(__file__).resolve().parents[1]


def bound_packages(folder: Path) -> Path:
    """``folder`` with vigil_*.deb and vigil-explain_*.deb in it."""
    libraries = {"VIGIL_LIBRARIES": LIBRARIES, "PACKAGES": "explain"}
    environment = {**os.environ, **libraries, "BUILD_PYTHON": sys.executable}
    done = subprocess.run(
        [ROOT / "debian" / "build", folder], env=environment, capture_output=True, text=True, check=False, timeout=900
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def earlier_package(deb: Path, folder: Path) -> Path:
    """The same package as an earlier version of it would have been: another example, a module that is no more."""
    tree = folder / "earlier"
    subprocess.run(["dpkg-deb", "--raw-extract", deb, tree], check=True)
    control = tree / "DEBIAN" / "control"
    control.write_text(control.read_text().replace("\nVersion: ", "\nVersion: 0.0.1~before."))
    with (tree / "etc/vigil/vigil.example.yaml").open("a") as example:
        example.write("# of before\n")
    (tree / "usr/lib/vigil/lib/python3.11/site-packages/monitor/retired.py").write_text("GONE = True\n")
    subprocess.run(["dpkg-deb", "-Znone", "--root-owner-group", "--build", tree, folder], check=True)
    shutil.rmtree(tree)
    return next(folder.glob("vigil_0.0.1~before.*.deb"))
