"""FER+ (Barsoum et al. 2016): 48×48 grey faces with ten crowd votes each, and the majority protocol."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.errors import DataMissing

COLUMNS = (
    "neutral",
    "happiness",
    "surprise",
    "sadness",
    "anger",
    "disgust",
    "fear",
    "contempt",
    "unknown",
    "not_a_face",
)
EMOTION_COLUMNS = 8
TRAINING, VALIDATION = 0, 1


@dataclass(frozen=True, slots=True)
class FerPlus:
    """``images`` (N, 48, 48) uint8, ``votes`` (N, 10) uint8, ``usage`` (N,) 0 training / 1 validation, ``row`` (N,)."""

    images: NDArray[np.uint8]
    votes: NDArray[np.uint8]
    usage: NDArray[np.int64]
    row: NDArray[np.int64]


def load(path: Path) -> FerPlus:
    """Reads an ``.npz`` with ``images``, ``votes`` and, where present, ``usage``, ``csv_row`` and leak flags.

    Rows flagged as pixel-identical to one of a later split are dropped. Without ``usage`` all rows are validation.
    """
    if not path.is_file():
        raise DataMissing(f"{path}: FER+ file not found (an .npz with images and votes)")
    try:
        with np.load(path, allow_pickle=False) as archive:
            images, votes = archive["images"], archive["votes"]
            count = len(images)
            usage = archive["usage"].astype(np.int64) if "usage" in archive else np.full(count, VALIDATION)
            row = archive["csv_row"].astype(np.int64) if "csv_row" in archive else np.arange(count)
            leaks = archive["leaks_into_later_split"] if "leaks_into_later_split" in archive else np.zeros(count, bool)
    except (KeyError, ValueError, OSError) as error:
        raise DataMissing(f"{path}: not an .npz in the FER+ layout: {error}") from error
    keep = ~leaks.astype(bool)
    return FerPlus(images[keep], votes[keep], usage[keep], row[keep])


def majority(votes: NDArray[np.uint8]) -> NDArray[np.int64]:
    """(N, 10) votes → (N,) class 0–7, or -1 where the majority protocol has no label.

    Votes of one are dropped; a row counts when one class has more than half of the remaining votes and is neither
    unknown nor not-a-face.
    """
    kept = np.where(votes > 1, votes, 0).astype(np.int64)
    top = kept.argmax(axis=1)
    clear = kept.max(axis=1) * 2 > kept.sum(axis=1)
    return np.where(clear & (top < EMOTION_COLUMNS), top, -1)


def soft_labels(votes: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """(N, 10) votes → (N, 8) distribution after dropping single votes, and (N,) whether a row can be trained on.

    Left out are rows where not-a-face or unknown leads, or nothing remains.
    """
    kept = np.where(votes > 1, votes, 0).astype(np.float32)
    usable = (kept.argmax(axis=1) < EMOTION_COLUMNS) & (kept[:, :EMOTION_COLUMNS].sum(axis=1) > 0)
    emotion = kept[:, :EMOTION_COLUMNS]
    return emotion / np.maximum(emotion.sum(axis=1, keepdims=True), 1.0), usable
