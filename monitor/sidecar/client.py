"""The side branch as the rest of vigil sees it: submit crops, poll explanations. No torch here.

Live: the latest crop wins, nothing waits, every drop is counted with its cause. Replay: every crop is explained, in
order, and ``submit`` waits while the worker is full. A worker that dies is started again after a pause that doubles
with every death in a row.
"""

from __future__ import annotations

import itertools
import os
import select
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from models.preprocess import CROP_PX
from monitor.clock import now_s
from monitor.errors import ServiceUnavailable
from monitor.records import Explanation, FaceCrop, FaceObservation, InvalidRecord, SampleRequest
from monitor.sidecar.process import WorkerProcess, require_packages
from monitor.sidecar.settings import SidecarSettings
from monitor.sidecar.slots import SlotLayout, Slots, anonymous_memory
from monitor.sidecar.wire import Configure, Done, Failed, Job, Ready, Refused

_TICK_S = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class SidecarStats:
    """Counters since ``start``: frames handed to the worker, explained, and dropped by cause.

    ``alive``: the worker runs and has its network. ``pid`` is None while there is no worker. ``trouble`` says in
    words what went wrong last.
    """

    sent: int
    done: int
    dropped: Mapping[str, int]
    restarts: int
    alive: bool
    pid: int | None
    trouble: str | None


@dataclass(slots=True, kw_only=True)
class _Pending:
    seq: int
    crop: FaceCrop
    observation: FaceObservation
    request: SampleRequest
    targets: tuple[str, ...]
    attempts: int = 0
    slot: int = -1
    sent_s: float = 0.0


@dataclass(slots=True, kw_only=True)
class _Queue:
    """Crops on their way: waiting here, then flying (in a slot, with the worker)."""

    waiting: deque[_Pending] = field(default_factory=deque)
    flying: dict[int, _Pending] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.waiting) + len(self.flying)


class SidecarClient:
    """Owns the worker process and the shared memory; not for use from several threads. A context manager."""

    def __init__(self, bundle_path: Path, settings: SidecarSettings | None = None, *, live: bool) -> None:
        self._settings = settings or SidecarSettings()
        self._live = live
        self._configure = Configure(
            bundle=str(Path(bundle_path).resolve()),
            composite=self._settings.composite,
            crop_px=CROP_PX,
            slots=self._settings.in_flight,
            max_targets=self._settings.max_targets,
            nice=self._settings.nice,
        )
        self._memory: int | None = None
        self._slots: Slots | None = None
        self._worker: WorkerProcess | None = None
        self._model_id: str | None = None
        self._composite: str = self._settings.composite
        self._queue = _Queue()
        self._finished: list[Explanation] = []
        self._dropped: Counter[str] = Counter()
        self._sent = self._done = self._restarts = self._deaths_in_row = 0
        self._seq = itertools.count(1)
        self._started_s = self._start_due_s = 0.0
        self._trouble: str | None = None
        self._refused = False

    def start(self) -> None:
        """Start the worker and wait until it has its network.

        ServiceUnavailable, in one line with the worker's reason, when packages are missing, the bundle is refused,
        or the worker does not come up.
        """
        require_packages()
        layout = SlotLayout(self._settings.in_flight, CROP_PX, self._settings.max_targets)
        self._memory = anonymous_memory(layout.size)
        self._slots = Slots(self._memory, layout)
        self._spawn()
        while self._model_id is None:
            self._pump(_TICK_S)
            if self._worker is None:
                reason = self._trouble
                self.close()
                raise ServiceUnavailable(f"no explanations: {reason}")

    def submit(self, crop: FaceCrop, observation: FaceObservation, request: SampleRequest) -> bool:
        """Ask for an explanation; False when it is dropped, which is counted.

        Live: at most one crop waits, and a newer one takes its place. Replay: waits for a free slot.
        """
        if crop.pixels.shape != (CROP_PX, CROP_PX, 3):
            raise InvalidRecord(f"sidecar explains crops ({CROP_PX}, {CROP_PX}, 3), got {crop.pixels.shape}")
        limit = self._settings.max_targets
        self._count("target_limit", len(request.targets[limit:]))
        pending = _Pending(
            seq=next(self._seq), crop=crop, observation=observation, request=request, targets=request.targets[:limit]
        )
        self._pump(0.0)
        if self._slots is None or self._refused or not pending.targets:
            return self._drop("not_started" if self._slots is None else "refused" if self._refused else "no_target")
        if self._live:
            if self._model_id is None:
                return self._drop("worker_down")
            self._count("superseded", len(self._queue.waiting))
            self._queue.waiting.clear()
        elif not self._room():
            return self._drop("refused" if self._refused else "timeout")
        self._queue.waiting.append(pending)
        self._pump(0.0)
        return True

    def poll(self) -> list[Explanation]:
        """Explanations finished since the last call, in the order of their frames; never waits."""
        self._pump(0.0)
        finished, self._finished = self._finished, []
        return finished

    def drain(self, timeout_s: float) -> list[Explanation]:
        """Wait until nothing is on its way any more; what is after ``timeout_s`` is dropped as ``timeout``."""
        deadline = now_s() + timeout_s
        while len(self._queue) and now_s() < deadline:
            self._pump(min(_TICK_S, deadline - now_s()))
        self._forget("timeout")
        return self.poll()

    @property
    def stats(self) -> SidecarStats:
        """How the sidecar is doing now."""
        worker = self._worker if self._worker is not None and self._worker.running else None
        return SidecarStats(
            sent=self._sent,
            done=self._done,
            dropped=dict(self._dropped),
            restarts=self._restarts,
            alive=worker is not None and self._model_id is not None,
            pid=None if worker is None else worker.process.pid,
            trouble=self._trouble,
        )

    @property
    def composite(self) -> str:
        """How explanations are made, as each of them says: the composite and, unless deployed, the weights."""
        return self._composite

    def close(self) -> None:
        """End the worker and give the memory back. May be called twice."""
        self._forget("closed")
        if self._worker is not None:
            self._worker.end()
        if self._slots is not None:
            self._slots.close()
        if self._memory is not None:
            os.close(self._memory)
        self._worker = self._slots = self._memory = self._model_id = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _room(self) -> bool:
        deadline = now_s() + self._settings.submit_timeout_s
        while len(self._queue) >= self._settings.in_flight and not self._refused:
            if now_s() >= deadline:
                return False
            self._pump(_TICK_S)
        return not self._refused

    def _pump(self, wait_s: float) -> None:
        """Move everything on that can be moved, waiting at most ``wait_s`` for the worker."""
        if self._slots is None:
            return
        if self._worker is None:
            pause_s = self._start_due_s - now_s()
            if self._refused or pause_s > 0:
                select.select([], [], [], max(0.0, min(wait_s, pause_s)))
                return
            self._restarts += 1
            self._spawn()
        worker = self._worker
        if worker is None:
            return
        self._send(worker)
        messages = worker.receive(wait_s)
        if messages is None or not all(self._take(message) for message in messages):
            self._died()
        elif self._silent():
            self._died(f"silent for {self._settings.job_timeout_s:g} s")
        else:
            self._send(worker)

    def _spawn(self) -> None:
        assert self._memory is not None
        self._started_s = now_s()
        try:
            self._worker = WorkerProcess(self._configure, self._memory)
        except ServiceUnavailable as error:
            self._pause(str(error))

    def _send(self, worker: WorkerProcess) -> None:
        if self._model_id is None or self._slots is None:
            return
        taken = {pending.slot for pending in self._queue.flying.values()}
        free = [slot for slot in range(self._settings.in_flight) if slot not in taken]
        while free and self._queue.waiting:
            pending = self._queue.waiting.popleft()
            pending.slot, pending.sent_s = free.pop(0), now_s()
            self._slots.write_crop(pending.slot, pending.seq, pending.crop.pixels, pending.crop.landmarks)
            self._queue.flying[pending.seq] = pending
            self._sent += 1
            worker.send(Job(seq=pending.seq, slot=pending.slot, targets=pending.targets))

    def _take(self, message: Ready | Refused | Done | Failed) -> bool:
        """Act on a message; False when the worker must be given up."""
        if isinstance(message, Ready):
            self._model_id = message.model_id
            self._composite = ", ".join(filter(None, (self._settings.composite, message.weights)))
        elif isinstance(message, Refused):
            self._refused, self._trouble = True, message.reason
            return False
        elif (pending := self._queue.flying.pop(message.seq, None)) is None:
            pass  # given up before (timeout)
        elif isinstance(message, Failed):
            self._trouble = message.reason
            self._drop("failed")
        else:
            return self._finish(pending, message)
        return True

    def _finish(self, pending: _Pending, done: Done) -> bool:
        assert self._slots is not None
        if tuple(result.target for result in done.results) != pending.targets:
            self._queue.flying[pending.seq] = pending
            return False
        maps = self._slots.read_relevance(pending.slot, len(done.results))
        seen = pending.observation
        self._done += 1
        self._deaths_in_row = 0
        self._finished += [
            Explanation(
                frame_id=seen.frame_id,
                source_id=seen.source_id,
                captured_s=seen.captured_s,
                captured_at=seen.captured_at,
                target=result.target,
                reason=pending.request.reason,
                relevance=relevance,
                logit=result.logit,
                mu=result.mu,
                mu_chance=result.mu_chance,
                outside_face=result.outside_face,
                conservation_error=result.conservation_error,
                composite=self._composite,
                model_id=self._model_id or "",
            )
            for result, relevance in zip(done.results, maps, strict=True)
        ]
        return True

    def _silent(self) -> bool:
        if self._model_id is None:
            return now_s() - self._started_s > self._settings.start_timeout_s
        return any(now_s() - pending.sent_s > self._settings.job_timeout_s for pending in self._queue.flying.values())

    def _died(self, why: str | None = None) -> None:
        """Clear away a worker, put its crops back in line (replay) or count them (live), plan the next start."""
        worker, self._worker, self._model_id = self._worker, None, None
        words = worker.end() if worker is not None else ""
        lost = sorted(self._queue.flying.values(), key=lambda pending: pending.seq)
        self._queue.flying.clear()
        for pending in reversed(lost):
            pending.attempts += 1
            if self._live or self._refused:
                self._drop("worker_died")
            elif pending.attempts >= self._settings.attempts:
                self._drop("gave_up")
            else:
                self._queue.waiting.appendleft(pending)
        if self._refused or self._live:
            self._forget("refused" if self._refused else "worker_died")
        self._pause(self._trouble if self._refused else why or f"the sidecar ended: {words}")

    def _pause(self, trouble: str | None) -> None:
        self._trouble = trouble
        pause_s = self._settings.first_backoff_s * 2.0 ** min(self._deaths_in_row, 30)
        self._start_due_s = now_s() + min(pause_s, self._settings.longest_backoff_s)
        self._deaths_in_row += 1

    def _forget(self, cause: str) -> None:
        """Drop all that is on its way; a late answer is ignored, since its sequence number is no longer known."""
        self._count(cause, len(self._queue))
        self._queue.waiting.clear()
        self._queue.flying.clear()

    def _count(self, cause: str, number: int) -> None:
        if number:
            self._dropped[cause] += number

    def _drop(self, cause: str) -> bool:
        self._count(cause, 1)
        return False
