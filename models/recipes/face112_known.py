"""Faces of training people with expressions that no stage learns from: what the network's limits are measured on.

Beside them stand renderings that were learned from, so that what the network does not fit can be told from what it does
not carry over to faces it has not seen.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.recipes.face112_data import FaceSet, calm_faces, prepare_warps
from models.recipes.face112_renderings import SEED, TRAINING_STREAM, draw_faces, open_studio
from models.recipes.face112_renderings import VERSION as RENDERED
from models.spec import AUS

Progress = Callable[[str, int, int], None]
KNOWN_STREAM = 3
"""Second number of the seed of renderings; the first two are for training and testing."""
WARPS_SEED = 8


@dataclass(frozen=True, slots=True)
class KnownFaces:
    """``learned`` renderings, and ``renderings`` and ``warps`` of the same people that were not learned from."""

    learned: FaceSet
    renderings: FaceSet
    warps: FaceSet


def prepare_known(folder: Path, asset: Path, work: Path, progress: Progress, *, count: int = 500) -> KnownFaces:
    """``count`` faces of each kind, from the cache or made anew; DataMissing when ``folder`` lacks something."""
    work.mkdir(parents=True, exist_ok=True)
    recipe = {"rendered": RENDERED, "count": count, "aus": list(AUS)}
    made_by = work / "known.json"
    caches = [work / f"known-{name}.npz" for name in KnownFaces.__slots__]
    if not (made_by.is_file() and json.loads(made_by.read_text(encoding="utf-8")) == recipe):
        studio = open_studio(folder, asset)
        made = [draw_faces(studio, count, (SEED, stream), progress) for stream in (TRAINING_STREAM, KNOWN_STREAM)]
        made.append(prepare_warps(*calm_faces(folder, asset, work, progress), count, WARPS_SEED, progress))
        for faces, cache in zip(made, caches, strict=True):
            faces.save(cache)
        made_by.write_text(json.dumps(recipe) + "\n", encoding="utf-8")
    return KnownFaces(*(FaceSet.load(cache) for cache in caches))


def trusted(faces: FaceSet, column: int) -> NDArray[np.int64]:
    """Rows whose label of the unit in ``column`` counts."""
    return np.flatnonzero(faces.au_weight[:, column] > 0.1)
