"""What is shown of explanations: the newest of the face that was explained, for those who asked, and no older."""

from __future__ import annotations

import base64
import json
from dataclasses import replace

import cv2
import numpy as np
import pytest
from builders import explain, face

from models.action_units import ActionUnit
from models.preprocess import CROP_PX
from monitor.records import Explanation, FaceCrop, Prediction
from monitor.service.inference.messages import ShowEvidence
from monitor.service.inference.showing import FRESH_S, LASTING_S, MOST_ASKED, MOST_FACES, WAIT_S, Showing, combined
from monitor.web.heatmap_document import read_heatmap

AU04, AU07 = ActionUnit.AU04, ActionUnit.AU07
LANDMARKS = np.random.default_rng(1).uniform(5.0, CROP_PX - 5.0, (478, 2)).astype(np.float32)
ASK = ShowEvidence(bed="bed-1", number=7, face=True)


def seen(frame_id: int, captured_s: float) -> tuple[FaceCrop, Prediction]:
    prediction = replace(face("pain"), frame_id=frame_id, captured_s=captured_s)
    crop = FaceCrop(
        frame_id=frame_id,
        track_id=1,
        pixels=np.full((CROP_PX, CROP_PX, 3), 90, np.uint8),
        to_frame=np.eye(2, 3),
        landmarks=LANDMARKS,
    )
    return crop, prediction


def explanation(prediction: Prediction, unit: ActionUnit, at: tuple[int, int]) -> Explanation:
    relevance = np.zeros((CROP_PX, CROP_PX), np.float32)
    relevance[at] = 3.0
    return replace(explain(prediction, unit, 0.7), relevance=relevance)


@pytest.fixture
def showing() -> Showing:
    """A face of second 10 was explained: brows at (20, 30), eyes at (40, 50)."""
    made = Showing("bed-1")
    crop, prediction = seen(3, 10.0)
    made.explains(crop, prediction, 10.0, for_people=False)
    made.explained(explanation(prediction, AU04, (20, 30)))
    made.explained(explanation(prediction, AU07, (40, 50)))
    return made


def test_a_fresh_explanation_is_shown_at_once(showing: Showing) -> None:
    showing.asked(ASK, 11.0)
    (shown,) = showing.answers(11.0)
    assert (shown.bed, shown.number, shown.alert_id) == ("bed-1", 7, None)
    heatmap = read_heatmap(json.loads(shown.document))
    assert heatmap.bed == "bed-1"
    assert heatmap.at == shown.at
    assert [(unit.unit, unit.mu, unit.chance) for unit in heatmap.units] == [(AU04, 0.7, 0.2), (AU07, 0.7, 0.2)]
    assert all(unit.outline and len(unit.outline[0]) >= 3 for unit in heatmap.units)
    assert heatmap.outside_share == pytest.approx(0.1)
    assert heatmap.relevance.shape == (CROP_PX, CROP_PX)
    spots = np.argwhere(heatmap.relevance > 0.1)
    assert {min(((20, 30), (40, 50)), key=lambda at: np.hypot(*(spot - at))) for spot in spots} == {(20, 30), (40, 50)}
    assert max(min(np.hypot(*(spot - at)) for at in ((20, 30), (40, 50))) for spot in spots) < 8.0
    assert "brow lowered" in heatmap.sentence
    assert "Brauen gesenkt" in heatmap.sentence_de
    pixels = cv2.imdecode(np.frombuffer(base64.b64decode(shown.face), np.uint8), cv2.IMREAD_COLOR)
    assert pixels.shape == (CROP_PX, CROP_PX, 3)
    assert showing.answers(11.0) == [], "a question is answered once"


def test_the_record_of_an_alert_has_no_face_in_it(showing: Showing) -> None:
    showing.asked(ShowEvidence(bed="bed-1", alert_id="bed-1:4"), 10.5)
    (shown,) = showing.answers(10.5)
    assert (shown.alert_id, shown.number, shown.face) == ("bed-1:4", None, None)
    document = json.loads(shown.document)
    assert "face" not in " ".join(document)
    assert len(shown.document) < 30_000


def test_an_old_one_is_asked_for_anew_and_shown_when_none_comes(showing: Showing) -> None:
    asked_s = 10.0 + FRESH_S + 1.0
    assert not showing.wants(asked_s), "nobody asked yet"
    showing.asked(ASK, asked_s)
    assert showing.wants(asked_s)
    assert showing.answers(asked_s) == []
    crop, prediction = seen(9, asked_s)
    showing.explains(crop, prediction, asked_s, for_people=True)
    assert not showing.wants(asked_s + 0.1), "it is on its way"
    assert showing.answers(asked_s + WAIT_S - 0.1) == []
    (shown,) = showing.answers(asked_s + WAIT_S)
    assert json.loads(shown.document)["at"] == read_heatmap(json.loads(shown.document)).at.isoformat()
    showing.asked(ASK, asked_s + WAIT_S)
    showing.explained(explanation(prediction, AU04, (1, 1)))
    showing.asked(replace(ASK, number=8), asked_s + 1.0)
    assert [shown.number for shown in showing.answers(asked_s + 1.0)] == [7, 8]


def test_what_is_long_past_is_not_shown_at_all(showing: Showing) -> None:
    late_s = 10.0 + LASTING_S + 1.0
    showing.asked(ASK, late_s)
    (shown,) = showing.answers(late_s + WAIT_S)
    assert (shown.number, shown.document, shown.face, shown.at) == (7, None, None, None)


def test_care_at_the_bed_takes_everything_away(showing: Showing) -> None:
    showing.asked(ASK, 10.5)
    showing.forget()
    (shown,) = showing.answers(10.5)
    assert (shown.number, shown.document) == (7, None)
    _, prediction = seen(3, 10.0)
    showing.explained(explanation(prediction, AU04, (20, 30)))  # it was on its way
    showing.asked(ASK, 11.0)
    assert [shown.document for shown in showing.answers(11.0 + WAIT_S)] == [None]


def test_emotions_and_faces_of_nobody_show_nothing() -> None:
    showing = Showing("bed-1")
    crop, prediction = seen(1, 10.0)
    showing.explained(explanation(prediction, AU04, (1, 1)))
    showing.explains(crop, prediction, 10.0, for_people=False)
    showing.explained(replace(explanation(prediction, AU04, (1, 1)), target="emotion:anger"))
    showing.asked(ASK, 10.0)
    assert [shown.document for shown in showing.answers(10.0 + WAIT_S)] == [None]


def test_late_explanations_of_an_older_face_do_not_take_the_place_of_a_newer(showing: Showing) -> None:
    faces = [seen(number, float(number)) for number in (12, 13)]
    for crop, prediction in faces:
        showing.explains(crop, prediction, prediction.captured_s, for_people=False)
    showing.explained(explanation(faces[1][1], AU07, (40, 50)))
    showing.explained(explanation(faces[0][1], AU04, (20, 30)))
    showing.asked(ASK, 13.5)
    (shown,) = showing.answers(13.5)
    assert [unit["unit"] for unit in json.loads(shown.document)["units"]] == ["AU07"]


def test_nothing_grows(showing: Showing) -> None:
    for number in range(10, 200):
        showing.explains(*seen(number, 10.0), 10.0, for_people=False)
        showing.asked(replace(ASK, number=number), 10.0)
    assert len(showing._faces) == MOST_FACES
    assert len(showing.answers(10.0)) == MOST_ASKED


def test_a_strong_unit_weighs_more_than_a_weak_one_whatever_their_own_scale() -> None:
    _, prediction = seen(1, 1.0)
    strong, weak = explanation(prediction, AU04, (20, 30)), explanation(prediction, AU07, (40, 50))
    weak = replace(weak, relevance=weak.relevance * 1000)
    spread = np.full((CROP_PX, CROP_PX), 1e-6, np.float32)
    together = combined([strong, weak, replace(weak, relevance=-spread)], [4.0, 1.0, 1.0])
    assert np.abs(together).max() <= 1.0
    assert together.min() < 0.0
    raw = combined([strong, weak], [4.0, 1.0])
    assert raw[20, 30] > 0
    assert combined([replace(strong, relevance=np.zeros((4, 4), np.float32))], [1.0]).max() == 0.0
