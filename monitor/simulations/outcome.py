"""One film through the very pipeline of ``vigil replay``, and what was judged and told of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from models.action_units import ActionUnit
from monitor.alerts.conditions import KINDS
from monitor.config import VigilSettings
from monitor.pipeline import Step
from monitor.records import AlertCode, AlertSignal, Kind, Level, Record
from monitor.replay.assembly import assemble
from monitor.simulations.film import CALM_S, Film, Plan

PAIN_CODES = (AlertCode.PAIN, AlertCode.PAIN_WEAK_EVIDENCE)
SETTLED_S = 2.0
"""A film's second half is looked at from this long after the behaviour or the grimace began."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of one film. Times in seconds from its start, ``delay`` ones from the grimace's beginning.

    - ``judged_pain_s``: how long pain was judged (in the film with pain: before the grimace began).
    - ``longest_pain_s``: its longest stretch.
    - ``alerts``: physiological alerts that went on (in the film with pain: whose condition began before the grimace).
    - ``judged_delay_s``, ``alert_delay_s``: grimace to judgement and to alert; None for never, or without a grimace.
    - ``unassessable``: share of pictures without a judgement, once the behaviour (the grimace) has settled.
    - ``causes``: pictures per reason for that.
    - ``aus``, ``emotions``: mean while pain was judged falsely, else while the behaviour lasted.
    """

    behaviour: str
    face: str
    in_pain: bool
    judged_pain_s: float
    longest_pain_s: float
    alerts: tuple[str, ...]
    judged_delay_s: float | None
    alert_delay_s: float | None
    unassessable: float
    causes: dict[str, int]
    aus: dict[str, float]
    emotions: dict[str, float]

    @property
    def said_that_it_cannot(self) -> bool:
        """Whether at least half of the settled pictures carry a reason instead of a judgement."""
        return self.unassessable >= 0.5


def watch(film: Film, plan: Plan, name: str, face: str, settings: VigilSettings, bundle: Path) -> Outcome:
    """Send ``film`` down the way of a replay, explanations left out: they change no judgement of the level."""
    with ExitStack() as stack:
        way = assemble(settings, film, bundle, stack, explain=False)
        notes = Notes(plan)
        way.pipeline.run([notes])
    return notes.outcome(name, face)


@dataclass(slots=True)
class Notes:
    """A consumer that keeps of every step what the outcome needs."""

    plan: Plan
    levels: list[tuple[float, Level]] = field(default_factory=list)
    causes: Counter[str] = field(default_factory=Counter)
    signals: list[AlertSignal] = field(default_factory=list)
    shown: list[tuple[float, bool, dict[ActionUnit, float], dict[str, float]]] = field(default_factory=list)

    def take(self, step: Step) -> None:
        """Keep level, reason, alerts and the network's output."""
        judged, at_s = step.assessment, step.seen.captured_s
        self.levels.append((at_s, judged.level))
        if judged.cannot_assess is not None and at_s >= self._settled_s:
            self.causes[judged.cannot_assess.value] += 1
        self.signals += [record for record in step.alerts if isinstance(record, AlertSignal)]
        if step.prediction is not None:
            in_pain = judged.level is Level.PAIN
            self.shown.append((at_s, in_pain, dict(step.prediction.aus), dict(step.prediction.emotions)))

    def end(self, records: Sequence[Record]) -> None:
        """Signals that go off with the film tell nothing."""

    @property
    def _settled_s(self) -> float:
        return (CALM_S if self.plan.pain_s is None else self.plan.pain_s) + SETTLED_S

    def outcome(self, behaviour: str, face: str) -> Outcome:
        """All of it, in figures."""
        pain_s = self.plan.pain_s
        until_s = self.plan.length_s if pain_s is None else pain_s
        stretches = list(_stretches(self.levels, until_s))
        settled = [level for at_s, level in self.levels if at_s >= self._settled_s]
        false = [each for each in self.shown if each[1] and each[0] < until_s]
        behaving = [each for each in self.shown if CALM_S + 0.5 <= each[0] < until_s]
        described = false or behaving
        return Outcome(
            behaviour=behaviour,
            face=face,
            in_pain=pain_s is not None,
            judged_pain_s=sum(stretches),
            longest_pain_s=max(stretches, default=0.0),
            alerts=tuple(s.code.value for s in self.signals if _went_on(s) and s.onset_s < until_s),
            judged_delay_s=None if pain_s is None else self._first_pain_s(pain_s),
            alert_delay_s=None if pain_s is None else self._first_alert_s(pain_s),
            unassessable=sum(level is Level.UNASSESSABLE for level in settled) / max(len(settled), 1),
            causes=dict(self.causes),
            aus=_means([{unit.value: value for unit, value in each[2].items()} for each in described]),
            emotions=_means([each[3] for each in described]),
        )

    def _first_pain_s(self, pain_s: float) -> float | None:
        return next((at_s - pain_s for at_s, level in self.levels if at_s >= pain_s and level is Level.PAIN), None)

    def _first_alert_s(self, pain_s: float) -> float | None:
        told = [s.start_s - pain_s for s in self.signals if s.code in PAIN_CODES and _went_on(s)]
        return min((max(delay, 0.0) for delay in told), default=None)


def _went_on(signal: AlertSignal) -> bool:
    return KINDS[signal.code] is Kind.PHYSIOLOGICAL and signal.start_s == signal.captured_s


def _stretches(levels: list[tuple[float, Level]], until_s: float) -> Iterator[float]:
    """Lengths (s) of the unbroken stretches of PAIN that began before ``until_s``, each picture up to the next one."""
    length = 0.0
    for (at_s, level), (next_s, _) in zip(levels, [*levels[1:], levels[-1]], strict=True):
        if level is Level.PAIN and at_s < until_s:
            length += min(next_s, until_s) - at_s
        elif length:
            yield length
            length = 0.0
    if length:
        yield length


def _means(rows: list[dict[str, float]]) -> dict[str, float]:
    return {name: round(sum(row[name] for row in rows) / len(rows), 2) for name in rows[0]} if rows else {}
