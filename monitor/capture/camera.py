"""One camera as the service sees it: owns its ring and its capture process, and brings it back for ever.

``step`` never waits: a process that is to end gets SIGTERM, a second later SIGKILL, and is reaped by a later step.
The next one starts when it is gone (a camera allows few sessions, a V4L2 device one), after a pause.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from monitor.alerts.topics import Topic
from monitor.capture.backoff import Backoff
from monitor.capture.child import CaptureProcess
from monitor.capture.masking import masked
from monitor.capture.messages import Change, Ended, Open, Report, Size
from monitor.capture.ring import RingLayout, RingReader, ring_memory
from monitor.ward.sources import CaptureSettings, RecordingSource, SourceSettings

START_WITHIN_S = 30.0
"""A process that said nothing at all for so long after its start is stuck; many may start at once."""
TERM_GRACE_S = 1.0
KILL_GRACE_S = 2.0
"""A process that survives SIGKILL for longer hangs in the kernel; the next one does not wait for it."""
PATIENCE = 2.0
SLOW_PICTURES = 3.0
"""A source of few pictures a second is offline after this many missing ones, and not before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraStatus:
    """How a camera is doing.

    ``online``: pictures arrive. ``faults``: topics of ``topics.CAMERA`` that hold; offline, that one alone.
    ``sequence``: number of the newest picture in the ring. ``age_s``: since a picture arrived, None before the first.
    ``dropped``: pictures not judged, by cause (max_fps, superseded, late, damaged, torn). ``pid``: of the capture
    process while there is one. ``trouble``: what went wrong last, in one line, while offline. ``size``: of the
    camera's own pictures. ``ended``: a recording that is not repeated came to its end. ``decoder``: who decodes.
    """

    online: bool
    faults: frozenset[Topic]
    sequence: int
    age_s: float | None
    fps: float
    dropped: Mapping[str, int]
    restarts: int
    pid: int | None
    trouble: str | None
    size: Size | None
    ended: bool = False
    decoder: str = ""


@dataclass(slots=True, kw_only=True)
class _Run:
    process: CaptureProcess
    began_s: float
    started_s: float
    """What silence counts from: its start, then its first word."""
    report: Report | None = None
    first_s: float | None = None
    last_s: float | None = None
    said: Ended | None = None
    ended_s: float | None = None
    """When SIGTERM was sent."""
    killed_s: float | None = None

    def silent_s(self, now_s: float) -> float:
        """How long it has given nothing, counted from its first word."""
        since_s = self.last_s if self.last_s is not None else self.started_s
        return now_s - since_s


class Camera:
    """Not for use from several threads; see ``CaptureProcess`` for the one thing about threads.

    ``chance`` gives random numbers in [0, 1) for the pauses.
    """

    def __init__(
        self,
        name: str,
        source: SourceSettings,
        capture: CaptureSettings | None = None,
        *,
        password: str | None = None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.name = name
        self._source = source
        self._capture = capture or CaptureSettings()
        self._password = password
        self._backoff = Backoff(chance)
        self.ring_layout = RingLayout(slots=self._capture.ring_slots)
        self.ring_fd = ring_memory(self.ring_layout)
        self._ring = RingReader(self.ring_fd, self.ring_layout)
        self._run: _Run | None = None
        self._leaving: list[_Run] = []
        self._wanted = self._closed = self._ended = False
        self._due_s = 0.0
        self._offline_from_s: float | None = None
        self._last_s: float | None = None
        self._usual_size: Size | None = None
        self._runs = 0
        self._was_silent = False
        self._dropped: Counter[str] = Counter()
        self._trouble: str | None = None

    def start(self) -> None:
        """Want pictures; the next ``step`` starts the capture process."""
        self._wanted = not self._closed

    def step(self, now_s: float) -> None:
        """Listen to the process, end it when stuck, start it when due. About 5 times a second; never waits."""
        self._reap(now_s)
        if self._offline_from_s is None and self._wanted:
            self._offline_from_s = now_s
        run = self._run
        if run is not None:
            self._listen(run, now_s)
            self._judge(run, now_s)
        if self._run is None and self._wanted and not self._ended and now_s >= self._due_s and not self._held_up(now_s):
            self._open(now_s)

    def status(self, now_s: float) -> CameraStatus:
        """How it is doing at ``now_s``, as far as the last ``step`` knows."""
        run = self._run
        report = run.report if run is not None else None
        last_s = self._last_s
        since_s = last_s if last_s is not None else self._offline_from_s
        silent_s = 0.0 if since_s is None else now_s - since_s
        offline_after_s = max(self._capture.offline_after_s, SLOW_PICTURES / self._source.max_fps)
        online = last_s is not None and silent_s < offline_after_s
        offline = self._wanted and not online and silent_s >= offline_after_s
        faults = frozenset({Topic.CAMERA_OFFLINE}) if offline else frozenset(report.faults) if report else frozenset()
        return CameraStatus(
            online=online,
            faults=faults,
            sequence=0 if self._closed else self._ring.newest_sequence(),
            age_s=None if last_s is None else max(0.0, now_s - last_s),
            fps=report.fps if report is not None and online else 0.0,
            dropped=dict(self._dropped + Counter(report.dropped if report is not None else {})),
            restarts=max(0, self._runs - 1),
            pid=None if run is None else run.process.pid,
            trouble=None if online else self._trouble,
            size=report.size if report is not None else None,
            ended=self._ended,
            decoder=report.decoder if report is not None else "",
        )

    def change(
        self, *, max_fps: float | None = None, repeat: bool | None = None, capture: CaptureSettings | None = None
    ) -> None:
        """Change in place; the picture goes on. ``repeat`` is for recordings, ``capture.ring_slots`` stays."""
        if max_fps is not None:
            self._source = replace(self._source, max_fps=max_fps)
        if repeat is not None and isinstance(self._source, RecordingSource):
            self._source = replace(self._source, repeat=repeat)
            self._ended = self._ended and not repeat
        if capture is not None:
            self._capture = replace(capture, ring_slots=self.ring_layout.slots)
        if self._run is not None:
            self._run.process.change(Change(max_fps=max_fps, repeat=repeat, capture=capture))

    def stop(self) -> None:
        """Ask the process to end, without waiting; ``close`` does the rest. For ending many cameras at once."""
        self._wanted = False
        if self._run is not None:
            self._leave(self._run, None)

    def close(self) -> None:
        """End the process and give the memory back; waits at most about 2 s. May be called twice."""
        if self._closed:
            return
        self.stop()
        for run in self._leaving:
            if not run.process.wait(TERM_GRACE_S):
                run.process.kill()
                run.process.wait(TERM_GRACE_S)
            run.process.close()
        self._leaving.clear()
        self._closed = True
        self._ring.close()
        os.close(self.ring_fd)

    def _open(self, now_s: float) -> None:
        opening = Open(
            source=self._source,
            capture=self._capture,
            slots=self.ring_layout.slots,
            capacity_bytes=self.ring_layout.capacity_bytes,
            size=self._usual_size,
            watcher=os.getpid(),
            password=self._password,
        )
        self._runs += 1
        try:
            process = CaptureProcess(self.name, opening, self.ring_fd)
        except OSError as error:
            self._trouble = f"the capture process cannot be started: {error.strerror or error}"
            self._due_s = now_s + self._backoff.ended(self._capture, 0.0, stuck=False)
            return
        self._run = _Run(process=process, began_s=now_s, started_s=now_s)

    def _listen(self, run: _Run, now_s: float) -> None:
        for message in run.process.messages():
            if isinstance(message, Ended):
                run.said = message
                continue
            if run.report is None:
                run.started_s = now_s
            run.report = message
            self._usual_size = message.usual_size or self._usual_size
            self._arrived(run, message.last_s, now_s)
        if run.report is not None:
            self._arrived(run, self._ring.newest_captured_s(), now_s)  # fresher than the report

    def _arrived(self, run: _Run, last_s: float | None, now_s: float) -> None:
        """Take note of a picture of this run."""
        if last_s is None or last_s <= max(run.began_s, run.last_s or 0.0):
            return
        self._last_s = run.last_s = min(now_s, last_s)
        run.first_s = run.last_s if run.first_s is None else run.first_s
        self._trouble = None

    def _judge(self, run: _Run, now_s: float) -> None:
        """End what is stuck, and take note of what has ended by itself."""
        if not run.process.running() or not run.process.talks():
            self._leave(run, now_s)
        elif run.silent_s(now_s) > (START_WITHIN_S if run.report is None else self._stuck_after_s(run)):
            self._trouble = f"no picture for {run.silent_s(now_s):.0f} s; the capture process was ended"
            self._leave(run, now_s, stuck=True)

    def _stuck_after_s(self, run: _Run) -> float:
        """Where the run before gave no picture either, this one has twice as long: the machine may be slow."""
        patience = PATIENCE if run.first_s is None and self._was_silent else 1.0
        return max(patience * self._capture.stuck_after_s, 2 * SLOW_PICTURES / self._source.max_fps)

    def _leave(self, run: _Run, now_s: float | None, *, stuck: bool = False) -> None:
        """Send the run away; ``now_s`` is None when no other one follows."""
        alive = run.process.running()
        if alive:
            run.process.terminate()
        self._run = None
        self._leaving.append(run)
        if run.report is not None:
            self._dropped += Counter(run.report.dropped)
        self._was_silent = run.first_s is None
        if now_s is None:
            return
        run.ended_s = now_s
        if run.said is not None:
            self._trouble = masked(run.said.reason, self._password)
            self._ended = run.said.final
        elif not stuck:
            self._trouble = "the capture process closed its channel" if alive else run.process.how_it_ended()
        pictures_for_s = 0.0 if run.first_s is None or run.last_s is None else run.last_s - run.first_s
        self._due_s = now_s + self._backoff.ended(self._capture, pictures_for_s, stuck=stuck)

    def _reap(self, now_s: float) -> None:
        for run in list(self._leaving):
            if not run.process.running():
                run.process.close()
                self._leaving.remove(run)
            elif run.ended_s is None:
                run.ended_s = now_s
            elif run.killed_s is None and now_s - run.ended_s >= TERM_GRACE_S:
                run.process.kill()
                run.killed_s = now_s

    def _held_up(self, now_s: float) -> bool:
        return any(run.killed_s is None or now_s - run.killed_s < KILL_GRACE_S for run in self._leaving)
