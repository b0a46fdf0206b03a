"""Warp response and neutral prior on networks whose answer is known."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from models.evaluation.neutral_prior import neutral_prior
from models.evaluation.warp_response import warp_response
from models.recipes.face112_data import is_held_out, lab_faces
from models.spec import AUS, EMOTIONS


@pytest.fixture(scope="module")
def people(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> list:
    folder = tmp_path_factory.mktemp("lab")
    (folder / "london").mkdir()
    for picture in sorted((shared / "data" / "london").glob("*_neutral.jpg"))[:3]:
        shutil.copy(picture, folder / "london")
    return lab_faces(folder, shared / "assets" / "face_landmarker.task")


def test_a_score_of_the_mouth_follows_parted_lips_and_not_the_brow(people: list) -> None:
    still = np.stack([crop for _, crop, _ in people]).astype(float)

    def mouth_change(crops: np.ndarray) -> np.ndarray:
        base = np.repeat(still, len(crops) // len(still), axis=0)
        change = np.abs(crops.astype(float) - base)[:, 76:96, 40:72].mean(axis=(1, 2))
        return np.repeat(change[:, None], len(AUS), axis=1).astype(np.float32)

    found = {response.unit: response for response in warp_response(mouth_change, people)}
    assert found["AU25"].rising == 1.0
    assert found["AU25"].monotone
    assert found["AU25"].mean[-1] > 5 * max(found["AU04"].mean[-1], 0.1)
    assert found["AU25"].faces == 3


def test_a_constant_score_does_not_rise(people: list) -> None:
    found = warp_response(lambda crops: np.zeros((len(crops), len(AUS)), np.float32), people)
    assert not any(response.monotone or response.rising for response in found)


def test_every_fourth_person_is_held_out() -> None:
    assert [position for position in range(9) if is_held_out(position)] == [0, 4, 8]


def test_neutral_prior_names_units_and_emotions(rng: np.random.Generator) -> None:
    units = rng.normal(1.0, 0.5, (4000, len(AUS))).astype(np.float32)
    prior = neutral_prior(units, np.tile(np.eye(8, dtype=np.float32)[0], (4000, 1)))
    assert set(prior) == {*AUS, *EMOTIONS}
    assert prior["AU04"] == pytest.approx((1.0, 0.5), abs=0.05)
    assert prior["neutral"] == (1.0, 0.0)
