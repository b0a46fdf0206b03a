"""The MQTT sink: alerts from the outbox, retained states, discovery, commands; its owner brings the broker back."""

from __future__ import annotations

import ssl
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from importlib.metadata import version

from monitor.errors import VigilError
from monitor.sinks.base import SinkContext, SinkStatus
from monitor.sinks.bed_report import BedReport
from monitor.sinks.filtering import Filter
from monitor.sinks.message import AlertMessage, BedWords, words_of
from monitor.sinks.mqtt.bed_document import encoded
from monitor.sinks.mqtt.commands import InvalidCommand, parse_command
from monitor.sinks.mqtt.connection import Connection, Received
from monitor.sinks.mqtt.retained import Retained
from monitor.sinks.mqtt.topics import OFFLINE, ONLINE, Topics
from monitor.sinks.outgoing import Outgoing, readable
from monitor.ward.credentials import Secret
from monitor.ward.sinks import JournalSink, MqttSink, SinkSettings

WINDOW = 20
"""Messages that may be under way at once: so many at most can arrive twice when the broker dies."""
FIRST_BACKOFF_S, LONGEST_BACKOFF_S = 1.0, 30.0
STEADY_S = 10.0
"""A connection that stood so long counts as good: the next pause is the first again."""
SWEEP_S = 3.0
"""How long after connecting states of beds that are no longer here are looked for."""
_MOST_COMMANDS = 20


class BrokerSink:
    """Satisfies ``Sink``."""

    def __init__(
        self, name: str, settings: MqttSink, context: SinkContext, password: Secret | None, tls: ssl.SSLContext | None
    ) -> None:
        self.name = name
        self._settings, self._context = settings, context
        self._password, self._tls = password, tls
        self._topics = Topics(settings.topic_prefix, context.ward)
        self._filter = Filter(settings, emotion_scores=context.emotion_scores)
        self._beds = dict(context.beds)
        self._retained = Retained(self._topics, settings, version("vigil"))
        self._reports: dict[str, BedReport] = {}
        self._outgoing = Outgoing(
            context.outbox(name, settings.outbox_messages, settings.outbox_s),
            most_messages=settings.outbox_messages,
            most_age_s=settings.outbox_s,
        )
        self._connection: Connection | None = None
        self._greeted_s: float | None = None
        self._sweeping = False
        self._failures = 0
        self._retry_s = float("-inf")
        self._under_way: dict[int, str] = {}
        self._trouble: str | None = "not connected yet"
        self._delivered = 0
        self._commands: Counter[str] = Counter()
        self._last_at: datetime | None = None
        self._started = False

    def start(self) -> None:
        """Begin to connect."""
        self._started = True
        self.step(self._context.now_s())

    def send(self, message: AlertMessage) -> None:
        """Keep ``message`` for the next ``step``, if it goes here."""
        if self._filter.wants(message):
            self._outgoing.put(message, self._context.now_s())

    def state(self, report: BedReport) -> None:
        """The bed's retained state follows ``report``."""
        if report.bed in self._beds and self._filter.wants_bed(report.bed):
            self._reports[report.bed] = report

    def change(self, settings: SinkSettings, beds: Mapping[str, BedWords], *, emotion_scores: bool) -> None:
        """Go on with other beds, ``least_priority``, words or privacy; beds that left are taken from the broker."""
        if isinstance(settings, JournalSink):
            return
        self._filter.change(settings, emotion_scores=emotion_scores)
        self._beds = dict(beds)
        self._reports = {bed: report for bed, report in self._reports.items() if bed in self._wanted()}
        if self._greeted_s is not None and self._connection is not None:
            self._retained.describe(self._connection, self._wanted())

    def step(self, now_s: float) -> None:
        """Connect, hand over, take in: whatever is due."""
        if not self._started:
            return
        if self._connection is None:
            if now_s >= self._retry_s:
                self._connect()
            return
        connection = self._connection
        self._settle(connection, now_s)
        if connection.ended is not None:
            self._lose(connection, now_s)
        elif connection.up:
            if self._greeted_s is None:
                self._greet(connection, now_s)
            self._publish(connection, now_s)
            self._take_in(connection, now_s)

    def status(self) -> SinkStatus:
        """How it is; refused commands count as dropped."""
        return SinkStatus(
            name=self.name,
            kind="mqtt",
            trouble=self._trouble or self._outgoing.trouble,
            delivered=self._delivered,
            waiting=self._outgoing.waiting(),
            dropped={**self._outgoing.dropped(), **self._commands},
            last_delivered_at=self._last_at,
        )

    def close(self, timeout_s: float) -> None:
        """Hand over what waits, say offline, take leave; all within ``timeout_s`` seconds."""
        if not self._started:
            return
        until_s = self._context.now_s() + timeout_s
        self._started = False
        connection, self._connection = self._connection, None
        if connection is None:
            return
        if connection.up and self._greeted_s is not None:
            self._publish(connection, self._context.now_s())
            number = connection.publish(self._topics.status, OFFLINE.encode(), retain=True)
            connection.wait_acknowledged(number, lambda: (until_s - self._context.now_s()) / 2)
            self._settle(connection, self._context.now_s())
        connection.close(max(0.1, until_s - self._context.now_s()))

    def _wanted(self) -> Mapping[str, BedWords]:
        return {bed: words for bed, words in self._beds.items() if self._filter.wants_bed(bed)}

    def _connect(self) -> None:
        self._greeted_s = None
        self._connection = Connection(
            self._settings,
            client_id=self._settings.client_id or f"vigil-{self._context.ward}",
            password=self._password,
            tls=self._tls,
            will_topic=self._topics.status,
            wake=self._context.wake,
        )

    def _greet(self, connection: Connection, now_s: float) -> None:
        self._greeted_s, self._trouble, self._sweeping = now_s, None, True
        connection.subscribe(self._topics.every_state, qos=0)
        if self._settings.commands:
            connection.subscribe(self._topics.every_command, qos=1)
        self._retained.forget_told()
        self._retained.describe(connection, self._wanted())
        self._tell_states(connection, now_s)
        connection.publish(self._topics.status, ONLINE.encode(), retain=True)

    def _lose(self, connection: Connection, now_s: float) -> None:
        self._trouble = connection.ended
        if self._greeted_s is not None and now_s - self._greeted_s >= STEADY_S:
            self._failures = 0
        self._failures += 1
        self._retry_s = now_s + min(LONGEST_BACKOFF_S, FIRST_BACKOFF_S * 2.0 ** min(self._failures - 1, 10))
        self._under_way.clear()
        self._outgoing.return_all()
        self._greeted_s = self._connection = None
        connection.close(0.0)  # its threads end by themselves

    def _publish(self, connection: Connection, now_s: float) -> None:
        now_at = self._context.now_at()
        for item in self._outgoing.take(WINDOW, now_s, now_at):
            message = readable(item, now_s, now_at)
            if message is None:
                self._outgoing.give_up(item.message_id, "unreadable", now_s)
                continue
            number = connection.publish(self._topics.alert(message.bed), message.to_json().encode())
            self._under_way[number] = item.message_id
        self._tell_states(connection, now_s)

    def _tell_states(self, connection: Connection, now_s: float) -> None:
        for bed, report in self._reports.items():
            self._retained.tell(connection, report, self._filter.of_report(report), words_of(self._beds, bed), now_s)

    def _settle(self, connection: Connection, now_s: float) -> None:
        arrived = [self._under_way.pop(number) for number in connection.acknowledged() if number in self._under_way]
        if arrived:
            self._delivered += len(arrived)
            self._last_at = self._context.now_at()
        self._outgoing.settle(arrived, now_s)

    def _take_in(self, connection: Connection, now_s: float) -> None:
        for received in connection.received(_MOST_COMMANDS):
            bed = self._topics.bed_of(received.topic)
            if bed is None:
                continue
            if received.topic == self._topics.command(bed):
                self._obey(connection, bed, received)
            elif self._sweeping and received.retained and received.payload and bed not in self._wanted():
                self._retained.remove(connection, bed)
        if connection.overflown:
            self._commands["commands_too_many"] += connection.overflown
            connection.overflown = 0
        if self._sweeping and self._greeted_s is not None and now_s - self._greeted_s > SWEEP_S:
            self._sweeping = False
            connection.unsubscribe(self._topics.every_state)

    def _obey(self, connection: Connection, bed: str, received: Received) -> None:
        report = self._reports.get(bed)
        try:
            if received.retained:
                raise InvalidCommand("was retained; commands are for now")
            if bed not in self._wanted():
                raise InvalidCommand("there is no such bed here")
            for event in parse_command(received.payload, self._filter.of_report(report) if report else ()):
                self._context.command(bed, event)
            answer: dict[str, object] = {"ok": True}
        except VigilError as error:
            self._commands["commands_refused"] += 1
            answer = {"ok": False, "said": str(error)}
        connection.publish(self._topics.answer(bed), encoded(answer), qos=0)
