"""Figures on real faces, from scores whose answer is known; and the whole figure on a small folder."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.datasets import ferplus
from models.errors import DataMissing
from models.evaluation import face_figures as faces
from models.evaluation.lab_people import LabPeople, LabPicture, lab_people
from models.evaluation.strata import by_strata, spearman

NEUTRAL, HAPPINESS, ANGER = 0, 1, 4
THRESHOLDS = {"AU04": 1.0, "AU12": 1.0, "AU25": 1.0}


def picture(person: str, held_out: bool) -> LabPicture:
    return LabPicture(person, np.zeros((112, 112), np.uint8), np.zeros((478, 2), np.float32), held_out)


def people(count: int = 8, ages: str = "") -> LabPeople:
    neutral = tuple(picture(f"london/{n:03}", n % 4 == 0) for n in range(count))
    about = {
        p.person: {"face_age": str(20 + 4 * n), "face_gender": "female" if n % 2 else "male", "face_eth": "white"}
        for n, p in enumerate(neutral)
    }
    if ages:
        about["london/000"]["face_age"] = ages
    return LabPeople(neutral, neutral, about)


def test_a_perfect_unit_meets_its_target_and_an_absent_one_is_not_asked() -> None:
    majority = np.array([NEUTRAL] * 30 + [ANGER] * 10)
    (record,) = faces.emotion_questions({"AU04": np.repeat([0.1, 3.0], [30, 10]).astype(np.float32)}, majority)
    assert (record["units"], record["emotion"], record["auc"], record["met"]) == ("AU04", "anger", 1.0, True)
    assert (record["n"], record["n_neutral"]) == (10, 30)
    assert record["interval_95"][0] < 1.0


def test_the_highest_of_the_units_counts() -> None:
    majority = np.array([NEUTRAL, NEUTRAL, 5, 5])
    scores = {"AU09": np.array([0, 0, 2, 0], np.float32), "AU10": np.array([0, 1, 0, 2], np.float32)}
    (record,) = faces.emotion_questions(scores, majority)
    assert (record["units"], record["auc"]) == ("max(AU09, AU10)", 1.0)
    (alone,) = faces.emotion_questions({"AU09": scores["AU09"]}, majority)
    assert alone["auc"] == pytest.approx(0.75), "with one of them missing the other is asked alone"


def test_a_unit_that_fails_is_said_not_to_meet_its_target() -> None:
    majority = np.array([NEUTRAL, HAPPINESS] * 20)
    (record,) = faces.emotion_questions({"AU12": np.zeros(40, np.float32)}, majority)
    assert (record["auc"], record["met"], record["target"]) == (0.5, False, 0.95)


def test_false_positives_are_counted_at_the_threshold() -> None:
    scores = {"AU04": np.array([0.0, 0.99, 1.0, 3.0], np.float32), "AU12": np.zeros(4, np.float32)}
    frown, smile = faces.false_positives(scores, THRESHOLDS)
    assert (frown["false_positives"], frown["n"], frown["met"]) == (0.5, 4, False)
    assert (smile["false_positives"], smile["target"], smile["met"]) == (0.0, None, None)


def test_smiles_are_those_of_held_out_people_against_their_own_neutral_faces() -> None:
    found = people()
    held_out = np.array([p.held_out for p in found.neutral])
    smiling = {"AU12": np.where(held_out, [2.0], [0.0]).astype(np.float32)}
    neutral = {"AU12": np.where(held_out, [0.5], [5.0]).astype(np.float32)}
    (record,) = faces.smile_responses(found, neutral, smiling, THRESHOLDS)
    assert (record["unit"], record["responds"], record["auc"], record["n"]) == ("AU12", 1.0, 1.0, 2)


def test_a_frown_that_grows_with_age_shows_in_the_bands() -> None:
    found = people(ages="NA")
    figures = by_strata(found, {"AU04": np.linspace(0, 2, 8).astype(np.float32)}, THRESHOLDS)
    bands = {record["group"]: record for record in figures["strata"]}
    assert bands["age 40–54"]["mean_AU04"] > bands["age 18–24"]["mean_AU04"]
    assert bands["age 40–54"]["false_positives"] == 1.0
    assert not any(group.startswith("skin") for group in bands), "grey pictures say nothing of skin"

    assert figures["frown_by_age"]["spearman"] == 1.0
    assert figures["frown_by_age"]["n"] == 7, "a person of unknown age is in no band"
    assert bands["sex male"]["n"] == 4
    assert bands["sex male"]["held_out"] == 2
    assert by_strata(found, {"AU12": np.zeros(8, np.float32)}, THRESHOLDS) == {}


def test_skin_tones_are_groups_of_their_own() -> None:
    found = people()
    toned = tuple(replace(p, tone_deg=60.0 if n < 3 else -45.0) for n, p in enumerate(found.neutral))
    scores = {"AU04": np.array([0.0] * 3 + [2.0] * 5, np.float32)}
    figures = by_strata(LabPeople(toned, toned, found.about), scores, THRESHOLDS)
    groups = {record["group"]: record for record in figures["strata"] if record["group"].startswith("skin")}
    assert {name: (record["n"], record["false_positives"]) for name, record in groups.items()} == {
        "skin very light": (3, 0.0),
        "skin dark": (5, 1.0),
    }


def test_rank_correlation_with_ties() -> None:
    assert spearman(np.array([1, 2, 2, 3]), np.array([1, 2, 2, 9])) == pytest.approx(1.0)
    assert np.isnan(spearman(np.array([1, 1]), np.array([1, 2])))


@pytest.fixture(scope="module")
def folder(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two people of London, both smiling too, one of Canada, and twelve FER+ rows of each class."""
    out = tmp_path_factory.mktemp("faces")
    for name in ("london", "canada"):
        (out / name).mkdir()
    for person in ("001", "002"):
        for state in ("neutral", "smiling"):
            shutil.copy(shared / f"data/london/{person}_{state}.jpg", out / "london")
    shutil.copy(shared / "data/london/info.csv", out / "london")
    shutil.copy(shared / "data/canada/003f.jpg", out / "canada")
    data = ferplus.load(shared / "data/ferplus_train_valid.npz")
    majority = np.where(data.usage == ferplus.VALIDATION, ferplus.majority(data.votes), -1)
    rows = np.concatenate([np.flatnonzero(majority == label)[:12] for label in range(6)])
    np.savez(out / "ferplus_train_valid.npz", images=data.images[rows], votes=data.votes[rows], usage=data.usage[rows])
    return out


def test_every_fourth_found_face_is_held_out_and_its_smile_with_it(folder: Path, landmarker: Path) -> None:
    found = lab_people(folder, landmarker)
    assert [(p.person, p.held_out) for p in found.neutral] == [
        ("london/001", True),
        ("london/002", False),
        ("canada/003f", False),
    ]
    assert [(p.person, p.held_out) for p in found.smiling] == [("london/001", True), ("london/002", False)]
    assert found.about["london/001"]["face_age"] == "24"
    assert found.about["canada/003f"] == {"face_gender": "female", "face_eth": "white"}
    assert all(-60 < p.tone_deg < 90 for p in found.neutral), "photographs are in colour"


def test_whole_figure_with_and_without_a_landmarker(folder: Path, tiny_bundle: Path, landmarker: Path) -> None:
    full = faces.face_figures(tiny_bundle, folder, landmarker)
    assert {record["emotion"] for record in full["emotions"]} == {"anger", "disgust", "happiness", "surprise"}
    assert all(record["n"] == 12 and record["n_neutral"] == 12 for record in full["emotions"])
    assert full["detected"] > 0.8 * full["n"] == 0.8 * 72
    assert {record["n"] for record in full["neutral"]} == {1}
    assert {record["n"] for record in full["smiles"]} == {1}
    assert {record["group"] for record in full["strata"]} >= {"age 18–24", "sex female"}
    bare = faces.face_figures(tiny_bundle, folder, None)
    assert bare["detected"] == 0
    assert bare["skipped"]
    assert "neutral" not in bare


def test_says_what_is_missing(tiny_bundle: Path, landmarker: Path, tmp_path: Path) -> None:
    with pytest.raises(DataMissing, match="needs --file"):
        faces.face_figures(tiny_bundle, None, landmarker)
    with pytest.raises(DataMissing, match="ferplus_train_valid"):
        faces.face_figures(tiny_bundle, tmp_path, landmarker)
    with pytest.raises(DataMissing, match="no london"):
        lab_people(tmp_path, landmarker)
