"""The way of a frame, and the only loop: source → face → crop → classifier → sampler/sidecar → assessor → alerts.

Everything it calls is either pure or hides one machine resource; consumers receive one ``Step`` per picture.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from monitor.records import (
    AlertCode,
    AlertCondition,
    AlertSignal,
    Assessment,
    Explanation,
    FaceCrop,
    FaceMissing,
    FaceObservation,
    FaceRegion,
    Frame,
    Gap,
    Kind,
    Level,
    Prediction,
    Priority,
    QualityReason,
    Record,
    SampleRequest,
)
from monitor.stage_clock import StageClock


class FrameSource(Protocol):
    """Gives pictures in the order of their time."""

    def frames(self) -> Iterator[Frame | Gap]: ...  # noqa: D102


class Finder(Protocol):
    """Finds all faces (left to right) and says which is the resident's."""

    def observe(self, frame: Frame) -> tuple[list[FaceObservation], FaceObservation | FaceMissing]: ...  # noqa: D102


class FaceClassifier(Protocol):
    """Scores crops."""

    def classify(self, crops: Sequence[tuple[FaceObservation, FaceCrop]]) -> list[Prediction]: ...  # noqa: D102


class FrameSampler(Protocol):
    """Chooses the frames that are explained."""

    def step(self, prediction: Prediction, assessment_level: Level | None, now_s: float) -> SampleRequest | None: ...  # noqa: D102


class ExplainerStats(Protocol):
    """How the side branch is doing."""

    @property
    def alive(self) -> bool: ...  # noqa: D102


class Explainer(Protocol):
    """The side branch: takes crops, gives explanations later."""

    def submit(self, crop: FaceCrop, observation: FaceObservation, request: SampleRequest) -> bool: ...  # noqa: D102
    def poll(self) -> list[Explanation]: ...  # noqa: D102
    def drain(self, timeout_s: float) -> list[Explanation]: ...  # noqa: D102
    @property
    def stats(self) -> ExplainerStats: ...  # noqa: D102


class Judge(Protocol):
    """Turns what was seen and predicted into an assessment, one per picture."""

    def step(  # noqa: D102
        self,
        seen: FaceObservation | FaceMissing | Gap,
        prediction: Prediction | None,
        explanations: Sequence[Explanation],
    ) -> Assessment: ...


class Alerts(Protocol):
    """Turns assessments into conditions and signals."""

    def step(  # noqa: D102
        self, assessment: Assessment, technical: Sequence[AlertCondition] = ()
    ) -> list[AlertCondition | AlertSignal]: ...
    def finish(self) -> list[AlertSignal]:
        """Signals that go off because the recording ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineSettings:
    """``explanation_delay_frames``: in a replay, explanations arrive this many frames after theirs (or before the
    next one is sent, or at the end), always the same, so that a replay gives the same records every time.
    ``explanation_timeout_s``: longest wait for the sidecar at such a point.
    """

    explanation_delay_frames: int = 10
    explanation_timeout_s: float = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """All that one picture gave rise to. ``explanations`` are those delivered now, of this or earlier frames."""

    seen: Frame | Gap
    face: FaceObservation | FaceMissing | None
    faces: int
    crop: FaceCrop | None
    prediction: Prediction | None
    request: SampleRequest | None
    explanations: tuple[Explanation, ...]
    assessment: Assessment
    alerts: tuple[AlertCondition | AlertSignal, ...]

    def records(self) -> Iterator[Record]:
        """The records in the order they flowed. Faces other than the resident's are counted, never recorded."""
        yield self.seen
        for record in (self.face, self.crop, self.prediction, self.request):
            if record is not None:
                yield record
        yield from self.explanations
        yield self.assessment
        yield from self.alerts


class Consumer(Protocol):
    """Takes every step: journal, table, report, annotated recording, page."""

    def take(self, step: Step) -> None: ...  # noqa: D102
    def end(self, records: Sequence[Record]) -> None:
        """What still came when the source had ended: late explanations, signals going off."""


@dataclass(kw_only=True)
class Pipeline:
    """The parts of one way. ``live`` polls the explainer and never waits; else delivery is deterministic."""

    source: FrameSource
    finder: Finder
    crop: Callable[[Frame, FaceObservation], FaceCrop]
    classifier: FaceClassifier
    covered: Callable[[dict[FaceRegion, float]], bool]
    judge: Judge
    alerts: Alerts
    sampler: FrameSampler | None = None
    explainer: Explainer | None = None
    live: bool = False
    settings: PipelineSettings
    stages: StageClock
    _level: Level | None = None
    _due_frame: int | None = None
    _unexplained: bool = False

    def run(self, consumers: Sequence[Consumer], stop: Callable[[], bool] = lambda: False) -> Step | None:
        """Send every picture down the way until the source ends or ``stop()``; the last step is returned."""
        last: Step | None = None
        for last in self.steps(stop):
            with self.stages.stage("write"):
                for consumer in consumers:
                    consumer.take(last)
        ending: list[Record] = [*self.outstanding(), *self.alerts.finish()]
        for consumer in consumers:
            consumer.end(ending)
        return last

    def steps(self, stop: Callable[[], bool] = lambda: False) -> Iterator[Step]:
        """One step per picture, in order."""
        pictures = self.source.frames()
        try:
            while not stop():
                with self.stages.stage("decode"):
                    seen = next(pictures, None)
                if seen is None:
                    break
                yield self._step(seen)
        finally:
            close = getattr(pictures, "close", None)
            if close is not None:
                close()

    def _step(self, seen: Frame | Gap) -> Step:
        face: FaceObservation | FaceMissing | None = None
        faces: list[FaceObservation] = []
        crop: FaceCrop | None = None
        prediction: Prediction | None = None
        if isinstance(seen, Frame):
            with self.stages.stage("landmarks"):
                faces, face = self.finder.observe(seen)
            if isinstance(face, FaceObservation) and QualityReason.UPSIDE_DOWN not in face.quality.reasons:
                with self.stages.stage("crop"):
                    crop = self.crop(seen, face)
                with self.stages.stage("classify"):
                    prediction = self.classifier.classify([(face, crop)])[0]
                visibility = dict(prediction.visibility)
                face = replace(face, quality=face.quality.with_visibility(visibility, self.covered(visibility)))
        with self.stages.stage("explain"):
            explanations, request = self._explain(seen, face, crop, prediction)
        with self.stages.stage("judge"):
            judged = face if face is not None else seen
            assert not isinstance(judged, Frame)  # a frame always yields an observation or its absence
            assessment = self.judge.step(judged, prediction, explanations)
            alerts = self.alerts.step(assessment, self._technical(seen))
        self._level = assessment.level
        return Step(
            seen=seen,
            face=face,
            faces=len(faces),
            crop=crop,
            prediction=prediction,
            request=request,
            explanations=tuple(explanations),
            assessment=assessment,
            alerts=tuple(alerts),
        )

    def _explain(
        self,
        seen: Frame | Gap,
        face: FaceObservation | FaceMissing | None,
        crop: FaceCrop | None,
        prediction: Prediction | None,
    ) -> tuple[list[Explanation], SampleRequest | None]:
        if self.explainer is None or self.sampler is None:
            return [], None
        request = None
        if (
            crop is not None
            and prediction is not None
            and isinstance(face, FaceObservation)
            and face.quality.assessable
        ):
            request = self.sampler.step(prediction, self._level, seen.captured_s)
        arrived = self._arrived(self.explainer, seen.frame_id, sending=request is not None)
        if request is not None and crop is not None and isinstance(face, FaceObservation):
            if not self.explainer.submit(crop, face, request):
                request = None
                self._unexplained = True
            elif not self.live:
                self._due_frame = seen.frame_id + self.settings.explanation_delay_frames
        return arrived, request

    def _arrived(self, explainer: Explainer, frame_id: int, *, sending: bool) -> list[Explanation]:
        if self.live:
            return explainer.poll()
        if self._due_frame is None or (frame_id < self._due_frame and not sending):
            return []
        self._due_frame = None
        arrived = explainer.drain(self.settings.explanation_timeout_s)
        self._unexplained = not arrived
        return arrived

    def outstanding(self) -> list[Explanation]:
        """Explanations still on their way when the source has ended."""
        if self.explainer is None or self._due_frame is None:
            return []
        self._due_frame = None
        return self.explainer.drain(self.settings.explanation_timeout_s)

    def _technical(self, seen: Frame | Gap) -> list[AlertCondition]:
        """A replay outruns a worker's restart and waits for it: there, only a frame left unexplained tells."""
        if self.explainer is None:
            return []
        down = not self.explainer.stats.alive if self.live else self._unexplained
        if not down:
            return []
        return [
            AlertCondition(
                frame_id=seen.frame_id,
                source_id=seen.source_id,
                captured_s=seen.captured_s,
                captured_at=seen.captured_at,
                code=AlertCode.EXPLAINER_DOWN,
                kind=Kind.TECHNICAL,
                priority=Priority.LOW,
                onset_s=seen.captured_s,
                confidence=1.0,
                sentence="explanations have stopped; pain is judged and alerted as before",
            )
        ]
