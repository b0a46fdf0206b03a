"""Extended Cohn-Kanade, CK+ (Lucey et al. 2010): 123 people, 593 sequences from neutral to the peak, FACS at the peak.

Layout, as the archives unpack (a second folder of the archive's inner name may lie between or not):

    cohn-kanade-images/S005/001/S005_001_00000001.png
    FACS_labels/FACS/S005/001/S005_001_00000011_facs.txt        a line an AU: number, intensity 0–5 (0: not given)
    Emotion_labels/Emotion/S005/001/…_emotion.txt               one number; only 327 sequences have one
    Landmarks/Landmarks/S005/001/S005_001_00000001_landmarks.txt   68 lines "x y"

The emotion's numbers: 0 neutral, 1 anger, 2 contempt, 3 disgust, 4 fear, 5 happiness, 6 sadness, 7 surprise.

``open_faces`` gives every frame; AUs and emotion are known for the last frame of a sequence alone (``peak`` is 1
there), which is what was coded. An AU that is listed without intensity is present with intensity unknown. Landmarks are
read when ``points_of`` asks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.datasets import layout
from models.datasets.counted import Count, beside
from models.datasets.faces import NO_CLASS, LabelledFaces
from models.errors import DataInvalid, DataMissing

EMOTIONS = ("neutral", "anger", "contempt", "disgust", "fear", "happiness", "sadness", "surprise")
UNITS = (
    "AU01", "AU02", "AU04", "AU05", "AU06", "AU07", "AU09", "AU10", "AU11", "AU12", "AU13", "AU14", "AU15", "AU16",
    "AU17", "AU18", "AU20", "AU21", "AU23", "AU24", "AU25", "AU26", "AU27", "AU28", "AU29", "AU31", "AU34", "AU38",
    "AU39", "AU43",
)  # fmt: skip
LANDMARKS = 68
IMAGES = ("cohn-kanade-images", "extended-cohn-kanade-images/cohn-kanade-images")
FACS = ("FACS_labels/FACS", "FACS", "FACS_labels")
EMOTION = ("Emotion_labels/Emotion", "Emotion", "Emotion_labels")
POINTS = ("Landmarks/Landmarks", "Landmarks")
PUBLISHED = {
    "subjects": 123,
    "sequences": 593,
    "sequences with an emotion": 327,
    "frames of sequences with an AU of paper R": 8_657,
}
SOURCE = "Lucey et al. 2010; paper R"


class CkPoints:
    """Row → (68, 2) px of ``Landmarks``, read when asked for; None where the folder is absent."""

    def __init__(self, folder: Path | None, names: tuple[str, ...]) -> None:
        self.folder, self.names = folder, names

    def __call__(self, row: int) -> NDArray[np.float32] | None:
        """(68, 2) float32 px; DataMissing or DataInvalid name the file."""
        if self.folder is None:
            return None
        return layout.read_points(self.folder / f"{self.names[row]}_landmarks.txt", LANDMARKS)


def sequences_of(root: Path) -> dict[str, list[str]]:
    """S005/001 → the names of its pictures (S005_001_00000001), in order."""
    images = layout.folder(root, *IMAGES, what="CK+'s pictures")
    found = {
        f"{subject.name}/{sequence.name}": [path.stem for path in layout.files(sequence, (".png",))]
        for subject in layout.folders(images)
        for sequence in layout.folders(subject)
    }
    return {sequence: names for sequence, names in found.items() if names}


def label_file(folder: Path, sequence: str, ending: str) -> Path | None:
    """The one label file of a sequence, or None; its name carries the peak's frame number."""
    place = folder / sequence
    if not place.is_dir():
        return None
    found = [path for path in layout.files(place, (".txt",)) if path.name.endswith(ending)]
    return found[-1] if found else None


def read_facs(path: Path) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """(U,) intensity 0–5, NaN where not given, and (U,) presence, of one peak. DataInvalid names file and AU."""
    intensity, present = np.zeros(len(UNITS), np.float32), np.zeros(len(UNITS), np.float32)
    for number, *rest in layout.read_numbers(path):
        unit = f"AU{round(number):02d}"
        if unit not in UNITS:
            continue
        level = rest[0] if rest else 0.0
        if not 0 <= level <= 5:
            raise DataInvalid(f"{path}: {unit} has intensity {level:g}, expected 0–5")
        intensity[UNITS.index(unit)] = level if level > 0 else np.nan
        present[UNITS.index(unit)] = 1.0
    return intensity, present


def read_emotion(path: Path) -> int:
    """The number of the emotion of one sequence, 0–7."""
    rows = layout.read_numbers(path)
    if len(rows) != 1 or not 0 <= rows[0][0] < len(EMOTIONS):
        raise DataInvalid(f"{path}: not one emotion from 0 to 7 (half copied?)")
    return int(rows[0][0])


def open_faces(root: Path) -> LabelledFaces:
    """Every frame of every sequence that has a FACS file."""
    images = layout.folder(root, *IMAGES, what="CK+'s pictures")
    facs = layout.folder(root, *FACS, what="CK+'s FACS labels")
    emotions = next((root / name for name in EMOTION if (root / name).is_dir()), None)
    points = next((root / name for name in POINTS if (root / name).is_dir()), None)
    names: list[str] = []
    emotion: list[int] = []
    peak: list[int] = []
    intensity: list[NDArray[np.float32]] = []
    present: list[NDArray[np.float32]] = []
    unknown = np.full(len(UNITS), np.nan, np.float32)
    for sequence, pictures in sequences_of(root).items():
        coded = label_file(facs, sequence, "_facs.txt")
        if coded is None:
            continue
        last = None if emotions is None else label_file(emotions, sequence, "_emotion.txt")
        level, there = read_facs(coded)
        for picture in pictures:
            at_peak = picture == pictures[-1]
            names.append(f"{sequence}/{picture}")
            peak.append(int(at_peak))
            emotion.append(read_emotion(last) if at_peak and last is not None else NO_CLASS)
            intensity.append(level if at_peak else unknown)
            present.append(there if at_peak else unknown)
    if not names:
        raise DataMissing(f"{images}: no sequence S…/… with pictures and a FACS file")
    return LabelledFaces(
        name="ck_plus",
        origin=str(root.resolve()),
        subjects=tuple(name.split("/")[0] for name in names),
        sequences=tuple(name.split("/")[1] for name in names),
        frames=np.array([int(name.rsplit("_", 1)[1]) for name in names], np.int64),
        labels={
            "emotion": np.array(emotion, np.int64),
            "peak": np.array(peak, np.int64),
            "au": np.stack(intensity),
            "present": np.stack(present),
        },
        class_names=EMOTIONS,
        units=UNITS,
        read=layout.PictureFiles(images, tuple(f"{name}.png" for name in names)),
        points=CkPoints(points, tuple(names)),
    )


def missing(root: Path) -> list[str]:
    """One line for every folder, sequence or file that is absent, cut off, or has a gap in its frames."""
    lines: list[str] = []
    places: dict[str, Path] = {}
    for what, candidates in {"pictures": IMAGES, "FACS labels": FACS, "emotions": EMOTION, "landmarks": POINTS}.items():
        try:
            places[what] = layout.folder(root, *candidates, what=f"CK+'s {what}")
        except DataMissing as error:
            lines.append(str(error))
    if "pictures" not in places:
        return lines
    sequences = sequences_of(root)
    for sequence, names in sequences.items():
        lines += _incomplete(places, sequence, names)
    for what in ("FACS labels", "landmarks"):
        alone = sorted(_labelled(places[what]) - set(sequences)) if what in places else []
        lines += [f"{places['pictures'] / sequence}: no pictures, though {what} are there" for sequence in alone]
    lines += _unreadable(places.get("FACS labels"), "_facs.txt", read_facs)
    return lines + _unreadable(places.get("emotions"), "_emotion.txt", read_emotion)


def _incomplete(places: Mapping[str, Path], sequence: str, names: list[str]) -> list[str]:
    """What one sequence of pictures lacks."""
    paths = [places["pictures"] / sequence / f"{name}.png" for name in names]
    lines = [f"{path}: {reason}" for path in paths if (reason := layout.damage(path)) is not None]
    numbers = [int(name.rsplit("_", 1)[1]) for name in names]
    gaps = sorted(set(range(1, max(numbers) + 1)) - set(numbers))
    if gaps:
        lines.append(f"{paths[0].parent}: {len(gaps)} of {max(numbers)} frames are missing, first {gaps[0]}")
    if "FACS labels" in places and label_file(places["FACS labels"], sequence, "_facs.txt") is None:
        lines.append(f"{places['FACS labels'] / sequence}: no …_facs.txt")
    if "landmarks" in places:
        folder = places["landmarks"] / sequence
        absent = [name for name in names if not (folder / f"{name}_landmarks.txt").is_file()]
        if absent:
            first = f"{absent[0]}_landmarks.txt"
            lines.append(f"{folder}: {len(absent)} of {len(names)} frames are missing, first {first}")
    return lines


def _unreadable(folder: Path | None, ending: str, read: Callable[[Path], object]) -> list[str]:
    """One line for every label file that ``read`` refuses."""
    lines: list[str] = []
    for sequence in sorted(_labelled(folder)) if folder is not None else ():
        path = label_file(folder, sequence, ending) if folder is not None else None
        try:
            if path is not None:
                read(path)
        except DataInvalid as error:
            lines.append(str(error))
    return lines


def _labelled(folder: Path) -> set[str]:
    """S005/001 of every sequence folder below ``folder`` that holds a text file."""
    return {
        f"{subject.name}/{sequence.name}"
        for subject in layout.folders(folder)
        for sequence in layout.folders(subject)
        if layout.files(sequence, (".txt",))
    }


def counted(root: Path) -> list[Count]:
    """Subjects, sequences and frames beside the papers' counts."""
    from models.datasets.selections import rieger_frames

    faces = open_faces(root)
    peaks = faces.select(faces.labels["peak"] == 1)
    found = {
        "subjects": len(set(faces.subjects)),
        "sequences": len(peaks),
        "frames": len(faces),
        "sequences with an emotion": int(np.sum(peaks.labels["emotion"] >= 0)),
        "frames of sequences with an AU of paper R": len(rieger_frames(faces)),
    }
    return beside(found, PUBLISHED, SOURCE)
