"""Telling people: kept first, then handed to every sink. What is wrong with one sink holds up no other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from monitor.alerts.bed_state import BedState
from monitor.alerts.transition import Transition
from monitor.errors import VigilError
from monitor.records import Kind, Presence
from monitor.service.keeping import Keeping
from monitor.service.log import log
from monitor.service.metrics import Metrics
from monitor.sinks.base import Sink, SinkContext, SinkStatus
from monitor.sinks.bed_report import BedReport
from monitor.sinks.making import make_sink
from monitor.sinks.message import alert_message
from monitor.ward.sinks import JournalSink, SinkSettings

LONG_TROUBLE_S = 60.0
"""A sink in trouble for longer is trouble of the service: alerts do not reach who they should."""


@dataclass(slots=True)
class _Open:
    sink: Sink
    settings: SinkSettings
    status: SinkStatus | None = None
    trouble_since_s: float | None = None


class Telling:
    """All sinks by name, behind what is kept."""

    def __init__(self, keeping: Keeping, context: SinkContext, metrics: Metrics) -> None:
        self.keeping = keeping
        self._context = context
        self._metrics = metrics
        self._sinks: dict[str, _Open] = {}

    @property
    def statuses(self) -> Mapping[str, SinkStatus]:
        """How every sink was at the last ``look``."""
        return {name: opened.status for name, opened in self._sinks.items() if opened.status is not None}

    def open(self, name: str, settings: SinkSettings, context: SinkContext) -> None:
        """Tell ``name`` too. ConfigurationError when it cannot be made. Journals are kept, not told."""
        self._context = context
        self.close_sink(name)
        if not isinstance(settings, JournalSink):
            sink = make_sink(name, settings, context)
            self._sinks[name] = _Open(sink, settings)
            sink.start()

    def change(self, changed: Mapping[str, SinkSettings], context: SinkContext) -> None:
        """Go on with other settings of ``changed`` sinks, and other words of beds for all."""
        self._context = context
        for name, opened in self._sinks.items():
            opened.settings = changed.get(name, opened.settings)
            opened.sink.change(opened.settings, context.beds, emotion_scores=context.emotion_scores)

    def close_sink(self, name: str, timeout_s: float = 2.0) -> None:
        """Tell ``name`` no more."""
        opened = self._sinks.pop(name, None)
        if opened is not None:
            opened.sink.close(timeout_s)

    def tell(self, state: BedState, told: Sequence[Transition], now_s: float) -> None:
        """Keep and tell what a bed's alerts gave rise to."""
        if not told:
            return
        self.keeping.record([state], told, now_s)
        for transition in told:
            self._metrics.told(transition)
            _log_transition(transition)
            words = self._context.beds.get(transition.bed)
            message = alert_message(transition, ward=self._context.ward, words=words)
            if message is None:
                continue
            for name, opened in self._sinks.items():
                try:
                    opened.sink.send(message)
                except (VigilError, OSError) as error:
                    log().error("sink failed", sink=name, trouble=" ".join(str(error).split()))
        self.step(now_s)

    def report(self, report: BedReport) -> None:
        """How a bed is now, for sinks that keep a state."""
        for name, opened in self._sinks.items():
            try:
                opened.sink.state(report)
            except (VigilError, OSError) as error:
                log().error("sink failed", sink=name, trouble=" ".join(str(error).split()))

    def step(self, now_s: float) -> None:
        """Let every sink do what is due."""
        for name, opened in self._sinks.items():
            try:
                opened.sink.step(now_s)
            except (VigilError, OSError) as error:
                log().error("sink failed", sink=name, trouble=" ".join(str(error).split()))

    def look(self, now_s: float) -> None:
        """Ask every sink how it is, about once a second; what changed is logged."""
        for name, opened in self._sinks.items():
            before = opened.status.trouble if opened.status else None
            opened.status = opened.sink.status()
            trouble = opened.status.trouble
            if trouble is None:
                opened.trouble_since_s = None
            elif opened.trouble_since_s is None:
                opened.trouble_since_s = now_s
            if trouble is not None and trouble != before:
                log().warning("sink", sink=name, trouble=trouble)
            elif trouble is None and before is not None:
                log().info("sink", sink=name, trouble=None)

    def troubles(self, now_s: float) -> tuple[str, ...]:
        """What keeps alerts from being kept or told, in words."""
        silent = [
            f"alerts do not reach {name}"
            for name, opened in self._sinks.items()
            if opened.trouble_since_s is not None and now_s - opened.trouble_since_s > LONG_TROUBLE_S
        ]
        return (*self.keeping.troubles, *silent)

    def close(self, timeout_s: float) -> None:
        """Close all sinks."""
        share_s = timeout_s / max(len(self._sinks), 1)
        for name in tuple(self._sinks):
            self.close_sink(name, share_s)


def _log_transition(transition: Transition) -> None:
    line = {
        "bed": transition.bed,
        "number": transition.number,
        "reason": transition.reason.value,
        "alert": transition.alert_id,
        "topic": transition.topic,
        "presence": transition.presence,
        "priority": transition.priority,
        "by": transition.by,
    }
    said = {key: value for key, value in line.items() if value is not None}
    if transition.presence is Presence.ON and transition.kind is not None:
        weight = log().warning if transition.kind is Kind.PHYSIOLOGICAL else log().error
        weight("alert", **said)
    else:
        log().info("alert" if transition.alert_id else "bed", **said)
