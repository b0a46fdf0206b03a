"""What the recipe after Prajod et al. learns from and tests on: real sets where they are given, else stand-ins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.datasets.crops import Crops, crop_faces
from models.datasets.faces import LabelledFaces
from models.datasets.registry import open_set
from models.datasets.selections import affectnet_split, prajod_split
from models.datasets.splits import Split, by_share
from models.datasets.stand_in_effects import Planted
from models.datasets.stand_in_movements import UNITS
from models.datasets.stand_ins import stand_in_emotion, stand_in_pain, stand_in_units
from models.recipes.given_data import STAND_INS
from models.recipes.prajod_settings import PrajodSettings

Progress = Callable[[str, int, int], None]
PUBLISHABLE = 4
"""People that UNBC lets be published; the test people."""
FORGETTABLE = "AU14"
"""The unit that the pain stand-in teaches to disregard."""
PROBED = ("AU05", "AU14")
"""Units that move on half of the stand-in's pictures: those that the paper found forgotten."""


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """Crops with a class each, (N,) int64, and who is trained, chosen by and tested on."""

    crops: Crops
    truth: NDArray[np.int64]
    names: tuple[str, ...]
    split: Split

    @property
    def stand_in(self) -> bool:
        """Whether the pictures stand in for the paper's."""
        return self.crops.faces.stand_in


def source_task(settings: PrajodSettings, work: Path, progress: Progress) -> Task:
    """Eight emotions: AffectNet in the paper's parts, else the emotion stand-in, a quarter of its people tested."""
    if "affectnet" in settings.data:
        faces = open_set("affectnet", settings.data["affectnet"])
        split = affectnet_split(faces, settings.seed)
    else:
        ferplus = _ferplus(settings)
        count = settings.stand_in_emotions if ferplus is None else settings.ferplus_pictures
        faces = stand_in_emotion(ferplus, count, settings.seed, people=40, picture_px=_picture_px(settings))
        split = by_share(faces.subjects, settings.seed, validation=0.1, test=0.25)
    crops = crop_faces(faces, settings.input_px, work / "crops", settings.landmarker, progress)
    return Task(crops, np.asarray(faces.labels["emotion"], np.int64), faces.class_names, split)


def pain_task(settings: PrajodSettings, work: Path, progress: Progress) -> Task:
    """Pain (PSPI > 0) against none: UNBC in the paper's parts, else the pain stand-in with four people to test on."""
    if "unbc" in settings.data:
        from models.datasets.unbc import publishable

        faces = open_set("unbc", settings.data["unbc"])
        people = publishable(settings.data["unbc"])
    else:
        faces = stand_in_pain(
            settings.data.get(STAND_INS),
            settings.stand_in_subjects,
            settings.stand_in_frames,
            settings.seed,
            planted=Planted(useless=settings.useless, unit=FORGETTABLE),
            landmarker=settings.landmarker if STAND_INS in settings.data else None,
            picture_px=_picture_px(settings),
        )
        people = tuple(sorted(set(faces.subjects))[:PUBLISHABLE])
    split = prajod_split(
        faces, people, settings.seed, per_class=settings.pain_per_class, validation=settings.pain_validation
    )
    used = np.concatenate([split.train, split.validation, split.test])
    chosen = faces.select(used)  # of 48,398 frames only those that the paper uses are cropped
    first, second = len(split.train), len(split.train) + len(split.validation)
    place = np.arange(len(used))
    parts = Split(split.name, place[:first], place[first:second], place[second:], split.shares)
    crops = crop_faces(chosen, settings.input_px, work / "crops", settings.landmarker, progress)
    truth = np.asarray(chosen.labels["pspi"] > 0, np.int64)
    return Task(crops, truth, ("no pain", "pain"), parts)


def probe_faces(settings: PrajodSettings, work: Path, progress: Progress) -> Crops:
    """Pictures with known AUs: the coded peak frames of CK+, else the AU stand-in."""
    if "ck_plus" in settings.data:
        faces = open_set("ck_plus", settings.data["ck_plus"])
        faces = faces.select(np.asarray(faces.labels["peak"] == 1))
    else:
        faces = probe_stand_in(settings)
    return crop_faces(faces, settings.input_px, work / "crops", settings.landmarker, progress)


def probe_stand_in(settings: PrajodSettings, *, without: str | None = None, share: float = 0.0) -> LabelledFaces:
    """The AU stand-in; with ``without`` the same pictures in which that unit is weaker by ``share`` (1: gone)."""
    people = 20
    faces = stand_in_units(
        None,
        people,
        max(1, settings.stand_in_probes // people),
        settings.seed + 1,
        probed=PROBED,
        picture_px=_picture_px(settings),
    )
    if without is not None:
        weaker = faces.read.strength.copy()  # type: ignore[attr-defined]  # the reader of drawn pictures
        weaker[:, UNITS.index(without)] *= 1.0 - share
        faces = replace(with_strength(faces, weaker), name=f"{faces.name}, {without} weaker by {share:g}")
    return faces


def with_strength(faces: LabelledFaces, strength: NDArray[np.float32]) -> LabelledFaces:
    """Drawn faces that move otherwise; their labels stay what they were."""
    from models.datasets.stand_in_pictures import StandInMeshes

    pictures = replace(faces.read, strength=strength)  # type: ignore[type-var]
    return replace(faces, read=pictures, mesh=StandInMeshes(pictures))  # type: ignore[arg-type]


def _picture_px(settings: PrajodSettings) -> int:
    """Side of a stand-in picture whose aligned crop (84% of it) has at least the network's pixels."""
    return max(96, round(settings.input_px / 0.8))


def learns_ferplus(settings: PrajodSettings) -> bool:
    """Whether FER+ is what emotions are learnt from."""
    return "affectnet" not in settings.data and _ferplus(settings) is not None


def _ferplus(settings: PrajodSettings) -> Path | None:
    folder = settings.data.get(STAND_INS)
    file = None if folder is None else folder / "ferplus_train_valid.npz"
    return file if file is not None and file.is_file() else None
