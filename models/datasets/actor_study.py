"""Actor Study (Seuss et al. 2019): 21 actors seen by a camera array, FACS codes; the centre view, as paper R takes it.

The archive's layout is not public in detail. Ours, which a holder of the data arranges by links or copies:

    center/SUBJECT/SEQUENCE/FRAME.png       SUBJECT a number, 01 … 21; SEQUENCE any name; FRAME ends in its number
    FACS/SUBJECT/SEQUENCE.csv               header "frame,AU04,AU06,…", a line a frame: intensity 0–5, or A–E as
                                            FACS writes it, 0 or empty where the AU is absent

``center`` may also be ``centre`` or ``Center``; the columns may be in any order and number. Only frames with a line in
their csv are part of the set. Paper R leaves subject 16 out (34 frames with an AU of interest): ``rieger_frames`` does.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.datasets import layout
from models.datasets.counted import Count, beside
from models.datasets.faces import LabelledFaces
from models.datasets.unbc import frame_number
from models.errors import DataInvalid, DataMissing

SUBJECTS = tuple(f"{number:02d}" for number in range(1, 22))
LEFT_OUT = "16"
CENTRE = ("center", "centre", "Center", "Centre")
PUBLISHED = {
    "subjects": 21,
    "subjects of paper R": 20,
    "frames of paper R": 33_012,
    "frames of subject 16 with an AU of paper R": 34,
}
SOURCE = "Seuss et al. 2019; paper R"
_LETTERS = {"": 0.0, "A": 1.0, "B": 2.0, "C": 3.0, "D": 4.0, "E": 5.0}


def number_of(folder: str) -> str:
    """A subject's two-digit number from the folder's name: "7", "07", "subject_07" → "07"."""
    digits = "".join(filter(str.isdigit, folder))
    if not digits:
        raise DataInvalid(f"{folder}: an actor's folder must carry the actor's number")
    return f"{int(digits):02d}"


def read_codes(path: Path) -> tuple[tuple[str, ...], dict[int, list[float]]]:
    """Units of the header, and frame number → intensities. DataInvalid names file and line."""
    lines = list(csv.reader(layout.read_text(path).splitlines()))
    header = [name.strip() for name in lines[0]] if lines else []
    if not header or header[0].lower() != "frame" or not all(name.upper().startswith("AU") for name in header[1:]):
        raise DataInvalid(f"{path}: line 1: expected frame,AU04,…, got {','.join(header) or 'nothing'}")
    codes: dict[int, list[float]] = {}
    for number, words in enumerate(lines[1:], start=2):
        if not any(word.strip() for word in words):
            continue
        try:
            if len(words) != len(header):
                raise ValueError
            levels = [_LETTERS.get(word.strip().upper()) for word in words[1:]]
            codes[int(words[0])] = [
                float(word) if level is None else level for word, level in zip(words[1:], levels, strict=True)
            ]
        except ValueError:
            raise DataInvalid(f"{path}: line {number}: not {len(header)} cells with a frame and intensities") from None
        if not all(0 <= level <= 5 for level in codes[int(words[0])]):
            raise DataInvalid(f"{path}: line {number}: an intensity is outside 0–5")
    return tuple(f"AU{int(name[2:]):02d}" for name in header[1:]), codes


def _sequences(root: Path) -> list[tuple[Path, Path]]:
    """The picture folder and the csv of every sequence that has pictures."""
    centre = layout.folder(root, *CENTRE, what="Actor Study's centre view")
    return [
        (sequence, root / "FACS" / subject.name / f"{sequence.name}.csv")
        for subject in layout.folders(centre)
        for sequence in layout.folders(subject)
        if layout.files(sequence, layout.PICTURES)
    ]


def open_faces(root: Path) -> LabelledFaces:
    """All coded frames of all actors, subject 16 among them."""
    centre = layout.folder(root, *CENTRE, what="Actor Study's centre view")
    rows: list[tuple[str, str, int, str]] = []
    codes: list[dict[str, float]] = []
    for folder, table in _sequences(root):
        units, known = read_codes(table)
        pictures = {frame_number(path.stem): path for path in layout.files(folder, layout.PICTURES)}
        for frame in sorted(known):
            if frame not in pictures:
                raise DataMissing(f"{folder}: no picture of frame {frame}, which {table.name} codes")
            name = str(pictures[frame].relative_to(centre))
            rows.append((number_of(folder.parent.name), folder.name, frame, name))
            codes.append(dict(zip(units, known[frame], strict=True)))
    if not rows:
        raise DataMissing(f"{centre}: no sequence SUBJECT/SEQUENCE with pictures and a csv in FACS")
    units = tuple(sorted({unit for code in codes for unit in code}))
    intensity = np.array([[code.get(unit, np.nan) for unit in units] for code in codes], np.float32)
    present = np.where(np.isnan(intensity), np.nan, intensity > 0).astype(np.float32)
    labels: dict[str, NDArray[np.float32]] = {"au": intensity, "present": present}
    return LabelledFaces(
        name="actor_study",
        origin=str(root.resolve()),
        subjects=tuple(row[0] for row in rows),
        sequences=tuple(row[1] for row in rows),
        frames=np.array([row[2] for row in rows], np.int64),
        labels=labels,
        units=units,
        read=layout.PictureFiles(centre, tuple(row[3] for row in rows)),
    )


def missing(root: Path) -> list[str]:
    """One line for every actor, sequence or file that is absent or cut off."""
    lines: list[str] = []
    try:
        centre = layout.folder(root, *CENTRE, what="Actor Study's centre view")
        layout.folder(root, "FACS", what="Actor Study's codes")
    except DataMissing as error:
        return [str(error)]
    there = {number_of(person.name) for person in layout.folders(centre)}
    lines += [f"{centre / person}: this actor is missing" for person in SUBJECTS if person not in there]
    for folder, table in _sequences(root):
        if not table.is_file():
            lines.append(f"{table}: not found")
            continue
        pictures = layout.files(folder, layout.PICTURES)
        lines += [f"{path}: {reason}" for path in pictures if (reason := layout.damage(path)) is not None]
        try:
            absent = sorted(set(read_codes(table)[1]) - {frame_number(path.stem) for path in pictures})
        except DataInvalid as error:
            lines.append(str(error))
            continue
        if absent:
            lines.append(f"{folder}: {len(absent)} coded frames have no picture, first {absent[0]}")
    return lines


def counted(root: Path) -> list[Count]:
    """Subjects and frames beside paper R's."""
    from models.datasets.selections import rieger_frames, with_pain_unit

    faces = open_faces(root)
    chosen = rieger_frames(faces)
    sixteen = np.array([subject == LEFT_OUT for subject in faces.subjects])
    found = {
        "subjects": len(set(faces.subjects)),
        "frames": len(faces),
        "subjects of paper R": len(set(chosen.subjects)),
        "frames of paper R": len(chosen),
        "frames of subject 16 with an AU of paper R": int(np.sum(with_pain_unit(faces) & sixteen)),
    }
    return beside(found, PUBLISHED, SOURCE)
