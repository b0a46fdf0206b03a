"""UNBC-McMaster Shoulder Pain Expression Archive (Lucey et al. 2011): 25 people, 200 sequences, 48,398 coded frames.

Layout, SUBJECT as 042-ll042, SEQUENCE as ll042t1aaaff, FRAME as ll042t1aaaff001:

    Images/SUBJECT/SEQUENCE/FRAME.png
    Frame_Labels/PSPI/SUBJECT/SEQUENCE/FRAME_facs.txt    one number, 0–16 (0–15 occur)
    Frame_Labels/FACS/SUBJECT/SEQUENCE/FRAME_facs.txt    a line an AU: number, intensity 1–5, two more; empty: no AU
    AAM_landmarks/SUBJECT/SEQUENCE/FRAME_aam.txt         66 lines "x y": the 68 points without the inner mouth corners
    Sequence_Labels/                                     not read

Everything but AAM_landmarks is needed to open the set; its points are read when ``points_of`` asks. AU43 has no
intensity: listed means closed, 1. PSPI is computed again from the AUs of every frame and must be what the PSPI file
says; the first frame where it is not is named. AUs outside ``UNITS`` are not read.

The four people whose pictures may be published are named in the licence agreement, not in any paper: write their
folder names, one a line, to ``publishable.txt`` beside ``Images``.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.datasets import layout
from models.datasets.counted import Count, beside
from models.datasets.faces import LabelledFaces
from models.errors import DataInvalid, DataMissing

UNITS = ("AU04", "AU06", "AU07", "AU09", "AU10", "AU12", "AU20", "AU25", "AU26", "AU27", "AU43")
SUBJECTS = (
    "042-ll042", "043-jh043", "047-jl047", "048-aa048", "049-bm049", "052-dr052", "059-fn059", "064-ak064",
    "066-mg066", "080-bn080", "092-ch092", "095-tv095", "096-bg096", "097-gf097", "101-mg101", "103-jk103",
    "106-nm106", "107-hs107", "108-th108", "109-ib109", "115-jy115", "120-kz120", "121-vw121", "123-jh123",
    "124-dn124",
)  # fmt: skip
LANDMARKS = 66
PUBLISHED = {
    "subjects": 25,
    "sequences": 200,
    "frames": 48_398,
    "frames with PSPI 0": 40_029,
    "frames with PSPI above 0": 8_369,
    "frames with an AU of paper R": 9_313,
    "frames with AU27": 16,
}
SOURCE = "Lucey et al. 2011; papers P and R"
_FOLDERS = {"Images": ".png", "Frame_Labels/PSPI": "_facs.txt", "Frame_Labels/FACS": "_facs.txt",
            "AAM_landmarks": "_aam.txt"}  # fmt: skip


class AamPoints:
    """Row → (66, 2) px of ``AAM_landmarks``, read when asked for."""

    def __init__(self, root: Path, names: tuple[str, ...]) -> None:
        self.root, self.names = root, names

    def __call__(self, row: int) -> NDArray[np.float32]:
        """(66, 2) float32 px; DataMissing or DataInvalid name the file."""
        return layout.read_points(self.root / "AAM_landmarks" / f"{self.names[row]}_aam.txt", LANDMARKS)


def pspi_of(intensity: NDArray[np.float32]) -> NDArray[np.float32]:
    """(N, U) intensities in the order of ``UNITS`` → (N,) PSPI (Prkachin & Solomon 2008), AU43 counting 0 or 1."""
    column = {unit: intensity[:, UNITS.index(unit)] for unit in UNITS}
    total = (
        column["AU04"]
        + np.maximum(column["AU06"], column["AU07"])
        + np.maximum(column["AU09"], column["AU10"])
        + (column["AU43"] > 0)
    )
    return np.asarray(total, np.float32)


def read_facs(path: Path) -> NDArray[np.float32]:
    """(U,) intensities of one frame, 0 where an AU is not listed. DataInvalid names file and line."""
    found = np.zeros(len(UNITS), np.float32)
    for number, intensity, *_ in layout.read_numbers(path, columns=2):
        unit = f"AU{round(number):02d}"
        if unit not in UNITS:
            continue
        level = 1.0 if unit == "AU43" else intensity
        if not 0 <= level <= 5:
            raise DataInvalid(f"{path}: {unit} has intensity {intensity:g}, expected 0–5")
        found[UNITS.index(unit)] = level
    return found


def read_pspi(path: Path) -> float:
    """PSPI of one frame. DataInvalid where the file holds anything but one number from 0 to 16."""
    rows = layout.read_numbers(path)
    if len(rows) != 1 or not 0 <= rows[0][0] <= 16:
        raise DataInvalid(f"{path}: not one PSPI from 0 to 16 (half copied?)")
    return rows[0][0]


def names_of(root: Path) -> list[str]:
    """SUBJECT/SEQUENCE/FRAME of every picture, in order."""
    images = layout.folder(root, "Images", what="UNBC-McMaster's pictures")
    return [
        f"{subject.name}/{sequence.name}/{picture.stem}"
        for subject in layout.folders(images)
        for sequence in layout.folders(subject)
        for picture in layout.files(sequence, (".png",))
    ]


def frame_number(name: str) -> int:
    """The number at the end of a frame's name: ll042t1aaaff001 → 1."""
    digits = name[len(name.rstrip("0123456789")) :]
    if not digits:
        raise DataInvalid(f"{name}: a frame's name must end in its number")
    return int(digits)


def open_faces(root: Path) -> LabelledFaces:
    """All frames. DataMissing or DataInvalid name the first file that is absent, unreadable or of another PSPI."""
    names = names_of(root)
    if not names:
        raise DataMissing(f"{root / 'Images'}: no picture SUBJECT/SEQUENCE/FRAME.png")
    intensity = np.stack([read_facs(root / "Frame_Labels/FACS" / f"{name}_facs.txt") for name in names])
    pspi = np.array([read_pspi(root / "Frame_Labels/PSPI" / f"{name}_facs.txt") for name in names], np.float32)
    wrong = disagreeing(root, names, intensity, pspi)
    if wrong:
        raise DataInvalid(wrong[0] + (f" ({len(wrong)} such files)" if len(wrong) > 1 else ""))
    return LabelledFaces(
        name="unbc",
        origin=str(root.resolve()),
        subjects=tuple(name.split("/")[0] for name in names),
        sequences=tuple(name.split("/")[1] for name in names),
        frames=np.array([frame_number(name) for name in names], np.int64),
        labels={"pspi": pspi, "au": intensity, "present": (intensity > 0).astype(np.float32)},
        units=UNITS,
        read=layout.PictureFiles(root / "Images", tuple(f"{name}.png" for name in names)),
        points=AamPoints(root, tuple(names)),
    )


def disagreeing(root: Path, names: list[str], intensity: NDArray[np.float32], pspi: NDArray[np.float32]) -> list[str]:
    """One line for every PSPI file that says something else than its frame's AUs give."""
    computed = pspi_of(intensity)
    return [
        f"{root / 'Frame_Labels/PSPI' / names[i]}_facs.txt: PSPI {pspi[i]:g}, but the AUs of the FACS file give "
        f"{computed[i]:g}"
        for i in np.flatnonzero(np.abs(computed - pspi) > 1e-3)
    ]


def publishable(root: Path) -> tuple[str, ...]:
    """The people of ``publishable.txt``; DataMissing says what the file is for, DataInvalid which name is unknown."""
    path = root / "publishable.txt"
    if not path.is_file():
        raise DataMissing(f"{path}: not found; list there, one a line, the folder names of the 4 people whose pictures "
                          "may be published (licence agreement): paper P tests on them")  # fmt: skip
    people = tuple(line.strip() for line in layout.read_text(path).splitlines() if line.strip())
    for person in people:
        if not (root / "Images" / person).is_dir():
            raise DataInvalid(f"{path}: {person} has no folder in Images")
    return people


def missing(root: Path) -> list[str]:
    """One line for every person, sequence or file that is absent, cut off, or disagrees."""
    lines: list[str] = []
    frames: dict[str, Mapping[str, set[str]]] = {}
    for name, ending in _FOLDERS.items():
        try:
            frames[name] = _frames(layout.folder(root, name, what="see docs/datasets.md"), ending)
        except DataMissing as error:
            lines.append(str(error))
    known = {sequence for found in frames.values() for sequence in found}
    people = {sequence.split("/")[0] for sequence in known}
    lines += [f"{root / 'Images' / person}: this person is missing" for person in SUBJECTS if person not in people]
    for sequence in sorted(known):
        whole = set().union(*(found.get(sequence, set()) for found in frames.values()))
        for name, found in frames.items():
            absent = sorted(whole - found.get(sequence, set()))
            if absent:
                lines.append(f"{root / name / sequence}: {len(absent)} of {len(whole)} frames are missing, "
                             f"first {absent[0]}{_FOLDERS[name]}")  # fmt: skip
    if "Images" in frames:
        pictures = (root / "Images" / f"{name}.png" for name in names_of(root))
        lines += [f"{path}: {reason}" for path in pictures if (reason := layout.damage(path)) is not None]
    labels = [frames.get(name, {}) for name in ("Frame_Labels/FACS", "Frame_Labels/PSPI")]
    for sequence in sorted(known):
        both = sorted(labels[0].get(sequence, set()) & labels[1].get(sequence, set()))
        lines += _contradictions(root, [f"{sequence}/{frame}" for frame in both])
    return lines


def _contradictions(root: Path, names: list[str]) -> list[str]:
    """One line for every label file of these frames that cannot be read or disagrees."""
    lines: list[str] = []
    read: list[tuple[str, NDArray[np.float32], float]] = []
    for name in names:
        try:
            units = read_facs(root / "Frame_Labels/FACS" / f"{name}_facs.txt")
            read.append((name, units, read_pspi(root / "Frame_Labels/PSPI" / f"{name}_facs.txt")))
        except DataMissing as error:
            lines.append(str(error))
    if read:
        intensity, pspi = np.stack([units for _, units, _ in read]), np.array([said for *_, said in read], np.float32)
        lines += disagreeing(root, [name for name, *_ in read], intensity, pspi)
    return lines


def _frames(folder: Path, ending: str) -> Mapping[str, set[str]]:
    """SUBJECT/SEQUENCE → the names of its frames, from files that end so."""
    return {
        f"{subject.name}/{sequence.name}": {
            path.name.removesuffix(ending) for path in sequence.iterdir()
            if path.name.endswith(ending) and not path.name.startswith(".")
        }
        for subject in layout.folders(folder)
        for sequence in layout.folders(subject)
    }  # fmt: skip


def counted(root: Path) -> list[Count]:
    """Subjects, sequences and frames, of each label, beside the papers' counts."""
    from models.datasets.selections import rieger_frames

    faces = open_faces(root)
    pspi = faces.labels["pspi"]
    found = {
        "subjects": len(set(faces.subjects)),
        "sequences": len(set(faces.sequences)),
        "frames": len(faces),
        "frames with PSPI 0": int(np.sum(pspi == 0)),
        "frames with PSPI above 0": int(np.sum(pspi > 0)),
        "frames with an AU of paper R": len(rieger_frames(faces)),
        "frames with AU27": int(np.nansum(faces.presence("AU27"))),
    }
    return beside(found, PUBLISHED, SOURCE)
