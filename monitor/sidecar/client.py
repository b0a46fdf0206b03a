"""The side branch as the rest of vigil sees it: submit crops, poll explanations. No torch here.

Live: every bed's latest crop wins, beds are served in turn, the caller never waits, every drop is counted with its
cause; a request that comes while others wait or fly is cut to its first target. Replay: every crop is explained, in
order, and ``submit`` waits while the worker is full. A worker that dies (or a sidecar service that goes away) is
started (asked) again after a pause that doubles with every death in a row.
"""

from __future__ import annotations

import itertools
import os
import select
from collections import Counter
from pathlib import Path
from typing import Self

from models.preprocess import CROP_PX
from monitor.clock import now_s
from monitor.errors import ServiceUnavailable
from monitor.records import Explanation, FaceCrop, FaceObservation, InvalidRecord, SampleRequest
from monitor.sidecar.connection import WorkerConnection
from monitor.sidecar.crop_line import CropLine, PendingCrop
from monitor.sidecar.launch import missing_packages, require_packages
from monitor.sidecar.link import WorkerLink
from monitor.sidecar.process import WorkerProcess
from monitor.sidecar.settings import SidecarSettings
from monitor.sidecar.slots import SlotLayout, Slots, anonymous_memory
from monitor.sidecar.stats import SidecarStats
from monitor.sidecar.wire import Configure, Done, Failed, Job, Loading, Ready, Refused
from monitor.signs_of_life import SILENT_S

_TICK_S = 0.05


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
        self._layout = SlotLayout(self._settings.in_flight, CROP_PX, self._settings.max_targets)
        self._memory: int | None = None
        self._slots: Slots | None = None
        self._worker: WorkerLink | None = None
        self._model_id: str | None = None
        self._network: str | None = None
        self._composite: str = self._settings.composite
        self._line = CropLine(live=live)
        self._finished: list[Explanation] = []
        self._dropped: Counter[str] = Counter()
        self._sent = self._done = self._restarts = self._deaths_in_row = 0
        self._seq = itertools.count(1)
        self._started_s = self._heard_s = self._start_due_s = 0.0
        self._trouble: str | None = None
        self._refused = False
        self._parting: str | None = None
        self._told_to_wait = False

    def start(self) -> None:
        """Start the worker and wait until it has its network; a sidecar service that serves another is asked again.

        ServiceUnavailable, in one line with the worker's reason, when packages are missing, the bundle is refused,
        or the worker does not come up.
        """
        if self._settings.socket is None:
            require_packages()
        deadline_s = now_s() + self._settings.start_timeout_s
        self._spawn()
        while self._model_id is None:
            self._pump(_TICK_S)
            if self._worker is None and not (self._told_to_wait and now_s() < deadline_s):
                reason = self._trouble
                self.close()
                raise ServiceUnavailable(f"no explanations: {reason}")

    def begin(self) -> None:
        """Start the worker without waiting for it; ``poll`` moves it on, ``stats`` says how it is doing."""
        if self._settings.socket is None and (missing := missing_packages()):
            self._refused, self._trouble = True, missing
        self._spawn()

    def submit(self, crop: FaceCrop, observation: FaceObservation, request: SampleRequest) -> bool:
        """Ask for an explanation; False when it is dropped, which is counted.

        Live: at most one crop of each bed (``observation.source_id``) waits, and a newer one takes its place. Replay:
        waits for a free slot.
        """
        if crop.pixels.shape != (CROP_PX, CROP_PX, 3):
            raise InvalidRecord(f"sidecar explains crops ({CROP_PX}, {CROP_PX}, 3), got {crop.pixels.shape}")
        targets = request.targets[: self._settings.max_targets]
        self._count("target_limit", len(request.targets) - len(targets))
        self._pump(0.0)
        if self._slots is None or self._refused or not targets:
            return self._drop("not_started" if self._slots is None else "refused" if self._refused else "no_target")
        if self._live:
            if self._model_id is None:
                return self._drop("worker_down")
            if len(self._line):
                self._count("busy", len(targets) - 1)
                targets = targets[:1]
        elif not self._room():
            return self._drop("refused" if self._refused else "timeout")
        pending = PendingCrop(seq=next(self._seq), crop=crop, observation=observation, request=request, targets=targets)
        self._count("superseded", self._line.put(pending))
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
        while len(self._line) and now_s() < deadline:
            self._pump(min(_TICK_S, deadline - now_s()))
        self._forget("timeout")
        return self.poll()

    def forget(self, source_id: str) -> None:
        """A bed that is no more: what waits of it is dropped as ``forgotten``."""
        self._count("forgotten", self._line.forget(source_id))

    def fileno(self) -> int | None:
        """To wait on for the worker's next message; None while there is no worker. Another one after a restart."""
        return None if self._worker is None else self._worker.channel.fileno()

    @property
    def stats(self) -> SidecarStats:
        """How the sidecar is doing now."""
        pid = None if self._worker is None else self._worker.pid
        return SidecarStats(
            sent=self._sent,
            done=self._done,
            dropped=dict(self._dropped),
            restarts=self._restarts,
            alive=pid is not None and self._model_id is not None,
            pid=pid,
            trouble=self._trouble,
            waiting=self._line.waiting,
            network=self._network if pid is not None and self._model_id is not None else None,
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
        self._worker = self._model_id = None
        self._free_memory()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _room(self) -> bool:
        deadline = now_s() + self._settings.submit_timeout_s
        while len(self._line) >= self._settings.in_flight and not self._refused:
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
        elif (why := self._silent()) is not None:
            self._died(why)
        else:
            self._send(worker)

    def _spawn(self) -> None:
        # new memory each time: a worker of the sidecar service that was given up may still write into the old one
        self._free_memory()
        self._memory = anonymous_memory(self._layout.size)
        self._slots = Slots(self._memory, self._layout)
        self._started_s = self._heard_s = now_s()
        self._told_to_wait = False
        if self._refused:
            return
        try:
            if self._settings.socket is None:
                self._worker = WorkerProcess(self._configure, self._memory)
            else:
                self._worker = WorkerConnection(self._settings.socket, self._configure, self._memory)
        except ServiceUnavailable as error:
            self._pause(str(error))

    def _free_memory(self) -> None:
        if self._slots is not None:
            self._slots.close()
        if self._memory is not None:
            os.close(self._memory)
        self._slots = self._memory = None

    def _send(self, worker: WorkerLink) -> None:
        if self._model_id is None or self._slots is None:
            return
        for slot in self._line.free_slots(self._settings.in_flight):
            pending = self._line.launch(slot, now_s())
            if pending is None:
                return
            self._slots.write_crop(pending.slot, pending.seq, pending.crop.pixels, pending.crop.landmarks)
            self._sent += 1
            worker.send(Job(seq=pending.seq, slot=pending.slot, targets=pending.targets))

    def _take(self, message: Loading | Ready | Refused | Done | Failed) -> bool:
        """Act on a message; False when the worker must be given up."""
        if isinstance(message, Loading):
            self._heard_s = now_s()
        elif isinstance(message, Ready):
            self._model_id, self._network = message.model_id, message.network
            self._composite = ", ".join(filter(None, (self._settings.composite, message.weights)))
        elif isinstance(message, Refused):
            self._refused, self._trouble = not message.for_now, message.reason
            self._parting, self._told_to_wait = message.reason, message.for_now
            return False
        elif (pending := self._line.flying.pop(message.seq, None)) is None:
            pass  # given up before (timeout)
        elif isinstance(message, Failed):
            self._trouble = message.reason
            self._drop("failed")
        else:
            return self._finish(pending, message)
        return True

    def _finish(self, pending: PendingCrop, done: Done) -> bool:
        assert self._slots is not None
        if tuple(result.target for result in done.results) != pending.targets:
            self._line.flying[pending.seq] = pending
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

    def _silent(self) -> str | None:
        """Why the worker must be taken for stopped, None when it need not."""
        settings, now = self._settings, now_s()
        if self._model_id is not None:
            waits = any(now - pending.sent_s > settings.job_timeout_s for pending in self._line.flying.values())
            return f"silent for {settings.job_timeout_s:g} s" if waits else None
        if now - self._started_s > settings.start_timeout_s:
            return f"not ready within {settings.start_timeout_s:g} s"
        return f"silent for {SILENT_S:g} s while it starts" if now - self._heard_s > SILENT_S else None

    def _died(self, why: str | None = None) -> None:
        """Clear away a worker, put its crops back in line (replay) or count them (live), plan the next start."""
        worker, self._worker, self._model_id = self._worker, None, None
        words = worker.end() if worker is not None else ""
        again = []
        for pending in self._line.fallen():
            pending.attempts += 1
            if self._live or self._refused:
                self._drop("worker_died")
            elif pending.attempts >= self._settings.attempts:
                self._drop("gave_up")
            else:
                again.append(pending)
        self._line.put_back(again)
        if self._refused or self._live:
            self._forget("refused" if self._refused else "worker_died")
        self._pause(self._parting or why or f"the sidecar ended: {words}")
        self._parting = None

    def _pause(self, trouble: str | None) -> None:
        self._trouble = trouble
        pause_s = self._settings.first_backoff_s * 2.0 ** min(self._deaths_in_row, 30)
        self._start_due_s = now_s() + min(pause_s, self._settings.longest_backoff_s)
        self._deaths_in_row += 1

    def _forget(self, cause: str) -> None:
        """Drop all that is on its way; a late answer is ignored, since its sequence number is no longer known."""
        self._count(cause, self._line.clear())

    def _count(self, cause: str, number: int) -> None:
        if number:
            self._dropped[cause] += number

    def _drop(self, cause: str) -> bool:
        self._count(cause, 1)
        return False
