#!/usr/bin/env python3
"""Fills the packages' folders: the environment by pip, units and examples as ``vigil install`` has them, the asset.

Called by debian/rules. With ``VIGIL_LIBRARIES=FOLDER`` nobody else's packages are installed; they are looked for in
FOLDER on the box instead. Tests build such a package in seconds and mount their own libraries there.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

SOURCE = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(SOURCE))

from monitor.face import assets  # noqa: E402
from monitor.service_manager.installed_files import InstalledFile, files_of  # noqa: E402

INTERPRETER = "/usr/bin/python3.11"
ENVIRONMENT = Path("/usr/lib/vigil")
SITE = ENVIRONMENT / "lib" / "python3.11" / "site-packages"
EXPLAINING = Path("/usr/lib/vigil-explain")
KEPT_COMMANDS = ("python", "python3", "python3.11", "vigil")
BINDING = "/usr/lib/python3/dist-packages/gi"
"""GStreamer's binding is the distribution's (python3-gi), which fits its GStreamer; a link that may lead nowhere."""
CONFIGURATION = "home = /usr/bin\ninclude-system-site-packages = false\nversion = 3.11\n"


def main() -> None:
    """``stage.py ROOT`` fills the service's package, ``stage.py --explain ROOT OTHER`` that of the explanations."""
    parser = argparse.ArgumentParser()
    parser.add_argument("root", type=Path)
    parser.add_argument("other", type=Path, nargs="?")
    parser.add_argument("--explain", action="store_true")
    given = parser.parse_args()
    if given.explain:
        stage_explaining(given.root.resolve(), given.other.resolve())
    else:
        stage_service(given.root.resolve())


def stage_service(root: Path) -> None:
    """Everything but torch: environment, units, users, folders, examples, landmark asset."""
    environment = below(root, ENVIRONMENT)
    run(INTERPRETER, "-m", "venv", "--without-pip", environment)
    libraries = os.environ.get("VIGIL_LIBRARIES")
    what = ["--no-deps", str(SOURCE)] if libraries else [f"{SOURCE}[postgresql]"]
    pip(environment, "install", "--no-compile", *what)
    tidy(environment)
    if libraries:
        (below(root, SITE) / "libraries.pth").write_text(f"{libraries}\n")
    else:
        (below(root, SITE) / "gi").symlink_to(BINDING)
    for file in files_of(Path("/usr"), ENVIRONMENT / "bin" / "vigil", SOURCE / "systemd"):
        if not explains(file):
            place(root, file.target, file.content)
    place_asset(root)


def place_asset(root: Path) -> None:
    """The landmark asset, where the program looks for it first; one of the known files, whoever fetched it."""
    asset = assets.obtain(progress=lambda _stage, _share: None)
    known = {assets.PUBLISHED_SHA256: assets.Origin.PUBLISHED, assets.assets_builder.BUILT_SHA256: assets.Origin.BUILT}
    if asset.sha256 not in known:
        sys.exit(f"{asset.path}: neither the published landmark asset nor the built one")
    place(
        root, ENVIRONMENT / assets.packaged_path(known[asset.sha256]).relative_to(sys.prefix), asset.path.read_bytes()
    )


def stage_explaining(root: Path, other: Path) -> None:
    """Torch and what it needs beside what the service's environment in ``root`` has; the units of the sidecar."""
    folder = below(other, EXPLAINING)
    folder.mkdir(parents=True)
    if not os.environ.get("VIGIL_LIBRARIES"):
        environment = below(root, ENVIRONMENT)
        wanted = tomllib.loads((SOURCE / "pyproject.toml").read_text())["project"]["optional-dependencies"]["explain"]
        report = pip(environment, "install", "--quiet", "--dry-run", "--report", "-", *wanted)
        missing = [it["metadata"] for it in json.loads(report)["install"]]
        pinned = sorted(f"{it['name']}=={it['version']}" for it in missing)
        pip(environment, "install", "--no-compile", "--no-deps", "--target", str(folder), *pinned)
        shutil.rmtree(folder / "bin", ignore_errors=True)
    place(other, SITE / "vigil-explain.pth", f"{EXPLAINING}\n".encode())
    for file in files_of(Path("/usr"), ENVIRONMENT / "bin" / "vigil", SOURCE / "systemd"):
        if explains(file):
            place(other, Path("/usr/share/vigil-explain/10-sidecar.yaml") if file.is_configuration else file.target,
                  file.content)  # fmt: skip


def explains(file: InstalledFile) -> bool:
    """Whether ``file`` belongs to the explanations: the sidecar's units, and what points the ward to its socket."""
    return "sidecar" in file.target.name


def tidy(environment: Path) -> None:
    """What would differ from machine to machine or is of no use on a box goes; the command runs at its later place."""
    (environment / "pyvenv.cfg").write_text(CONFIGURATION)
    for script in (environment / "bin").iterdir():
        if script.name not in KEPT_COMMANDS:
            script.unlink()
    command = environment / "bin" / "vigil"
    lines = command.read_text().splitlines(keepends=True)
    of_pip = 3 if lines[0] == "#!/bin/sh\n" else 1  # pip starts an interpreter with a long path through the shell
    command.write_text("".join([f"#!{ENVIRONMENT}/bin/python3\n", *lines[of_pip:]]))
    for name in ("include", "share"):
        shutil.rmtree(environment / name, ignore_errors=True)
    site = environment / "lib" / "python3.11" / "site-packages"
    shutil.rmtree(site / "mediapipe" / "tasks" / "python" / "test", ignore_errors=True)  # one does not even compile
    for note in environment.glob("lib/python3.11/site-packages/vigil-*.dist-info/direct_url.json"):
        note.unlink()
    for record in environment.glob("lib/python3.11/site-packages/*.dist-info/RECORD"):
        lines = record.read_text().splitlines(keepends=True)
        record.write_text(
            "".join(line for line in lines if not line.startswith("../") and "direct_url.json" not in line)
        )


def place(root: Path, target: Path, content: bytes) -> None:
    """Write ``content`` to ``target`` below ``root``; units to where Debian 12 keeps them."""
    text = str(target)
    path = below(root, Path(text.removeprefix("/usr")) if text.startswith("/usr/lib/systemd/") else target)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    path.chmod(0o644)


def below(root: Path, path: Path) -> Path:
    """``path`` in the staging folder ``root``."""
    return root / str(path).lstrip("/")


def pip(environment: Path, *words: str) -> str:
    """This interpreter's pip, working on ``environment``; what it prints."""
    python = environment / "bin" / "python3"
    start = [sys.executable, "-m", "pip", "--python", python, "--disable-pip-version-check", "--no-input"]
    return run(*start, words[0], "--constraint", SOURCE / "constraints.txt", *words[1:])


def run(*words: str | Path) -> str:
    """Run a command to its end; its output."""
    return subprocess.run([str(word) for word in words], check=True, stdout=subprocess.PIPE, text=True).stdout


if __name__ == "__main__":
    main()
