"""BP4D-Spontaneous (Zhang et al. 2014): 41 people, 8 tasks, 328 sequences, FACS occurrence and intensity.

Layout, PERSON F001–F023 and M001–M018, TASK T1–T8:

    Sequences/PERSON/TASK/0001.jpg            (or 2D+3D, or BP4D-training); 2 to 4 digits, mixed
    AUCoding/AU_OCC/PERSON_TASK.csv           first line 0 or a blank and the AUs' numbers; then a line a frame: its
                                              number, 0 or 1 an AU, 9 where it could not be coded
    AUCoding/AU_INT/AU06/PERSON_TASK_AU06.csv frame, intensity 0–5, 9 where it could not be coded; AUs 6 10 12 14 17

Occurrence becomes ``present``; an AU that is coded absent has intensity 0, one without intensities NaN. Where a
sequence's pictures are numbered from 0 and its codes from 1, code k belongs to picture k − 1; else numbers are equal.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.datasets import layout
from models.datasets.counted import Count, beside
from models.datasets.faces import LabelledFaces
from models.errors import DataInvalid, DataMissing

UNITS = (
    "AU01", "AU02", "AU04", "AU05", "AU06", "AU07", "AU09", "AU10", "AU11", "AU12", "AU13", "AU14", "AU15", "AU16",
    "AU17", "AU18", "AU19", "AU20", "AU22", "AU23", "AU24", "AU27", "AU28",
)  # fmt: skip
INTENSITIES = ("AU06", "AU10", "AU12", "AU14", "AU17")
TASKS = tuple(f"T{number}" for number in range(1, 9))
SUBJECTS = tuple([f"F{number:03d}" for number in range(1, 24)] + [f"M{number:03d}" for number in range(1, 19)])
IMAGES = ("Sequences", "2D+3D", "BP4D-training", "Sequences(2D+3D)")
PUBLISHED = {"subjects": 41, "sequences": 328}
SOURCE = "Zhang et al. 2014"
UNCODED = 9


def read_table(path: Path) -> tuple[list[int], NDArray[np.float32], NDArray[np.int64]]:
    """AU numbers of the header, (N, A) codes with 9 → NaN, (N,) frame numbers. DataInvalid names file and line."""
    rows = [row for row in layout.read_numbers(path) if row]
    width = len(rows[0]) if rows else 0
    if len(rows) < 2 or width < 2:
        raise DataInvalid(f"{path}: no header with AUs, or no frame (half copied?)")
    if len(rows[1]) == width + 1:  # the header begins with a blank instead of 0
        rows[0] = [0.0, *rows[0]]
        width += 1
    for number, row in enumerate(rows, start=1):
        if len(row) != width:
            raise DataInvalid(f"{path}: line {number}: {len(row)} cells, the first line has {width} (half copied?)")
    body = np.array(rows[1:], np.float32)
    codes = np.where(body[:, 1:] == UNCODED, np.nan, body[:, 1:])
    if np.nanmax(codes, initial=0) > 1 or np.nanmin(codes, initial=0) < 0:
        raise DataInvalid(f"{path}: occurrence must be 0, 1 or 9")
    return [round(value) for value in rows[0][1:]], codes.astype(np.float32), body[:, 0].astype(np.int64)


def read_intensity(path: Path) -> dict[int, float]:
    """Frame number → intensity 0–5, NaN where it could not be coded."""
    found = {}
    for frame, level, *_ in layout.read_numbers(path, columns=2):
        if level != UNCODED and not 0 <= level <= 5:
            raise DataInvalid(f"{path}: frame {frame:g}: {level:g} is not an intensity from 0 to 5, nor 9")
        found[int(frame)] = float("nan") if level == UNCODED else level
    return found


def pictures_of(folder: Path) -> dict[int, Path]:
    """Number in the codes' counting → picture of one sequence."""
    numbered = {int(path.stem): path for path in layout.files(folder, (".jpg", ".jpeg")) if path.stem.isdigit()}
    return {number + 1: path for number, path in numbered.items()} if 0 in numbered else numbered


def _sequence(
    images: Path, table: Path
) -> tuple[list[str], NDArray[np.int64], NDArray[np.float32], NDArray[np.float32]]:
    """Pictures, frames, intensity (N, U) and presence (N, U) of one coded sequence."""
    person, task = table.stem.split("_")
    numbers, codes, frames = read_table(table)
    pictures = pictures_of(images / person / task) if (images / person / task).is_dir() else {}
    absent = [int(frame) for frame in frames if int(frame) not in pictures]
    if absent:
        raise DataMissing(f"{images / person / task}: {len(absent)} of {len(frames)} coded frames have no picture, "
                          f"first {absent[0]}")  # fmt: skip
    present = np.full((len(frames), len(UNITS)), np.nan, np.float32)
    for column, number in enumerate(numbers):
        if f"AU{number:02d}" in UNITS:
            present[:, UNITS.index(f"AU{number:02d}")] = codes[:, column]
    intensity = np.where(present == 0, 0.0, np.nan).astype(np.float32)
    for unit in INTENSITIES:
        path = table.parent.parent / "AU_INT" / unit / f"{table.stem}_{unit}.csv"
        if path.is_file():
            levels = read_intensity(path)
            intensity[:, UNITS.index(unit)] = [levels.get(int(frame), np.nan) for frame in frames]
    return [str(pictures[int(frame)].relative_to(images)) for frame in frames], frames, intensity, present


def tables_of(root: Path) -> list[Path]:
    """The occurrence table of every coded sequence."""
    coding = layout.folder(root, "AUCoding/AU_OCC", "AU_OCC", what="BP4D's AU occurrence")
    return [path for path in layout.files(coding, (".csv",)) if len(path.stem.split("_")) == 2]


def open_faces(root: Path) -> LabelledFaces:
    """All coded frames."""
    images = layout.folder(root, *IMAGES, what="BP4D's pictures")
    tables = tables_of(root)
    if not tables:
        raise DataMissing(f"{root}: no table AUCoding/AU_OCC/F001_T1.csv")
    parts = [_sequence(images, table) for table in tables]
    names = [name for found, *_ in parts for name in found]
    return LabelledFaces(
        name="bp4d",
        origin=str(images.resolve()),
        subjects=tuple(name.split("/")[0] for name in names),
        sequences=tuple(name.split("/")[1] for name in names),
        frames=np.concatenate([part[1] for part in parts]),
        labels={"au": np.concatenate([part[2] for part in parts]), "present": np.concatenate([p[3] for p in parts])},
        units=UNITS,
        read=layout.PictureFiles(images, tuple(names)),
    )


def missing(root: Path) -> list[str]:
    """One line for every sequence or file that is absent, cut off, or has fewer pictures than codes."""
    try:
        images = layout.folder(root, *IMAGES, what="BP4D's pictures")
        tables = {table.stem: table for table in tables_of(root)}
    except DataMissing as error:
        return [str(error)]
    lines: list[str] = []
    for person in SUBJECTS:
        for task in TASKS:
            table = tables.get(f"{person}_{task}")
            if table is None:
                lines.append(f"{root}: no table AU_OCC/{person}_{task}.csv")
                continue
            try:
                names, *_ = _sequence(images, table)
            except DataMissing as error:
                lines.append(str(error))
                continue
            paths = (images / name for name in names)
            lines += [f"{path}: {reason}" for path in paths if (reason := layout.damage(path)) is not None]
            for unit in INTENSITIES:
                path = table.parent.parent / "AU_INT" / unit / f"{table.stem}_{unit}.csv"
                if not path.is_file():
                    lines.append(f"{path}: not found")
    return lines


def counted(root: Path) -> list[Count]:
    """Subjects, sequences, coded frames and how often every AU is present."""
    faces = open_faces(root)
    found = {
        "subjects": len(set(faces.subjects)),
        "sequences": len(set(zip(faces.subjects, faces.sequences, strict=True))),
        "frames": len(faces),
    }
    found |= {f"{unit} present": int(np.nansum(faces.presence(unit))) for unit in UNITS}
    return beside(found, PUBLISHED, SOURCE)
