"""A bare Debian 12 in a folder: what the distribution calls essential, apt, and named packages; nothing of it runs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from unit_settings import needs_namespaces

from monitor.service_manager.unit_file import UnitFile, read_unit

_ENTER = """
set -e
tree=$1 libraries=$2 within=$3
shift 3
mount -t proc proc "$tree/proc"
mount --rbind /sys "$tree/sys"
mount -t tmpfs tmpfs "$tree/dev/shm"
if [ -n "$libraries" ]; then mkdir -p "$tree$within"; mount --bind "$libraries" "$tree$within"; fi
exec chroot "$tree" "$@"
"""
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}
LIBRARIES = "/srv/libraries"
"""Where the tree finds the packages of the interpreter that runs the tests, when ``bound``."""

needs_debian_tools = pytest.mark.skipif(
    not all(map(shutil.which, ("mmdebstrap", "dpkg-buildpackage", "dh"))),
    reason="building and trying a package wants mmdebstrap, debhelper and dpkg-dev",
)
needs_bare_trees = [needs_namespaces, needs_debian_tools]


class BareTree:
    """``bound``: the libraries of these tests lie at LIBRARIES in it."""

    def __init__(self, path: Path, *, bound: bool) -> None:
        self.path = path
        self._libraries = str(next(Path(each) for each in sys.path if each.endswith("site-packages"))) if bound else ""

    def make(self, packages: Sequence[str]) -> None:
        """Fetch and unpack it with the apt sources and settings of this machine."""
        sources = [*Path("/etc/apt").glob("sources.list"), *Path("/etc/apt/sources.list.d").glob("*.sources")]
        sources += Path("/etc/apt/sources.list.d").glob("*.list")
        settings = subprocess.run(["apt-config", "dump"], check=True, capture_output=True, text=True).stdout
        fetching = [
            line for line in settings.splitlines() if line.startswith("Acquire::") and not line.endswith(' "";')
        ]
        options = self.path.with_suffix(".conf")
        options.write_text("\n".join(['Acquire::Retries "5";', *fetching, ""]))
        command = ["mmdebstrap", "--variant=apt", f"--aptopt={options}", f"--include={','.join(packages)}"]
        done = subprocess.run(
            [*command, "bookworm", self.path, *sources], capture_output=True, text=True, check=False, timeout=1200
        )
        assert done.returncode == 0, done.stderr[-3000:]

    def enter(self, *words: str | Path, offline: bool = False) -> list[str]:
        """The command that runs ``words`` in the tree; it becomes ``words``, so that signals reach them."""
        unshare = ["unshare", "--mount", *(["--net"] if offline else [])]
        return [*unshare, "sh", "-c", _ENTER, "sh", str(self.path), self._libraries, LIBRARIES, *map(str, words)]

    def run(self, *words: str | Path, ok: bool = True, offline: bool = True) -> str:
        """What ``words`` say, run as root in the tree, without a network unless told otherwise."""
        done = subprocess.run(
            self.enter(*words, offline=offline),
            env=ENVIRONMENT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, check=False, timeout=900,
        )  # fmt: skip
        assert (done.returncode == 0) is ok, f"{' '.join(map(str, words))}: {done.returncode}: {done.stdout[-3000:]}"
        return done.stdout

    def place(self, path: str) -> Path:
        """``path`` of the tree, seen from outside."""
        return self.path / path.lstrip("/")

    def ids(self, user: str) -> tuple[int, int]:
        """Numbers of a user and its group in the tree."""
        lines = [line.split(":") for line in self.place("/etc/passwd").read_text().splitlines()]
        return next((int(line[2]), int(line[3])) for line in lines if line[0] == user)

    def unit(self, name: str) -> UnitFile:
        """A unit that a package installed."""
        path = self.place("/lib/systemd/system") / name
        return read_unit(path, {"C": "/var/cache", "S": "/var/lib", "t": "/run", "b": "a-run-of-the-machine"})

    def as_unit(self, name: str, *words: str) -> tuple[list[str], dict[str, str]]:
        """Command and environment that run a unit's ``ExecStart`` (or ``words``) as its user, in its folders."""
        unit = self.unit(name)
        uid, gid = self.ids(unit.last("User"))
        environment = dict(ENVIRONMENT)
        for value in unit.words("Environment"):
            environment |= dict([value.split("=", 1)])
        for kind, parent in (("State", "/var/lib"), ("Runtime", "/run"), ("Cache", "/var/cache")):
            for folder in unit.words(f"{kind}Directory"):
                path = self.place(f"{parent}/{folder}")
                path.mkdir(parents=True, exist_ok=True)
                os.chown(path, uid, gid)
                path.chmod(int(unit.last(f"{kind}DirectoryMode"), 8))
                environment[f"{kind.upper()}_DIRECTORY"] = f"{parent}/{folder}"
        for folder in unit.words("ConfigurationDirectory"):
            environment["CONFIGURATION_DIRECTORY"] = f"/etc/{folder}"
        groups = ",".join([unit.last("Group"), *unit.words("SupplementaryGroups")])
        person = ["--reuid", unit.last("User"), "--regid", unit.last("Group"), "--groups", groups]
        confined = ["setpriv", *person, "--no-new-privs", "--bounding-set=-all", "--inh-caps=-all"]
        return self.enter(*confined, *(words or unit.last("ExecStart").split())), environment
