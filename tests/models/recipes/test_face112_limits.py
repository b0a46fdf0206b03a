"""What limits the network is measured on faces whose labels are known, and stands in the card in words and numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from drawn_faces import smiles

from models.evaluation.warp_response import LEVELS, WarpResponse
from models.recipes import face112_card, face112_limits
from models.recipes.face112 import Plan, spec_of
from models.recipes.face112_known import KnownFaces, trusted
from models.spec import AUS

CLOSED = AUS.index("AU43")


def knowing(crops: np.ndarray) -> np.ndarray:
    """Scores of a network that sees drawn smiles and nothing else."""
    scores = np.zeros((len(crops), len(AUS)), np.float32)
    scores[crops[:, 84, 56] > 200, AUS.index("AU12")] = 4.0
    return scores


def known() -> KnownFaces:
    return KnownFaces(*(smiles(count, real=False) for count in (20, 24, 30)))


def votes_file(folder: Path) -> Path:
    votes = np.zeros((4, 10), np.uint8)
    votes[:, 0], votes[:, 4] = 9, 1
    file = folder / "ferplus_train_valid.npz"
    np.savez(file, images=np.zeros((4, 48, 48), np.uint8), votes=votes, usage=np.array([0, 1, 1, 1]))
    return file


def faces(seed: int) -> list[np.ndarray]:
    return [np.random.default_rng(seed).uniform(20, 90, (478, 2)).astype(np.float32)]


def test_units_are_held_against_labels_that_are_trusted() -> None:
    material = known()
    material.warps.au_weight[5:] = 0.05
    assert len(trusted(material.warps, 0)) == 5
    found = face112_limits.unit_limits(knowing, material, faces(1))
    assert found["AU12"]["learned"] == {"f1": 1.0, "icc": 1.0}
    assert found["AU12"]["warps"] == {"f1": 1.0, "icc": 1.0}
    assert found["AU04"]["renderings"] == {}  # never shown and never seen: neither figure means anything
    assert "moved_px" not in found["AU25"]
    assert found["AU43"]["moved_px"] > 0


def test_a_unit_moves_twice_as_far_on_a_face_twice_as_large() -> None:
    small = faces(2)
    large = [2 * points for points in small]
    assert face112_limits.moved_px("AU12", large) == pytest.approx(2 * face112_limits.moved_px("AU12", small), rel=1e-3)


def test_emotion_is_measured_on_faces_learned_from_alone(tmp_path: Path) -> None:
    fer = smiles(24, real=True)
    fer.split[12:] = 1
    fer.majority[12:] = 7  # wrong on purpose: validation rows take no part

    def guess(crops: np.ndarray) -> np.ndarray:
        return np.eye(8, dtype=np.float32)[(crops[:, 84, 56] > 200).astype(int)]

    found = face112_limits.emotion_limits(guess, fer, votes_file(tmp_path))
    assert (found["learned"], found["learned_n"]) == (1.0, 2)
    assert found["one_annotator"] == pytest.approx(0.9)


def test_the_card_says_what_limits_each_unit(tmp_path: Path) -> None:
    fer = smiles(24, real=True)
    limits = {
        "emotion": face112_limits.emotion_limits(lambda crops: np.ones((len(crops), 8)), fer, votes_file(tmp_path)),
        "units": face112_limits.unit_limits(knowing, known(), faces(3)),
    }
    figures = {
        "emotion": {"accuracy_majority": 0.9, "n": 10.0, "recall_neutral": 0.9},
        "emotion_interval_95": [0.8, 0.95],
        "calibration_error": 0.01,
        "temperature": 1.0,
        "held_out_people": 3,
        "parameters": 1000,
        "limits": limits,
    }
    responses = [WarpResponse(unit=unit, mean=(0.0,) * len(LEVELS), rising=1.0, monotone=True, faces=3) for unit in AUS]
    text = face112_card.card(spec_of(Plan(width=8), "face-112-t"), figures, responses)
    assert "90.0%, and ten other annotators" in " ".join(text.split())
    rows = [line for line in text.splitlines() if line.startswith("| AU12 | 1.00 | 1.00 | 1.00 |")]
    assert len(rows) == 1
    assert all(f"| {name} | {new} |" in text for name, new, *_ in face112_card.ROUNDS)
    assert "None" not in text
