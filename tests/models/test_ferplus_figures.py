"""Emotion figures of a bundle from a file in the FER+ layout, with and without detected faces."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.bundle import default_bundle
from models.errors import DataMissing
from models.evaluation.ferplus_figures import ferplus_figures


def write(path: Path, usage: list[int]) -> Path:
    votes = np.zeros((len(usage), 10), np.uint8)
    votes[:, 0] = 8
    images = np.full((len(usage), 48, 48), 120, np.uint8)
    np.savez(path, images=images, votes=votes, usage=np.array(usage))
    return path


def test_only_rows_outside_training_count_and_undetected_faces_get_the_fixed_crop(
    tmp_path: Path, landmarker: Path
) -> None:
    file = write(tmp_path / "f.npz", [0, 1, 1, 1])
    figures = ferplus_figures(default_bundle(), file, landmarker)
    assert (figures["n"], figures["detected"]) == (3, 0)
    assert figures == ferplus_figures(default_bundle(), file, None)
    assert figures["recall"]["neutral"] == [figures["accuracy_majority"], 3]
    low, high = figures["accuracy_interval_95"]
    assert low <= figures["accuracy_majority"] <= high


def test_a_file_of_training_rows_alone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataMissing, match="no row outside training"):
        ferplus_figures(default_bundle(), write(tmp_path / "f.npz", [0, 0]), None)
