"""Reasons against judging a face, each from a picture that has only that fault."""

from __future__ import annotations

import numpy as np
import pytest

from monitor.face.quality import covered, judge_quality
from monitor.face.settings import FaceSettings
from monitor.face.visibility import VISIBLE_FROM
from monitor.records import FaceRegion, Pose, QualityReason

FRONTAL = Pose(yaw_deg=0.0, pitch_deg=0.0, roll_deg=0.0)


@pytest.fixture
def picture(rng) -> np.ndarray:
    return (
        np.repeat(rng.integers(60, 200, (60, 80), dtype=np.uint8), 4, axis=0)
        .repeat(4, axis=1)[..., None]
        .repeat(3, axis=2)
    )


def judge(picture, box=(100.0, 60.0, 100.0, 100.0), pose=FRONTAL, upside_down=False):
    rng = np.random.default_rng(1)
    points = (np.array(box[:2]) + rng.uniform(0, 1, (478, 2)) * np.array(box[2:])).astype(np.float32)
    return judge_quality(picture, points, box, pose, upside_down, FaceSettings()).reasons


def test_a_good_face_has_no_reasons(picture):
    assert judge(picture) == ()


def test_small(picture):
    assert judge(picture, box=(100.0, 60.0, 40.0, 40.0)) == (QualityReason.TOO_SMALL,)


def test_dark(picture):
    assert QualityReason.DARK in judge((picture // 9).astype(np.uint8))


def test_flat_is_dark_and_blurred_never_a_division_by_zero():
    assert set(judge(np.full((240, 320, 3), 128, np.uint8))) == {QualityReason.DARK, QualityReason.BLURRED}


def test_a_smooth_ramp_is_blurred():
    ramp = np.linspace(40, 220, 320).astype(np.uint8)[None, :, None].repeat(240, axis=0).repeat(3, axis=2)
    assert judge(ramp) == (QualityReason.BLURRED,)


@pytest.mark.parametrize(
    "box", [(-30.0, 60.0, 100.0, 100.0), (100.0, 170.0, 100.0, 100.0), (-500.0, -500.0, 90.0, 90.0)]
)
def test_cut_by_the_edge(picture, box):
    assert QualityReason.CUT_OFF in judge(picture, box=box)


@pytest.mark.parametrize(("yaw", "pitch"), [(60, 0), (-60, 0), (0, 50), (0, -50)])
def test_turned_away(picture, yaw, pitch):
    assert judge(picture, pose=Pose(yaw_deg=yaw, pitch_deg=pitch, roll_deg=0)) == (QualityReason.TURNED_AWAY,)


def test_on_the_side_is_fine_and_on_the_head_is_not(picture):
    assert judge(picture, pose=Pose(yaw_deg=0, pitch_deg=0, roll_deg=95)) == ()
    assert judge(picture, pose=Pose(yaw_deg=0, pitch_deg=0, roll_deg=-160)) == (QualityReason.UPSIDE_DOWN,)
    assert judge(picture, upside_down=True) == (QualityReason.UPSIDE_DOWN,)


def test_covered_when_any_region_is_hidden():
    assert not covered({})
    assert not covered(dict(VISIBLE_FROM))
    for region in FaceRegion:
        assert covered({**dict.fromkeys(FaceRegion, 0.9), region: VISIBLE_FROM[region] - 0.01})
