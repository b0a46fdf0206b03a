"""Outcomes of films → figures: shares with n and interval, delays, and what false judgements came of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from statistics import median
from typing import Any

from models.evaluation.intervals import wilson
from monitor.simulations.outcome import Outcome

SHOWN = 4
"""Most Action Units and emotions that are named as a cause."""


def pooled(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """False and missed over all films given; each a share with n and Wilson's 95% interval.

    - ``false_judgements``: films without pain in which pain was judged at any moment.
    - ``false_alerts``: such films with any physiological alert (pain, fear, anger, sadness).
    - ``missed_alerts``: films with pain and no pain alert.
    - ``missed_silently``: those of them that were judged all the same, instead of "cannot assess".
    """
    calm = [outcome for outcome in outcomes if not outcome.in_pain]
    pain = [outcome for outcome in outcomes if outcome.in_pain]
    missed = [outcome for outcome in pain if outcome.alert_delay_s is None]
    return {
        "films": len(outcomes),
        "false_judgements": _share(sum(outcome.judged_pain_s > 0 for outcome in calm), len(calm)),
        "false_alerts": _share(sum(bool(outcome.alerts) for outcome in calm), len(calm)),
        "missed_alerts": _share(len(missed), len(pain)),
        "missed_silently": _share(sum(not outcome.said_that_it_cannot for outcome in missed), len(pain)),
    }


def described(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """``pooled`` of one behaviour, with delays (median, s), what could not be assessed, and causes."""
    calm = [outcome for outcome in outcomes if not outcome.in_pain]
    pain = [outcome for outcome in outcomes if outcome.in_pain]
    false = [outcome for outcome in calm if outcome.judged_pain_s > 0 or outcome.alerts]
    causes: Counter[str] = Counter()
    for outcome in outcomes:
        causes.update(outcome.causes)
    shown = false or calm
    return {
        **pooled(outcomes),
        "alerts": sorted({code for outcome in calm for code in outcome.alerts}),
        "longest_false_pain_s": _rounded(max((outcome.longest_pain_s for outcome in calm), default=0.0)),
        "judged_delay_s": _median([outcome.judged_delay_s for outcome in pain]),
        "alert_delay_s": _median([outcome.alert_delay_s for outcome in pain]),
        "unassessable_without_pain": _mean([outcome.unassessable for outcome in calm]),
        "unassessable_with_pain": _mean([outcome.unassessable for outcome in pain]),
        "cannot_assess": dict(causes),
        "aus": _strongest([outcome.aus for outcome in shown]),
        "emotions": _strongest([outcome.emotions for outcome in shown]),
    }


def _share(count: int, n: int) -> dict[str, Any]:
    low, high = wilson(count, n)
    return {
        "count": count,
        "n": n,
        "share": round(count / n, 4) if n else None,
        "interval_95": [round(low, 4), round(high, 4)],
    }


def _strongest(rows: Sequence[dict[str, float]]) -> dict[str, float]:
    """Mean per name (a name missing from a row counts as 0 there), strongest first."""
    total: Counter[str] = Counter()
    for row in rows:
        total.update(row)
    return {name: _rounded(value / len(rows)) for name, value in total.most_common(SHOWN)}


def _median(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return _rounded(median(known)) if known else None


def _mean(values: Sequence[float]) -> float | None:
    return _rounded(sum(values) / len(values)) if values else None


def _rounded(value: float) -> float:
    return round(value, 2)
