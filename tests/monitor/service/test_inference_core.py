"""Rounds of judging with beds that follow a script: latest wins, one batch, one bed's failure, gaps, explanations."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from types import SimpleNamespace

import numpy as np
import pytest
from builders import BEGINNING

from monitor.assessor import AssessorSettings
from monitor.capture.ring import LivePicture
from monitor.face.settings import FaceSettings
from monitor.records import Assessment, Evidence, FaceMissing, Level, MissingReason
from monitor.sampler import SamplerSettings
from monitor.service.inference.bed_way import Look, Outcome
from monitor.service.inference.core import InferenceCore
from monitor.service.inference.messages import AddBed
from monitor.service.inference.pictures import Pictures
from monitor.service.inference.rota import Rota


@dataclass
class HandRing:
    """A ring that the test fills."""

    pictures: list[LivePicture] = field(default_factory=list)
    closed: bool = False

    def show(self, number: int, shade: int = 0) -> None:
        self.pictures.append(
            LivePicture(
                sequence=number, captured_s=float(number), captured_at=BEGINNING, pixels=np.full((2, 2, 3), shade, "u1")
            )
        )

    def newest(self, after: int) -> LivePicture | None:
        return next((picture for picture in reversed(self.pictures) if picture.sequence > after), None)

    def close(self) -> None:
        self.closed = True


class ScriptedWay:
    """Sees no face, and fails where the picture is of shade 13."""

    def __init__(self, bed: AddBed) -> None:
        self.bed = bed
        self.baseline_refused = None
        self.looked: list[int] = []
        self.explained: list[object] = []
        self.closed = 0

    def look(self, picture: LivePicture) -> Look:
        if picture.pixels[0, 0, 0] == 13:
            raise ValueError("a picture like no other")
        self.looked.append(picture.sequence)
        missing = FaceMissing(
            frame_id=picture.sequence, source_id=self.bed.bed, captured_s=picture.captured_s,
            captured_at=BEGINNING, reason=MissingReason.NO_FACE,
        )  # fmt: skip
        return Look(face=missing, crop=None)

    def judge(self, look, prediction, explanations) -> Outcome:
        self.explained += explanations
        return Outcome(assessment=unassessable(self.bed.bed), why_not=None, request=None, face=None)

    def gap(self, now_s, now_at) -> Assessment:
        return unassessable(self.bed.bed)

    def baseline(self) -> str:
        return f"face of {self.bed.bed}"

    def baseline_changes(self) -> list[object]:
        return []

    def close(self) -> None:
        self.closed += 1


def unassessable(bed: str) -> Assessment:
    return Assessment(
        frame_id=0, source_id=bed, captured_s=0.0, captured_at=BEGINNING, window_s=3.0, level=Level.UNASSESSABLE,
        score=None, confidence=0.0, coverage=0.0, cannot_assess=None, pspi=None, baseline_known=False, emotions={},
        trend={}, evidence=Evidence(),
    )  # fmt: skip


class CountingClassifier:
    def __init__(self) -> None:
        self.batches: list[int] = []

    def classify(self, crops):
        self.batches.append(len(crops))
        return []


def bed(name: str, source: str) -> AddBed:
    return AddBed(
        bed=name, source=source, face=FaceSettings(), judgement=AssessorSettings(), sampling=SamplerSettings()
    )


@pytest.fixture
def ward():
    """Cameras left and right; bed-1 on the left one, bed-2 and bed-3 on the right one."""
    clock = SimpleNamespace(now_s=100.0)
    rings = {"left": HandRing(), "right": HandRing()}
    pictures, classifier = Pictures(), CountingClassifier()
    for name, ring in rings.items():
        pictures.add(name, ring)
    with ThreadPoolExecutor(2) as pool:
        core = InferenceCore(classifier, ScriptedWay, pictures, pool, Rota(0.15), lambda: clock.now_s)
        for name, source in (("bed-1", "left"), ("bed-2", "right"), ("bed-3", "right")):
            core.add(bed(name, source))
        yield SimpleNamespace(core=core, rings=rings, clock=clock, classifier=classifier, gathered=[])


def turn(ward, explainer=None):
    return ward.core.round(explainer, lambda: ward.gathered.append(True))


def test_latest_wins_and_what_it_overtakes_is_counted(ward):
    assert turn(ward) == []
    for number in (1, 2, 3):
        ward.rings["left"].show(number)
    (judged,) = turn(ward)
    assert (judged.bed, judged.sequence, judged.left_out, judged.captured_s) == ("bed-1", 3, 0, 3.0)
    assert turn(ward) == []
    for number in (4, 7):
        ward.rings["left"].show(number)
    (judged,) = turn(ward)
    assert (judged.sequence, judged.left_out) == (7, 3)
    assert ward.core.way("bed-1").looked == [3, 7]


def test_beds_that_share_a_camera_each_get_its_picture_in_one_batch(ward):
    ward.rings["left"].show(1)
    ward.rings["right"].show(1)
    judged = turn(ward)
    assert [(entry.bed, entry.batch) for entry in judged] == [("bed-1", 3), ("bed-2", 3), ("bed-3", 3)]
    assert ward.classifier.batches == [0]
    assert ward.gathered == []  # all were there, nobody had to be waited for


def test_those_who_are_late_are_waited_for_once(ward):
    ward.rings["right"].show(1)
    judged = ward.core.round(None, lambda: ward.rings["left"].show(1))
    assert [entry.bed for entry in judged] == ["bed-1", "bed-2", "bed-3"]


def test_what_fails_at_one_bed_is_its_trouble_alone(ward):
    ward.rings["left"].show(1, shade=13)
    ward.rings["right"].show(1)
    assert [entry.bed for entry in turn(ward)] == ["bed-2", "bed-3"]
    assert ward.core.troubles == {"bed-1": "ValueError: a picture like no other"}
    assert ward.core.way("bed-1").closed == 1
    ward.rings["left"].show(2)
    assert [entry.bed for entry in turn(ward)] == ["bed-1"]
    assert ward.core.troubles == {}


def test_a_paused_bed_is_not_looked_at(ward):
    ward.core.pause("bed-2", True)
    ward.rings["right"].show(1)
    assert [entry.bed for entry in turn(ward)] == ["bed-3"]
    ward.clock.now_s += 10.0
    assert "bed-2" not in [entry.bed for entry in ward.core.gaps(BEGINNING)]
    ward.core.pause("bed-2", False)
    for number in (2, 9):
        ward.rings["right"].show(number)
    assert [(entry.bed, entry.left_out) for entry in turn(ward)] == [("bed-2", 0), ("bed-3", 7)]


def test_a_camera_without_pictures_is_judged_as_such(ward):
    ward.rings["left"].show(1)
    turn(ward)
    assert ward.core.gaps(BEGINNING) == []
    ward.clock.now_s += 1.5
    gaps = ward.core.gaps(BEGINNING)
    assert [(entry.bed, entry.sequence) for entry in gaps] == [("bed-1", None), ("bed-2", None), ("bed-3", None)]
    assert ward.core.gaps(BEGINNING) == []
    ward.clock.now_s += 0.5
    assert len(ward.core.gaps(BEGINNING)) == 3


def test_a_ring_made_anew_counts_from_one_again(ward):
    ward.rings["left"].show(900)
    turn(ward)
    fresh = HandRing()
    fresh.show(1)
    ward.core._pictures.add("left", fresh)
    ward.core.begin_anew("left")
    assert ward.rings["left"].closed
    assert [(entry.sequence, entry.left_out) for entry in turn(ward)] == [(1, 0)]


def test_explanations_go_to_their_bed_and_to_no_other(ward):
    arrived = [SimpleNamespace(source_id=bed, frame_id=1) for bed in ("bed-3", "bed-9")]
    explainer = SimpleNamespace(poll=lambda: [arrived.pop() for _ in tuple(arrived)])
    ward.rings["right"].show(1)
    turn(ward, explainer)
    assert [entry.source_id for entry in ward.core.way("bed-3").explained] == ["bed-3"]
    assert ward.core.way("bed-2").explained == []


def test_a_removed_bed_hands_its_neutral_face_back(ward):
    assert ward.core.remove("bed-2").baseline == "face of bed-2"
    assert ward.core.remove("bed-2") is None
    ward.rings["right"].show(1)
    assert [entry.bed for entry in turn(ward)] == ["bed-3"]


def test_a_round_keeps_within_the_budget_and_everyone_gets_a_turn():
    rota = Rota(0.15)
    beds = ["a", "b", "c", "d"]
    assert rota.choose(beds) == beds
    for _ in range(50):
        rota.spent(4, 0.16)  # 40 ms a bed: two of them fit into 60% of 150 ms
    turns = [tuple(rota.choose(beds)) for _ in range(6)]
    assert all(len(turn) == 2 for turn in turns)
    assert {bed: sum(bed in turn for turn in turns) for bed in beds} == dict.fromkeys(beds, 3)
    for _ in range(50):
        rota.spent(1, 5.0)
    assert len(rota.choose(beds)) == 1  # never nobody
