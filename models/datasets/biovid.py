"""BioVid Heat Pain Database (Walter et al. 2013), Parts A and D, and the three classes that paper W makes of them.

Layout, below a folder that holds ``PartA`` and ``PartD`` (either may be given by itself):

    PartA/starting_point/samples.csv          tab-separated; subject_name, class_id (0 BL1, 1 PA1 … 4 PA4), sample_name
    PartA/video/SUBJECT/SAMPLE.mp4            071309_w_21/071309_w_21-PA4-006.mp4: 5.5 s at 25 fps, 138 frames
    PartD/video/SUBJECT/SUBJECT-EMOTION.mp4   071309_w_21/071309_w_21-happiness.mp4: 1 min at 25 fps, 1,501 frames

Part D's file names are not public in detail: any film in a subject's folder counts whose name holds the name of an
emotion (English or German) after the subject's. Films may be .mp4 or .avi. Frames are decoded only when asked for.

The paper's counts tell how it chose: 12,006 = 87 · 138, so one clip a subject and level (we take the first of each,
by number); 114,076 = 76 · 1,501, so one film an emotion and subject; cleaned, 24,075 = 75 · 321, so people who lack one
of the two emotions are left out, and of every film as many frames are kept, evenly spaced, as bring each emotion to at
least the 24,012 frames of pain: 321.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from models.datasets import layout
from models.datasets.counted import Count, beside
from models.datasets.faces import LabelledFaces
from models.datasets.films import FilmFrames, frame_count
from models.datasets.joining import joined
from models.errors import DataInvalid, DataMissing

LEVELS = ("baseline", "pain 1", "pain 2", "pain 3", "pain 4")
CLASSES = ("pain", "happiness", "disgust")
"""Paper W's classes, in its order."""
EMOTIONS = ("neutral", "pain", "happiness", "disgust", "anger", "fear", "sadness", "surprise")
_NAMES = {
    "neutral": "neutral", "pain": "pain", "schmerz": "pain", "happiness": "happiness", "happy": "happiness",
    "joy": "happiness", "freude": "happiness", "disgust": "disgust", "ekel": "disgust", "anger": "anger",
    "wut": "anger", "aerger": "anger", "fear": "fear", "angst": "fear", "sadness": "sadness", "trauer": "sadness",
    "surprise": "surprise",
}  # fmt: skip
PUBLISHED = {
    "pain 3: subjects": 87, "pain 3: frames": 12_006, "pain 4: subjects": 87, "pain 4: frames": 12_006,
    "disgust: subjects": 76, "disgust: frames": 114_076, "happiness: subjects": 75, "happiness: frames": 112_575,
    "cleaned disgust: subjects": 75, "cleaned disgust: frames": 24_075,
    "cleaned happiness: subjects": 75, "cleaned happiness: frames": 24_075,
}  # fmt: skip
SOURCE = "Weitz et al., slides"


@dataclass(frozen=True, slots=True)
class Clip:
    """One film: ``path`` below the part's ``video`` folder, whose, of which class, its number in the sample list."""

    path: str
    subject: str
    label: int
    number: int = 0


def part_a(root: Path) -> tuple[Path, list[Clip]]:
    """The video folder of Part A and its clips in the order of samples.csv; no film is opened."""
    part = layout.folder(root, "PartA", ".", what="BioVid Part A")
    table = layout.file(part, "starting_point/samples.csv", "samples.csv", what="list of Part A's samples")
    lines = layout.read_text(table).splitlines()
    parting = "\t" if lines and "\t" in lines[0] else ";" if lines and ";" in lines[0] else ","
    rows = list(csv.DictReader(lines, delimiter=parting))
    wanted = ("subject_name", "class_id", "sample_name")
    absent = [name for name in wanted if not rows or name not in rows[0]]
    if absent:
        raise DataInvalid(f"{table}: no column {', '.join(absent)}")
    video = layout.folder(part, "video", what="Part A's films")
    clips = []
    for number, row in enumerate(rows, start=2):
        subject, sample = (row["subject_name"] or "").strip(), (row["sample_name"] or "").strip()
        if not (row["class_id"] or "").strip().isdigit() or int(row["class_id"]) >= len(LEVELS) or not sample:
            raise DataInvalid(f"{table}: line {number}: no sample with class_id 0–4 (cut off?)")
        suffix = ".avi" if not (video / subject / f"{sample}.mp4").is_file() else ".mp4"
        if suffix == ".avi" and not (video / subject / f"{sample}.avi").is_file():
            suffix = ".mp4"
        clips.append(Clip(f"{subject}/{sample}{suffix}", subject, int(row["class_id"]), number - 2))
    return video, clips


def part_d(root: Path) -> tuple[Path, list[Clip]]:
    """The video folder of Part D and its films; what has no emotion in its name is not a film of Part D."""
    part = layout.folder(root, "PartD", ".", what="BioVid Part D")
    video = layout.folder(part, "video", what="Part D's films")
    clips = []
    for person in layout.folders(video):
        for film in layout.files(person, layout.FILMS):
            words = film.stem.lower().removeprefix(person.name.lower()).replace("_", "-").split("-")
            emotions = {_NAMES[word] for word in words if word in _NAMES}
            if len(emotions) == 1:
                clips.append(Clip(f"{person.name}/{film.name}", person.name, EMOTIONS.index(emotions.pop())))
    if not clips:
        raise DataMissing(f"{video}: no film SUBJECT/SUBJECT-EMOTION.mp4 (emotions: {', '.join(EMOTIONS)})")
    return video, clips


def first_clips(clips: Sequence[Clip], levels: Sequence[int] = (3, 4)) -> list[Clip]:
    """The first clip of every subject at every one of ``levels``, in the order of the sample list."""
    seen: set[tuple[str, int]] = set()
    chosen = []
    for clip in clips:
        if clip.label in levels and (clip.subject, clip.label) not in seen:
            seen.add((clip.subject, clip.label))
            chosen.append(clip)
    return chosen


def evenly(count: int, wanted: int) -> list[int]:
    """``wanted`` of the numbers 0 … count − 1, evenly spaced and without repetition; all where there are too few."""
    if wanted >= count:
        return list(range(count))
    return [int((2 * place + 1) * count // (2 * wanted)) for place in range(wanted)]


def rows_of(
    name: str, video: Path, clips: Sequence[Clip], names: tuple[str, ...], keep: int | None = None
) -> LabelledFaces:
    """Every frame of ``clips`` (or ``keep`` evenly spaced ones of each); film headers are read, frames are not."""
    counts = [frame_count(video / clip.path) for clip in clips]
    chosen = [evenly(count, count if keep is None else keep) for count in counts]
    film = [number for number, kept in enumerate(chosen) for _ in kept]
    frames = np.array([frame for kept in chosen for frame in kept], np.int64)
    return LabelledFaces(
        name=name,
        origin=str(video.resolve()),
        subjects=tuple(clips[i].subject for i in film),
        sequences=tuple(Path(clips[i].path).stem for i in film),
        frames=frames,
        labels={"emotion": np.array([clips[i].label for i in film], np.int64)},
        class_names=names,
        read=FilmFrames(video, tuple(clip.path for clip in clips), np.array(film, np.int64), frames),
    )


def open_part_a(root: Path) -> LabelledFaces:
    """All frames of all clips of Part A; ``emotion`` is the level (``LEVELS``)."""
    return rows_of("biovid_a", *part_a(root), LEVELS)


def open_part_d(root: Path) -> LabelledFaces:
    """All frames of all films of Part D; ``emotion`` counts ``EMOTIONS``."""
    return rows_of("biovid_d", *part_d(root), EMOTIONS)


def cleaned(pain: Sequence[Clip], posed: Sequence[Clip], lengths: Sequence[int]) -> tuple[list[Clip], int]:
    """The happiness and disgust films of people who have both, and how many frames to keep of each film.

    ``lengths`` are the frame counts of ``pain``'s clips: each emotion gets at least as many frames as pain has.
    """
    wanted = [EMOTIONS.index(name) for name in CLASSES[1:]]
    have = [{clip.subject for clip in posed if clip.label == label} for label in wanted]
    both = set.intersection(*have)
    if not both or not pain:
        raise DataMissing("BioVid: nobody has a film of happiness and one of disgust, or there is no clip of pain")
    kept = [clip for clip in first_clips(posed, wanted) if clip.subject in both]
    return kept, math.ceil(sum(lengths) / len(both))


def open_faces(root: Path) -> LabelledFaces:
    """Paper W's set after cleaning: pain (levels 3 and 4) of Part A, happiness and disgust of Part D (``CLASSES``)."""
    video_a, clips_a = part_a(root)
    video_d, clips_d = part_d(root)
    hurt = first_clips(clips_a)
    kept, frames = cleaned(hurt, clips_d, [frame_count(video_a / clip.path) for clip in hurt])
    pain = rows_of("biovid_a", video_a, hurt, LEVELS)
    posed = rows_of("biovid_d", video_d, kept, EMOTIONS, keep=frames)
    return joined("biovid", [renamed(pain), renamed(posed)], same_people=True)


def renamed(faces: LabelledFaces) -> LabelledFaces:
    """The same rows with W's classes: levels 3 and 4 are pain; what belongs to no class of W is left out."""
    to_class = {name: CLASSES.index(name) for name in CLASSES}
    to_class |= {LEVELS[3]: 0, LEVELS[4]: 0}
    number = np.array([to_class.get(name, -1) for name in faces.class_names])
    emotion = number[faces.labels["emotion"]]
    kept = replace(faces, labels={**faces.labels, "emotion": emotion}, class_names=CLASSES)
    return kept.select(emotion >= 0)


def missing(root: Path, parts: str = "AD") -> list[str]:
    """One line for every film or list that is absent, empty or cut off."""
    lines: list[str] = []
    for letter, part in (("A", part_a), ("D", part_d)):
        if letter not in parts:
            continue
        try:
            video, clips = part(root)
        except DataMissing as error:
            lines.append(str(error))
            continue
        for clip in clips:
            reason = layout.damage(video / clip.path)
            if reason is not None:
                lines.append(f"{video / clip.path}: {reason}")
        if letter == "D":
            lines += _incomplete(video, clips)
    return lines


def _incomplete(video: Path, clips: Sequence[Clip]) -> list[str]:
    """Subjects of Part D without any film that its name makes one."""
    known = {clip.subject for clip in clips}
    return [
        f"{person}: no film with an emotion in its name" for person in layout.folders(video) if person.name not in known
    ]


def missing_a(root: Path) -> list[str]:
    """What is wrong with Part A alone."""
    return missing(root, "A")


def missing_d(root: Path) -> list[str]:
    """What is wrong with Part D alone."""
    return missing(root, "D")


def counted_a(root: Path) -> list[Count]:
    """Part A: subjects and frames of the clips that paper W took, beside its table; and all clips."""
    video, clips = part_a(root)
    found: dict[str, int] = {"clips": len(clips), "subjects": len({clip.subject for clip in clips})}
    for level in (3, 4):
        chosen = first_clips(clips, (level,))
        found[f"{LEVELS[level]}: subjects"] = len(chosen)
        found[f"{LEVELS[level]}: frames"] = sum(frame_count(video / clip.path) for clip in chosen)
    return beside(found, PUBLISHED | {"clips": 8_700, "subjects": 87}, SOURCE)


def counted_d(root: Path) -> list[Count]:
    """Part D: subjects and frames of every emotion, beside paper W's table where it has them."""
    video, clips = part_d(root)
    found: dict[str, int] = {}
    for label, name in enumerate(EMOTIONS):
        chosen = [clip for clip in clips if clip.label == label]
        if chosen:
            found[f"{name}: subjects"] = len({clip.subject for clip in chosen})
            found[f"{name}: frames"] = sum(frame_count(video / clip.path) for clip in chosen)
    return beside(found, PUBLISHED, SOURCE)


def counted(root: Path) -> list[Count]:
    """Subjects and frames before and after cleaning, beside paper W's table."""
    both = [count for count in counted_a(root) if ":" in count.what]
    both += [count for count in counted_d(root) if count.what.split(":")[0] in CLASSES[1:]]
    faces = open_faces(root)
    found: dict[str, int] = {}
    for name in ("disgust", "happiness"):
        rows = np.flatnonzero(faces.labels["emotion"] == CLASSES.index(name))
        found[f"cleaned {name}: subjects"] = len({faces.subjects[i] for i in rows})
        found[f"cleaned {name}: frames"] = len(rows)
    return both + beside(found, PUBLISHED, SOURCE)
