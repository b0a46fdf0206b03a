"""FER+ as a stand-in: majority labels, balanced as far as it goes, each picture its own subject."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.datasets.stand_in_ferplus import ferplus_faces
from models.datasets.stand_ins import stand_in_emotion
from models.errors import DataMissing


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Twelve happy and four neutral faces, two undecided, one of a later split."""
    votes = np.zeros((19, 10), np.uint8)
    votes[:12, 1], votes[12:16, 0], votes[16:18, [0, 1]], votes[18, 0] = 9, 8, 5, 9
    usage = np.array([0] * 10 + [1] * 2 + [0] * 4 + [0, 0, 2])
    images = np.arange(19, dtype=np.uint8)[:, None, None] * np.ones((1, 48, 48), np.uint8)
    path = tmp_path / "ferplus.npz"
    np.savez(path, images=images, votes=votes, usage=usage, csv_row=np.arange(100, 119))
    return path


def test_rare_classes_are_used_up_first_and_pictures_keep_their_labels(file: Path) -> None:
    faces = stand_in_emotion(file, count=10, seed=1)
    assert faces.stand_in
    assert len(faces) == 10
    emotion = faces.labels["emotion"]
    assert (emotion == 0).sum() == 4
    assert (emotion == 1).sum() == 6
    for row in range(10):
        number = int(faces.subjects[row].removeprefix("ferplus-")) - 100
        assert (faces.picture(row) == number).all()
        assert faces.picture(row).shape == (48, 48, 3)
        assert emotion[row] == (1 if number < 12 else 0)
        assert faces.labels["usage"][row] == (1 if number in (10, 11) else 0)
    assert len(set(faces.subjects)) == 10


def test_what_has_no_majority_or_belongs_to_a_later_split_is_left_out(file: Path) -> None:
    faces = ferplus_faces(file, 100, 0)
    assert len(faces) == 16


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataMissing, match=r"nowhere\.npz"):
        stand_in_emotion(tmp_path / "nowhere.npz", count=4)
