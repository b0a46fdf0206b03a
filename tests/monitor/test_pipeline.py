"""The loop, with parts that follow a script: order of records, delivery of explanations, stopping, gaps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from models.action_units import ActionUnit, Pspi
from monitor.pipeline import Pipeline, PipelineSettings, Step
from monitor.records import (
    AlertCode,
    AlertCondition,
    AlertSignal,
    Assessment,
    Evidence,
    Explanation,
    FaceCrop,
    FaceMissing,
    FaceObservation,
    FaceRegion,
    Frame,
    Gap,
    GapCause,
    Level,
    MissingReason,
    Pose,
    Prediction,
    Quality,
    QualityReason,
    Record,
    SampleReason,
    SampleRequest,
)
from monitor.stage_clock import StageClock

START = datetime(1970, 1, 1, tzinfo=UTC)


def when(frame_id: int) -> dict[str, object]:
    seconds = frame_id / 10
    return {
        "frame_id": frame_id,
        "source_id": "bed",
        "captured_s": seconds,
        "captured_at": START + timedelta(seconds=seconds),
    }


@dataclass
class ScriptedSource:
    """One letter a frame: f face, u upside down, c covered, n nobody, g gap."""

    script: str
    closed: bool = False

    def frames(self) -> Iterator[Frame | Gap]:
        try:
            for number, letter in enumerate(self.script):
                if letter == "g":
                    yield Gap(**when(number), cause=GapCause.DECODE_ERROR)
                else:
                    yield Frame(**when(number), pixels=np.full((2, 2, 3), ord(letter), np.uint8))
        finally:
            self.closed = True


class ScriptedFinder:
    def observe(self, frame: Frame) -> tuple[list[FaceObservation], FaceObservation | FaceMissing]:
        letter = chr(int(frame.pixels[0, 0, 0]))
        if letter == "n":
            return [], FaceMissing(**when(frame.frame_id), reason=MissingReason.NO_FACE)
        face = FaceObservation(
            **when(frame.frame_id),
            track_id=0,
            resident=True,
            box=(0.0, 0.0, 1.0, 1.0),
            landmarks=np.full((478, 2), ord(letter), np.float32),
            pose=Pose(yaw_deg=0.0, pitch_deg=0.0, roll_deg=0.0),
            quality=Quality(reasons=(QualityReason.UPSIDE_DOWN,) if letter == "u" else ()),
        )
        return [face], face


def crop(frame: Frame, face: FaceObservation) -> FaceCrop:
    return FaceCrop(
        frame_id=frame.frame_id, track_id=0, pixels=np.zeros((4, 4, 3), np.uint8), to_frame=np.eye(2, 3),
        landmarks=face.landmarks,
    )  # fmt: skip


class ScriptedClassifier:
    def classify(self, crops: Sequence[tuple[FaceObservation, FaceCrop]]) -> list[Prediction]:
        return [
            Prediction(
                **when(face.frame_id),
                track_id=0,
                emotions={"neutral": 1.0},
                aus={ActionUnit.AU04: 1.0},
                visibility={FaceRegion.MOUTH: 0.1 if face.landmarks[0, 0] == ord("c") else 0.9},
                pspi=Pspi(1.0),
                calibrated=False,
                model_id="scripted",
            )
            for face, _ in crops
        ]


@dataclass
class EverySecond:
    """Asks for every fifth frame."""

    def step(self, prediction: Prediction, assessment_level: Level | None, now_s: float) -> SampleRequest | None:
        if prediction.frame_id % 5:
            return None
        return SampleRequest(frame_id=prediction.frame_id, reason=SampleReason.PERIOD, targets=("AU04",))


@dataclass
class Stats:
    alive: bool = True


@dataclass
class InstantExplainer:
    """Finishes at once; ``poll`` and ``drain`` hand over what is ready."""

    stats: Stats = field(default_factory=Stats)
    ready: list[Explanation] = field(default_factory=list)
    submitted: list[int] = field(default_factory=list)

    def submit(self, crop: FaceCrop, observation: FaceObservation, request: SampleRequest) -> bool:
        self.submitted.append(request.frame_id)
        self.ready.append(
            Explanation(
                **when(request.frame_id), target="AU04", reason=request.reason, relevance=np.zeros((4, 4), np.float32),
                logit=1.0, mu=0.5, mu_chance=0.2, outside_face=0.0, conservation_error=0.0, composite="epsilon",
                model_id="scripted",
            )
        )  # fmt: skip
        return True

    def poll(self) -> list[Explanation]:
        ready, self.ready = self.ready, []
        return ready

    def drain(self, timeout_s: float) -> list[Explanation]:
        return self.poll()


@dataclass
class NotingJudge:
    seen: list[object] = field(default_factory=list)

    def step(
        self,
        seen: FaceObservation | FaceMissing | Gap,
        prediction: Prediction | None,
        explanations: Sequence[Explanation],
    ) -> Assessment:
        self.seen.append(seen)
        return Assessment(
            **when(seen.frame_id), window_s=3.0, level=Level.NO_PAIN, score=0.0, confidence=1.0, coverage=1.0,
            cannot_assess=None, pspi=None, baseline_known=True, emotions={}, trend={}, evidence=Evidence(),
        )  # fmt: skip


@dataclass
class NotingAlerts:
    technical: list[AlertCondition] = field(default_factory=list)
    finished: bool = False

    def step(
        self, assessment: Assessment, technical: Sequence[AlertCondition] = ()
    ) -> list[AlertCondition | AlertSignal]:
        self.technical += technical
        return list(technical)

    def finish(self) -> list[AlertSignal]:
        self.finished = True
        return []


@dataclass
class Noting:
    steps: list[Step] = field(default_factory=list)
    ending: list[Record] = field(default_factory=list)

    def take(self, step: Step) -> None:
        self.steps.append(step)

    def end(self, records: Sequence[Record]) -> None:
        self.ending += records


def build(script: str, *, live: bool = False, explainer: InstantExplainer | None = None) -> Pipeline:
    return Pipeline(
        source=ScriptedSource(script),
        finder=ScriptedFinder(),
        crop=crop,
        classifier=ScriptedClassifier(),
        covered=lambda visibility: min(visibility.values()) < 0.5,
        judge=NotingJudge(),
        alerts=NotingAlerts(),
        sampler=EverySecond() if explainer else None,
        explainer=explainer,
        live=live,
        settings=PipelineSettings(explanation_delay_frames=3),
        stages=StageClock(),
    )


def run(pipeline: Pipeline) -> Noting:
    noting = Noting()
    pipeline.run([noting])
    return noting


def test_records_in_the_order_they_flow():
    first = run(build("f")).steps[0]
    assert [type(record).__name__ for record in first.records()] == [
        "Frame", "FaceObservation", "FaceCrop", "Prediction", "Assessment",
    ]  # fmt: skip


def test_a_gap_and_an_empty_room_are_judged_too():
    pipeline = build("gn")
    steps = run(pipeline).steps
    assert [type(seen).__name__ for seen in pipeline.judge.seen] == ["Gap", "FaceMissing"]
    assert [step.faces for step in steps] == [0, 0]
    assert all(step.prediction is None for step in steps)


def test_upside_down_face_is_not_scored_and_a_covered_one_is_marked():
    upside_down, covered, plain = run(build("ucf")).steps
    assert upside_down.prediction is None
    assert upside_down.crop is None
    assert covered.face.quality.reasons == (QualityReason.COVERED,)
    assert covered.face.quality.visibility[FaceRegion.MOUTH] == pytest.approx(0.1)
    assert plain.face.quality.assessable


@pytest.mark.parametrize("live", [False, True])
def test_explanations_arrive_at_fixed_frames_in_a_replay_and_at_once_live(live: bool):
    noting = run(build("f" * 12, live=live, explainer=InstantExplainer()))
    arrivals = {step.seen.frame_id: [e.frame_id for e in step.explanations] for step in noting.steps}
    got = {frame_id: ids for frame_id, ids in arrivals.items() if ids}
    assert got == ({1: [0], 6: [5], 11: [10]} if live else {3: [0], 8: [5]})
    assert [record.frame_id for record in noting.ending] == ([] if live else [10])


def test_before_the_next_is_sent_the_one_before_has_arrived():
    pipeline = build("f" * 7, explainer=InstantExplainer())
    pipeline.settings = PipelineSettings(explanation_delay_frames=100)
    noting = run(pipeline)
    assert {step.seen.frame_id: len(step.explanations) for step in noting.steps if step.explanations} == {5: 1}


def test_faces_that_cannot_be_assessed_are_not_explained():
    explainer = InstantExplainer()
    run(build("cfffff", explainer=explainer))
    assert explainer.submitted == [5]


def test_a_dead_explainer_is_a_technical_condition_and_nothing_else_stops():
    explainer = InstantExplainer(stats=Stats(alive=False))
    pipeline = build("fff", live=True, explainer=explainer)
    assert len(run(pipeline).steps) == 3
    assert {condition.code for condition in pipeline.alerts.technical} == {AlertCode.EXPLAINER_DOWN}


def test_a_worker_that_is_started_again_is_no_condition_in_a_replay():
    pipeline = build("f" * 20, explainer=InstantExplainer(stats=Stats(alive=False)))
    run(pipeline)
    assert pipeline.alerts.technical == []


@dataclass
class ForgetfulExplainer(InstantExplainer):
    """Takes frames 5 and 10 and never explains them; refuses frame 15."""

    def submit(self, crop: FaceCrop, observation: FaceObservation, request: SampleRequest) -> bool:
        if request.frame_id == 15:
            return False
        return request.frame_id in {5, 10} or super().submit(crop, observation, request)


def test_frames_left_unexplained_in_a_replay_are_a_condition_until_one_is_explained():
    pipeline = build("f" * 30, explainer=ForgetfulExplainer())
    run(pipeline)
    assert [condition.frame_id for condition in pipeline.alerts.technical] == list(range(8, 23))


def test_stop_ends_cleanly():
    pipeline = build("f" * 100)
    noting = Noting()
    last = pipeline.run([noting], stop=lambda: len(noting.steps) >= 7)
    assert last is noting.steps[-1]
    assert len(noting.steps) == 7
    assert pipeline.source.closed
    assert pipeline.alerts.finished


def test_every_stage_is_timed():
    pipeline = build("fng", explainer=InstantExplainer())
    run(pipeline)
    counts = {name: stage["count"] for name, stage in pipeline.stages.summary().items()}
    assert counts == {
        "decode": 4, "landmarks": 2, "crop": 1, "classify": 1, "explain": 3, "judge": 3, "write": 3,
    }  # fmt: skip
