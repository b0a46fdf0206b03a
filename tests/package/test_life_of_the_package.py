"""The Debian package on a bare system: installed, run, upgraded, removed and purged, without a network.

`make deb-check` runs the same on the full package (VIGIL_PACKAGES names its folder); otherwise a package of the same
scripts is built here whose libraries are those of this environment.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from bare_tree import BareTree, needs_bare_trees
from free_ports import free_port
from live_ward import LiveWard, grimacing, two_beds
from packages import bound_packages, earlier_package

ROOT = Path(__file__).resolve().parents[2]
GIVEN = os.environ.get("VIGIL_PACKAGES")
EDITED = "# the administrator was here\n"
pytestmark = [*needs_bare_trees, pytest.mark.live, pytest.mark.timeout(2400)]


class PackagedWard(LiveWard):
    """The service that the package installed, run as its unit says."""

    def __init__(self, tree: BareTree, folder: Path, settings: dict) -> None:
        super().__init__(folder, settings)
        self.tree = tree
        self.state, self.runtime = tree.place("/var/lib/vigil"), tree.place("/run/vigil")
        configuration = shutil.copy(self.config, tree.place("/etc/vigil/vigil.yaml"))
        os.chown(configuration, 0, tree.ids("vigil")[1])
        configuration.chmod(0o640)

    def command(self) -> list[str]:
        words, environment = self.tree.as_unit("vigil.service")
        return ["env", "-i", *(f"{name}={value}" for name, value in environment.items()), *words]


@pytest.fixture
def debs(tmp_path: Path) -> Path:
    return Path(GIVEN) if GIVEN else bound_packages(tmp_path / "debs")


@pytest.fixture
def tree(tmp_path: Path, debs: Path) -> Iterator[BareTree]:
    """With everything that the package says it depends on, and the packages in /srv/debs."""
    fields = subprocess.run(
        ["dpkg-deb", "--field", next(debs.glob("vigil_*.deb")), "Depends"], check=True, capture_output=True, text=True
    ).stdout
    tree = BareTree(tmp_path / "tree", bound=not GIVEN)
    tree.make(sorted({dependency.split()[0] for dependency in fields.split(",")}))
    tree.place("/srv/debs").mkdir()
    for deb in debs.glob("*.deb"):
        shutil.copy(deb, tree.place("/srv/debs"))
    yield tree
    shutil.rmtree(tree.path)


def test_installed_run_upgraded_removed_purged(tree: BareTree, tmp_path: Path, landmarker: Path) -> None:
    packages = {deb.name.split("_")[0]: f"/srv/debs/{deb.name}" for deb in tree.place("/srv/debs").iterdir()}
    before = earlier_package(tree.place(packages["vigil"]), tree.place("/srv"))
    pristine = before_the_package(tree)

    # installed: users and folders are there, nothing is enabled, and without a configuration nothing starts
    tree.run("dpkg", "--install", f"/srv/{before.name}")
    before.unlink()
    assert tree.ids("vigil")[1] == tree.ids("vigil-sidecar")[1]
    folder = tree.place("/etc/vigil")
    assert (folder.stat().st_mode & 0o777, folder.stat().st_gid) == (0o750, tree.ids("vigil")[1])
    assert not list(tree.place("/etc/systemd/system").rglob("*vigil*"))
    verdict = tree.run("systemd-analyze", "verify", "--man=no", "vigil.service", "vigil@north.service", ok=True)
    assert [line for line in verdict.splitlines() if "vigil" in line] == []
    assert "|/etc/vigil/vigil.y*ml" in tree.unit("vigil.service").all("ConditionPathExistsGlob", "Unit")
    words, environment = tree.as_unit("vigil.service")
    refused = subprocess.run(words, env=environment, capture_output=True, text=True, check=False, timeout=300)
    assert (refused.returncode, refused.stderr.count("\n")) == (78, 1), refused.stderr
    assert "no configuration" in refused.stderr

    # run: it judges a recording as user vigil, and an alert comes
    grimacing(tree.place("/srv/film.mp4")).chmod(0o644)
    page = {"enabled": True, "port": free_port()}
    ward = PackagedWard(tree, tmp_path / "ward", two_beds(Path("/srv/film.mp4"), page=page))
    with ward:
        ward.wait_for("an alert", in_pain)
        assert tree.run("vigil", "bed", "list", "--json").count('"bed-1"')
        assert Path(f"/proc/{ward.pid}").stat().st_uid == tree.ids("vigil")[0]
        the_page_is_whole(ward, page["port"])
        assert ward.end(signal.SIGTERM) == 0, ward.log()
    told = tree.place("/var/lib/vigil/alerts.jsonl").read_text()
    assert [line for line in told.splitlines() if '"condition_held"' in line and '"pain"' in line]

    # upgraded: what the administrator wrote stays, the new example comes beside it, the ward goes on where it stood
    example, mine = folder / "vigil.example.yaml", (folder / "vigil.yaml").read_text()
    example.write_text(EDITED)
    tree.run("dpkg", "--force-confdef", "--force-confold", "--install", packages["vigil"])
    assert example.read_text() == EDITED
    assert (folder / "vigil.example.yaml.dpkg-dist").read_text() == (ROOT / "systemd/vigil.example.yaml").read_text()
    assert (folder / "vigil.yaml").read_text() == mine
    assert not list(tree.place("/usr/lib/vigil").rglob("retired*"))
    assert tree.place("/var/lib/vigil/alerts.jsonl").read_text() == told
    tree.run("dpkg", "--install", packages["vigil"])
    tree.run("/var/lib/dpkg/info/vigil.postinst", "configure", "0.1.0")
    with ward:
        ward.wait_for("the alert of before", in_pain)
        assert ward.end(signal.SIGTERM) == 0, ward.log()
    assert "restored" in tree.place("/var/lib/vigil/alerts.jsonl").read_text().removeprefix(told)

    if "vigil-explain" in packages:  # built on demand in the full size
        explanations_come_and_go(tree, packages["vigil-explain"])

    # removed: the program is gone to the last file, configuration and state are not; purged: they are, too
    tree.run("dpkg", "--remove", "vigil")
    assert not tree.place("/usr/lib/vigil").exists()
    assert (folder / "vigil.yaml").read_text() == mine
    assert (tree.place("/var/lib/vigil/alerts.jsonl").read_text()).startswith(told)
    tree.run("dpkg", "--purge", "vigil", "vigil-explain")
    tree.run("dpkg", "--purge", "vigil")
    assert before_the_package(tree) - pristine == {"/srv/film.mp4"}


def in_pain(status: dict) -> bool:
    """Whether a pain alert of bed-1 is out."""
    return any(alert["topic"] == "pain" for alert in status["beds"]["bed-1"]["alerts"])


def the_page_is_whole(ward: LiveWard, port: int) -> None:
    """The page comes with everything that it names."""
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as browser:
        ward.wait_for("the page", lambda _status: answers(browser))
        named = re.findall(r'(?:src|href)="(/static/[^"]+)"', browser.get("/").text)
        assert len(named) > 2
        assert {name: browser.get(name).status_code for name in named} == dict.fromkeys(named, 200)
        assert browser.get("/api/session").json()["setup_needed"] is True
    assert ward.state.joinpath("page-setup-code").stat().st_mode & 0o777 == 0o600


def answers(browser: httpx.Client) -> bool:
    try:
        return browser.get("/").status_code == 200
    except httpx.TransportError:
        return False


def explanations_come_and_go(tree: BareTree, package: str) -> None:
    """The sidecar's units and what points the ward to its socket are there exactly as long as their package is."""
    link = tree.place("/etc/vigil/vigil.d/10-sidecar.yaml")
    tree.run("dpkg", "--install", package)
    assert "/run/vigil-sidecar/sidecar.sock" in tree.run("cat", "/etc/vigil/vigil.d/10-sidecar.yaml")
    tree.run("vigil", "check-config", "/etc/vigil/vigil.yaml")
    tree.run("/usr/lib/vigil/bin/python3", "-c", "import torch, zennit")
    tree.run("dpkg", "--remove", "vigil-explain")
    assert not link.is_symlink()
    assert not tree.place("/lib/systemd/system/vigil-sidecar.service").exists()


def before_the_package(tree: BareTree) -> set[str]:
    """Every file and folder that a package could have left behind; dpkg, systemd and tests keep books of their own."""
    skipped = (
        "/proc",
        "/dev",
        "/run",
        "/tmp",
        "/srv/debs",
        "/srv/libraries",
        "/var/lib/dpkg",
        "/var/log",
        "/etc/shadow",
    )
    found = set()
    for path in tree.path.rglob("*"):
        name = f"/{path.relative_to(tree.path)}"
        if not name.startswith(skipped) and "__pycache__" not in name:
            found.add(name)
    return found
