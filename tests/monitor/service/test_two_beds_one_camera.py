"""Two residents in one picture, the real finder and network: each bed judges its own face and nobody else's."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from builders import BEGINNING

from models.bundle import default_bundle, open_bundle
from monitor.assessor import AssessorSettings
from monitor.capture.ring import LivePicture
from monitor.classifier import Classifier
from monitor.demo.recording import RecordingSettings, demo_pictures
from monitor.demo.script import Act, written_script
from monitor.face.settings import FaceSettings
from monitor.records import CannotAssess, Level
from monitor.sampler import SamplerSettings
from monitor.service.inference.bed_way import BedWay
from monitor.service.inference.core import InferenceCore
from monitor.service.inference.messages import AddBed
from monitor.service.inference.pictures import Pictures
from monitor.service.inference.rota import Rota

pytestmark = pytest.mark.live

FPS, SECONDS = 6.0, 4.0


def film(act: Act) -> list[np.ndarray]:
    script = written_script(((act, SECONDS),))
    return list(demo_pictures(RecordingSettings(width_px=320, height_px=240, fps=FPS, face_share=0.45, script=script)))


@pytest.fixture(scope="module")
def pictures() -> list[np.ndarray]:
    """Left a grimace, in the middle an empty wall, right a calm face."""
    wall = np.full((240, 320, 3), 90, np.uint8)
    return [np.hstack([left, wall, right]) for left, right in zip(film(Act.GRIMACE), film(Act.NEUTRAL), strict=True)]


class OnePicture:
    """A ring with whatever the test put there."""

    def __init__(self) -> None:
        self.shown: LivePicture | None = None

    def newest(self, after: int) -> LivePicture | None:
        return None if self.shown is None or self.shown.sequence <= after else self.shown

    def close(self) -> None:
        self.shown = None


def test_each_bed_judges_its_own_face(pictures: list[np.ndarray], landmarker: Path):
    bundle = open_bundle(default_bundle())
    ring, rings, clock = OnePicture(), Pictures(), SimpleNamespace(now_s=0.0)
    rings.add("ward", ring)
    seen: list[tuple[int, ...]] = []
    classifier = Classifier(bundle, threads=1)
    counting = SimpleNamespace(classify=lambda crops: seen.append(len(crops)) or classifier.classify(crops))
    with ThreadPoolExecutor(2) as pool:
        core = InferenceCore(
            counting, lambda bed: BedWay(bed, landmarker, bundle.spec.neutral_prior), rings, pool, Rota(9.0),
            lambda: clock.now_s,
        )  # fmt: skip
        zones = {"left": (0.0, 0.0, 1 / 3, 1.0), "wall": (0.4, 0.0, 0.2, 1.0), "right": (2 / 3, 0.0, 1 / 3, 1.0)}
        for name, zone in zones.items():
            core.add(
                AddBed(
                    bed=name, source="ward", face=FaceSettings(zone=zone), judgement=AssessorSettings(),
                    sampling=SamplerSettings(),
                )
            )  # fmt: skip
        last = {}
        for number, pixels in enumerate(pictures, start=1):
            clock.now_s = number / FPS
            at = BEGINNING + timedelta(seconds=clock.now_s)
            ring.shown = LivePicture(sequence=number, captured_s=clock.now_s, captured_at=at, pixels=pixels)
            last |= {judged.bed: judged for judged in core.round(None, lambda: None)}
        core.close()
    levels = {name: judged.assessment.level for name, judged in last.items()}
    assert levels == {"left": Level.PAIN, "wall": Level.UNASSESSABLE, "right": Level.NO_PAIN}
    assert last["wall"].why_not in (CannotAssess.NO_FACE, CannotAssess.NOT_THE_RESIDENT)
    assert last["left"].batch == 3
    assert max(seen) == 2  # both faces in one call, the wall's neighbours never
    assert seen.count(2) > len(pictures) / 2
