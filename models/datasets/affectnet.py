"""AffectNet (Mollahosseini et al. 2019), the manually annotated part: 420,299 pictures from the web, one label each.

Layout:

    Manually_Annotated/Manually_Annotated_Images/FOLDER/NAME.jpg     (or one of the two folders by itself)
    Manually_Annotated_file_lists/training.csv, validation.csv       (or beside the pictures' folder)

Columns: subDirectory_filePath, face_x, face_y, face_width, face_height, facial_landmarks (68 points "x;y;x;y;…"),
expression, valence, arousal. A list without its header line is read in this order. ``expression``: 0 neutral, 1 happy,
2 sad, 3 surprise, 4 fear, 5 disgust, 6 anger, 7 contempt, 8 none, 9 uncertain, 10 no face; 8–10 are left out, as in
paper P, which leaves 287,651 + 4,000. A picture that is cut off is decoded as far as it goes. Whose face it is nobody
knows: every picture is its own subject.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.datasets import layout
from models.datasets.counted import Count, beside
from models.datasets.faces import LabelledFaces
from models.errors import DataInvalid, DataMissing

EMOTIONS = ("neutral", "happiness", "sadness", "surprise", "fear", "disgust", "anger", "contempt")
LEFT_OUT = ("none", "uncertain", "no face")
COLUMNS = (
    "subDirectory_filePath", "face_x", "face_y", "face_width", "face_height", "facial_landmarks", "expression",
    "valence", "arousal",
)  # fmt: skip
LISTS = {"training": 0, "validation": 1}
IMAGES = ("Manually_Annotated/Manually_Annotated_Images", "Manually_Annotated_Images", "Manually_Annotated")
PUBLISHED = {
    "annotated pictures": 420_299,
    "training and validation of paper P": 273_269 + 14_382,
    "training of paper P": 273_269,
    "validation of paper P": 14_382,
    "test of paper P": 4_000,
    **{f"test, {name}": 500 for name in EMOTIONS},
}
SOURCE = "Mollahosseini et al. 2019; paper P"


@dataclass(frozen=True, slots=True)
class WrittenPoints:
    """Row → (68, 2) px as the list wrote them ("x;y;…"), parsed when asked for; None where there are not 68."""

    texts: tuple[str, ...]

    def __call__(self, row: int) -> NDArray[np.float32] | None:
        """(68, 2) float32 px or None."""
        try:
            values = np.array([float(word) for word in self.texts[row].split(";") if word.strip()], np.float32)
        except ValueError:
            return None
        return values.reshape(68, 2) if values.size == 136 else None


def read_list(path: Path) -> Iterator[dict[str, str]]:
    """The rows of one list. DataInvalid names file and line of one that is cut off or has no known expression."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        for number, words in enumerate(csv.reader(stream), start=1):
            if number == 1 and words[:1] == [COLUMNS[0]]:
                continue
            if len(words) != len(COLUMNS) or not words[6].strip().isdigit() or int(words[6]) > 10:
                raise DataInvalid(f"{path}: line {number}: not a row of {len(COLUMNS)} columns with an expression 0–10")
            yield dict(zip(COLUMNS, words, strict=True))


def places(root: Path) -> tuple[Path, dict[str, Path]]:
    """The pictures' folder and the two lists."""
    images = layout.folder(root, *IMAGES, what="AffectNet's manually annotated pictures")
    lists = {
        name: layout.file(root, f"Manually_Annotated_file_lists/{name}.csv", f"{name}.csv",
                          f"Manually_Annotated/{name}.csv", what=f"AffectNet's {name} list")
        for name in LISTS
    }  # fmt: skip
    return images, lists


def open_faces(root: Path) -> LabelledFaces:
    """The pictures of the eight emotions; ``usage`` 0 training, 1 validation list (paper P's test)."""
    images, lists = places(root)
    names: list[str] = []
    points: list[str] = []
    emotion: list[int] = []
    usage: list[int] = []
    for name, number in LISTS.items():
        for row in read_list(lists[name]):
            if int(row["expression"]) < len(EMOTIONS):
                names.append(row["subDirectory_filePath"])
                points.append(row["facial_landmarks"])
                emotion.append(int(row["expression"]))
                usage.append(number)
    if not names:
        raise DataMissing(f"{lists['training']}: no picture of an emotion listed")
    return LabelledFaces(
        name="affectnet",
        origin=str(root.resolve()),
        subjects=tuple(names),
        labels={"emotion": np.array(emotion, np.int64), "usage": np.array(usage, np.int64)},
        class_names=EMOTIONS,
        read=layout.PictureFiles(images, tuple(names), cut_off=True),
        points=WrittenPoints(tuple(points)),
    )


def missing(root: Path) -> list[str]:
    """One line for every list or listed picture that is absent, empty or cut off (some came so from the web)."""
    try:
        images, lists = places(root)
        paths = [images / row["subDirectory_filePath"] for path in lists.values() for row in read_list(path)]
    except DataMissing as error:
        return [str(error)]
    return [f"{path}: {reason}" for path in paths if (reason := layout.damage(path)) is not None]


def counted(root: Path) -> list[Count]:
    """Pictures of every part beside paper P's counts."""
    from models.datasets.selections import affectnet_split

    _, lists = places(root)
    faces = open_faces(root)
    split = affectnet_split(faces, seed=0)
    usage, emotion = faces.labels["usage"], faces.labels["emotion"]
    found = {
        "annotated pictures": sum(1 for path in lists.values() for _ in read_list(path)),
        "training and validation of paper P": int(np.sum(usage == 0)),
        "training of paper P": len(split.train),
        "validation of paper P": len(split.validation),
        "test of paper P": len(split.test),
    }
    found |= {f"test, {name}": int(np.sum((usage == 1) & (emotion == i))) for i, name in enumerate(EMOTIONS)}
    return beside(found, PUBLISHED, SOURCE)
