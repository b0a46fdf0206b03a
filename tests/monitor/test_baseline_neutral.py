"""``--neutral``: read, carried out at its moment, refused in one line."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from builders import PRIOR, face, observe, script

from models.action_units import ActionUnit
from monitor.assessor import Assessor
from monitor.baseline_change import BaselineReason
from monitor.config import VigilSettings
from monitor.errors import InputError, InputMissing, UsageError
from monitor.records import Prediction, QualityReason
from monitor.replay import neutral_face
from monitor.replay.neutral_face import NeutralMoments, neutral_in, read_neutral


def nobody(_: Path) -> Prediction:
    raise AssertionError("no picture was named")


def told(story: str, *said: str) -> tuple[Assessor, NeutralMoments]:
    assessor = Assessor(prior=PRIOR)
    moments = NeutralMoments(assessor, [read_neutral(one) for one in said], nobody)
    for scene in script(story, fps=4.0):
        moments.step(scene.seen, scene.prediction, scene.explanations)
    return assessor, moments


@pytest.mark.parametrize(
    ("said", "at_s", "reset"),
    [
        ("95", 95.0, False),
        ("0.5", 0.5, False),
        ("1:35", 95.0, False),
        ("1:00:02.5", 3602.5, False),
        ("reset:95", 95.0, True),
        ("reset:1:35", 95.0, True),
    ],
)
def test_moments_are_read(said: str, at_s: float, reset: bool) -> None:
    wish = read_neutral(said)
    assert (wish.at_s, wish.reset, wish.picture) == (at_s, reset, None)


def test_a_picture_is_read_even_when_its_name_is_a_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "12").write_bytes(b"picture")
    monkeypatch.chdir(tmp_path)
    assert read_neutral("12").picture == Path("12")


@pytest.mark.parametrize("said", ["-3", "reset:", "reset:soon", "1:2:3:4", "reset:-1"])
def test_a_wrong_moment_is_a_wrong_command_line(said: str) -> None:
    with pytest.raises(UsageError, match="give the moment as seconds or m:ss"):
        read_neutral(said)


def test_a_missing_picture_is_named() -> None:
    with pytest.raises(InputMissing, match=r"^rest\.jpg: no such picture"):
        read_neutral("rest.jpg")


def test_moments_are_carried_out_in_the_order_of_their_time() -> None:
    assessor, moments = told("calm 12s, frown 20s", "reset:28", "0:20")
    reasons = [(change.reason, change.detail) for change in assessor.baseline_changes]
    assert reasons == [
        (BaselineReason.LEARNED, ""),
        (BaselineReason.ADOPTED_MOMENT, "0:20"),
        (BaselineReason.RESET, "reset:28"),
    ]
    assert not assessor.baseline.neutral.known
    assert moments.notes() == []


def test_a_moment_waits_for_the_face_and_then_gives_up() -> None:
    assessor, moments = told("calm 4s, covered 5s, frown 4s", "5")
    assert [c.captured_s for c in assessor.baseline_changes] == [pytest.approx(10, abs=0.6)]
    assert assessor.baseline.neutral.aus[ActionUnit.AU04][0] > 1.2
    assert moments.notes() == []
    assessor, moments = told("calm 4s, covered 15s, frown 4s", "5", "900")
    assert assessor.baseline_changes == []
    missed, never = moments.notes()
    assert "0:05" in missed
    assert "not seen well enough" in missed
    assert "ended before 15:00" in never


def test_a_picture_counts_from_the_first_frame(tmp_path: Path) -> None:
    (tmp_path / "rest.jpg").write_bytes(b"picture")
    assessor = Assessor(prior=PRIOR)
    wish = read_neutral(str(tmp_path / "rest.jpg"))
    moments = NeutralMoments(assessor, [wish], lambda _: face("calm", old=True))
    first = script("calm 1s", fps=1.0, old=True)[0]
    assert moments.step(first.seen, first.prediction).baseline_known
    assert [(c.reason, c.detail) for c in assessor.baseline_changes] == [(BaselineReason.ADOPTED_PICTURE, "rest.jpg")]


def still(*faces: tuple[float, tuple[QualityReason, ...], Prediction | None]) -> SimpleNamespace:
    observed = []
    for face_px, reasons, prediction in faces:
        quality = SimpleNamespace(face_px=face_px, reasons=reasons, assessable=not reasons)
        observed.append(SimpleNamespace(face=SimpleNamespace(quality=quality), prediction=prediction))
    return SimpleNamespace(faces=tuple(observed))


def test_the_largest_face_of_a_picture_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    large, small = face("calm"), face("frown")
    monkeypatch.setattr(neutral_face, "explain_picture", lambda *_, **__: still((60, (), small), (90, (), large)))
    assert neutral_in(Path("rest.jpg"), VigilSettings(), Path("bundle")) is large


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (still(), "shows no face to take as neutral"),
        (still((90, (QualityReason.TURNED_AWAY,), face("calm"))), "cannot be taken as neutral: turned away"),
        (still((90, (QualityReason.UPSIDE_DOWN,), None)), "cannot be taken as neutral: upside down"),
    ],
)
def test_a_picture_without_a_fit_face_is_refused(
    found: SimpleNamespace, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(neutral_face, "explain_picture", lambda *_, **__: found)
    with pytest.raises(InputError, match=rf"^rest\.jpg: .*{why}"):
        neutral_in(Path("rest.jpg"), VigilSettings(), Path("bundle"))


def test_a_poor_face_says_nothing_about_the_person() -> None:
    """A face that cannot be judged does not move the place at which the resident is thought to lie."""
    assessor = Assessor(prior=PRIOR)
    for scene in script("calm 12s", fps=4.0):
        assessor.step(scene.seen, scene.prediction)
    assessor.step(observe(99, 12.5, [QualityReason.BLURRED]), None)
    assert assessor.baseline.neutral.known
