"""The timeline as inline SVG, drawn for a given width so that its words stay readable on a phone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from monitor.records import Kind, Level
from monitor.report import words
from monitor.report.alert_ledger import LedgerEntry
from monitor.report.script import Scene
from monitor.report.trace import Trace

_CURVE_PX = 150
_LANE_PX = 22
_TICKS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400)


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineSvg:
    """Draws lanes (script, judgement, alerts, explained) over one time axis. ``thresholds`` are drawn as lines."""

    trace: Trace
    alerts: Sequence[LedgerEntry]
    scenes: Sequence[Scene] = ()
    thresholds: Sequence[tuple[str, float]] = ()
    width_px: int = 1000

    @property
    def _left(self) -> float:
        return 84.0 if self.width_px > 600 else 8.0

    @property
    def _end_s(self) -> float:
        return max(self.trace.end_s, *(scene.until_s for scene in self.scenes), 1.0)

    def _x(self, at_s: float) -> float:
        return self._left + (self.width_px - self._left - 10.0) * min(max(at_s / self._end_s, 0.0), 1.0)

    def draw(self) -> str:
        """The SVG element."""
        body: list[str] = []
        top = 4.0
        if self.scenes:
            body += self._caption(top, "Script")
            body += self._script(top + self._head)
            top += _LANE_PX + self._head + 8
        body += self._caption(top, "Pain judged", _CURVE_PX)
        body += self._curve(top + self._head)
        top += _CURVE_PX + self._head + 8
        body += self._caption(top, "Alerts")
        rows = self._alert_rows()
        body += self._alerts(top + self._head, rows)
        top += _LANE_PX * max(len(rows), 1) + self._head + 8
        body += self._caption(top, "Explained", 10)
        body += self._explained(top + self._head)
        top += 10 + self._head + 4
        body += self._axis(top)
        height = top + 22
        return (
            f'<svg class="timeline" viewBox="0 0 {self.width_px} {height:.0f}" role="img" '
            f'aria-label="Judgement and alerts over time">{self._pattern()}{"".join(body)}</svg>'
        )

    @property
    def _head(self) -> float:
        return 0.0 if self.width_px > 600 else 16.0

    def _caption(self, top: float, text: str, height: float = _LANE_PX) -> Iterator[str]:
        if self.width_px > 600:
            x, y = self._left - 8, top + height / 2 + 4
            yield f'<text class="lane" x="{x}" y="{y:.1f}" text-anchor="end">{text}</text>'
        else:
            yield f'<text class="lane" x="{self._left}" y="{top + 11:.1f}">{text}</text>'

    def _script(self, top: float) -> Iterator[str]:
        for scene in self.scenes:
            kind = "".join(c if c.isalnum() else "-" for c in scene.name.lower())
            yield self._bar(scene.since_s, scene.until_s, top, f"scene scene-{kind}", scene.name)

    def _bar(self, since_s: float, until_s: float, top: float, style: str, text: str) -> str:
        x0, x1 = self._x(since_s), max(self._x(until_s), self._x(since_s) + 2)
        label = escape(text)
        shown = (
            f'<text class="in-bar" x="{x0 + 5:.1f}" y="{top + 15:.1f}">{label}</text>'
            if len(text) * 6.6 + 8 < x1 - x0
            else ""
        )
        tip = f"<title>{label}, {words.clock(since_s)} to {words.clock(until_s)}</title>"
        return (
            f'<g class="{style}">{tip}<rect x="{x0:.1f}" y="{top:.1f}" width="{x1 - x0:.1f}" '
            f'height="{_LANE_PX}" rx="3"/>{shown}</g>'
        )

    def _curve(self, top: float) -> Iterator[str]:
        bottom = top + _CURVE_PX
        x0, x1 = self._x(0.0), self._x(self._end_s)
        yield f'<rect class="plot" x="{x0}" y="{top}" width="{x1 - x0:.1f}" height="{_CURVE_PX}"/>'
        for stretch in self.trace.stretches():
            style = {Level.UNASSESSABLE: "unassessable", Level.PAIN: "pain", Level.NO_PAIN: ""}[stretch.level]
            if not style:
                continue
            left, right = self._x(stretch.since_s), self._x(stretch.until_s)
            why = words.CANNOT.get(stretch.reason or "", "")
            text = words.LEVEL[stretch.level] + (f": {why}" if why else "")
            fill = f' fill="url(#hatch-{self.width_px})"' if style == "unassessable" else ""
            yield (
                f'<rect class="band-{style}"{fill} x="{left:.1f}" y="{top}" width="{max(right - left, 0.8):.1f}" '
                f'height="{_CURVE_PX}"><title>{text}, {words.clock(stretch.since_s)} to '
                f"{words.clock(stretch.until_s)}</title></rect>"
            )
        for name, value in self.thresholds:
            y = bottom - value * _CURVE_PX
            yield f'<line class="threshold" x1="{x0}" x2="{x1:.1f}" y1="{y:.1f}" y2="{y:.1f}"/>'
            yield f'<text class="small" x="{x1 - 4:.1f}" y="{y - 4:.1f}" text-anchor="end">{escape(name)}</text>'
        yield from (f'<polyline class="score" points="{points}"/>' for points in self._pieces(bottom))

    def _pieces(self, bottom: float) -> Iterator[str]:
        piece: list[str] = []
        for index, entry in enumerate(self.trace.bins):
            if entry.score_max is None:
                if piece and entry.levels:
                    yield " ".join(piece)
                    piece = []
                continue
            at_s = min((index + 0.5) * self.trace.width_s, self._end_s)
            piece.append(f"{self._x(at_s):.1f},{bottom - entry.score_max * _CURVE_PX:.1f}")
        if piece:
            yield " ".join(piece)

    def _alert_rows(self) -> list[list[LedgerEntry]]:
        rows: list[list[LedgerEntry]] = []
        for entry in self.alerts:
            for row in rows:
                if (row[-1].end_s or self._end_s) <= entry.first.onset_s:
                    row.append(entry)
                    break
            else:
                rows.append([entry])
        return rows

    def _alerts(self, top: float, rows: Sequence[Sequence[LedgerEntry]]) -> Iterator[str]:
        if not rows:
            yield f'<text class="small" x="{self._x(0):.1f}" y="{top + 15:.1f}">none</text>'
        for number, row in enumerate(rows):
            y = top + number * _LANE_PX
            for entry in row:
                first = entry.first
                yield (
                    f'<line class="onset" x1="{self._x(first.onset_s):.1f}" x2="{self._x(first.start_s):.1f}" '
                    f'y1="{y + 11:.1f}" y2="{y + 11:.1f}"/>'
                )
                style = "alert-technical" if first.kind is Kind.TECHNICAL else "alert-resident"
                end_s = entry.end_s if entry.end_s is not None else self._end_s
                yield self._bar(first.start_s, end_s, y, style, words.CODE[first.code])

    def _explained(self, top: float) -> Iterator[str]:
        for index, entry in enumerate(self.trace.bins):
            if entry.explained:
                x = self._x((index + 0.5) * self.trace.width_s)
                yield f'<line class="explained" x1="{x:.1f}" x2="{x:.1f}" y1="{top}" y2="{top + 10}"/>'

    def _axis(self, top: float) -> Iterator[str]:
        room = (self.width_px - self._left) / 58.0
        step_s = next((tick for tick in _TICKS_S if self._end_s / tick <= room), _TICKS_S[-1])
        at_s = 0.0
        while at_s <= self._end_s + 1e-6:
            x = self._x(at_s)
            anchor = "start" if at_s == 0 else "middle" if x < self.width_px - 24 else "end"
            yield f'<line class="tick" x1="{x:.1f}" x2="{x:.1f}" y1="{top}" y2="{top + 5}"/>'
            yield f'<text class="small" x="{x:.1f}" y="{top + 18}" text-anchor="{anchor}">{words.clock(at_s)}</text>'
            at_s += step_s

    def _pattern(self) -> str:
        """Stripes for what could not be assessed; its name differs by width, as both drawings share a page."""
        return (
            f'<defs><pattern id="hatch-{self.width_px}" width="6" height="6" patternUnits="userSpaceOnUse" '
            'patternTransform="rotate(45)"><line class="hatch" x1="0" y1="0" x2="0" y2="6"/></pattern></defs>'
        )
