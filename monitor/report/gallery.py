"""Explained moments worth showing, in bounded memory: the strongest of every alert, and some spread over the run.

Pictures of the face are kept only when the operator asked for pixels.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from monitor.pipeline import Step
from monitor.records import F32, U8, AlertSignal, Explanation, Kind, Level, Presence, Record, SampleReason

MAX_WAITING = 64
MAX_RECENT = 40
MAX_SPREAD = 8
MAX_ALERTS = 24


@dataclass(slots=True)
class Moment:
    """One explained picture. ``landmarks`` (478, 2) in crop px; ``pixels`` (S, S, 3) BGR, None without --pixels."""

    frame_id: int
    captured_s: float
    level: Level
    reason: SampleReason
    landmarks: F32
    pixels: U8 | None
    intensity: dict[str, float]
    pspi: float | None
    explanations: list[Explanation] = field(default_factory=list)

    @property
    def strength(self) -> float:
        """How much pain the picture shows: PSPI, or the sum of the intensities it was explained for."""
        if self.pspi is not None:
            return self.pspi
        return sum(self.intensity.get(explanation.target, 0.0) for explanation in self.explanations)


class Gallery:
    """Consumer that keeps moments. ``for_alerts`` maps alert ids to the strongest moment between onset and signal."""

    def __init__(self, *, pixels: bool) -> None:
        self.for_alerts: dict[int, Moment] = {}
        self.spread: list[Moment] = []
        self._pixels = pixels
        self._waiting: OrderedDict[int, Moment] = OrderedDict()
        self._recent: deque[Moment] = deque(maxlen=MAX_RECENT)
        self._open: dict[int, AlertSignal] = {}
        self._every = 1
        self._seen = 0

    def take(self, step: Step) -> None:
        """Remember the step's crop if it is to be explained, and match explanations that arrived."""
        if step.request is not None and step.crop is not None and step.prediction is not None:
            self._waiting[step.request.frame_id] = Moment(
                frame_id=step.request.frame_id,
                captured_s=step.seen.captured_s,
                level=step.assessment.level,
                reason=step.request.reason,
                landmarks=step.crop.landmarks,
                pixels=step.crop.pixels if self._pixels else None,
                intensity={str(unit): value for unit, value in step.prediction.aus.items()},
                pspi=step.prediction.pspi.value,
            )
            while len(self._waiting) > MAX_WAITING:
                self._waiting.popitem(last=False)
        self._match(step.explanations)
        for record in step.alerts:
            if isinstance(record, AlertSignal) and record.presence is Presence.ON:
                self._choose(record)

    def end(self, records: Sequence[Record]) -> None:
        """Match explanations that came after the last picture."""
        self._match(record for record in records if isinstance(record, Explanation))

    def _match(self, explanations: Iterable[Explanation]) -> None:
        arrived: dict[int, Moment] = {}
        for explanation in explanations:
            moment = self._waiting.get(explanation.frame_id)
            if moment is not None:
                moment.explanations.append(explanation)
                arrived[explanation.frame_id] = moment
        for frame_id, moment in arrived.items():
            del self._waiting[frame_id]
            self._recent.append(moment)
            self._spread_out(moment)
            for signal in list(self._open.values()):
                self._choose(signal)

    def _spread_out(self, moment: Moment) -> None:
        if self._seen % self._every == 0:
            self.spread.append(moment)
            if len(self.spread) > MAX_SPREAD:
                self.spread = self.spread[::2]
                self._every *= 2
        self._seen += 1

    def _choose(self, signal: AlertSignal) -> None:
        if signal.kind is not Kind.PHYSIOLOGICAL or len(self.for_alerts) >= MAX_ALERTS:
            return
        between = [m for m in self._recent if signal.onset_s - 1.0 <= m.captured_s <= signal.start_s + 0.5]
        if between:
            self._open.pop(signal.alert_id, None)
            self.for_alerts.setdefault(signal.alert_id, max(between, key=lambda moment: moment.strength))
        elif len(self._open) < MAX_ALERTS:
            self._open[signal.alert_id] = signal
