"""Alerts to count, from alert journals or from the ``alerts.json`` that replays leave, and labelled onsets of pain."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from monitor.alerts.burden import BurdenAlert, Onset
from monitor.alerts.topics import PHYSIOLOGICAL, Reason
from monitor.alerts.transition import Transition
from monitor.errors import InputError
from monitor.evaluation.labelled import LabelledRow, read_labelled
from monitor.records import Kind
from monitor.storage.run_folder import ALERTS, SUMMARY

LABEL_COLUMNS = ("source", "onset")
DETECTED_WITHIN_S = 60.0
"""How long after an onset an alert still counts as its detection, where the label gives no end."""


def of_journal(transitions: Sequence[Transition]) -> tuple[list[BurdenAlert], dict[str, float]]:
    """Alerts and seconds watched (without privacy) per bed; times are Unix seconds by the journal's clock."""
    alerts: list[BurdenAlert] = []
    latest: dict[str, int] = {}
    watched_s: dict[str, float] = {}
    for line in transitions:
        if line.reason is Reason.WATCHED:
            watched_s[line.bed] = watched_s.get(line.bed, 0.0) + (line.seconds or 0.0) - (line.paused_s or 0.0)
        if line.alert_id is None or line.topic is None:
            continue
        if line.reason is Reason.CONDITION_HELD or line.alert_id not in latest:
            latest[line.alert_id] = len(alerts)
            alerts.append(
                BurdenAlert(
                    source=line.bed,
                    topic=line.topic.value,
                    raised_s=(line.at.timestamp(),),
                    felt=line.topic in PHYSIOLOGICAL,
                )
            )
        else:
            alerts[latest[line.alert_id]] = _counted(alerts[latest[line.alert_id]], line)
    return alerts, watched_s


def _counted(alert: BurdenAlert, line: Transition) -> BurdenAlert:
    if line.reason in (Reason.RETRIGGERED, Reason.STILL_HOLDS):
        return replace(alert, raised_s=(*alert.raised_s, line.at.timestamp()))
    if line.reason is Reason.ESCALATED:
        return replace(alert, escalations=alert.escalations + 1)
    if line.reason in (Reason.ACKNOWLEDGED, Reason.VERDICT_GIVEN):
        first = alert.acknowledged_after_s
        after_s = line.out_s if first is None and line.reason is Reason.ACKNOWLEDGED else first
        verdict = alert.verdict if line.verdict is None else line.verdict.value
        return replace(alert, acknowledged_after_s=after_s, verdict=verdict)
    return alert


def is_replay(path: Path) -> bool:
    """Whether ``path`` is what a replay left: its ``alerts.json``, or the folder that holds one."""
    return (path / ALERTS).is_file() if path.is_dir() else path.suffix == ".json"


def of_replay(path: Path) -> tuple[list[BurdenAlert], dict[str, float]]:
    """Alerts of one replay and the seconds it lasted (``summary.json`` beside). InputError when it is none.

    The source is the recording's file name.
    """
    file = path / ALERTS if path.is_dir() else path
    entries, summary = _json(file), _json(file.with_name(SUMMARY))
    if not isinstance(entries, list):
        raise InputError(f"{file}: no list of alerts")
    try:
        source = str(summary["source"]["name"])
        seconds = float(summary["recording_s"])
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{file.with_name(SUMMARY)}: no summary of a replay: {error} is wrong or missing") from error
    if not 0.0 <= seconds < math.inf:
        raise InputError(f"{file.with_name(SUMMARY)}: recording_s must be seconds >= 0, got {seconds}")
    return [_alert(file, number, entry, source) for number, entry in enumerate(entries, start=1)], {source: seconds}


def _alert(file: Path, number: int, entry: Any, source: str) -> BurdenAlert:
    try:
        return BurdenAlert(
            source=source,
            topic="pain" if entry["code"] == "pain_weak_evidence" else str(entry["code"]),
            raised_s=(float(entry["start_s"]),),
            felt=Kind(entry["kind"]) is Kind.PHYSIOLOGICAL,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{file}: alert {number}: {error} is wrong or missing") from error


def _json(file: Path) -> Any:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{file}: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        place = f"line {error.lineno}: " if isinstance(error, json.JSONDecodeError) else ""
        raise InputError(f"{file}: {place}no JSON: {error}") from error


def read_onsets(file: Path, sources: set[str]) -> list[Onset]:
    """Labelled onsets: a CSV ``source,onset`` and perhaps ``end``. InputError by row.

    ``source`` is a bed or recording; times are seconds in the recording, or dates with time and zone for a journal.
    """
    onsets = []
    for row in read_labelled(file, LABEL_COLUMNS):
        source = row.cells["source"]
        if source not in sources:
            raise row.wrong(f"source {source!r} is in none of the files; there are {', '.join(sorted(sources))}")
        at_s = _time(row, "onset")
        if at_s is None:
            raise row.wrong("onset is empty")
        until_s = _time(row, "end")
        if until_s is not None and until_s < at_s:
            raise row.wrong("end lies before onset")
        onsets.append(Onset(source=source, at_s=at_s, until_s=at_s + DETECTED_WITHIN_S if until_s is None else until_s))
    return onsets


def _time(row: LabelledRow, column: str) -> float | None:
    said = row.cells.get(column, "")
    if not said or said.replace(".", "", 1).isdigit():
        return row.seconds(column)
    try:
        at = datetime.fromisoformat(said)
    except ValueError:
        raise row.wrong(f"{column} must be seconds or a date with time and zone, got {said!r}") from None
    if at.tzinfo is None:
        raise row.wrong(f"{column} needs a time zone, got {said!r}")
    return at.timestamp()
