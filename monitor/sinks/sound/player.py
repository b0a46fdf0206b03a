"""Plays tones one at a time with a player found on the machine; a newer request replaces one that waits."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path

from monitor.records import Priority
from monitor.sinks.sound.tones import PATTERNS, wav
from monitor.sinks.trouble_words import words_of_error

PLAYERS = ("pw-play", "paplay", "aplay")
"""Tried in this order; one that fails makes way for the next."""
_OPTIONS = {"aplay": ("-q",)}
_LONGEST_S = 10.0
"""A tone lasts under 4 s; a player that takes longer is stuck and is ended."""


def found_players(search_path: str | None = None) -> tuple[Path, ...]:
    """The players on this machine, in the order of ``PLAYERS``."""
    return tuple(Path(found) for name in PLAYERS if (found := shutil.which(name, path=search_path)) is not None)


class Player:
    """``trouble`` says why nothing is heard, None when all is well; ``played`` counts tones that were."""

    def __init__(self, name: str, players: Sequence[Path], volume: float) -> None:
        self.played = 0
        self.trouble: str | None = None if players else f"no sound: none of {', '.join(PLAYERS)} is installed"
        self._players = list(players)
        self._volume = volume
        self._changed = threading.Condition()
        self._wanted: Priority | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._closing = False
        self._thread = threading.Thread(target=self._run, name=f"sink {name}", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def play(self, priority: Priority) -> None:
        """Play the tone of ``priority`` next."""
        with self._changed:
            self._wanted = priority
            self._changed.notify_all()

    def hush(self) -> None:
        """Silence now: what plays is ended, what waits is dropped."""
        with self._changed:
            self._wanted = None
            self._end()

    def close(self, timeout_s: float) -> None:
        """Silence, and end the thread within ``timeout_s`` seconds."""
        with self._changed:
            self._closing, self._wanted = True, None
            self._end()
            self._changed.notify_all()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def _run(self) -> None:
        with tempfile.TemporaryDirectory(prefix="vigil-tones-") as folder:
            files = {priority: Path(folder) / f"{priority.value}.wav" for priority in PATTERNS}
            try:
                for each, path in files.items():
                    path.write_bytes(wav(each, self._volume))
            except OSError as error:
                self.trouble = f"no sound: the tones cannot be written: {words_of_error(error)}"
                return
            while (priority := self._next()) is not None:
                self._play(files[priority])

    def _next(self) -> Priority | None:
        with self._changed:
            while self._wanted is None and not self._closing:
                self._changed.wait()
            wanted, self._wanted = self._wanted, None
            return None if self._closing else wanted

    def _play(self, path: Path) -> None:
        if not self._players:
            return
        player = self._players[0]
        words = self._run_player(player, path)
        if words is None:
            self.played += 1
            self.trouble = None
        else:
            self.trouble = f"no sound: {player.name} {words}"
            self._players.append(self._players.pop(0))

    def _run_player(self, player: Path, path: Path) -> str | None:
        """What went wrong, None when it was played or hushed on purpose."""
        with self._changed:
            if self._closing:
                return None
            try:
                self._process = process = subprocess.Popen(
                    [os.fspath(player), *_OPTIONS.get(player.name, ()), os.fspath(path)],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
            except OSError as error:
                return f"cannot be started: {words_of_error(error)}"
        try:
            code = process.wait(_LONGEST_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return "does not end; is the sound device there?"
        finally:
            with self._changed:
                hushed, self._process = self._process is None, None
        if code == 0 or hushed:
            return None
        return f"ends with {code}; is the sound device there, and may the service use it?"

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            with contextlib.suppress(OSError):
                process.kill()
