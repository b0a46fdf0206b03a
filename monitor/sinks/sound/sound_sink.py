"""The sound sink: the tone of the most urgent alert that may be heard, again and again until it may not."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from monitor.records import Presence, Priority
from monitor.sinks.base import SinkContext, SinkStatus
from monitor.sinks.bed_report import BedReport
from monitor.sinks.filtering import Filter
from monitor.sinks.message import AlertMessage, BedWords
from monitor.sinks.sound.player import Player, found_players
from monitor.ward.sinks import JournalSink, SinkSettings, SoundSink

_RANKS = tuple(Priority)


class SoundingSink:
    """Satisfies ``Sink``. It keeps nothing for later: what was not heard in its time is not played afterwards."""

    def __init__(self, name: str, settings: SoundSink, context: SinkContext) -> None:
        self.name = name
        self._context = context
        self._filter = Filter(settings, emotion_scores=context.emotion_scores)
        self._every_s = {
            Priority.HIGH: settings.high_every_s,
            Priority.MEDIUM: settings.medium_every_s,
            Priority.LOW: settings.low_every_s,
        }
        players = found_players() if settings.player is None else (settings.player,)
        self._player = Player(name, players, settings.volume)
        self._heard: dict[str, dict[str, Priority]] = {}
        """By bed: alerts that may be heard now, and their priority."""
        self._next_s: float | None = None
        """When the tone is due again; None: not before something changes."""
        self._played = 0
        self._last_at: datetime | None = None
        self._started = False

    def start(self) -> None:
        """Begin to sound."""
        self._started = True
        self._player.start()

    def send(self, message: AlertMessage) -> None:
        """A new alert sounds with the next ``step``; one that may not be heard any more falls silent."""
        if not self._filter.wants(message):
            return
        heard = self._heard.setdefault(message.bed, {})
        if message.audible and message.presence is Presence.ON:
            heard[message.alert_id] = message.priority
            self._next_s = float("-inf")
        else:
            heard.pop(message.alert_id, None)

    def state(self, report: BedReport) -> None:
        """The report is what counts: alerts that it does not call audible fall silent."""
        now = {alert.alert_id: alert.priority for alert in self._filter.of_report(report) if alert.audible}
        before = self._heard.get(report.bed, {})
        if now.keys() - before.keys():
            self._next_s = float("-inf")
        self._heard[report.bed] = now

    def change(self, settings: SinkSettings, beds: Mapping[str, BedWords], *, emotion_scores: bool) -> None:
        """Go on with other beds, ``least_priority`` or privacy; the next report silences what does not belong here."""
        if not isinstance(settings, JournalSink):
            self._filter.change(settings, emotion_scores=emotion_scores)
            self._heard = {
                bed: heard for bed, heard in self._heard.items() if bed in beds and self._filter.wants_bed(bed)
            }

    def step(self, now_s: float) -> None:
        """Sound when it is due, silence when nothing may be heard."""
        if not self._started:
            return
        if self._player.played > self._played:
            self._played = self._player.played
            self._last_at = self._context.now_at()
        heard = [priority for alerts in self._heard.values() for priority in alerts.values()]
        urgent = max(heard, key=_RANKS.index, default=None)
        if urgent is None:
            if self._next_s is not None:
                self._player.hush()
            self._next_s = None
        elif self._next_s is not None and now_s >= self._next_s:
            self._player.play(urgent)
            every_s = self._every_s.get(urgent)
            self._next_s = float("inf") if every_s is None else now_s + every_s

    def status(self) -> SinkStatus:
        """How it is; ``delivered`` counts tones that were played."""
        return SinkStatus(
            name=self.name,
            kind="sound",
            trouble=self._player.trouble,
            delivered=self._player.played,
            waiting=0,
            dropped={},
            last_delivered_at=self._last_at,
        )

    def close(self, timeout_s: float) -> None:
        """Fall silent and end."""
        self._started = False
        self._player.close(timeout_s)
