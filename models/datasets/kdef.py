"""Karolinska Directed Emotional Faces (Lundqvist et al. 1998): 70 people, 7 emotions, 5 angles, 2 sessions, 4,900.

Layout: ``KDEF_and_AKDEF/KDEF/AF01/AF01ANFL.JPG`` (or the folders above left away). The name: session A or B, F or M,
the person's number 01–35, the emotion (AF afraid, AN, DI, HA, NE, SA, SU), the angle (FL full left, HL half left, S
straight, HR, FR). One person is the same in both sessions: subject "F01", sequence "A" or "B". Paper A uses people
happy and sad, seen straight: ``straight``.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from models.datasets import layout
from models.datasets.counted import Count, beside
from models.datasets.faces import LabelledFaces
from models.errors import DataMissing

EMOTIONS = ("fear", "anger", "disgust", "happiness", "neutral", "sadness", "surprise")
ANGLES = ("FL", "HL", "S", "HR", "FR")
"""``labels["angle"]``: 2 is straight."""
PLACES = ("KDEF_and_AKDEF/KDEF", "KDEF", ".")
PUBLISHED = {"people": 70, "pictures": 4_900, "seen straight": 980}
SOURCE = "Lundqvist et al. 1998"
_CODES = ("AF", "AN", "DI", "HA", "NE", "SA", "SU")
_NAME = re.compile(r"([AB])([FM]\d\d)(AF|AN|DI|HA|NE|SA|SU)(FL|HL|S|HR|FR)", re.IGNORECASE)
_FOLDER = re.compile(r"[AB][FM]\d\d", re.IGNORECASE)


def _found(root: Path) -> tuple[Path, list[Path], list[Path]]:
    """The folder of the set, the pictures whose names can be read, and those whose names cannot."""
    place = next((root / name for name in PLACES if (root / name).is_dir() and _people(root / name)), None)
    if place is None:
        raise DataMissing(f"{root}: no folder KDEF_and_AKDEF/KDEF/AF01 or KDEF/AF01 or AF01 (KDEF's pictures)")
    paths = [path for person in _people(place) for path in layout.files(person, (".jpg", ".jpeg"))]
    known = [path for path in paths if _NAME.fullmatch(path.stem)]
    return place, known, [path for path in paths if not _NAME.fullmatch(path.stem)]


def _people(place: Path) -> list[Path]:
    return [person for person in layout.folders(place) if _FOLDER.fullmatch(person.name)]


def open_faces(root: Path) -> LabelledFaces:
    """All pictures, of all angles."""
    place, paths, _ = _found(root)
    if not paths:
        raise DataMissing(f"{place}: no picture AF01ANS.JPG")
    parts = [match.groups() for path in paths if (match := _NAME.fullmatch(path.stem.upper())) is not None]
    return LabelledFaces(
        name="kdef",
        origin=str(root.resolve()),
        subjects=tuple(person for _, person, _, _ in parts),
        sequences=tuple(session for session, _, _, _ in parts),
        labels={
            "emotion": np.array([_CODES.index(emotion) for _, _, emotion, _ in parts], np.int64),
            "angle": np.array([ANGLES.index(angle) for _, _, _, angle in parts], np.int64),
        },
        class_names=EMOTIONS,
        read=layout.PictureFiles(place, tuple(str(path.relative_to(place)) for path in paths)),
    )


def straight(faces: LabelledFaces) -> LabelledFaces:
    """The pictures taken from the front."""
    return faces.select(faces.labels["angle"] == ANGLES.index("S"))


def missing(root: Path) -> list[str]:
    """One line for every person or picture that is absent, cut off or cannot be read by its name."""
    try:
        place, known, unknown = _found(root)
    except DataMissing as error:
        return [str(error)]
    lines = [f"{path}: the name is not of the form AF01ANS.JPG" for path in unknown]
    lines += [f"{path}: {reason}" for path in known if (reason := layout.damage(path)) is not None]
    there = {path.stem.upper() for path in known}
    for sex in "FM":
        for number in range(1, 36):
            for session in "AB":
                person = f"{session}{sex}{number:02d}"
                wanted = [f"{person}{emotion}{angle}" for emotion in _CODES for angle in ANGLES]
                absent = [name for name in wanted if name not in there]
                if absent:
                    lines.append(f"{place / person}: {len(absent)} of {len(wanted)} pictures are missing, "
                                 f"first {absent[0]}.JPG")  # fmt: skip
    return lines


def counted(root: Path) -> list[Count]:
    """People and pictures beside the set's description."""
    faces = open_faces(root)
    found = {
        "people": len(set(faces.subjects)),
        "pictures": len(faces),
        "seen straight": len(straight(faces)),
    }
    found |= {name: int(np.sum(faces.labels["emotion"] == i)) for i, name in enumerate(EMOTIONS)}
    return beside(found, PUBLISHED, SOURCE)
