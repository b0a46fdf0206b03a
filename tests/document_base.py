"""What lies on the machine of a document before its first command: recording, ward, database, data set, a network."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import cv2
from database_records import FULL
from ward_story import Story, moment

from models.bundle import GRAPH, default_bundle
from monitor.alerts.alert_journal import AlertJournal
from monitor.alerts.bed_state import new_bed
from monitor.demo.recording import RecordingSettings, make_recording
from monitor.demo.script import Act, written_script
from monitor.storage.database.database import Database

_SHIMS = {
    "systemctl": """
# Enabling is done for real below the root; whatever wants a running systemd checks that its units are installed.
verb="$1"; shift
case "$verb" in
  enable|disable|mask|unmask)
    test "$1" != --now || shift
    exec /usr/bin/systemctl --quiet --root="$VIGIL_ROOT" "$verb" "$@" ;;
  daemon-reload) exec systemd-analyze --root="$VIGIL_ROOT" --version >/dev/null ;;
  start|stop|restart|status|reload)
    for name in "$@"; do
      unit="$VIGIL_ROOT/usr/local/lib/systemd/system/$(echo "$name" | sed 's/@.*/@/').service"
      test -f "$unit" || { echo "no unit $name" >&2; exit 5; }
      test "$verb" != reload || grep -q '^ExecReload=' "$unit" || { echo "$name cannot be reloaded" >&2; exit 1; }
    done ;;
  *) echo "teach tests/document_base.py what 'systemctl $verb' does" >&2; exit 2 ;;
esac
""",
    "journalctl": """
# There is no journal without a booted system: the unit must exist, and the options must be known.
unit=$(echo "$*" | sed -n 's/.*-u \\([^ ]*\\).*/\\1/p')
test -f "$VIGIL_ROOT/usr/local/lib/systemd/system/$unit.service" || { echo "no unit $unit" >&2; exit 5; }
mkdir -p "$VIGIL_ROOT/var/log/journal"
exec /usr/bin/journalctl --quiet --directory="$VIGIL_ROOT/var/log/journal" "$@"
""",
    "sudo": """
# Nobody else lives on this machine: what would be done as another user is done as this one.
while [ "${1#-}" != "$1" ]; do test "$1" = -u && shift; shift; done
exec "$@"
""",
    "chgrp": '\nshift; for file in "$@"; do test -e "$file" || exit 1; done\n',
    "chown": '\nshift; for file in "$@"; do test -e "$file" || exit 1; done\n',
    "install": """
# As the system's, but for owner and group, who do not exist here.
exec /usr/bin/install $(echo "$@" | sed -E 's/-[go] [a-z-]+ //g')
""",
}
WARD = """\
sources:
  try-out:
    kind: recording
    path: {film}
    max_fps: 8.0
beds:
  bed-1:
    source: try-out
    room: "12"
sinks:
  journal:
    kind: journal
"""


def make_base(folder: Path) -> Path:
    """Everything, below ``root`` and ``home`` of ``folder``."""
    root, home = folder / "root", folder / "home"
    for each in (home / "mine", root / "shims", root / "etc/vigil/credentials", root / "var/lib/vigil", root / "opt"):
        each.mkdir(parents=True)
    for name, text in _SHIMS.items():
        (root / "shims" / name).write_text(f"#!/bin/sh -e{text}", encoding="utf-8")
        (root / "shims" / name).chmod(0o755)
    for name in ("door-camera", "old-camera", "room-12", "mqtt", "nurse-call", "mail", "database"):
        (root / "etc/vigil/credentials" / name).write_text("a secret\n", encoding="utf-8")
        (root / "etc/vigil/credentials" / name).chmod(0o600)
    _film(home)
    _install(root)
    _certificate(root / "etc/vigil")
    (root / "etc/vigil/vigil.yaml").write_text(WARD.format(film=home / "clip.mp4"), encoding="utf-8")
    shutil.copy(root / "etc/vigil/vigil.yaml", home / "ward.yaml")
    _state(root / "var/lib/vigil")
    shutil.copy(root / "var/lib/vigil/vigil.sqlite", home)
    dataset_trees().unbc_set(home / "data/UNBC-McMaster")
    _network(home / "mine")
    return folder


def _film(home: Path) -> None:
    """A second of calm face and three of grimace; a picture of each."""
    script = written_script(((Act.NEUTRAL, 1.5), (Act.GRIMACE, 2.5)))
    film = make_recording(home / "clip.mp4", RecordingSettings(width_px=480, height_px=270, fps=8.0, script=script))
    shutil.copy(film, home / "night.mp4")
    pictures = cv2.VideoCapture(str(film))
    shown = [picture for found, picture in iter(pictures.read, (False, None)) if found]
    for name, picture in (("rest.jpg", shown[4]), ("face.jpg", shown[-6])):
        cv2.imwrite(str(home / name), picture)
    lines = ["neutral,expressive,label", "rest.jpg,face.jpg,pain", "rest.jpg,rest.jpg,none"]
    (home / "pairs.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _install(root: Path) -> None:
    words = ["install", "--root", str(root), "--executable", "/opt/vigil/bin/vigil"]
    subprocess.run([sys.executable, "-c", "from monitor.cli import main; main()", *words], check=True, timeout=280)


def _certificate(folder: Path) -> None:
    """One for the page, good for a year."""
    words = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-days",
        "365",
    ]
    words += ["-subj", "/CN=old.ward.example", "-out", str(folder / "page.pem")]
    words += ["-keyout", str(folder / "credentials/page-key")]
    subprocess.run(words, check=True, capture_output=True, timeout=280)


def _state(folder: Path) -> None:
    """A database and an alert journal with a night in them."""
    story = Story(now_s=3600.0, state=new_bed("bed-4", moment(3600.0))).watch("+" * 60 + "-" * 60)
    with AlertJournal(folder / "alerts.jsonl") as journal:
        journal.write(story.told)
    with Database.open(f"sqlite:///{folder}/vigil.sqlite") as database:
        database.record_transitions([FULL])


def dataset_trees() -> ModuleType:
    """What makes small data sets, from among the tests of data sets."""
    place = Path(__file__).with_name("models") / "datasets/dataset_trees.py"
    spec = importlib.util.spec_from_file_location("dataset_trees", place)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _network(folder: Path) -> None:
    """A network of one's own: one ONNX file with its weights in it, here those of the shipped one."""
    import onnx

    onnx.save(onnx.load(default_bundle() / GRAPH), folder / GRAPH)
