"""Which alerts a sink tells: by bed, least priority and privacy; whoever was told of an alert also hears its end."""

from __future__ import annotations

from collections import OrderedDict

from monitor.alerts.topics import DISTRESS
from monitor.records import Presence, Priority
from monitor.sinks.bed_report import BedReport, OutAlert
from monitor.sinks.message import AlertMessage
from monitor.ward.sinks import DeliveredSink

_RANKS = tuple(Priority)
_MOST_TOLD = 1000


class Filter:
    """Of one sink. Bounded: it remembers the alerts told of until they are off."""

    def __init__(self, settings: DeliveredSink, *, emotion_scores: bool) -> None:
        self._told: OrderedDict[str, None] = OrderedDict()
        self.change(settings, emotion_scores=emotion_scores)

    def change(self, settings: DeliveredSink, *, emotion_scores: bool) -> None:
        """Go on by other settings."""
        self._beds = settings.beds
        self._least = _RANKS.index(Priority(settings.least_priority))
        self._emotions = emotion_scores

    def wants_bed(self, bed: str) -> bool:
        """Whether alerts of ``bed`` go here."""
        return self._beds is None or bed in self._beds

    def wants(self, message: AlertMessage) -> bool:
        """Whether ``message`` goes here; to be asked once a message, in order."""
        if not self.wants_bed(message.bed) or (message.topic in DISTRESS and not self._emotions):
            return False
        known = message.alert_id in self._told
        if message.presence is Presence.OFF:
            self._told.pop(message.alert_id, None)
        if _RANKS.index(message.priority) < self._least and not known:
            return False
        if message.presence is not Presence.OFF:
            self._told[message.alert_id] = None
            while len(self._told) > _MOST_TOLD:
                self._told.popitem(last=False)
        return True

    def of_report(self, report: BedReport) -> tuple[OutAlert, ...]:
        """The alerts of ``report`` that go here."""
        if not self.wants_bed(report.bed):
            return ()
        return tuple(
            alert
            for alert in report.alerts
            if (self._emotions or alert.topic not in DISTRESS)
            and (_RANKS.index(alert.priority) >= self._least or alert.alert_id in self._told)
        )
