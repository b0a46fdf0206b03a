"""Files: whole and cut off are told apart by their ends, numbers by their lines."""

from __future__ import annotations

from pathlib import Path

import dataset_trees as trees
import numpy as np
import pytest

from models.datasets import layout
from models.errors import DataInvalid, DataMissing


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".mp4", ".avi"])
@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.99])
def test_a_copy_that_broke_off_anywhere_is_told_by_its_end(suffix: str, share: float, tmp_path: Path) -> None:
    path = tmp_path / f"x{suffix}"
    if suffix in layout.FILMS:
        trees.write_film(path, 30)
    else:
        trees.write_picture(path, 3)
    assert layout.damage(path) is None
    trees.cut(path, share)
    assert layout.damage(path) == ("empty (half copied?)" if share == 0.0 else "cut off (half copied?)")


def test_bytes_after_a_jpegs_end_are_borne(tmp_path: Path) -> None:
    path = tmp_path / "x.jpg"
    trees.write_picture(path, 3)
    with path.open("ab") as stream:
        stream.write(b"camera" * 2)
    assert layout.damage(path) is None
    assert layout.read_picture(path).shape == (48, 40, 3)


def test_the_name_does_not_decide_what_a_picture_is(tmp_path: Path) -> None:
    trees.write_picture(tmp_path / "x.png", 3)
    (tmp_path / "x.png").rename(tmp_path / "x.jpg")
    assert layout.damage(tmp_path / "x.jpg") is None
    trees.write_text(tmp_path / "y.png", ["hello"])
    with pytest.raises(DataInvalid, match=r"y.png: cut off"):
        layout.read_picture(tmp_path / "y.png")
    with pytest.raises(DataMissing, match=r"z.png: not found"):
        layout.read_picture(tmp_path / "z.png")


def test_numbers_are_read_with_blanks_or_commas_and_refused_by_line(tmp_path: Path) -> None:
    path = tmp_path / "n.txt"
    trees.write_text(path, ["  1.0e+00, 2", "", "3 4 5"])
    assert layout.read_numbers(path, columns=2) == [[1, 2], [3, 4, 5]]
    with pytest.raises(DataInvalid, match=r"n.txt: line 1: 2 numbers, expected 3"):
        layout.read_numbers(path, columns=3)
    trees.write_text(path, ["1", "two"])
    with pytest.raises(DataInvalid, match=r"n.txt: line 2: 'two' is not made of numbers"):
        layout.read_numbers(path)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DataInvalid, match=r"n.txt: not a text file"):
        layout.read_numbers(path)
    trees.write_text(path, ["1 2"])
    with pytest.raises(DataInvalid, match="1 landmarks, expected 2"):
        layout.read_points(path, 2)


def test_what_systems_leave_behind_is_not_part_of_a_set(tmp_path: Path) -> None:
    trees.write_picture(tmp_path / "a/001.png", 1)
    for name in ("a/._001.png", "a/.DS_Store", "a/Thumbs.db", "__MACOSX/x.png", ".hidden/x.png"):
        trees.write_text(tmp_path / name, ["junk"])
    assert [path.name for path in layout.folders(tmp_path)] == ["a"]
    assert [path.name for path in layout.files(tmp_path / "a", layout.PICTURES)] == ["001.png"]


def test_a_folder_that_is_not_there_is_named_with_all_its_names(tmp_path: Path) -> None:
    with pytest.raises(DataMissing, match=r"no folder a or b/c \(pictures\)"):
        layout.folder(tmp_path, "a", "b/c", what="pictures")
    with pytest.raises(DataMissing, match=r"no file x.csv \(list\)"):
        layout.file(tmp_path, "x.csv", what="list")


def test_points_are_float32_pixels(tmp_path: Path) -> None:
    trees.write_text(tmp_path / "p.txt", trees.points_68(1))
    points = layout.read_points(tmp_path / "p.txt", 68)
    assert (points.dtype, points.shape) == (np.float32, (68, 2))
