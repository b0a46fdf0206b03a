"""FER+ (Barsoum et al. 2016): 48×48 grey faces with ten crowd votes each, and the majority protocol."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, is_zipfile

import numpy as np
from numpy.typing import NDArray

from models.errors import DataInvalid, DataMissing

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
LAST_USAGE = 2
"""FER2013's PrivateTest: a row that is neither trained nor validated on."""
SIDE_PX = 48
ARRAYS = ("images", "votes", "usage", "csv_row", "leaks_into_later_split")
"""What is read of a file; all but the first two may be missing."""
_UNREADABLE = (
    ValueError, TypeError, AttributeError, KeyError, EOFError, OSError, RuntimeError, BadZipFile, zlib.error,
)  # fmt: skip
"""What NumPy and zipfile raise over a file that is no archive, is cut off, damaged or holds Python objects."""


@dataclass(frozen=True, slots=True)
class FerPlus:
    """``images`` (N, 48, 48) uint8, ``votes`` (N, 10) uint8, ``usage`` (N,) 0 training / 1 validation / 2 test,
    ``row`` (N,)."""

    images: NDArray[np.uint8]
    votes: NDArray[np.uint8]
    usage: NDArray[np.int64]
    row: NDArray[np.int64]


def load(path: Path) -> FerPlus:
    """Reads an ``.npz`` with ``images``, ``votes`` and, where present, ``usage``, ``csv_row`` and leak flags.

    Rows flagged as pixel-identical to one of a later split are dropped. Without ``usage`` all rows are validation;
    without ``csv_row`` rows are numbered from 0. Any number type will do as long as the values are whole and in range.
    DataMissing where there is no file, DataInvalid (naming array, row and reason) for one in another layout; pictures
    of another size than 48×48 are refused, since the crop was learnt from that size.
    """
    arrays = _read(path)
    for name in ("images", "votes"):
        if name not in arrays:
            raise DataInvalid(
                f"{path}: no array {name!r}; of {', '.join(ARRAYS)} the file has {', '.join(arrays) or 'none'}"
            )
    images, votes = arrays["images"], arrays["votes"]
    if images.ndim == 4 and images.shape[3] == 1:
        images = images[..., 0]
    count = len(images) if images.ndim else 0
    _require_shape(path, "images", images, (count, SIDE_PX, SIDE_PX))
    _require_shape(path, "votes", votes, (count, len(COLUMNS)))
    columns = {
        "usage": arrays.get("usage", np.full(count, VALIDATION)),
        "csv_row": arrays.get("csv_row", np.arange(count)),
        "leaks_into_later_split": arrays.get("leaks_into_later_split", np.zeros(count, bool)),
    }
    for name, column in columns.items():
        _require_shape(path, name, column, (count,))
    keep = _whole(path, "leaks_into_later_split", columns["leaks_into_later_split"], 1) == 0
    return FerPlus(
        images=_whole(path, "images", images, 255).astype(np.uint8)[keep],
        votes=_whole(path, "votes", votes, 255).astype(np.uint8)[keep],
        usage=_whole(path, "usage", columns["usage"], LAST_USAGE).astype(np.int64)[keep],
        row=_whole(path, "csv_row", columns["csv_row"], 2**31).astype(np.int64)[keep],
    )


def _read(path: Path) -> dict[str, NDArray[Any]]:
    """The file's arrays by name."""
    if not path.is_file():
        raise DataMissing(f"{path}: FER+ file not found (an .npz with images and votes)")
    if not is_zipfile(path):  # NumPy would take it for a pickle
        raise DataInvalid(f"{path}: not an .npz in the FER+ layout (images, votes): no archive, or one cut off")
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {name: np.asarray(archive[name]) for name in ARRAYS if name in archive}
    except _UNREADABLE as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise DataInvalid(f"{path}: not an .npz in the FER+ layout (images, votes): {reason}") from error


def _require_shape(path: Path, name: str, array: NDArray[Any], shape: tuple[int, ...]) -> None:
    if array.shape != shape:
        raise DataInvalid(f"{path}: {name} must be {shape}, got {array.shape}")


def _whole(path: Path, name: str, array: NDArray[Any], most: int) -> NDArray[Any]:
    """``array`` if all its values are whole numbers from 0 to ``most``; else DataInvalid with the first bad row."""
    if array.dtype.kind not in "buif":
        raise DataInvalid(f"{path}: {name} must be numbers, got {array.dtype}")
    if array.dtype.kind == "f":
        bad = ~np.isfinite(array) | (array != np.floor(array)) | (array < 0) | (array > most)
    else:
        bad = (array < 0) | (array > most) if array.dtype.kind != "b" else np.zeros(array.shape, bool)
    if bad.any():
        place = tuple(int(index[0]) for index in np.nonzero(bad))
        raise DataInvalid(f"{path}: {name}, row {place[0]}: {array[place]} is not a whole number from 0 to {most}")
    return array


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
