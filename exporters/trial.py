"""The crops that variants are calibrated on, and the others that they are measured on."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from exporters.photograph import photograph_views
from models.datasets import ferplus
from models.datasets.landmarker import find_mesh_enlarged, landmarker
from models.errors import DataMissing, SpecMismatch
from models.evaluation.ferplus_figures import aligned
from models.preprocess import luminance

MOST_CALIBRATING, MOST_MESHES = 512, 256
_PHOTOGRAPHS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """``calibrating`` (C, S, S) grey uint8; ``measured`` (N, S, S) others, each with what is known about it.

    ``truth`` (N,) is the majority emotion or -1, ``landmarks`` (N, 478, 2) crop px or NaN. ``calibrated_on`` says in
    words what the calibration crops are.
    """

    calibrating: NDArray[np.uint8]
    measured: NDArray[np.uint8]
    truth: NDArray[np.int64]
    landmarks: NDArray[np.float32]
    calibrated_on: str

    def with_faces(self, crops: NDArray[np.uint8], truth: NDArray[np.int64]) -> Trial:
        """Also measured on ``crops`` (M, S, S) with their majority emotions (M,)."""
        unknown = np.full((len(crops), 478, 2), np.nan, np.float32)
        return replace(
            self,
            measured=np.concatenate([self.measured, crops]),
            truth=np.concatenate([self.truth, truth]),
            landmarks=np.concatenate([self.landmarks, unknown]),
        )

    def with_meshes(self, asset: Path) -> Trial:
        """Landmarks found by the landmarker at ``asset`` in up to 256 of the measured crops that have none."""
        landmarks = self.landmarks.copy()
        lacking = np.flatnonzero(~np.isfinite(landmarks).all(axis=(1, 2)))
        with landmarker(asset) as detector:
            for row in _spread(lacking, MOST_MESHES):
                mesh = find_mesh_enlarged(detector, self.measured[row])
                if mesh is not None:
                    landmarks[row] = mesh.landmarks
        return replace(self, landmarks=landmarks)


def photograph_trial(size: int) -> Trial:
    """Views of the embedded photograph: all there is on every machine, and one face in one light."""
    calibrating, measured = (_grey(photograph_views(size, _PHOTOGRAPHS, seed)) for seed in (1906, 1992))
    words = f"{_PHOTOGRAPHS} views of one public-domain photograph (shifted, turned, mirrored, blurred, noisy)"
    return _trial(calibrating, measured, None, words)


def trial_of(crops: NDArray[np.uint8], landmarks: NDArray[np.float32] | None) -> Trial:
    """Of (N, S, S[, 3]) crops, N ≥ 2, every other one calibrates (up to 512); the rest is measured."""
    if len(crops) < 2:
        raise SpecMismatch("crops: want at least two, one to calibrate on and one to measure")
    grey = _grey(crops)
    rows = _spread(np.arange(0, len(grey), 2), MOST_CALIBRATING)
    known = None if landmarks is None else landmarks[1::2]
    return _trial(grey[rows], grey[1::2], known, f"{len(rows)} of the {len(grey)} crops given; measured on others")


def ferplus_faces(file: Path, asset: Path | None) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Crops (N, S, S) and majority emotions (N,) of a file in the FER+ layout: all rows but training.

    DataMissing when none of them has a majority label.
    """
    data = ferplus.load(file)
    truth = ferplus.majority(data.votes)
    rows = np.flatnonzero((data.usage != ferplus.TRAINING) & (truth >= 0))
    if len(rows) == 0:
        raise DataMissing(f"{file}: no row outside training has a majority label")
    return aligned(data.images[rows], asset)[0], truth[rows]


def read_crops(path: Path) -> tuple[NDArray[np.uint8], NDArray[np.float32] | None]:
    """The array ``crops`` of an .npz file and, if it is there, ``landmarks``; errors in one line.

    DataMissing without the file, SpecMismatch when it has no such array or as many landmarks as crops are missing.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            crops = np.asarray(archive["crops"])
            landmarks = np.asarray(archive["landmarks"], np.float32) if "landmarks" in archive else None
    except FileNotFoundError as error:
        raise DataMissing(f"{path}: no such file") from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError, zipfile.BadZipFile) as error:
        raise SpecMismatch(f"{path}: want an .npz file with an array 'crops' ({error})") from error
    if landmarks is not None and landmarks.shape != (len(crops), 478, 2):
        raise SpecMismatch(f"{path}: landmarks are {landmarks.shape}, want {(len(crops), 478, 2)}")
    return crops, landmarks


def _trial(
    calibrating: NDArray[np.uint8], measured: NDArray[np.uint8], landmarks: NDArray[np.float32] | None, words: str
) -> Trial:
    unknown = np.full((len(measured), 478, 2), np.nan, np.float32)
    return Trial(
        calibrating=calibrating,
        measured=measured,
        truth=np.full(len(measured), -1, np.int64),
        landmarks=unknown if landmarks is None else landmarks,
        calibrated_on=words,
    )


def _grey(crops: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.stack([luminance(crop) for crop in crops])


def _spread(rows: NDArray[np.intp], most: int) -> NDArray[np.intp]:
    """At most ``most`` of ``rows``, evenly spread."""
    if len(rows) <= most:
        return rows
    return np.asarray(rows[np.linspace(0, len(rows) - 1, most).astype(int)])
