"""Counts over a run: pictures, faces, what could be assessed and why not, gaps, explanations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from monitor.pipeline import Step
from monitor.records import Explanation, FaceMissing, FaceObservation, Gap, Level, Record


class Totals:
    """Consumer that counts."""

    def __init__(self) -> None:
        self.frames = 0
        self.held_frames = 0
        self.frames_with_face = 0
        self.assessable_frames = 0
        self.requested_frames = 0
        self.explained_frames = 0
        self.explanations = 0
        self.gaps: Counter[str] = Counter()
        self.missing: Counter[str] = Counter()
        self.poor_quality: Counter[str] = Counter()
        self.cannot_assess: Counter[str] = Counter()
        self.levels: Counter[str] = Counter()
        self.sample_reasons: Counter[str] = Counter()
        self.pain_max: float | None = None
        self.pspi_max: float | None = None
        self.last_s = 0.0
        self.conservation_error_max: float | None = None
        self._last_explained_id: int | None = None

    def take(self, step: Step) -> None:
        """Count one step."""
        judged = step.assessment
        self.last_s = max(self.last_s, judged.captured_s)
        if isinstance(step.seen, Gap):
            self.gaps[step.seen.cause] += 1
        else:
            self.frames += 1
            self.held_frames += step.seen.held
        if step.faces:
            self.frames_with_face += 1
        if isinstance(step.face, FaceMissing):
            self.missing[step.face.reason] += 1
        elif isinstance(step.face, FaceObservation):
            self.assessable_frames += step.face.quality.assessable
            self.poor_quality.update(str(reason) for reason in step.face.quality.reasons)
            value = step.prediction.pspi.value if step.prediction and step.face.quality.assessable else None
            if value is not None:
                self.pspi_max = max(self.pspi_max or 0.0, value)
        if step.request is not None:
            self.requested_frames += 1
            self.sample_reasons[step.request.reason] += 1
        self.levels[judged.level] += 1
        if judged.level is Level.UNASSESSABLE and judged.cannot_assess is not None:
            self.cannot_assess[judged.cannot_assess] += 1
        if judged.score is not None:
            self.pain_max = max(self.pain_max or 0.0, judged.score)
        self._count_explanations(step.explanations)

    def end(self, records: Sequence[Record]) -> None:
        """Count explanations that came late."""
        self._count_explanations(record for record in records if isinstance(record, Explanation))

    def _count_explanations(self, explanations: Iterable[Explanation]) -> None:
        for explanation in explanations:
            self.explanations += 1
            if explanation.frame_id != self._last_explained_id:
                self.explained_frames += 1
                self._last_explained_id = explanation.frame_id
            self.conservation_error_max = max(self.conservation_error_max or 0.0, explanation.conservation_error)
