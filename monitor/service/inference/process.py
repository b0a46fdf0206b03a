"""The inference process: orders in, judgements out, a sign of life twice a second. Run by the supervisor alone."""

from __future__ import annotations

import base64
import contextlib
import os
import select
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from models.bundle import Bundle, default_bundle, open_bundle
from models.errors import ModelError
from monitor.capture.ring import RingLayout, RingReader
from monitor.classifier import Classifier
from monitor.clock import now_at, now_s
from monitor.errors import VigilError
from monitor.face.assets import locate
from monitor.native_log import native_log_apart
from monitor.service.inference.bed_way import BedWay
from monitor.service.inference.channel import Channel
from monitor.service.inference.core import InferenceCore
from monitor.service.inference.explaining import Explaining, sidecar_opener
from monitor.service.inference.messages import (
    AddBed,
    AddSource,
    Beat,
    ChangeBed,
    Configure,
    FaceShown,
    NeutralBed,
    Order,
    PauseBed,
    Ready,
    Refused,
    RemoveBed,
    RemoveSource,
    Report,
    RestartSidecar,
    ShowEvidence,
    ShowFace,
    Stop,
    UnreadableMessage,
)
from monitor.service.inference.pictures import Pictures
from monitor.service.inference.rota import Rota
from monitor.service.periodic import Every

BEAT_S = 0.5
POLL_S = 0.003
"""How often rings are looked at while nothing is new: it adds half of this to the latency."""


class InferenceProcess:
    """Everything between the first order and the last."""

    def __init__(
        self, channel: Channel, configure: Configure, bundle: Bundle, asset: Path, loaded: Callable[[], None]
    ) -> None:
        self._channel = channel
        self._configure = configure
        threads = configure.inference.threads or len(os.sched_getaffinity(0))
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="look")
        self._pictures = Pictures()
        classifier = Classifier(bundle, settings=configure.classifier)
        self._core = InferenceCore(
            classifier,
            lambda bed: BedWay(bed, asset, bundle.spec.neutral_prior),
            self._pictures,
            self._pool,
            Rota(configure.inference.latency_budget_s),
            now_s,
        )
        self._explaining = Explaining(sidecar_opener(bundle.path))
        self._rounds = self._unsent = 0
        self._stopping = False
        loaded()
        self._send(Ready(model_id=classifier.model_id, providers=classifier.providers))
        if configure.explain:
            self._explaining.start(configure.sidecar)

    def run(self) -> None:
        """Judge until told to stop or the supervisor is gone."""
        beat, keep = Every(BEAT_S), Every(self._configure.inference.baseline_every_s, first_at_once=False)
        while not self._stopping:
            self._rounds += 1
            judged = self._core.round(self._explaining, self._gather)
            for report in judged:
                self._send(report)
            now = now_s()
            if beat.due(now):
                for report in self._core.gaps(now_at()):
                    self._send(report)
                self._beat()
            for learned in self._core.learned(all_beds=keep.due(now)):
                self._send(learned)
            for shown in self._core.shown():
                self._send(shown)
            self._take_orders(0.0 if judged else POLL_S)

    def close(self) -> None:
        """Hand back what was learned and give everything up."""
        for learned in self._core.learned(all_beds=True):
            self._send(learned)
        self._explaining.close()
        self._core.close()
        self._pictures.close()
        self._pool.shutdown()

    def _gather(self) -> None:
        select.select([], [], [], self._configure.inference.gather_s)

    def _send(self, report: Report) -> None:
        if not self._channel.send(report):
            self._unsent += 1

    def _beat(self) -> None:
        stages = {name: durations.sum_ms / durations.count for name, durations in self._core.stages.stages.items()}
        self._core.stages.stages.clear()
        self._send(
            Beat(
                rounds=self._rounds,
                unsent=self._unsent,
                sidecar=self._explaining.beat(),
                explainer_missing=self._explaining.missing,
                troubles=self._core.troubles,
                stage_ms=stages,
            )
        )

    def _take_orders(self, wait_s: float) -> None:
        select.select([self._channel], [], [], wait_s)
        try:
            while (received := self._channel.receive()) is not None:
                order, descriptors = received
                try:
                    self._obey(order, descriptors)
                finally:
                    for descriptor in descriptors:
                        os.close(descriptor)
        except EOFError:
            self._stopping = True

    def _obey(self, order: Order, descriptors: list[int]) -> None:
        match order:
            case AddSource() if descriptors:
                layout = RingLayout(slots=order.slots, capacity_bytes=order.capacity_bytes)
                self._pictures.add(order.source, RingReader(descriptors[0], layout))
                self._core.begin_anew(order.source)
            case RemoveSource():
                self._pictures.remove(order.source)
            case AddBed():
                self._core.add(order)
            case RemoveBed():
                self._explaining.forget(order.bed)
                if (learned := self._core.remove(order.bed)) is not None:
                    self._send(learned)
            case PauseBed():
                self._core.pause(order.bed, order.paused)
            case ShowEvidence():
                if (nothing := self._core.show(order)) is not None:
                    self._send(nothing)
            case RestartSidecar():
                self._explaining.start(order.sidecar)
            case Stop():
                self._stopping = True
            case ChangeBed() | NeutralBed() | ShowFace():
                way = self._core.way(order.bed)
                if way is not None:
                    self._obey_at(way, order)

    def _obey_at(self, way: BedWay, order: ChangeBed | NeutralBed | ShowFace) -> None:
        match order:
            case ChangeBed():
                way.change(order.sampling)
            case NeutralBed():
                way.neutral(reset=order.reset, seconds=order.seconds, by=order.by)
            case ShowFace():
                if (shown := way.face()) is not None:
                    image = base64.b64encode(shown[1]).decode()
                    self._send(FaceShown(bed=order.bed, alert_id=order.alert_id, at=shown[0], image=image))


def _first_order(channel: Channel) -> Configure:
    select.select([channel], [], [])
    received = channel.receive()
    if received is None or not isinstance(received[0], Configure):
        raise UnreadableMessage("the first order must be Configure")
    return received[0]


def serve(end: socket.socket, loaded: Callable[[], None]) -> int:
    """Judge over ``end`` until told to stop; the exit status. ``loaded`` is called when it has loaded."""
    channel = Channel(end)
    with native_log_apart(), contextlib.suppress(EOFError):
        try:
            configure = _first_order(channel)
            bundle = open_bundle(Path(configure.bundle) if configure.bundle else default_bundle())
            asset = locate(Path(configure.landmarker) if configure.landmarker else None)
            process = InferenceProcess(channel, configure, bundle, asset, loaded)
        except (VigilError, ModelError) as error:
            loaded()
            channel.send(Refused(reason=" ".join(str(error).split()), exit_code=error.exit_code))
            return error.exit_code
        try:
            process.run()
        finally:
            process.close()
    return 0
