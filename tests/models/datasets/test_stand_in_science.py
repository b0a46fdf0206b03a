"""Planted effects can be found by the simplest of networks: one linear layer, whose LRP is input times weight."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from models.datasets.faces import LabelledFaces
from models.datasets.stand_in_effects import Planted
from models.datasets.stand_in_ratings import RATINGS, stand_in_ratings
from models.datasets.stand_ins import stand_in_pain
from models.evaluation.occlusion import covered
from models.lrp.mu import mu
from models.preprocess import AlignedCrop, align
from models.regions import hull_mask

SIDE = 32
HAPPY = RATINGS.index("happiness")
Rows = NDArray[np.float64]


def crops(faces: LabelledFaces, size: int) -> list[AlignedCrop]:
    found = []
    for row in range(len(faces)):
        mesh = faces.mesh_of(row)
        assert mesh is not None
        found.append(align(faces.picture(row), mesh, size))
    return found


def ridge(x: Rows, y: Rows, penalty: float) -> tuple[Rows, float]:
    """Weights and offset of the linear layer, fitted in the dual."""
    middle, mean = x.mean(axis=0), y.mean(axis=0)
    kernel = (x - middle) @ (x - middle).T
    weights = (x - middle).T @ np.linalg.solve(kernel + penalty * np.trace(kernel) / len(x) * np.eye(len(x)), y - mean)
    return weights, mean - middle @ weights


def inputs(pixels: list[NDArray[np.uint8]]) -> Rows:
    return np.stack([one.reshape(-1) for one in pixels]).astype(np.float64) / 255


@pytest.mark.parametrize("mouth", [0.0, 1.0])
def test_hiding_the_mouth_lowers_happiness_where_the_mouth_carries_it_and_there_alone(mouth: float) -> None:
    faces = stand_in_ratings(240, seed=1, pictures_each=6, mouth=mouth, picture_px=64)
    made = crops(faces, SIDE)
    happy = faces.labels["ratings"][:, HAPPY].astype(np.float64)
    weights, offset = ridge(inputs([crop.pixels for crop in made[:180]]), happy[:180], 0.02)

    def rated(part: str, rows: NDArray[np.int64]) -> Rows:
        hidden = [covered(made[row].pixels, made[row].landmarks, part) for row in rows]
        return inputs(hidden) @ weights + offset

    tested = np.arange(180, 240)
    assert np.corrcoef(rated("nothing", tested), happy[tested])[0, 1] > 0.8
    happiest = tested[happy[tested] > 6]
    assert len(happiest) >= 10
    fall = {part: (rated("nothing", happiest) - rated(part, happiest)).mean() for part in ("mouth", "both eyes")}
    if mouth:
        assert fall["mouth"] > 1.0
        assert abs(fall["both eyes"]) < 0.5 * fall["mouth"]
    else:
        assert fall["mouth"] < 0.5


def test_a_card_that_tells_the_class_draws_the_evidence_out_of_the_face() -> None:
    def outside(strength: float) -> float:
        planted = Planted(background=strength, card=True)
        faces = stand_in_pain(None, 6, 30, 2, classes=("pain", "neutral"), planted=planted, picture_px=64)
        made = crops(faces, SIDE)
        x = inputs([crop.pixels for crop in made])
        pain = np.where(faces.labels["emotion"] == 0, 1.0, -1.0)
        weights, _ = ridge(x, pain, 0.05)
        x -= x.mean(axis=0)
        found = []
        for row in np.flatnonzero(pain > 0)[::3]:
            relevance = (x[row] * weights).reshape(SIDE, SIDE, 3).sum(axis=2)
            share = mu(relevance, ~hull_mask(made[row].landmarks, SIDE))
            assert share is not None
            found.append(share)
        return float(np.mean(found))

    told, chance = outside(1.0), outside(0.0)
    assert told > chance + 0.1
