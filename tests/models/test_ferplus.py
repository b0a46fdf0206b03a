"""FER+ majority protocol, on small tables and on the real file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.datasets import ferplus
from models.errors import DataMissing


def votes(**given: int) -> np.ndarray:
    row = np.zeros((1, 10), np.uint8)
    for name, count in given.items():
        row[0, ferplus.COLUMNS.index(name)] = count
    return row


@pytest.mark.parametrize(
    ("row", "label"),
    [
        (votes(neutral=6, sadness=4), 0),
        (votes(neutral=5, sadness=5), -1),
        (votes(fear=3, anger=1, neutral=1, surprise=1), 6),
        (votes(unknown=6, neutral=4), -1),
        (votes(not_a_face=10), -1),
        (votes(neutral=1, anger=1), -1),
    ],
)
def test_majority(row: np.ndarray, label: int) -> None:
    assert ferplus.majority(row)[0] == label


def test_soft_labels_drop_single_votes_and_sum_to_one() -> None:
    labels, usable = ferplus.soft_labels(np.vstack([votes(anger=6, disgust=3, fear=1), votes(not_a_face=8, neutral=2)]))
    assert labels[0].tolist() == pytest.approx([0, 0, 0, 0, 2 / 3, 1 / 3, 0, 0])
    assert usable.tolist() == [True, False]


def test_real_file_gives_the_known_counts(shared: Path) -> None:
    data = ferplus.load(shared / "data" / "ferplus_train_valid.npz")
    label = ferplus.majority(data.votes)
    train = np.bincount(label[(data.usage == ferplus.TRAINING) & (label >= 0)], minlength=8)
    valid = np.bincount(label[(data.usage == ferplus.VALIDATION) & (label >= 0)], minlength=8)
    assert train.tolist() == [8653, 7211, 2890, 2942, 2025, 99, 507, 113]
    assert valid.tolist() == [1174, 857, 396, 347, 284, 24, 62, 13]


def test_a_file_without_usage_is_all_validation(tmp_path: Path) -> None:
    np.savez(tmp_path / "f.npz", images=np.zeros((3, 48, 48), np.uint8), votes=np.repeat(votes(fear=5), 3, axis=0))
    assert ferplus.load(tmp_path / "f.npz").usage.tolist() == [1, 1, 1]


def test_missing_and_wrong_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataMissing, match=r"nothing\.npz: FER\+ file not found"):
        ferplus.load(tmp_path / "nothing.npz")
    (tmp_path / "text.npz").write_text("hello")
    with pytest.raises(DataMissing, match=r"text\.npz: not an \.npz"):
        ferplus.load(tmp_path / "text.npz")
    np.savez(tmp_path / "half.npz", images=np.zeros((3, 48, 48), np.uint8))
    with pytest.raises(DataMissing, match="votes"):
        ferplus.load(tmp_path / "half.npz")
