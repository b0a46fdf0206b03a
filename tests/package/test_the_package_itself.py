"""What a package promises before anybody installs it: one version, scripts that ask nobody, the same bytes twice."""

from __future__ import annotations

import hashlib
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from bare_tree import needs_debian_tools
from packages import bound_packages

ROOT = Path(__file__).resolve().parents[2]
DEBIAN = ROOT / "debian"
SCRIPTS = sorted(path for ending in ("postinst", "prerm", "postrm") for path in DEBIAN.glob(f"*.{ending}"))


def test_it_has_the_version_of_the_program() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert re.match(rf"vigil \({re.escape(version)}\) ", (DEBIAN / "changelog").read_text())
    assert f"vigil_{version}_amd64.deb" in (ROOT / "docs" / "package.md").read_text()


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_its_scripts_stop_at_an_error_and_ask_no_network(script: Path) -> None:
    text = script.read_text()
    assert text.startswith("#!/bin/sh\nset -e\n")
    assert "\n#DEBHELPER#\n" in text
    assert not re.search(r"\b(pip|curl|wget|apt|apt-get|read)\b", text)
    assert subprocess.run(["sh", "-n", script], check=False).returncode == 0


@needs_debian_tools
@pytest.mark.live
@pytest.mark.timeout(1200)
def test_the_same_source_gives_the_same_bytes(tmp_path: Path) -> None:
    """Also in folders whose paths are too long for the first line of a script, where pip writes others."""
    first, second = (bound_packages(tmp_path / name) for name in ("here", "there" * 30))
    assert digests(first) == digests(second)
    assert len(digests(first)) == 2


def digests(folder: Path) -> dict[str, str]:
    return {deb.name: hashlib.sha256(deb.read_bytes()).hexdigest() for deb in folder.glob("*.deb")}
