"""Findings as text for people at a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from itertools import groupby

import typer

from monitor.doctor.finding import Finding, Verdict, count

NARROWEST, WIDEST = 60, 120
_COLOURS = {Verdict.OK: typer.colors.GREEN, Verdict.WARN: typer.colors.YELLOW, Verdict.WRONG: typer.colors.RED}


def lines(findings: Sequence[Finding], width: int, *, colours: bool) -> Iterator[str]:
    """Grouped by area, wrapped at ``width`` columns; the last line sums up."""
    width = min(max(width, NARROWEST), WIDEST)
    widest = max((len(finding.about) for finding in findings), default=0)
    indent = 2 + 5 + 2 + min(widest, 24) + 2
    for area, group in groupby(findings, key=lambda finding: finding.area):
        yield typer.style(area, bold=True) if colours else area
        for finding in group:
            mark = f"{finding.verdict:<5}"
            shown = typer.style(mark, fg=_COLOURS[finding.verdict], bold=True) if colours else mark
            said = _wrapped(finding.said, width - indent, indent)
            yield f"  {shown}  {finding.about:<{indent - 11}}  {said}"
            if finding.advice:
                yield " " * indent + _wrapped(f"→ {finding.advice}", width - indent, indent + 2)
        yield ""
    yield summary(findings)


def summary(findings: Sequence[Finding]) -> str:
    """One sentence over all findings."""
    wrong, warned = count(findings, Verdict.WRONG), count(findings, Verdict.WARN)
    warnings = f"{warned} {'warning' if warned == 1 else 'warnings'}"
    if wrong:
        things = "thing is" if wrong == 1 else "things are"
        return f"{wrong} {things} wrong{f', {warnings}' if warned else ''}: see the lines marked wrong above."
    return f"Nothing that is needed is missing ({warnings})." if warned else "All is well."


def _wrapped(text: str, width: int, indent: int) -> str:
    return f"\n{' ' * indent}".join(textwrap.wrap(text, max(width, 20), break_on_hyphens=False) or [""])
