"""Installs, upgrades and takes away. What an administrator changed is never overwritten and never removed."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from monitor.errors import OutputError
from monitor.service_manager.installed_files import InstalledFile

_FILE_MODE, _FOLDER_MODE = 0o644, 0o755
_LARGEST_RECORD = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """Files below ``root``, remembered in ``record`` (absolute, without root). ``say`` is told each step.

    With ``dry_run`` everything is said and nothing is done. OutputError, in one line, where something cannot be
    written; running it again goes on where it stopped.
    """

    root: Path
    record: Path
    say: Callable[[str], None]
    dry_run: bool = False

    def install(self, files: Iterable[InstalledFile]) -> None:
        """Put every file in its place; take away what an earlier version left and this one does not have."""
        recorded = dict(self._recorded())
        wanted = {str(file.target): file for file in files}
        for target in [target for target in recorded if target not in wanted]:
            if self._remove(target, recorded[target], "no longer part of vigil"):
                del recorded[target]
        for target, file in wanted.items():
            if self._put(file, recorded.get(target)):
                recorded[target] = _digest(file.content)
        self._remember(recorded)

    def uninstall(self, configuration: Iterable[str]) -> None:
        """Take away what was installed and not changed since, but nothing of ``configuration``."""
        recorded, kept = self._recorded(), set(configuration)
        if not recorded:
            self.say(f"nothing to take away: there is no {self._place(str(self.record))}")
            return
        for target, digest in recorded.items():
            if target in kept:
                self.say(f"keep    {target} (configuration)")
            else:
                self._remove(target, digest, "uninstall")
        self._unlink(str(self.record), "uninstall")

    def _put(self, file: InstalledFile, earlier: str | None) -> bool:
        """True when the content is in its place."""
        target = str(file.target)
        present = self._digest_of(target)
        if present == _digest(file.content):
            self.say(f"same    {target}")
            return True
        if present is None or present == earlier:
            self._write(target, file.content, "create " if present is None else "replace")
            return True
        self._write(f"{target}.new", file.content, "create ", note=f" ({target} was changed here and stays)")
        return False

    def _remove(self, target: str, digest: str, why: str) -> bool:
        """True when nothing is there any more."""
        present = self._digest_of(target)
        if present is None:
            return True
        if present != digest:
            self.say(f"keep    {target} (changed here)")
            return False
        self._unlink(target, why)
        return True

    def _unlink(self, target: str, why: str) -> None:
        self.say(f"remove  {target} ({why})")
        if self.dry_run:
            return
        place = self._place(target)
        try:
            place.unlink(missing_ok=True)
        except OSError as error:
            raise OutputError(f"{place}: cannot be removed: {error.strerror}") from error
        with suppress(OSError):  # folders that are not empty, or not ours
            for folder in (place.parent, place.parent.parent):
                if folder.name in {"vigil", "drop-ins", "prometheus", "grafana"}:
                    folder.rmdir()

    def _write(self, target: str, content: bytes, verb: str, note: str = "") -> None:
        self.say(f"{verb} {target}{note}")
        if self.dry_run:
            return
        place = self._place(target)
        try:
            _make_folders(place.parent)
            handle, draft = tempfile.mkstemp(dir=place.parent, prefix=f".{place.name}.")
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(content)
                    file.flush()
                    os.fchmod(file.fileno(), _FILE_MODE)
                    os.fsync(file.fileno())
                os.replace(draft, place)
            except OSError:
                with suppress(OSError):
                    os.unlink(draft)
                raise
        except OSError as error:
            raise OutputError(f"{place}: cannot be written: {error.strerror}") from error

    def _digest_of(self, target: str) -> str | None:
        """None when nothing is there; a link or anything else that is no plain file counts as changed."""
        place = self._place(target)
        if place.is_symlink() or place.is_dir():
            return "no plain file"
        try:
            return _digest(place.read_bytes())
        except FileNotFoundError:
            return None
        except OSError as error:
            raise OutputError(f"{place}: cannot be looked at: {error.strerror}") from error

    def _recorded(self) -> Mapping[str, str]:
        place = self._place(str(self.record))
        try:
            found = json.loads(place.read_bytes()[:_LARGEST_RECORD])
        except (OSError, ValueError):
            return {}  # without the record every file that differs counts as changed, which loses nothing
        files = found.get("files") if isinstance(found, dict) else None
        if not isinstance(files, dict):
            return {}
        return {str(target): str(digest) for target, digest in files.items() if str(target).startswith("/")}

    def _remember(self, recorded: Mapping[str, str]) -> None:
        content = json.dumps({"format": 1, "files": dict(sorted(recorded.items()))}, indent=2).encode() + b"\n"
        if self._digest_of(str(self.record)) != _digest(content):
            self._write(str(self.record), content, "note   ")

    def _place(self, target: str) -> Path:
        return self.root / target.lstrip("/")


def _make_folders(folder: Path) -> None:
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    for each in reversed(missing):
        each.mkdir(exist_ok=True)
        each.chmod(_FOLDER_MODE)  # whatever the umask


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
