"""One step's work on a bed: the state as it changes and the transitions told so far. Lives for one step only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from monitor.alerts.bed_state import BedState, TopicState, alert_id
from monitor.alerts.events import Moment
from monitor.alerts.lifecycle_settings import LifecycleSettings
from monitor.alerts.topics import ABOUT_THE_PROGRAM, Reason, Topic, kind, priority
from monitor.alerts.transition import Transition
from monitor.records import Presence


def audible(state: BedState, topic: Topic) -> bool:
    """Whether the alert of ``topic`` is to be heard now. What is latched or acknowledged is seen, not heard."""
    entry = state.topics[topic]
    cared_for = state.privacy_until_s is not None and topic not in ABOUT_THE_PROGRAM
    return entry.latch.presence is Presence.ON and state.audio_until_s is None and not entry.hushed and not cared_for


class Workbench:
    """``state`` is the bed's newest; ``told`` what people are told, in order."""

    def __init__(self, state: BedState, now: Moment, settings: LifecycleSettings) -> None:
        self.state = state
        self.now = now
        self.settings = settings
        self.told: list[Transition] = []

    def entry(self, topic: Topic) -> TopicState:
        """The newest state of ``topic``."""
        return self.state.topics[topic]

    def put(self, topic: Topic, **changes: Any) -> None:
        """Change ``topic``."""
        entry = replace(self.entry(topic), **changes)
        self.state = replace(self.state, topics={**self.state.topics, topic: entry})

    def put_bed(self, **changes: Any) -> None:
        """Change the bed."""
        self.state = replace(self.state, **changes)

    def tell(self, topic: Topic, reason: Reason, **more: Any) -> None:
        """A transition of the alert of ``topic`` as it stands now."""
        entry, now_s = self.entry(topic), self.state.now_s
        onset_s = entry.latch.alert_onset_s if entry.latch.onset_s is None else entry.latch.onset_s
        told_to = self.settings.escalation[: entry.level]
        self._add(
            reason,
            alert_id=alert_id(self.state.bed, entry.number),
            topic=topic,
            kind=kind(topic),
            priority=priority(topic, weak=entry.weak),
            presence=entry.latch.presence,
            audible=audible(self.state, topic),
            weak=entry.weak,
            level=entry.level,
            confidence=entry.confidence,
            sentence=entry.sentence,
            sentence_de=entry.sentence_de,
            **{
                "who": told_to[-1].who if told_to else self.settings.first_to,
                "verdict": entry.verdict,
                "held_s": now_s - onset_s,
                "out_s": now_s - entry.raised_s,
                **more,
            },
        )

    def tell_bed(self, reason: Reason, **more: Any) -> None:
        """A transition of the bed as a whole."""
        self._add(reason, **more)

    def heard(self) -> Mapping[Topic, bool]:
        """What is audible now, to be handed to ``tell_heard`` after a change."""
        return {topic: audible(self.state, topic) for topic in Topic}

    def tell_heard(self, before: Mapping[Topic, bool], reason: Reason) -> None:
        """Every alert whose sound has changed since ``before``."""
        for topic, was in before.items():
            if audible(self.state, topic) is not was:
                self.tell(topic, reason)

    def _add(self, reason: Reason, **more: Any) -> None:
        self.put_bed(told=self.state.told + 1)
        self.told.append(
            Transition(
                bed=self.state.bed,
                number=self.state.told,
                at=self.now.at,
                now_s=self.state.now_s,
                reason=reason,
                **more,
            )
        )
