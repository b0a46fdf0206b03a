"""For tests of sinks: messages and reports as the lifecycle makes them, a clock that can be set, a sink driven."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from monitor.alerts.events import Event
from monitor.alerts.topics import Reason, Topic, kind, priority
from monitor.alerts.transition import Transition
from monitor.records import Level, Presence, Priority
from monitor.sinks.base import Sink, SinkContext
from monitor.sinks.bed_report import BedReport, OutAlert
from monitor.sinks.making import make_sink
from monitor.sinks.message import AlertMessage, BedWords, alert_message
from monitor.sinks.outbox import MemoryOutbox, OpenOutbox
from monitor.ward.credentials import Secret
from monitor.ward.sinks import DeliveredSink

PLANTED = "pl4nted-s3cret"
WARD = "ward-3"
BEDS = {"bed-1": BedWords(room="12", resident="resident"), "bed-2": BedWords()}
SENTENCE = "pain, 12 s, level 6 of 16: brow lowered (AU4); 71% of the evidence lies in the brow region; confidence 0.82"


@dataclass
class Clock:
    """The machine's clocks, moved on by ``offset_s``."""

    offset_s: float = 0.0

    def now_s(self) -> float:
        return time.monotonic() + self.offset_s

    def now_at(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.offset_s)


@dataclass
class Story:
    """One sink's surroundings. ``commands`` are what came in, ``outboxes`` what waits, across sinks of the story."""

    secrets: Mapping[str, Secret] = field(default_factory=dict)
    clock: Clock = field(default_factory=Clock)
    open_outbox: OpenOutbox | None = None
    emotion_scores: bool = False
    lines: str = "json"
    commands: list[tuple[str, Event]] = field(default_factory=list)
    outboxes: dict[str, MemoryOutbox] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)

    def context(self) -> SinkContext:
        return SinkContext(
            ward=WARD,
            beds=BEDS,
            outbox=self.open_outbox or self._memory,
            credentials=self.secrets,
            command=lambda bed, event: self.commands.append((bed, event)),
            emotion_scores=self.emotion_scores,
            lines=self.lines,  # type: ignore[arg-type]
            now_s=self.clock.now_s,
            now_at=self.clock.now_at,
        )

    def transition(
        self,
        bed: str = "bed-1",
        *,
        alert: int = 1,
        topic: Topic = Topic.PAIN,
        presence: Presence = Presence.ON,
        reason: Reason = Reason.CONDITION_HELD,
        **more: object,
    ) -> Transition:
        self.numbers[bed] = self.numbers.get(bed, 0) + 1
        values: dict[str, object] = {
            "priority": priority(topic),
            "audible": presence is Presence.ON,
            "sentence": SENTENCE,
            "confidence": 0.82,
            "held_s": 12.0,
            "who": "nurse",
            **more,
        }
        return Transition(
            bed=bed,
            number=self.numbers[bed],
            at=self.clock.now_at(),
            now_s=self.clock.now_s(),
            reason=reason,
            alert_id=f"{bed}:{alert}",
            topic=topic,
            kind=kind(topic),
            presence=presence,
            **values,  # type: ignore[arg-type]
        )

    def message(self, bed: str = "bed-1", **more: object) -> AlertMessage:
        made = alert_message(self.transition(bed, **more), ward=WARD, words=BEDS.get(bed))  # type: ignore[arg-type]
        assert made is not None
        return made

    def report(self, bed: str = "bed-1", *alerts: OutAlert, **more: object) -> BedReport:
        values: dict[str, object] = {
            "level": Level.NO_PAIN,
            "score": 0.1,
            "cannot_assess": None,
            "online": True,
            "audio_paused_until": None,
            "privacy_until": None,
            **more,
        }
        return BedReport(bed=bed, at=self.clock.now_at(), alerts=alerts, **values)  # type: ignore[arg-type]

    @contextmanager
    def sink(self, settings: DeliveredSink, name: str = "there") -> Iterator[Sink]:
        """Started, and closed at the end."""
        made = make_sink(name, settings, self.context())
        made.start()
        try:
            yield made
        finally:
            made.close(5.0)

    def drive(self, sink: Sink, until: Callable[[], object], *, within_s: float = 60.0) -> None:
        """Step ``sink`` until something is true."""
        end_s = time.monotonic() + within_s
        while not until():
            assert time.monotonic() < end_s, f"did not happen within {within_s} s: {sink.status()}"
            sink.step(self.clock.now_s())
            time.sleep(0.005)

    def _memory(self, name: str, most_messages: int, most_age_s: float) -> MemoryOutbox:
        return self.outboxes.setdefault(name, MemoryOutbox(most_messages))


def out_alert(number: int = 1, bed: str = "bed-1", *, topic: Topic = Topic.PAIN, **more: object) -> OutAlert:
    """An alert that is out, as a report lists it."""
    values: dict[str, object] = {
        "priority": Priority(priority(topic)),
        "presence": Presence.ON,
        "audible": True,
        "weak": False,
        "level": 0,
        "sentence": SENTENCE,
        **more,
    }
    return OutAlert(alert_id=f"{bed}:{number}", topic=topic, kind=kind(topic), **values)  # type: ignore[arg-type]
