"""Open stand-ins for the licensed sets: invented people whose labels are known exactly. Numbers made on them show that
a recipe works, never how well it would do on the real set; every report says so (``stand_in`` is True).

Without data they are drawn; with ``data`` and a landmarker asset the pain and AU sets are made of lab photographs that
are warped and, where the folder has the ICT-FaceKit mesh, of rendered heads, in turn. All depends on the arguments
alone, and a picture is only made when it is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.datasets.faces import LabelledFaces
from models.datasets.stand_in_effects import Planted, hang_cards, stir
from models.datasets.stand_in_expressions import (
    EMOTIONS,
    PAIN_CLASSES,
    course,
    draw_expression,
    draw_units,
    over_time,
    pspi_of,
)  # fmt: skip
from models.datasets.stand_in_movements import UNITS
from models.datasets.stand_in_people import Face, PhotographOf, drawn_people, lab_people
from models.datasets.stand_in_pictures import CAMERAS, StandInMeshes, StandInPictures
from models.datasets.stand_in_renderings import RenderingOf, as_shown, rendered_people
from models.errors import DataInvalid

F32 = NDArray[np.float32]
Somebody = Face | RenderingOf
PICTURE_PX = 96
"""Side of a stand-in picture; the aligned crop takes 84% of it. Ask for more where a network wants more than 80 px."""
EMOTION_STREAM, PAIN_STREAM, UNIT_STREAM = 1, 2, 3
"""Sets made with one seed share nobody."""


def stand_in_emotion(
    ferplus_file: Path | None = None,
    count: int = 800,
    seed: int = 0,
    *,
    people: int = 24,
    planted: Planted | None = None,
    picture_px: int = PICTURE_PX,
) -> LabelledFaces:
    """The source task: FER+'s eight emotions, balanced, ``count`` pictures.

    From ``ferplus_file`` where it is given (see ``stand_in_ferplus``); else ``people`` drawn people at the height of
    an expression. Labels: ``emotion``, and for drawn people ``au`` (intensity) and ``pspi``.
    """
    if ferplus_file is not None:
        from models.datasets.stand_in_ferplus import ferplus_faces

        return ferplus_faces(ferplus_file, count, seed)
    rng = np.random.default_rng([seed, EMOTION_STREAM])
    emotion = np.arange(count, dtype=np.int64) % len(EMOTIONS)
    who = np.arange(count, dtype=np.int64) // len(EMOTIONS) % people
    strength = np.stack([draw_expression(EMOTIONS[label], rng) for label in emotion]) if count else _nothing()
    return assembled(
        "stand-in emotion",
        drawn_people(people, 10 * seed + EMOTION_STREAM),
        who,
        strength,
        rng,
        seed=[seed, EMOTION_STREAM],
        emotion=emotion,
        class_names=EMOTIONS,
        planted=planted,
        picture_px=picture_px,
    )


def stand_in_pain(
    data: Path | None = None,
    subjects: int = 25,
    frames: int = 24,
    seed: int = 0,
    *,
    classes: tuple[str, ...] = PAIN_CLASSES,
    films: int = 1,
    planted: Planted | None = None,
    landmarker: Path | None = None,
    after: int = 0,
    picture_px: int = PICTURE_PX,
) -> LabelledFaces:
    """The target task: every subject in ``films`` films of ``frames`` frames for each of ``classes`` but neutral.

    A film begins and ends calm; a frame's ``emotion`` is the film's class while something is shown and "neutral"
    otherwise (where neutral is no class, calm frames keep the film's). ``after``: photographs left to other sets.
    Labels: ``emotion``, ``pspi``, ``au``.
    """
    shown = [name for name in classes if name != "neutral"]
    if not shown or not set(classes) <= set(PAIN_CLASSES):
        raise DataInvalid(f"stand-in pain: classes must be of {', '.join(PAIN_CLASSES)}, got {', '.join(classes)}")
    rng = np.random.default_rng([seed, PAIN_STREAM])
    who, sequences, numbers, rows, emotion = [], [], [], [], []
    for subject in range(subjects):
        gain = float(rng.uniform(0.75, 1.0))
        for name in shown:
            for film in range(films):
                height = draw_expression(name, rng)
                shares = course(frames, rng) * gain
                strength = over_time(height, shares)
                calm = ~strength.any(axis=1)
                label = np.full(frames, classes.index(name))
                if "neutral" in classes:
                    label[calm] = classes.index("neutral")
                who += [subject] * frames
                sequences += [f"{name}-{film + 1}"] * frames
                numbers += list(range(1, frames + 1))
                rows.append(strength)
                emotion.append(label)
    faces, source = _people(data, landmarker, subjects, 10 * seed + PAIN_STREAM, after)
    return assembled(
        f"stand-in pain{source}",
        faces,
        np.array(who, np.int64),
        np.concatenate(rows) if rows else _nothing(),
        rng,
        seed=[seed, PAIN_STREAM],
        emotion=np.concatenate(emotion).astype(np.int64) if emotion else np.zeros(0, np.int64),
        class_names=classes,
        sequences=tuple(sequences),
        numbers=np.array(numbers, np.int64),
        planted=planted,
        picture_px=picture_px,
    )


def stand_in_units(
    data: Path | None = None,
    subjects: int = 10,
    frames: int = 60,
    seed: int = 0,
    *,
    camera: str = "studio",
    often: float = 0.3,
    probed: tuple[str, ...] = (),
    landmarker: Path | None = None,
    after: int = 0,
    picture_px: int = PICTURE_PX,
) -> LabelledFaces:
    """AU-coded faces: every unit takes part in a share ``often`` of the frames, independent of the others; each of
    ``probed`` in half of them, for probes that want as many pictures with a unit as without.

    ``camera`` "studio" or, for another domain, "ward" (grey, light from the side, noise; other people). ``after``:
    photographs left to other sets, so that nobody is in two. Labels: ``au``, ``pspi``.
    """
    if camera not in CAMERAS:
        raise DataInvalid(f"stand-in units: no camera {camera!r}, only {', '.join(CAMERAS)}")
    stream = [seed, UNIT_STREAM, list(CAMERAS).index(camera)]
    rng = np.random.default_rng(stream)
    who = np.repeat(np.arange(subjects, dtype=np.int64), frames)
    strength = np.stack([draw_units(rng, often, probed) for _ in who]) if len(who) else _nothing()
    faces, source = _people(data, landmarker, subjects, 10 * seed + UNIT_STREAM + stream[2], after)
    return assembled(
        f"stand-in {camera} units{source}",
        faces,
        who,
        strength,
        rng,
        seed=stream,
        numbers=np.tile(np.arange(1, frames + 1), subjects),
        camera=camera,
        picture_px=picture_px,
    )


def assembled(
    name: str,
    people: tuple[Somebody, ...],
    who: NDArray[np.int64],
    strength: F32,
    rng: np.random.Generator,
    *,
    seed: list[int],
    emotion: NDArray[np.int64] | None = None,
    class_names: tuple[str, ...] = (),
    sequences: tuple[str, ...] = (),
    numbers: NDArray[np.int64] | None = None,
    planted: Planted | None = None,
    camera: str = "studio",
    more: Mapping[str, NDArray[Any]] | None = None,
    ratings: tuple[str, ...] = (),
    picture_px: int = PICTURE_PX,
) -> LabelledFaces:
    """A set from its parts: who is on each row, what moves, what is planted; ``more`` labels go in as they are."""
    planted = planted or Planted()
    pain = np.zeros(len(who), np.bool_) if emotion is None else np.isin(emotion, _numbers("pain", class_names))
    strength = stir(planted, strength, pain, rng)
    known = emotion if emotion is not None else np.zeros(len(who), np.int64)
    card = hang_cards(planted, known, max(len(class_names), 1), rng)
    pictures = StandInPictures(
        people=people,
        who=who,
        strength=strength,
        tilt=np.clip(rng.normal(0, 0.12, len(who)), -0.3, 0.3).astype(np.float32),
        card=card,
        cards=max(len(class_names), 1),
        seed=int(np.random.SeedSequence(seed).generate_state(1)[0]),
        picture_px=picture_px,
        camera=CAMERAS[camera],
    )
    modelled = np.array([isinstance(people[number], RenderingOf) for number in who], np.bool_)
    shown = np.where(modelled[:, None], as_shown(strength), strength)
    labels: dict[str, NDArray[Any]] = {"au": shown, "pspi": pspi_of(shown), "card": card, **(more or {})}
    if emotion is not None:
        labels["emotion"] = emotion
    return LabelledFaces(
        name=name,
        stand_in=True,
        subjects=tuple(f"person-{number + 1:03d}" for number in who),
        sequences=sequences,
        frames=numbers if numbers is not None else np.arange(1, len(who) + 1),
        labels=labels,
        class_names=class_names,
        units=UNITS,
        ratings=ratings,
        read=pictures,
        origin=pictures.origin,
        mesh=StandInMeshes(pictures),
    )


def _people(
    data: Path | None, landmarker: Path | None, count: int, seed: int, after: int
) -> tuple[tuple[Somebody, ...], str]:
    """Where data and landmarker are given, photographed and, in turn, rendered people, nobody's photograph twice; made
    up with drawn people where photographs are too few. Without: drawn people."""
    if data is None or landmarker is None:
        return drawn_people(count, seed), ""
    photographed: tuple[PhotographOf, ...] = lab_people(data, landmarker, count, after)
    chosen: list[Somebody] = list(photographed)
    kit = data / "ict_facekit"
    if kit.is_dir():
        chosen[1::2] = rendered_people(kit, landmarker, photographed[1::2], seed)
    drawn = drawn_people(count - len(chosen), seed)
    return (*chosen, *drawn), " of photographs and renderings" if kit.is_dir() else " of photographs"


def _numbers(name: str, class_names: tuple[str, ...]) -> list[int]:
    return [number for number, known in enumerate(class_names) if known == name]


def _nothing() -> F32:
    return np.zeros((0, len(UNITS)), np.float32)
