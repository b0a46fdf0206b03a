"""What alerts cost and what they catch: per resident-day, time to detect and to acknowledge, share that were false.

Every figure carries its n and, where it is a share, a rate or a median, a 95% interval. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil, floor, sqrt
from statistics import median
from typing import Any

from models.evaluation.intervals import Z_95, wilson

DAY_S = 86400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class BurdenAlert:
    """One alert. ``raised_s``: when it went on, and again each time it came back, on the axis of the onsets."""

    source: str
    topic: str
    raised_s: tuple[float, ...]
    felt: bool
    """Physiological."""
    escalations: int = 0
    acknowledged_after_s: float | None = None
    verdict: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Onset:
    """A labelled beginning of pain; an alert counts as its detection until ``until_s``."""

    source: str
    at_s: float
    until_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BurdenData:
    """What the figures are made of. ``watched_s`` per source (bed or recording); unknown sources count 0."""

    alerts: Sequence[BurdenAlert] = ()
    watched_s: dict[str, float] = field(default_factory=dict)
    onsets: Sequence[Onset] | None = None


def burden_figures(data: BurdenData) -> dict[str, Any]:
    """All figures as JSON types; a figure of nothing is None with n 0."""
    days = sum(data.watched_s.values()) / DAY_S
    alerts = data.alerts
    verdicts = [alert.verdict for alert in alerts if alert.verdict is not None]
    waits = [alert.acknowledged_after_s for alert in alerts if alert.acknowledged_after_s is not None]
    figures = {
        "resident_days": round(days, 6),
        "alerts": len(alerts),
        **_rate("alerts_per_resident_day", len(alerts), days),
        **_rate("physiological_per_resident_day", sum(alert.felt for alert in alerts), days),
        **_rate("technical_per_resident_day", sum(not alert.felt for alert in alerts), days),
        "returns": sum(len(alert.raised_s) - 1 for alert in alerts),
        "escalations": sum(alert.escalations for alert in alerts),
        **_share("escalated", sum(alert.escalations > 0 for alert in alerts), len(alerts)),
        **_share("acknowledged", len(waits), len(alerts)),
        **_median("time_to_acknowledge_s", waits),
        "verdicts": {name: verdicts.count(name) for name in ("pain", "other_need", "false")},
        **_share("false_verdicts", verdicts.count("false"), len(verdicts)),
        "by_topic": {topic: sum(alert.topic == topic for alert in alerts) for topic in _topics(alerts)},
    }
    if data.onsets is not None:
        delays = [delay for onset in data.onsets if (delay := _detected(onset, alerts)) is not None]
        figures |= _share("onsets_detected", len(delays), len(data.onsets))
        figures |= _median("time_to_detect_s", delays)
    sources = sorted({*data.watched_s, *(alert.source for alert in alerts)})
    if len(sources) > 1:
        figures["by_source"] = {source: _of_source(data, source) for source in sources}
    return figures


def _of_source(data: BurdenData, source: str) -> dict[str, Any]:
    alerts = [alert for alert in data.alerts if alert.source == source]
    days = data.watched_s.get(source, 0.0) / DAY_S
    return {"alerts": len(alerts), **_rate("alerts_per_resident_day", len(alerts), days)}


def _detected(onset: Onset, alerts: Sequence[BurdenAlert]) -> float | None:
    """Seconds from ``onset`` to the first pain alert that went on in its time."""
    after = [
        raised_s - onset.at_s
        for alert in alerts
        for raised_s in alert.raised_s
        if alert.source == onset.source and alert.topic == "pain" and onset.at_s <= raised_s <= onset.until_s
    ]
    return min(after, default=None)


def _topics(alerts: Sequence[BurdenAlert]) -> list[str]:
    return sorted({alert.topic for alert in alerts})


def _rate(name: str, count: int, days: float) -> dict[str, Any]:
    """``count`` a day. Interval: Byar's approximation to the exact Poisson limits (Breslow & Day 1987, p. 69)."""
    if days <= 0:
        return {name: None, f"{name}_interval_95": None}
    low = count * (1 - 1 / (9 * count) - Z_95 / (3 * sqrt(count))) ** 3 if count else 0.0
    more = count + 1
    high = more * (1 - 1 / (9 * more) + Z_95 / (3 * sqrt(more))) ** 3
    return {name: round(count / days, 4), f"{name}_interval_95": [round(low / days, 4), round(high / days, 4)]}


def _share(name: str, count: int, among: int) -> dict[str, Any]:
    return {
        name: round(count / among, 4) if among else None,
        f"{name}_n": among,
        f"{name}_interval_95": [round(edge, 4) for edge in wilson(count, among)],
    }


def _median(name: str, values: Sequence[float]) -> dict[str, Any]:
    """The median; interval from the order statistics (binomial ranks, normal approximation), None below n = 6."""
    ordered, count = sorted(values), len(values)
    figures: dict[str, Any] = {name: round(median(ordered), 3) if ordered else None, f"{name}_n": count}
    interval = None
    if count >= 6:
        spread = Z_95 * sqrt(count) / 2
        low, high = max(0, floor(count / 2 - spread)), min(count - 1, ceil(count / 2 + spread))
        interval = [round(ordered[low], 3), round(ordered[high], 3)]
    return figures | {f"{name}_interval_95": interval}
