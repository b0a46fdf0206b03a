"""10k US Adult Faces (Bainbridge, Isola & Oliva 2013): 10,168 faces, 2,222 of them rated from 1 to 9.

Layout, archives unpacked side by side (the outer folder "10k US Adult Faces Database" may be there or not):

    Face Images/*.jpg                                                  256 px high, an oval on white
    Full Attribute Scores/psychology attributes/psychology-attributes.xlsx   sheet "Final Values": means of 15 raters
    Full Attribute Scores/psychology attributes/psychology-attributes.csv    instead of it: the same sheet as csv

Read are the columns Filename and, of the attributes, attractive, happy, confident and intelligent (capitals do not
matter). A face whose attribute nobody rated has NaN there and is left out by ``rated``. Every face is another person.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from models.datasets import layout
from models.datasets.counted import Count, beside
from models.datasets.faces import LabelledFaces
from models.datasets.spreadsheet import read_sheet
from models.errors import DataInvalid, DataMissing

RATINGS = ("attractiveness", "happiness", "confidence", "intelligence")
"""Paper A's four, in its order."""
_COLUMNS = ("attractive", "happy", "confident", "intelligent")
SHEET = "Final Values"
OUTER = ("10k US Adult Faces Database", ".")
_TABLE = "Full Attribute Scores/psychology attributes/psychology-attributes"
TABLES = tuple(f"{outer}{_TABLE}{suffix}" for suffix in (".xlsx", ".csv") for outer in ("", f"{OUTER[0]}/"))
PUBLISHED = {"pictures": 10_168, "rated pictures": 2_222, "training of paper A": 1_111, "test of paper A": 1_111}
SOURCE = "Bainbridge et al. 2013; paper A"


def images_of(root: Path) -> Path:
    """The folder of the pictures."""
    return layout.folder(root, "Face Images", f"{OUTER[0]}/Face Images", what="10k US Adult Faces' pictures")


def read_ratings(path: Path) -> tuple[list[str], list[list[float]]]:
    """File names and their four means. DataInvalid names file, row and column of what is not a rating from 1 to 9."""
    rows = read_sheet(path, SHEET) if path.suffix == ".xlsx" else list(csv.reader(layout.read_text(path).splitlines()))
    header = [name.strip().lower() for name in rows[0]] if rows else []
    absent = [name for name in ("filename", *_COLUMNS) if name not in header]
    if absent:
        raise DataInvalid(f"{path}: no column {', '.join(absent)}")
    names, values = [], []
    for number, row in enumerate(rows[1:], start=2):
        cells = dict(zip(header, row, strict=False))
        if not cells.get("filename", "").strip():
            continue
        means = []
        for column in _COLUMNS:
            word = cells.get(column, "").strip()
            try:
                mean = float(word) if word and word.lower() != "nan" else float("nan")
            except ValueError:
                raise DataInvalid(f"{path}: row {number}, {column}: {word!r} is not a number") from None
            if not np.isnan(mean) and not 1 <= mean <= 9:
                raise DataInvalid(f"{path}: row {number}, {column}: {mean:g} is not a rating from 1 to 9")
            means.append(mean)
        names.append(cells["filename"].strip())
        values.append(means)
    return names, values


def open_faces(root: Path) -> LabelledFaces:
    """The pictures with ratings, as the table lists them."""
    images = images_of(root)
    table = layout.file(root, *TABLES, what="10k US Adult Faces' mean ratings")
    names, values = read_ratings(table)
    if not names:
        raise DataMissing(f"{table}: no rated picture")
    return LabelledFaces(
        name="us_adult_faces",
        origin=str(root.resolve()),
        subjects=tuple(names),
        labels={"ratings": np.array(values, np.float32)},
        ratings=RATINGS,
        read=layout.PictureFiles(images, tuple(names)),
    )


def rated(faces: LabelledFaces) -> LabelledFaces:
    """The faces with all four ratings."""
    return faces.select(~np.isnan(faces.labels["ratings"]).any(axis=1))


def missing(root: Path) -> list[str]:
    """One line for every table or rated picture that is absent or cut off."""
    try:
        images, faces = images_of(root), open_faces(root)
    except DataMissing as error:
        return [str(error)]
    paths = (images / name for name in faces.subjects)
    return [f"{path}: {reason}" for path in paths if (reason := layout.damage(path)) is not None]


def counted(root: Path) -> list[Count]:
    """Pictures, rated ones and paper A's halves beside the published counts."""
    from models.datasets.selections import arbabzadah_split

    faces = rated(open_faces(root))
    split = arbabzadah_split(faces, seed=0)
    found = {
        "pictures": len(layout.files(images_of(root), (".jpg", ".jpeg"))),
        "rated pictures": len(faces),
        "training of paper A": len(split.train),
        "test of paper A": len(split.test),
    }
    return beside(found, PUBLISHED, SOURCE)
