"""FER2013 (Goodfellow et al. 2013) with the FER+ votes (Barsoum et al. 2016), as csv or as the repacked npz.

Layout, any of:

    fer2013.csv       emotion, pixels (2,304 numbers), Usage (Training, PublicTest, PrivateTest); 35,887 rows
    fer2013new.csv    Usage, Image name, ten votes (neutral … unknown, NF); the same rows in the same order
    *.npz             images, votes, usage (see ``ferplus.load``); the root may be the file itself

The class is FER+'s majority where there are votes, else FER2013's own. Rows that are pixel for pixel in a later part
too (training in PublicTest or PrivateTest, PublicTest in PrivateTest) are left out: they would be tested on what was
learnt. Whose face it is nobody knows: every row is its own subject. Pixels are parsed when a picture is asked for.
"""

from __future__ import annotations

import csv
import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.datasets import ferplus, layout
from models.datasets.counted import Count, beside
from models.datasets.faces import NO_CLASS, LabelledFaces
from models.errors import DataInvalid, DataMissing
from models.preprocess import as_bgr

EMOTIONS = ferplus.COLUMNS[: ferplus.EMOTION_COLUMNS]
USAGES = ("Training", "PublicTest", "PrivateTest")
_OWN = ("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral")
"""FER2013's numbers 0–6."""
PUBLISHED = {"rows": 35_887, "Training": 28_709, "PublicTest": 3_589, "PrivateTest": 3_589}
SOURCE = "Goodfellow et al. 2013"


@dataclass(frozen=True, slots=True)
class CsvPictures:
    """Row → the 48 × 48 pixels of the line that begins at byte ``at[row]``."""

    path: Path
    at: tuple[int, ...]

    def __call__(self, row: int) -> NDArray[np.uint8]:
        """(48, 48, 3) uint8 BGR; DataInvalid names file and byte."""
        with self.path.open("rb") as stream:
            stream.seek(self.at[row])
            line = stream.readline()
        try:
            values = np.array(line.split(b",")[1].strip(b'" ').split(), np.int64)
        except (IndexError, ValueError):
            values = np.zeros(0, np.int64)
        if values.size != ferplus.SIDE_PX**2 or values.min() < 0 or values.max() > 255:
            raise DataInvalid(f"{self.path}: byte {self.at[row]}: not {ferplus.SIDE_PX**2} pixels from 0 to 255")
        return as_bgr(values.astype(np.uint8).reshape(ferplus.SIDE_PX, ferplus.SIDE_PX))


@dataclass(frozen=True, slots=True)
class PackedPictures:
    """Row → a picture of a repacked npz, which is read whole when the first is asked for."""

    path: Path

    def __call__(self, row: int) -> NDArray[np.uint8]:
        """(48, 48, 3) uint8 BGR."""
        return as_bgr(_packed(self.path, self.path.stat().st_mtime_ns).images[row])


@lru_cache(maxsize=1)
def _packed(path: Path, changed_ns: int) -> ferplus.FerPlus:
    return ferplus.load(path)


@dataclass(frozen=True, slots=True)
class _Line:
    at: int
    emotion: int
    usage: int
    digest: bytes


def read_lines(path: Path) -> list[_Line]:
    """Where every row of fer2013.csv begins, its emotion and usage; DataInvalid names the line that is cut off."""
    found = []
    with path.open("rb") as stream:
        header = stream.readline()
        if not header.strip().lower().startswith(b"emotion,"):
            raise DataInvalid(f"{path}: line 1: expected emotion,pixels,Usage")
        at = stream.tell()
        for number, line in enumerate(stream, start=2):
            cells = line.strip().split(b",")
            usage = cells[-1].decode("ascii", "replace") if len(cells) == 3 else ""
            if usage not in USAGES or cells[0] not in (b"0", b"1", b"2", b"3", b"4", b"5", b"6"):
                raise DataInvalid(f"{path}: line {number}: not emotion 0–6, pixels and a usage (half copied?)")
            found.append(_Line(at, int(cells[0]), USAGES.index(usage), hashlib.blake2b(cells[1]).digest()))
            at += len(line)
    return found


def read_votes(path: Path, lines: list[_Line]) -> NDArray[np.uint8]:
    """(N, 10) votes of fer2013new.csv, whose rows must be those of fer2013.csv."""
    rows = list(csv.reader(layout.read_text(path).splitlines()))[1:]
    if len(rows) != len(lines):
        raise DataInvalid(f"{path}: {len(rows)} rows, fer2013.csv has {len(lines)} (half copied?)")
    votes = np.zeros((len(rows), len(ferplus.COLUMNS)), np.uint8)
    for number, (words, line) in enumerate(zip(rows, lines, strict=True), start=2):
        if len(words) != 12 or words[0] != USAGES[line.usage] or not all(word.strip().isdigit() for word in words[2:]):
            raise DataInvalid(f"{path}: line {number}: not {USAGES[line.usage]}, a name and ten votes")
        votes[number - 2] = [int(word) for word in words[2:]]
    return votes


def packed_file(root: Path) -> Path | None:
    """The npz that ``root`` is or holds, or None."""
    if root.is_file():
        return root
    found = layout.files(root, (".npz",)) if root.is_dir() else []
    return found[0] if found and not (root / "fer2013.csv").is_file() else None


def open_faces(root: Path) -> LabelledFaces:
    """All rows that leak into no later part; ``usage`` 0 Training, 1 PublicTest, 2 PrivateTest; ``votes`` (N, 10)."""
    packed = packed_file(root)
    if packed is not None:
        data = ferplus.load(packed)
        return _faces(root, PackedPictures(packed), data.row, data.usage, ferplus.majority(data.votes), data.votes)
    path = layout.file(root, "fer2013.csv", what="FER2013, or an .npz with images and votes")
    lines = read_lines(path)
    if not lines:
        raise DataMissing(f"{path}: no rows")
    later = {line.digest: line.usage for line in sorted(lines, key=lambda line: line.usage)}
    keep = np.flatnonzero([later[line.digest] == line.usage for line in lines])
    usage = np.array([line.usage for line in lines], np.int64)
    votes, emotion = None, np.array([EMOTIONS.index(_OWN[line.emotion]) for line in lines], np.int64)
    if (root / "fer2013new.csv").is_file():
        votes = read_votes(root / "fer2013new.csv", lines)
        emotion = ferplus.majority(votes)
    faces = _faces(
        root, CsvPictures(path, tuple(line.at for line in lines)), np.arange(len(lines)), usage, emotion, votes
    )
    return faces.select(keep)


def _faces(
    root: Path,
    read: CsvPictures | PackedPictures,
    row: NDArray[np.int64],
    usage: NDArray[np.int64],
    emotion: NDArray[np.int64],
    votes: NDArray[np.uint8] | None,
) -> LabelledFaces:
    labels = {"emotion": np.where(emotion < 0, NO_CLASS, emotion), "usage": usage}
    if votes is not None:
        labels["votes"] = votes
    return LabelledFaces(
        name="fer2013",
        origin=str(root.resolve()),
        subjects=tuple(f"row {number}" for number in row),
        frames=row.astype(np.int64),
        labels=labels,
        class_names=EMOTIONS,
        read=read,
    )


def missing(root: Path) -> list[str]:
    """What keeps the set from being opened whole, and a missing list of votes."""
    try:
        faces = open_faces(root)
    except DataMissing as error:
        return [str(error)]
    if "votes" not in faces.labels:
        return [f"{root / 'fer2013new.csv'}: not found (the votes of FER+)"]
    return []


def counted(root: Path) -> list[Count]:
    """Rows of every part beside the original counts, and how many leak into a later part."""
    faces = open_faces(root)
    usage = faces.labels["usage"]
    if packed_file(root) is not None:
        found = {"rows that leak into no later part": len(faces)}
        return beside(found | {f"{name}, of these": int(np.sum(usage == i)) for i, name in enumerate(USAGES)}, {}, "")
    lines = read_lines(root / "fer2013.csv")
    found = {"rows": len(lines)}
    found |= {name: sum(line.usage == i for line in lines) for i, name in enumerate(USAGES)}
    found["rows that leak into a later part"] = len(lines) - len(faces)
    return beside(found, PUBLISHED, SOURCE)
