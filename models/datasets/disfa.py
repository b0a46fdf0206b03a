"""DISFA (Mavadati et al. 2013): 27 people watch a film of four minutes, 4,845 frames each, 12 AUs with intensity.

Layout, SN the person (SN001):

    ActionUnit_Labels/SN/SN_au4.txt           a line a frame: number from 1, intensity 0–5, a comma between
    Video_LeftCamera/LeftVideoSN_comp.avi     (or Videos_LeftCamera; the right camera's likewise)
    Landmark_Points/                          not read

Frame k of a label file is frame k − 1 of the film. Frames of a film beyond its labels are not part of the set.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.datasets import layout
from models.datasets.counted import Count, beside
from models.datasets.faces import LabelledFaces
from models.datasets.films import FilmFrames, frame_count
from models.errors import DataInvalid, DataMissing

AUS = (1, 2, 4, 5, 6, 9, 12, 15, 17, 20, 25, 26)
UNITS = tuple(f"AU{number:02d}" for number in AUS)
SUBJECTS = tuple(f"SN{number:03d}" for number in (*range(1, 14), 16, 17, 18, 21, *range(23, 33)))
PUBLISHED = {"subjects": 27, "frames": 130_815}
SOURCE = "Mavadati et al. 2013"


def video_folder(root: Path, camera: str = "Left") -> Path:
    """The folder of one camera's films."""
    return layout.folder(
        root, f"Video_{camera}Camera", f"Videos_{camera}Camera", what=f"DISFA's {camera.lower()} films"
    )


def read_labels(folder: Path) -> NDArray[np.float32]:
    """(frames, 12) intensities of one person; DataInvalid names the file that is of another length or no label file."""
    columns: list[list[float]] = []
    for number in AUS:
        path = folder / f"{folder.name}_au{number}.txt"
        rows = layout.read_numbers(path, columns=2)
        if [row[0] for row in rows] != list(range(1, len(rows) + 1)):
            raise DataInvalid(f"{path}: the frames are not numbered from 1 without a gap")
        if not rows or any(not 0 <= row[1] <= 5 for row in rows):
            raise DataInvalid(f"{path}: not one intensity from 0 to 5 a frame")
        if columns and len(rows) != len(columns[0]):
            raise DataInvalid(f"{path}: {len(rows)} frames, the other AUs of {folder.name} have {len(columns[0])}")
        columns.append([row[1] for row in rows])
    return np.array(columns, np.float32).T


def open_faces(root: Path, camera: str = "Left") -> LabelledFaces:
    """All labelled frames of all people, seen by the left camera (or ``camera="Right"``)."""
    labels = layout.folder(root, "ActionUnit_Labels", what="DISFA's labels")
    video = video_folder(root, camera)
    people = [person for person in layout.folders(labels) if person.name.startswith("SN")]
    if not people:
        raise DataMissing(f"{labels}: no folder SN001, …")
    films = [f"{camera}Video{person.name}_comp.avi" for person in people]
    tables = [read_labels(person) for person in people]
    for film, table in zip(films, tables, strict=True):
        count = frame_count(video / film)
        if count < len(table):
            raise DataInvalid(f"{video / film}: {count} frames, but {len(table)} are labelled (half copied?)")
    film_of = np.repeat(np.arange(len(people)), [len(table) for table in tables])
    frames = np.concatenate([np.arange(len(table)) for table in tables])
    intensity = np.concatenate(tables)
    return LabelledFaces(
        name="disfa",
        origin=str(video.resolve()),
        subjects=tuple(people[i].name for i in film_of.tolist()),
        sequences=(camera.lower(),) * len(frames),
        frames=frames + 1,
        labels={"au": intensity, "present": (intensity > 0).astype(np.float32)},
        units=UNITS,
        read=FilmFrames(video, tuple(films), film_of.astype(np.int64), frames.astype(np.int64)),
    )


def missing(root: Path) -> list[str]:
    """One line for every person, film or label file that is absent, cut off or of another length."""
    lines: list[str] = []
    labels, video = root / "ActionUnit_Labels", None
    if not labels.is_dir():
        lines.append(f"{labels}: not found (DISFA's labels)")
    try:
        video = video_folder(root)
    except DataMissing as error:
        lines.append(str(error))
    for person in SUBJECTS:
        table: NDArray[np.float32] | None = None
        if labels.is_dir():
            try:
                table = read_labels(labels / person)
            except DataMissing as error:
                lines.append(str(error))
        if video is not None:
            film = video / f"LeftVideo{person}_comp.avi"
            try:
                count = frame_count(film)
            except DataMissing as error:
                lines.append(str(error))
                continue
            if table is not None and count < len(table):
                lines.append(f"{film}: {count} frames, but {len(table)} are labelled (half copied?)")
    return lines


def counted(root: Path) -> list[Count]:
    """Subjects, frames and how often every AU is present."""
    faces = open_faces(root)
    found = {"subjects": len(set(faces.subjects)), "frames": len(faces)}
    found |= {f"{unit} present": int(np.nansum(faces.presence(unit))) for unit in UNITS}
    return beside(found, PUBLISHED, SOURCE)
