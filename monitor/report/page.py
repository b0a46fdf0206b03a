"""``report.html``: one file that opens offline, on a phone, in light and dark, and speaks to a nurse first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import Markup

from models.action_units import ActionUnit
from models.regions import region_outlines
from monitor.records import Explanation, Kind, Level
from monitor.report import heatmap, neutral_face, words
from monitor.report.alert_ledger import LedgerEntry
from monitor.report.gallery import Gallery, Moment
from monitor.report.script import Scene
from monitor.report.timeline_svg import TimelineSvg
from monitor.report.totals import Totals
from monitor.report.trace import Trace

SHOWN_TARGETS = 3
"""Heatmaps per moment: the strongest claims only; ``records.jsonl`` holds the rest."""
PSPI_TARGETS = ("AU04", "AU06", "AU07", "AU09", "AU10", "AU43")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportContent:
    """All that the page shows. ``summary`` is what ``summary.json`` holds."""

    title: str
    summary: Mapping[str, Any]
    totals: Totals
    trace: Trace
    alerts: Sequence[LedgerEntry]
    gallery: Gallery
    card: str
    scenes: Sequence[Scene] = ()
    thresholds: Sequence[tuple[str, float]] = ()
    notes: Sequence[str] = field(default_factory=tuple)


def render(content: ReportContent) -> str:
    """The whole page."""
    environment = Environment(
        loader=PackageLoader("monitor.report"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    environment.filters |= {"clock": words.clock, "duration": words.duration, "percent": words.percent}
    timelines = [
        Markup(
            TimelineSvg(
                trace=content.trace,
                alerts=content.alerts,
                scenes=content.scenes,
                thresholds=content.thresholds,
                width_px=width_px,
            ).draw()
        )
        for width_px in (1000, 380)
    ]
    return environment.get_template("report.html.j2").render(
        title=content.title,
        summary=content.summary,
        headline=headline(content),
        notes=content.notes,
        wide=timelines[0],
        narrow=timelines[1],
        alerts=[_alert(entry, content.gallery) for entry in content.alerts],
        moments=[_moment(moment) for moment in content.gallery.spread if moment.explanations],
        coverage=_coverage(content),
        neutral_face=neutral_face.section(content.summary.get("baseline")),
        scripted=bool(content.scenes),
        card=Markup(MarkdownIt("commonmark", {"html": False}).enable("table").render(content.card)),
        stages=content.summary.get("stage_ms", {}),
    )


def headline(content: ReportContent) -> str:
    """The run in one sentence."""
    totals = content.totals
    if totals.frames == 0:
        return "No picture of this recording could be read."
    if totals.frames_with_face == 0:
        return "No face was found in this recording, so nothing could be judged. That is not “no pain”."
    resident = [entry for entry in content.alerts if entry.first.kind is Kind.PHYSIOLOGICAL]
    if totals.levels[Level.UNASSESSABLE] == sum(totals.levels.values()):
        return "The face could not be judged at any time in this recording. That is not “no pain”."
    seen = words.percent(1 - totals.levels[Level.UNASSESSABLE] / max(sum(totals.levels.values()), 1))
    if not resident:
        return f"No alert about the resident. The face could be judged for {seen} of the time."
    first = resident[0].first
    count = "One alert" if len(resident) == 1 else f"{len(resident)} alerts"
    return (
        f"{count} about the resident, the first at {words.clock(first.start_s)}. "
        f"The face could be judged for {seen} of the time."
    )


def _alert(entry: LedgerEntry, gallery: Gallery) -> dict[str, Any]:
    first = entry.first
    moment = gallery.for_alerts.get(first.alert_id)
    return {
        "title": words.CODE[first.code],
        "technical": first.kind is Kind.TECHNICAL,
        "priority": words.PRIORITY[first.priority],
        "onset": words.clock(first.onset_s),
        "start": words.clock(first.start_s),
        "waited": words.duration(first.start_s - first.onset_s),
        "end": None if entry.end_s is None else words.clock(entry.end_s),
        "cut": entry.cut_by_end,
        "sentence": first.sentence,
        "confidence": words.percent(first.confidence),
        "changes": [
            (words.clock(signal.captured_s), words.PRESENCE[signal.presence], words.SIGNAL[signal.reason])
            for signal in entry.signals
        ],
        "moment": _moment(moment) if moment is not None and moment.explanations else None,
    }


def _moment(moment: Moment) -> dict[str, Any]:
    order = sorted(
        moment.explanations,
        key=lambda e: (e.target in PSPI_TARGETS, moment.intensity.get(e.target, 0.0)),
        reverse=True,
    )
    return {
        "at": words.clock(moment.captured_s),
        "level": words.LEVEL[moment.level],
        "reason": words.SAMPLE[moment.reason],
        "pspi": None if moment.pspi is None else f"{moment.pspi:.1f}",
        "maps": [
            {
                "name": words.target(explanation.target),
                "intensity": _intensity(moment, explanation),
                "svg": Markup(_figure(moment, explanation)),
            }
            for explanation in order[:SHOWN_TARGETS]
        ],
        "bars": [_bar(moment, explanation) for explanation in order],
    }


def _intensity(moment: Moment, explanation: Explanation) -> str:
    value = moment.intensity.get(explanation.target)
    if value is None:
        return ""
    return f"{value * 100:.0f}% closed" if explanation.target == "AU43" else f"{value:.1f} of 5"


def _figure(moment: Moment, explanation: Explanation) -> str:
    outlines = []
    if explanation.target in ActionUnit.__members__:
        outlines = region_outlines(ActionUnit(explanation.target), moment.landmarks)
    return heatmap.svg(
        explanation.relevance,
        moment.landmarks,
        outlines,
        pixels=moment.pixels,
        label=f"where the network looked for {words.target(explanation.target)}",
    )


def _bar(moment: Moment, explanation: Explanation) -> dict[str, Any]:
    return {
        "name": words.target(explanation.target),
        "intensity": _intensity(moment, explanation),
        "mu": explanation.mu,
        "chance": explanation.mu_chance,
        "better": explanation.mu is not None
        and explanation.mu_chance is not None
        and explanation.mu > explanation.mu_chance,
    }


def _coverage(content: ReportContent) -> dict[str, Any]:
    totals = content.totals
    pictures = max(sum(totals.levels.values()), 1)
    reasons = [(words.CANNOT[reason], count / pictures) for reason, count in totals.cannot_assess.most_common()]
    faces = max(totals.frames_with_face, 1)
    quality = [(words.QUALITY[reason], count / faces) for reason, count in totals.poor_quality.most_common()]
    return {
        "judged": 1 - totals.levels[Level.UNASSESSABLE] / pictures,
        "pain": totals.levels[Level.PAIN] / pictures,
        "reasons": reasons,
        "quality": quality,
        "gaps": sum(totals.gaps.values()),
    }
