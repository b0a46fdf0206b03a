"""Script beside judgement, in words: what each part of the script asked for and when it was judged so."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from monitor.demo.script import Act, Part, Script
from monitor.records import AlertCode, Assessment, Level

WITHIN_S = 3.0
"""How soon after an act's beginning it should be judged."""
PAIN_CODES = (AlertCode.PAIN.value, AlertCode.PAIN_WEAK_EVIDENCE.value)
_EXPECTED: dict[Act, Level] = {
    Act.GRIMACE: Level.PAIN,
    Act.COVERED: Level.UNASSESSABLE,
    Act.TURNED_AWAY: Level.UNASSESSABLE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PartJudged:
    """How one part was judged.

    ``expected`` is the level it should reach (None: anything but pain), ``reached_s`` how long after its beginning the
    level was first judged, ``alert_s`` how long after it a pain alert went on. Either is None for never in this part.
    """

    part: Part
    expected: Level | None
    reached_s: float | None
    alert_s: float | None
    pain_seen: bool

    @property
    def as_written(self) -> bool:
        """Whether the judgement follows the script."""
        if self.expected is None:
            return not self.pain_seen and self.alert_s is None
        on_time = self.reached_s is not None and self.reached_s <= WITHIN_S
        return on_time and (self.expected is not Level.PAIN or self.alert_s is not None)

    def sentence(self) -> str:
        """One line for a terminal."""
        head = f"{self.part.start_s:5.0f} s  {self.part.act.value.replace('_', ' '):<12}"
        if self.expected is None:
            said = "pain was judged" if self.pain_seen else "no pain judged"
        else:
            name = "cannot assess" if self.expected is Level.UNASSESSABLE else "pain"
            said = f"{name} never judged" if self.reached_s is None else f"{name} judged after {self.reached_s:.1f} s"
        if self.alert_s is not None:
            said += f", pain alert after {self.alert_s:.1f} s"
        return f"{head} {said}{'' if self.as_written else '   (not as written)'}"


def compare(
    script: Script, levels: Sequence[tuple[float, Level]], alerts: Iterable[Mapping[str, Any]]
) -> list[PartJudged]:
    """Judge the judgement: ``levels`` are (seconds, level) in order, ``alerts`` entries of ``summary.json``.

    The first ``WITHIN_S`` of a part that expects no pain may still carry the part before it.
    """
    starts = [float(alert["start_s"]) for alert in alerts if alert["code"] in PAIN_CODES]
    judged = []
    for part in script.parts:
        expected = _EXPECTED.get(part.act)
        inside = [(at_s, level) for at_s, level in levels if part.start_s <= at_s < part.end_s]
        reached = next((at_s - part.start_s for at_s, level in inside if level is expected), None)
        later = [level for at_s, level in inside if at_s >= part.start_s + WITHIN_S]
        alert = next((at_s - part.start_s for at_s in starts if part.start_s <= at_s < part.end_s), None)
        judged.append(
            PartJudged(part=part, expected=expected, reached_s=reached, alert_s=alert, pain_seen=Level.PAIN in later)
        )
    return judged


def judged_levels(journal: Path) -> list[tuple[float, Level]]:
    """(seconds, level) of every assessment in a replay's ``records.jsonl``."""
    levels = []
    with journal.open(encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            if record.get("record") == Assessment.__name__:
                levels.append((float(record["captured_s"]), Level(record["level"])))
    return levels
