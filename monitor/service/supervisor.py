"""The supervisor's loop: signals, the control socket, the process that judges, and what is due every so often."""

from __future__ import annotations

import os
import selectors
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from monitor.alerts.events import Moment
from monitor.clock import now_s
from monitor.errors import ServiceUnavailable
from monitor.service.answering import answer
from monitor.service.bedside import Bedside
from monitor.service.control.requests import Answer, Request
from monitor.service.control.server import ControlServer
from monitor.service.folders import Folders
from monitor.service.health.app import health_app
from monitor.service.health.board import Board
from monitor.service.health.server import HealthServer
from monitor.service.inference.channel import Channel
from monitor.service.log import log
from monitor.service.metrics import Metrics
from monitor.service.moments import Moments
from monitor.service.page_messages import PageChannel
from monitor.service.periodic import Every
from monitor.service.process_table import ProcessTable
from monitor.service.processes import note_processes
from monitor.service.reloading import Reloading
from monitor.service.signals import Signals
from monitor.service.stages import Stages
from monitor.service.state_lock import StateLock
from monitor.service.status import one_line, ward_status
from monitor.service.ward import Ward
from monitor.service_manager.notify import ServiceManager
from monitor.ward.credentials import Secret
from monitor.ward.facility import FacilitySettings

LOOP_S = 0.1
STEP_S = 0.2
SECOND_S = 1.0
SAVE_S = 5.0
PRUNE_S = 3600.0
HEALTH_RETRY_S = 10.0
END_WITHIN_S = 12.0
PAGE_ENDS_WITHIN_S = 2.0
Listened = Channel | PageChannel


class Supervisor:
    """One run of the service, from construction to the end of ``run``.

    ServiceUnavailable when one runs already or the database must not be used, OutputError without a control socket.
    """

    def __init__(
        self, settings: FacilitySettings, folders: Folders, secrets: dict[str, Secret], manager: ServiceManager
    ) -> None:
        self._moments = Moments(os.environ)
        self._manager = manager
        self._metrics = Metrics()
        self._board = Board(now_s())
        self._table = ProcessTable()
        self._stages = Stages(manager.watchdog_s)
        self._health: HealthServer | None = None
        self._health_due = Every(HEALTH_RETRY_S)
        self._listened: dict[str, Listened] = {}
        with ExitStack() as undone:
            self._lock = StateLock(folders.state)
            undone.callback(self._lock.close)
            self._signals = Signals()
            undone.callback(self._signals.close)
            self._selector = selectors.DefaultSelector()
            undone.callback(self._selector.close)
            self._control = ControlServer(folders.control_socket, self._selector, self._answer)
            undone.callback(self._control.close)
            self.ward = Ward(
                settings, folders, secrets, metrics=self._metrics, wake=self._signals.wake, now=self._moments.now
            )
            undone.pop_all()
        self._bedside = Bedside(self.ward, folders, self._answer)
        self._reloading = Reloading(folders.configuration, self.ward, self._restart_health)

    def run(self) -> str:
        """Serve until told to stop; why it stopped."""
        due = _Due()
        with self._signals:
            self._selector.register(self._signals, selectors.EVENT_READ, self._signals.drain)
            try:
                self.ward.start()
                self._bedside.reload(self._moments.now().s)
                log().info("started", beds=len(self.ward.beds), pid=os.getpid())
                self._manager.ready("starting to judge")
                while self._signals.stop is None:
                    self._round(due)
            finally:
                self._end(self._signals.stop or "an error")
        self._signals.close()
        self._lock.close()
        return self._signals.stop or ""

    def _round(self, due: _Due) -> None:
        self._listen("inference", self.ward.judging.channel)
        self._listen("page", self._bedside.channel)
        for key, _ in self._selector.select(LOOP_S):
            callback: Callable[[], None] = key.data
            callback()
        now = self._moments.now()
        self._board.moved(now.s)
        self._stages.control()
        self.ward.hear(now)
        self._bedside.hear(now)
        if self._signals.reload:
            self._signals.reload = False
            self._reload()
        if due.step.due(now.s):
            self.ward.step(now)
            self._bedside.step(now)
            if self._bedside.news():
                self._bedside.publish(self._status(), now)
            self._control.step(now.s)
        if due.second.due(now.s):
            self.ward.second(now)
            self._publish(now)
        if due.save.due(now.s):
            self.ward.beds.save(now)
        if due.prune.due(now.s):
            self.ward.prune(now)
        if self._stages.due(self.ward, now.s):
            self._manager.feed()

    def _listen(self, child: str, channel: Listened | None) -> None:
        """Wait for the channel of the present process of ``child``, which changes with every start."""
        before = self._listened.get(child)
        if channel is before:
            return
        if before is not None:
            del self._listened[child]
            for key in tuple(self._selector.get_map().values()):
                if key.fileobj is before:
                    self._selector.unregister(before)
        if channel is not None:
            self._selector.register(channel, selectors.EVENT_READ, _nothing)
            self._listened[child] = channel

    def _answer(self, request: Request) -> Answer:
        now = self._moments.now()
        if request.do != "list":
            log().info("asked", do=request.do, bed=request.bed or request.alert, by=request.by)
        return answer(request, self.ward, now)

    def _reload(self) -> None:
        self._manager.reloading(now_s())
        self._reloading.reload(self._moments.now())
        self._bedside.reload(now_s())
        self._manager.ready(one_line(self._status()))

    def _status(self) -> dict[str, Any]:
        now = self._moments.now()
        note_processes(self._table, self.ward, self._bedside.process, now)
        return ward_status(self.ward, self._table, now)

    def _publish(self, now: Moment) -> None:
        status = self._status()
        self._bedside.publish(status, now)
        not_ready = []
        if self.ward.judging.ready is None:
            not_ready.append("the networks are not loaded")
        not_ready += self.ward.telling.keeping.troubles
        self._board.publish(status, tuple(not_ready))
        self._metrics.show(status)
        self._manager.status(one_line(status))
        if self._health is None and self.ward.settings.health.enabled and self._health_due.due(now_s()):
            self._start_health()

    def _start_health(self) -> None:
        settings = self.ward.settings.health
        try:
            app = health_app(self._board, self._metrics.text, now_s)
            self._health = HealthServer(app, settings.host, settings.port)
        except ServiceUnavailable as error:
            log().error("health endpoint", trouble=str(error))
        else:
            log().info("health endpoint", host=settings.host, port=settings.port)

    def _restart_health(self) -> None:
        if self._health is not None:
            self._health.close()
            self._health = None
        self._health_due = Every(HEALTH_RETRY_S)

    def _end(self, why: str) -> None:
        log().info("stopping", why=why)
        self._manager.stopping(why)
        self._control.close()
        self._bedside.process.stop()
        self.ward.close(END_WITHIN_S)
        self._bedside.process.close(PAGE_ENDS_WITHIN_S)
        if self._health is not None:
            self._health.close()
        self._selector.close()
        log().info("stopped")


class _Due:
    """What is due every so often."""

    def __init__(self) -> None:
        self.step = Every(STEP_S)
        self.second = Every(SECOND_S)
        self.save = Every(SAVE_S)
        self.prune = Every(PRUNE_S, first_at_once=False)


def _nothing() -> None:
    """The loop itself hears what the channel brings."""
