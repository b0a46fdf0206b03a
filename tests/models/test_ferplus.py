"""FER+ majority protocol, on small tables and on the real file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.datasets import ferplus
from models.errors import DataInvalid, DataMissing


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


def layout(rows: int = 4, **changed: object) -> dict[str, np.ndarray]:
    whole = {"images": np.zeros((rows, 48, 48), np.uint8), "votes": np.repeat(votes(fear=5), rows, axis=0)}
    return {name: array for name, array in (whole | changed).items() if array is not None}  # type: ignore[misc]


def put(array: np.ndarray, row: int, value: float, dtype: type = np.float64) -> np.ndarray:
    changed = array.astype(dtype)
    changed[row].flat[3] = value
    return changed


WHOLE = layout()


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"images": None}, r"no array 'images'; of images, votes, .* the file has votes"),
        ({"votes": np.zeros((4, 9), np.uint8)}, r"votes must be \(4, 10\), got \(4, 9\)"),
        ({"votes": np.zeros((3, 10), np.uint8)}, r"votes must be \(4, 10\), got \(3, 10\)"),
        ({"images": np.zeros((4, 64, 64), np.uint8)}, r"images must be \(4, 48, 48\), got \(4, 64, 64\)"),
        ({"images": np.zeros((4, 48, 48, 3), np.uint8)}, r"images must be \(4, 48, 48\), got \(4, 48, 48, 3\)"),
        ({"images": np.uint8(3)}, r"images must be"),
        ({"images": put(WHOLE["images"], 2, np.nan)}, r"images, row 2: nan is not a whole number from 0 to 255"),
        ({"images": put(WHOLE["images"], 1, 0.5)}, r"images, row 1: 0\.5 is not"),
        ({"images": put(WHOLE["images"], 3, 256, np.int64)}, r"images, row 3: 256 is not"),
        ({"images": WHOLE["images"].astype("U1")}, r"images must be numbers, got <U1"),
        ({"votes": put(WHOLE["votes"], 2, -1, np.int16)}, r"votes, row 2: -1 is not"),
        ({"votes": WHOLE["votes"].astype(object)}, r"not an \.npz in the FER\+ layout .*Object arrays"),
        ({"usage": np.array([0, 1, 7, 1])}, r"usage, row 2: 7 is not a whole number from 0 to 2"),
        ({"usage": np.array([0, 1])}, r"usage must be \(4,\), got \(2,\)"),
        ({"leaks_into_later_split": np.array([0, 1, 2, 0])}, r"leaks_into_later_split, row 2: 2 is not"),
    ],
)
def test_what_is_wrong_with_a_file_is_named(tmp_path: Path, changed: dict[str, np.ndarray], message: str) -> None:
    np.savez(tmp_path / "f.npz", **layout(**changed))
    with pytest.raises(DataInvalid, match=rf"f\.npz: {message}"):
        ferplus.load(tmp_path / "f.npz")


def test_a_cut_off_file_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "f.npz", **layout())
    content = (tmp_path / "f.npz").read_bytes()
    (tmp_path / "f.npz").write_bytes(content[: len(content) // 2])
    with pytest.raises(DataInvalid, match="cut off"):
        ferplus.load(tmp_path / "f.npz")
    damaged = content[:5000] + bytes(64) + b"\xff" * 64 + content[5128:]
    (tmp_path / "f.npz").write_bytes(damaged)
    with pytest.raises(DataInvalid, match=r"f\.npz: not an \.npz"):
        ferplus.load(tmp_path / "f.npz")


def test_other_number_types_and_a_channel_axis_are_read_alike(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", **layout(usage=np.array([0, 1, 2, 1], np.float32)))
    wide = layout(usage=np.array([0, 1, 2, 1]), images=WHOLE["images"][..., None].astype(np.int64))
    np.savez(tmp_path / "b.npz", **wide | {"votes": WHOLE["votes"].astype(np.float64)})
    first, second = ferplus.load(tmp_path / "a.npz"), ferplus.load(tmp_path / "b.npz")
    for name in ("images", "votes", "usage", "row"):
        assert np.array_equal(getattr(first, name), getattr(second, name))
        assert getattr(first, name).dtype == getattr(second, name).dtype


def test_flagged_rows_are_dropped_and_without_flags_none(tmp_path: Path) -> None:
    np.savez(tmp_path / "f.npz", **layout(leaks_into_later_split=np.array([False, True, False, True])))
    assert ferplus.load(tmp_path / "f.npz").row.tolist() == [0, 2]
    np.savez(tmp_path / "f.npz", **layout())
    assert ferplus.load(tmp_path / "f.npz").row.tolist() == [0, 1, 2, 3]
