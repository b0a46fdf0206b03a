"""The sampler's stories: when a frame is explained, why, and for which targets."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from models.action_units import ActionUnit, Pspi
from monitor.errors import ConfigurationError
from monitor.records import Level, Prediction, SampleReason
from monitor.sampler import Sampler, SamplerSettings

SURE = {"neutral": 0.97, "happiness": 0.01, "sadness": 0.02}
TORN = {"neutral": 0.34, "happiness": 0.33, "sadness": 0.33}
QUIET = {ActionUnit.AU04: 0.2, ActionUnit.AU06: 0.1, ActionUnit.AU12: 0.5, ActionUnit.AU43: 0.1}


def prediction(frame_id: int = 0, aus=QUIET, emotions=SURE) -> Prediction:
    return Prediction(
        frame_id=frame_id,
        source_id="story",
        captured_s=frame_id / 10,
        captured_at=datetime(2026, 1, 1, tzinfo=UTC),
        track_id=1,
        emotions=emotions,
        aus=aus,
        visibility={},
        pspi=Pspi(0.0),
        calibrated=False,
        model_id="m",
    )


def reasons(sampler: Sampler, frames: int, *, levels=None, emotions=SURE) -> list[tuple[int, SampleReason]]:
    """Ten frames a second; the level per frame from ``levels``."""
    asked = [
        (frame_id, sampler.step(prediction(frame_id, emotions=emotions), (levels or {}).get(frame_id), frame_id / 10))
        for frame_id in range(frames)
    ]
    return [(frame_id, request.reason) for frame_id, request in asked if request is not None]


def test_once_a_period() -> None:
    assert reasons(Sampler(), 31) == [(frame_id, SampleReason.PERIOD) for frame_id in (0, 10, 20, 30)]


def test_a_changed_level_is_explained_at_once_and_starts_the_period_anew() -> None:
    levels = {i: Level.NO_PAIN if i < 13 else Level.PAIN for i in range(25)}
    assert reasons(Sampler(), 25, levels=levels) == [
        (0, SampleReason.PERIOD),
        (10, SampleReason.PERIOD),
        (13, SampleReason.LEVEL_CHANGED),
        (23, SampleReason.PERIOD),
    ]


def test_frames_of_pain_say_so_and_so_does_the_one_in_which_it_ends() -> None:
    levels = {i: Level.PAIN if 5 <= i < 20 else Level.NO_PAIN for i in range(40)}
    sampler = Sampler()
    asked = [sampler.step(prediction(i), levels[i], i / 10) for i in range(40)]
    assert [(r.frame_id, r.in_pain) for r in asked if r is not None] == [
        (0, False), (5, True), (15, True), (20, True), (30, False),
    ]  # fmt: skip


def test_first_known_level_is_no_change() -> None:
    assert [reason for _, reason in reasons(Sampler(), 5, levels={3: Level.NO_PAIN})] == [SampleReason.PERIOD]


def test_uncertain_frames_are_rate_limited() -> None:
    settings = SamplerSettings(period_s=100.0, uncertain_period_s=2.0)
    assert reasons(Sampler(settings), 45, emotions=TORN) == [
        (0, SampleReason.PERIOD),
        (1, SampleReason.UNCERTAIN),
        (21, SampleReason.UNCERTAIN),
        (41, SampleReason.UNCERTAIN),
    ]


def test_an_au_of_pain_near_its_threshold_is_uncertain_and_a_smile_is_not() -> None:
    for aus, expected in (
        ({**QUIET, ActionUnit.AU04: 0.95}, SampleReason.UNCERTAIN),
        ({**QUIET, ActionUnit.AU43: 0.52}, SampleReason.UNCERTAIN),
        ({**QUIET, ActionUnit.AU12: 0.95}, None),
    ):
        sampler = Sampler(SamplerSettings(period_s=100.0))
        sampler.step(prediction(), None, 0.0)
        request = sampler.step(prediction(1, aus=aus), None, 0.1)
        assert (request and request.reason) == expected


def test_claimed_units_strongest_first() -> None:
    aus = {
        ActionUnit.AU04: 3.0,
        ActionUnit.AU06: 1.0,
        ActionUnit.AU09: 0.99,
        ActionUnit.AU12: 4.0,
        ActionUnit.AU43: 0.9,
    }
    request = Sampler(SamplerSettings(targets=4)).step(prediction(aus=aus), None, 0.0)
    assert request is not None
    assert request.targets == ("AU12", "AU04", "AU43", "AU06")
    assert Sampler().step(prediction(aus=aus), None, 0.0).targets == ("AU12", "AU04", "AU43")


def test_without_claims_the_strongest_unit_of_pain() -> None:
    request = Sampler().step(prediction(aus=QUIET), None, 0.0)
    assert request is not None
    assert request.targets == ("AU04",)


def test_without_units_the_strongest_emotion() -> None:
    assert Sampler().step(prediction(aus={}), None, 0.0).targets == ("emotion:neutral",)
    assert Sampler().step(prediction(aus={}, emotions={}), None, 0.0) is None


def test_time_that_jumps_back_starts_anew() -> None:
    sampler = Sampler()
    assert sampler.step(prediction(), None, 500.0) is not None
    assert sampler.step(prediction(1), None, 3.0).reason is SampleReason.PERIOD


def test_the_same_story_gives_the_same_requests() -> None:
    levels = {i: Level.PAIN if 12 < i < 30 else Level.NO_PAIN for i in range(60)}
    runs = [reasons(Sampler(), 60, levels=levels, emotions=TORN) for _ in range(2)]
    assert runs[0] == runs[1]


@pytest.mark.parametrize(
    ("values", "words"),
    [({"period_s": 0.0}, "sampling.period_s: must be > 0"), ({"targets": 0}, "sampling.targets: must be >= 1")],
)
def test_settings_are_checked(values: dict, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        SamplerSettings(**values)
