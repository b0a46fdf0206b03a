"""The timeline as a picture file, for people who look rather than read."""

from __future__ import annotations

import io
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from monitor.records import Kind, Level
from monitor.report import words
from monitor.report.alert_ledger import LedgerEntry
from monitor.report.script import Scene
from monitor.report.trace import Trace

PAIN, ALERT, TECHNICAL, UNKNOWN, CURVE = "#d9594c", "#b3261e", "#8a6d00", "#9aa0a6", "#1f4e79"
SCENES = ("#e8eef5", "#f7e3cf", "#e2f0e2", "#efe2f0", "#f0efe0", "#e0eff0")


def timeline_png(
    trace: Trace,
    alerts: Sequence[LedgerEntry],
    scenes: Sequence[Scene],
    thresholds: Sequence[tuple[str, float]],
    title: str,
) -> bytes:
    """PNG, 1200 px wide: script (when given), judgement from 0 to 1 with what could not be assessed, alerts."""
    heights = ([0.5] if scenes else []) + [3.0, 0.9]
    figure = Figure(figsize=(12, 1.4 + sum(heights)), dpi=100, layout="constrained")
    FigureCanvasAgg(figure)
    rows = figure.subplots(len(heights), 1, sharex=True, height_ratios=heights, squeeze=False)[:, 0]
    end_s = max(trace.end_s, *(scene.until_s for scene in scenes), 1.0)
    if scenes:
        _draw_script(rows[0], scenes)
    _draw_judgement(rows[-2], trace, thresholds)
    _draw_alerts(rows[-1], alerts, end_s)
    rows[-1].set_xlim(0, end_s)
    rows[-1].xaxis.set_major_locator(MaxNLocator(12, steps=[1, 1.5, 2, 3, 5, 6, 10]))
    rows[-1].xaxis.set_major_formatter(FuncFormatter(lambda at_s, _: words.clock(at_s)))
    rows[-1].set_xlabel("time from the start of the recording (min:s)")
    figure.suptitle(title, fontsize=11)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()


def _draw_script(axes: Axes, scenes: Sequence[Scene]) -> None:
    names = list(dict.fromkeys(scene.name for scene in scenes))
    for scene in scenes:
        axes.axvspan(scene.since_s, scene.until_s, color=SCENES[names.index(scene.name) % len(SCENES)])
        axes.text((scene.since_s + scene.until_s) / 2, 0.5, scene.name, ha="center", va="center", fontsize=9)
    axes.set_yticks([])
    axes.set_ylabel("script", rotation=0, ha="right", va="center")


def _draw_judgement(axes: Axes, trace: Trace, thresholds: Sequence[tuple[str, float]]) -> None:
    labelled: set[Level] = set()
    for stretch in trace.stretches():
        label = None if stretch.level in labelled else words.LEVEL[stretch.level]
        if stretch.level is Level.UNASSESSABLE:
            axes.axvspan(stretch.since_s, stretch.until_s, color=UNKNOWN, alpha=0.3, hatch="///", lw=0, label=label)
        elif stretch.level is Level.PAIN:
            axes.axvspan(stretch.since_s, stretch.until_s, color=PAIN, alpha=0.25, lw=0, label=label)
        else:
            continue
        labelled.add(stretch.level)
    times = [(index + 0.5) * trace.width_s for index, entry in enumerate(trace.bins) if entry.levels]
    scores = [float("nan") if e.score_max is None else e.score_max for e in trace.bins if e.levels]
    axes.plot(times, scores, color=CURVE, lw=1.6, label="pain, 0 to 1")
    for name, value in thresholds:
        axes.axhline(value, color="#5f6368", lw=0.8, ls="--")
        axes.annotate(name, (1.0, value), xycoords=("axes fraction", "data"), xytext=(-4, 3),
                      textcoords="offset points", ha="right", fontsize=8, color="#5f6368")  # fmt: skip
    axes.set_ylim(0, 1.02)
    axes.set_ylabel("pain judged")
    axes.legend(loc="upper left", fontsize=8, framealpha=0.9)


def _draw_alerts(axes: Axes, alerts: Sequence[LedgerEntry], end_s: float) -> None:
    for entry in alerts:
        first = entry.first
        until_s = entry.end_s if entry.end_s is not None else end_s
        level = 0.3 if first.kind is Kind.TECHNICAL else 0.75
        colour = TECHNICAL if first.kind is Kind.TECHNICAL else ALERT
        axes.plot([first.onset_s, first.start_s], [level, level], color=colour, lw=1.2, ls=":")
        axes.plot([first.start_s, max(until_s, first.start_s + end_s / 400)], [level, level], color=colour, lw=8,
                  solid_capstyle="butt")  # fmt: skip
        axes.annotate(words.CODE[first.code], (first.start_s, level), xytext=(3, 6), textcoords="offset points",
                      fontsize=8, color=colour)  # fmt: skip
    if not alerts:
        axes.text(0.01, 0.5, "no alerts", transform=axes.transAxes, va="center", fontsize=9, color="#5f6368")
    axes.set_ylim(0, 1.15)
    axes.set_yticks([])
    axes.set_ylabel("alerts", rotation=0, ha="right", va="center")
