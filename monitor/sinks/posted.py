"""A sink that carries each message to its receiver: filter, outbox and courier, whatever the transport."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from monitor.sinks.base import SinkContext, SinkStatus
from monitor.sinks.bed_report import BedReport
from monitor.sinks.courier import Courier, Patience
from monitor.sinks.filtering import Filter
from monitor.sinks.message import AlertMessage, BedWords
from monitor.sinks.outbox import Outbox
from monitor.sinks.outgoing import Outgoing
from monitor.sinks.transport import Transport
from monitor.ward.sinks import DeliveredSink, JournalSink, SinkSettings

_LEAST_WINDOW = 20


class PostedSink:
    """Satisfies ``Sink``. ``outbox`` is bounded by ``most_messages`` and ``most_age_s``."""

    def __init__(
        self,
        name: str,
        settings: DeliveredSink,
        context: SinkContext,
        transport: Transport,
        *,
        outbox: Outbox,
        most_messages: int,
        most_age_s: float,
        patience: Patience,
    ) -> None:
        self.name = name
        self._kind = settings.kind
        self._context = context
        self._transport = transport
        self._filter = Filter(settings, emotion_scores=context.emotion_scores)
        self._outgoing = Outgoing(outbox, most_messages=most_messages, most_age_s=most_age_s)
        self._window = max(_LEAST_WINDOW, 2 * transport.most)
        self._courier = Courier(
            name, transport, patience, now_s=context.now_s, now_at=context.now_at, wake=context.wake
        )
        self._delivered = 0
        self._last_at: datetime | None = None
        self._started = self._closed = False

    def start(self) -> None:
        """Begin to deliver; what an earlier run left undelivered goes first."""
        self._started = True
        self._courier.start()
        self.step(self._context.now_s())

    def send(self, message: AlertMessage) -> None:
        """Keep ``message`` for the next ``step``, if it goes here."""
        if self._filter.wants(message) and self._transport.wants(message):
            self._outgoing.put(message, self._context.now_s())

    def state(self, report: BedReport) -> None:
        """Such a receiver keeps no state."""

    def change(self, settings: SinkSettings, beds: Mapping[str, BedWords], *, emotion_scores: bool) -> None:
        """Go on with other beds, ``least_priority`` or privacy."""
        if not isinstance(settings, JournalSink):
            self._filter.change(settings, emotion_scores=emotion_scores)

    def step(self, now_s: float) -> None:
        """Hand over what waits, take note of what arrived."""
        if not self._started or self._closed:
            return
        self._courier.watch(now_s)
        self._collect(now_s)
        self._courier.offer(self._outgoing.take(self._window, now_s, self._context.now_at()))

    def status(self) -> SinkStatus:
        """How it is."""
        return SinkStatus(
            name=self.name,
            kind=self._kind,
            trouble=self._ended() or self._courier.trouble or self._outgoing.trouble,
            delivered=self._delivered,
            waiting=self._outgoing.waiting(),
            dropped=self._outgoing.dropped(),
            last_delivered_at=self._last_at,
        )

    def close(self, timeout_s: float) -> None:
        """End within ``timeout_s`` seconds; what is undelivered stays in the outbox."""
        if self._closed or not self._started:
            return
        self.step(self._context.now_s())
        self._closed = True
        self._courier.close(timeout_s)
        self._collect(self._context.now_s())

    def _ended(self) -> str | None:
        dead = self._started and not self._closed and not self._courier.alive
        return "fault of the program: nothing is delivered any more" if dead else None

    def _collect(self, now_s: float) -> None:
        arrived = []
        for settled in self._courier.collect():
            if settled.cause is None:
                arrived.append(settled.message_id)
            else:
                self._outgoing.give_up(settled.message_id, settled.cause, now_s)
        if arrived:
            self._delivered += len(arrived)
            self._last_at = self._context.now_at()
        self._outgoing.settle(arrived, now_s)
