"""All alerts of a run, each with the signals it went through."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from monitor.pipeline import Step
from monitor.records import AlertSignal, Presence, Record, SignalReason


@dataclass(slots=True)
class LedgerEntry:
    """One alert from its signal going on to its end; ``end_s`` is None while it is on."""

    first: AlertSignal
    signals: list[AlertSignal] = field(default_factory=list)

    @property
    def last(self) -> AlertSignal:
        """The latest signal."""
        return self.signals[-1]

    @property
    def end_s(self) -> float | None:
        """When the signal went off, None when it never did."""
        return self.last.end_s if self.last.presence is Presence.OFF else None

    @property
    def cut_by_end(self) -> bool:
        """Whether only the end of the recording ended it."""
        return self.last.reason is SignalReason.RECORDING_ENDED

    def summary(self) -> dict[str, Any]:
        """What ``summary.json`` holds of an alert."""
        shown = self.first
        return {
            "alert_id": shown.alert_id,
            "code": shown.code,
            "kind": shown.kind,
            "priority": shown.priority,
            "onset_s": shown.onset_s,
            "start_s": shown.start_s,
            "end_s": self.end_s,
            "sentence": shown.sentence,
            "confidence": shown.confidence,
            "test": shown.test,
        }

    def detail(self) -> dict[str, Any]:
        """What ``alerts.json`` holds of an alert: the summary and every change of its presence."""
        return self.summary() | {
            "source_id": self.first.source_id,
            "signals": [
                {
                    "captured_s": signal.captured_s,
                    "captured_at": signal.captured_at,
                    "frame_id": signal.frame_id,
                    "presence": signal.presence,
                    "reason": signal.reason,
                    "code": signal.code,
                    "priority": signal.priority,
                    "confidence": signal.confidence,
                    "sentence": signal.sentence,
                }
                for signal in self.signals
            ],
        }


class AlertLedger:
    """Consumer that gathers alert signals by alert."""

    def __init__(self) -> None:
        self._entries: dict[int, LedgerEntry] = {}

    @property
    def entries(self) -> list[LedgerEntry]:
        """Alerts in the order in which they went on."""
        return list(self._entries.values())

    def take(self, step: Step) -> None:
        """Note the step's signals."""
        self._note(step.alerts)

    def end(self, records: Sequence[Record]) -> None:
        """Note signals that went off because the recording ended."""
        self._note(records)

    def _note(self, records: Iterable[Record]) -> None:
        for record in records:
            if isinstance(record, AlertSignal):
                entry = self._entries.setdefault(record.alert_id, LedgerEntry(record))
                entry.signals.append(record)
