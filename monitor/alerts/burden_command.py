"""``vigil burden``: what the alerts cost, and what they caught."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer


def burden(
    journals: Annotated[
        list[Path],
        typer.Argument(help="Alert journals (files or folders), or what replays left (alerts.json, folder)."),
    ],
    labels: Annotated[
        Path | None, typer.Option(help="CSV source,onset[,end]: when pain began, per bed or recording.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Alerts per resident-day, time to detect and to acknowledge, share of verdicts that were false."""
    from monitor.alerts.burden import BurdenData, burden_figures
    from monitor.alerts.burden_sources import is_replay, of_journal, of_replay, read_onsets
    from monitor.alerts.journal_reading import journal_files, read_journals

    content = read_journals(journal_files(path for path in journals if not is_replay(path)))
    for line in content.torn:
        print(f"vigil: {line}", file=sys.stderr)
    alerts, watched_s = of_journal(content.transitions)
    for path in journals:
        if is_replay(path):
            more, seconds = of_replay(path)
            alerts += more
            watched_s |= {source: watched_s.get(source, 0.0) + length for source, length in seconds.items()}
    sources = {*watched_s, *(alert.source for alert in alerts)}
    onsets = None if labels is None else read_onsets(labels, sources)
    figures = burden_figures(BurdenData(alerts=alerts, watched_s=watched_s, onsets=onsets))
    print(json.dumps(figures, indent=2) if as_json else as_text(figures))


def as_text(figures: dict[str, Any]) -> str:
    """The figures as lines for people."""
    verdicts = figures["verdicts"]
    lines = [
        f"watched:                 {figures['resident_days']:.3f} resident-days",
        f"alerts:                  {figures['alerts']} ({figures['returns']} came back, "
        f"{figures['escalations']} escalations)",
        f"per resident-day:        {_interval(figures, 'alerts_per_resident_day')}",
        f"  physiological:         {_interval(figures, 'physiological_per_resident_day')}",
        f"  technical:             {_interval(figures, 'technical_per_resident_day')}",
        f"acknowledged:            {_share(figures, 'acknowledged')}",
        f"time to acknowledge:     {_seconds(figures, 'time_to_acknowledge_s')}",
        f"escalated:               {_share(figures, 'escalated')}",
        f"verdicts:                {verdicts['pain']} pain, {verdicts['other_need']} other need, "
        f"{verdicts['false']} false",
        f"false among verdicts:    {_share(figures, 'false_verdicts')}",
    ]
    if "onsets_detected" in figures:
        lines += [
            f"labelled onsets found:   {_share(figures, 'onsets_detected')}",
            f"time to detect:          {_seconds(figures, 'time_to_detect_s')}",
        ]
    for topic, count in figures["by_topic"].items():
        lines.append(f"  {topic + ':':<23}{count}")
    for source, one in figures.get("by_source", {}).items():
        lines.append(f"{source}: {one['alerts']} alerts, {_interval(one, 'alerts_per_resident_day')} a day")
    return "\n".join(lines)


def _interval(figures: dict[str, Any], name: str) -> str:
    if figures[name] is None:
        return "unknown (no time watched)"
    low, high = figures[f"{name}_interval_95"]
    return f"{figures[name]:.2f} (95% {low:.2f}–{high:.2f})"


def _share(figures: dict[str, Any], name: str) -> str:
    if figures[name] is None:
        return "none to count (n = 0)"
    low, high = figures[f"{name}_interval_95"]
    return f"{100 * figures[name]:.0f}% (n = {figures[f'{name}_n']}, 95% {100 * low:.0f}–{100 * high:.0f}%)"


def _seconds(figures: dict[str, Any], name: str) -> str:
    if figures[name] is None:
        return "none to count (n = 0)"
    interval = figures[f"{name}_interval_95"]
    edges = "too few for an interval" if interval is None else f"95% {interval[0]:.1f}–{interval[1]:.1f}"
    return f"median {figures[name]:.1f} s (n = {figures[f'{name}_n']}, {edges})"
