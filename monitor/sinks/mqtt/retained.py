"""What stays at the broker: the states of beds, and what Home Assistant finds. Told again only when it changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from monitor.sinks.bed_report import BedReport, OutAlert
from monitor.sinks.message import BedWords
from monitor.sinks.mqtt.bed_document import bed_document, changed, encoded
from monitor.sinks.mqtt.discovery import Entity, bed_entities, config_topic, payload, ward_entity
from monitor.sinks.mqtt.topics import Topics
from monitor.ward.sinks import MqttSink

REFRESH_S = 10.0
"""How often a state is told whose time and score alone have changed."""


class Publisher(Protocol):
    """Hands messages to the broker."""

    def publish(self, topic: str, payload: bytes, *, retain: bool = False, qos: int = 1) -> int:
        """Hand one over."""


class Retained:
    """Of one sink. ``forget_told`` is for a new connection: the broker may have lost everything."""

    def __init__(self, topics: Topics, settings: MqttSink, version: str) -> None:
        self._topics = topics
        self._prefix = settings.discovery_prefix
        self._commands = settings.commands
        self._version = version
        self._states: dict[str, tuple[dict[str, Any], float]] = {}
        self._described: dict[str, dict[str, bytes]] = {}
        """By bed ("" for the ward): configuration topics and payloads."""

    def forget_told(self) -> None:
        """Everything is to be told anew; what is no longer here is still known, to be taken away."""
        self._states.clear()
        self._described = {bed: dict.fromkeys(topics, b"") for bed, topics in self._described.items()}

    def describe(self, publisher: Publisher, beds: Mapping[str, BedWords]) -> None:
        """Make what Home Assistant finds true for ``beds``, and take away beds that are not among them."""
        for bed in dict.fromkeys([*self._states, *self._described]):
            if bed and bed not in beds:
                self.remove(publisher, bed)
        if self._prefix is None:
            return
        self._update(publisher, "", [ward_entity(self._topics, version=self._version)])
        for bed, words in beds.items():
            self._update(publisher, bed, self._entities(bed, words))

    def tell(
        self, publisher: Publisher, report: BedReport, alerts: Sequence[OutAlert], words: BedWords, now_s: float
    ) -> None:
        """Tell how a bed is, if that is news."""
        document = bed_document(report, alerts, words)
        before, told_s = self._states.get(report.bed, (None, 0.0))
        if before is not None and before["at"] == document["at"]:
            return
        if changed(before, document) or now_s - told_s >= REFRESH_S:
            publisher.publish(self._topics.state(report.bed), encoded(document), retain=True)
            self._states[report.bed] = (document, now_s)

    def remove(self, publisher: Publisher, bed: str) -> None:
        """Take everything of ``bed`` from the broker; an earlier run may have left it there."""
        self._states.pop(bed, None)
        publisher.publish(self._topics.state(bed), b"", retain=True)
        known = self._described.pop(bed, {})
        if self._prefix is not None:
            left = [config_topic(self._prefix, entity) for entity in self._entities(bed, BedWords(), every=True)]
            for topic in dict.fromkeys([*known, *left]):
                publisher.publish(topic, b"", retain=True)

    def _entities(self, bed: str, words: BedWords, *, every: bool = False) -> list[Entity]:
        commands = self._commands or every
        return list(bed_entities(self._topics, bed, words, version=self._version, commands=commands))

    def _update(self, publisher: Publisher, bed: str, entities: Sequence[Entity]) -> None:
        prefix = self._prefix or ""
        now = {config_topic(prefix, entity): payload(entity) for entity in entities}
        if bed and not self._commands:  # an earlier run may have offered them
            every = [config_topic(prefix, entity) for entity in self._entities(bed, BedWords(), every=True)]
            now.update((topic, b"") for topic in every if topic not in now)
        before = self._described.get(bed, {})
        for topic, content in now.items():
            if before.get(topic) != content:
                publisher.publish(topic, content, retain=True)
        self._described[bed] = now
