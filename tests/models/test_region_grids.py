"""Coarse regions agree with the fine ones, survive packing, and are kept in a file until their landmarks change."""

from __future__ import annotations

from pathlib import Path

import cv2
import matplotlib
import numpy as np
import pytest

from models.action_units import ActionUnit
from models.datasets import landmarker as pictures
from models.preprocess import CROP_PX, align
from models.regions import hull_mask, region_mask
from models.spec import AUS
from models.training import region_grids
from models.training.region_grids import GRID, packed, region_masks_of, unpacked


@pytest.fixture(scope="module")
def face(landmarker: Path) -> np.ndarray:
    photo = cv2.imread(str(Path(matplotlib.get_data_path()) / "sample_data" / "grace_hopper.jpg"))
    with pictures.landmarker(landmarker) as detector:
        mesh = pictures.find_mesh(detector, photo)
    assert mesh is not None
    return align(photo, mesh.landmarks).landmarks


def test_coarse_regions_cover_what_the_fine_ones_cover(face: np.ndarray) -> None:
    masks = region_masks_of(face[None])
    assert masks.shape == (1, len(AUS) + 1, GRID, GRID)
    fine = [region_mask(ActionUnit(unit), face, CROP_PX) for unit in AUS] + [hull_mask(face, CROP_PX)]
    cell = CROP_PX // GRID
    for coarse, exact in zip(masks[0], fine, strict=True):
        share = exact.reshape(GRID, cell, GRID, cell).mean(axis=(1, 3))
        assert coarse[share > 0.6].all()
        assert not coarse[share < 0.4].any()
        assert coarse.any()


def test_faces_without_landmarks_have_no_region(face: np.ndarray) -> None:
    masks = region_masks_of(np.stack([np.full_like(face, np.nan), face]))
    assert not masks[0].any()
    assert masks[1].any(axis=(1, 2)).all()


def test_packing_gives_back_every_cell(rng: np.random.Generator) -> None:
    masks = rng.random((5, 13, GRID, GRID)) < 0.3
    assert packed(masks).shape == (5, 13, 98)
    assert np.array_equal(unpacked(packed(masks)), masks)


def test_kept_in_a_file_until_the_landmarks_change(
    face: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    monkeypatch.setattr(region_grids, "region_mask", lambda unit, *rest: made.append(unit) or region_mask(unit, *rest))
    cache = tmp_path / "regions.npz"
    first = region_masks_of(face[None], cache=cache)
    assert len(made) == len(AUS)
    assert np.array_equal(region_masks_of(face[None], cache=cache), first)
    assert len(made) == len(AUS)
    region_masks_of(face[None] + 1, cache=cache)
    assert len(made) == 2 * len(AUS)
