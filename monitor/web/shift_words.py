"""A bed's shift as lines of words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from monitor.alerts.shift import Shift, shift_summary
from monitor.alerts.transition import Transition


def shift_lines(lines: Sequence[Transition], begin: datetime, end: datetime, language: str) -> list[str]:
    """One line an alert, and what else happened; none when nothing was written. Times are this machine's."""
    shift = Shift(begin=begin, end=end, zone=begin.astimezone().tzinfo)
    if not any(shift.holds(line) for line in lines):
        return []
    head, *rest = shift_summary(lines, shift).split("\n\n", 1)[1].splitlines()
    return [head.partition(": ")[2], *(line.strip() for line in rest)]
