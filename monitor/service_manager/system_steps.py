"""What the running system must be told around an installation; done by root on the machine itself, else said."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from monitor.errors import ServiceUnavailable, UsageError

_RUNNING = Path("/run/systemd/system")
"""There when systemd is this machine's first process (sd_booted(3))."""
_TIMEOUT_S = 60.0


def after_installing(say: Callable[[str], None], prefix: Path, executable: Path, *, act: bool) -> None:
    """Users and folders, then systemd reads its units; then what is left to people."""
    commands = [
        ("systemd-sysusers", f"{prefix}/lib/sysusers.d/vigil.conf"),
        ("systemd-tmpfiles", "--create", f"{prefix}/lib/tmpfiles.d/vigil.conf"),
        ("systemctl", "daemon-reload"),
    ]
    _carry_out(commands, say, act=act)
    say("next:   write /etc/vigil/vigil.yaml; every key is in /etc/vigil/vigil.example.yaml")
    say(f"next:   {executable} check-config /etc/vigil/vigil.yaml")
    say(f"next:   sudo -u vigil env XDG_CACHE_HOME=/var/cache {executable} assets   (once; fetches the landmark asset)")
    say("next:   systemctl enable --now vigil-sidecar vigil")


def after_uninstalling(say: Callable[[str], None], *, act: bool) -> None:
    """Systemd forgets the units; what stays is said."""
    _carry_out([("systemctl", "daemon-reload")], say, act=act)
    say("stays:  /etc/vigil (configuration), /var/lib/vigil (alerts, trends, baselines), /var/cache/vigil, users")


def require_stopped() -> None:
    """UsageError while a unit of vigil runs."""
    if not _RUNNING.is_dir():
        return
    listed = subprocess.run(
        ["systemctl", "list-units", "--plain", "--no-legend", "--state=active,activating,reloading", "vigil*"],
        capture_output=True,
        text=True,
        check=False,
        timeout=_TIMEOUT_S,
    )
    active = [line.split()[0] for line in listed.stdout.splitlines() if line.split()]
    if active:
        raise UsageError(f"{', '.join(active)} runs; first: systemctl disable --now {' '.join(active)}")


def _carry_out(commands: Sequence[tuple[str, ...]], say: Callable[[str], None], *, act: bool) -> None:
    """Run them where that is meant and possible; else say that root should."""
    for command in commands:
        possible = os.geteuid() == 0 and shutil.which(command[0]) is not None
        if command[0] == "systemctl":
            possible = possible and _RUNNING.is_dir()
        if not (act and possible):
            say(f"to do:  {' '.join(command)}   (as root)")
            continue
        say(f"run     {' '.join(command)}")
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_TIMEOUT_S)
        if done.returncode != 0:
            reason = (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1]
            raise ServiceUnavailable(f"{command[0]}: {reason}; the files are installed, run it again")
