"""The people of the Face Research Lab London Set and of Young Adult White Faces, and who was kept from training."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from models.datasets.landmarker import find_mesh, landmarker
from models.errors import DataMissing
from models.evaluation.shown import shown
from models.evaluation.skin_tone import typology_angle
from models.preprocess import align, luminance
from models.recipes.face112_data import is_held_out


@dataclass(frozen=True, slots=True)
class LabPicture:
    """``crop`` (112, 112) grey and ``landmarks`` (478, 2) in crop px of one person's picture.

    ``tone_deg`` is the skin's typology angle in the colour picture, NaN where it is not known.
    """

    person: str
    crop: NDArray[np.uint8]
    landmarks: NDArray[np.float32]
    held_out: bool
    tone_deg: float = float("nan")


@dataclass(frozen=True, slots=True)
class LabPeople:
    """``neutral`` pictures of both sets, ``smiling`` ones of London; ``about`` person → columns of ``info.csv``,
    and for the second set what its names say."""

    neutral: tuple[LabPicture, ...]
    smiling: tuple[LabPicture, ...]
    about: dict[str, dict[str, str]]


def lab_people(folder: Path, asset: Path) -> LabPeople:
    """Reads ``folder/london`` and ``folder/canada``; a picture in which no face is found is left out.

    Held out is every fourth neutral face that is found, sorted by name, London before Canada, as when training data is
    prepared (``models.recipes.face112_data``); a smile belongs to its person. DataMissing where there are no pictures.
    """
    neutral = sorted((folder / "london").glob("*_neutral.jpg")) + sorted((folder / "canada").glob("*.jpg"))
    smiling = sorted((folder / "london").glob("*_smiling.jpg"))
    if not neutral:
        raise DataMissing(f"{folder}: no london/*_neutral.jpg and canada/*.jpg")
    found: dict[Path, tuple[NDArray[np.uint8], NDArray[np.float32], float]] = {}
    with landmarker(asset) as detector:
        for picture in shown(neutral + smiling, "lab faces"):
            pixels = cv2.imread(str(picture))
            if pixels is None:
                raise DataMissing(f"{picture}: cannot be read as a picture")
            mesh = find_mesh(detector, np.asarray(pixels, dtype=np.uint8))
            if mesh is not None:
                crop = align(np.asarray(pixels, dtype=np.uint8), mesh.landmarks)
                tone_deg = typology_angle(crop.pixels, crop.landmarks)
                found[picture] = luminance(crop.pixels), crop.landmarks, tone_deg
    order = [_person(picture) for picture in neutral if picture in found]
    apart = {person for position, person in enumerate(order) if is_held_out(position)}

    def pictures(paths: list[Path]) -> tuple[LabPicture, ...]:
        shown = [(_person(p), found[p]) for p in paths if p in found]
        return tuple(LabPicture(who, crop, mesh, who in apart, tone) for who, (crop, mesh, tone) in shown)

    about = _about(folder / "london" / "info.csv") | _by_name(folder / "canada")
    return LabPeople(pictures(neutral), pictures(smiling), about)


def _person(picture: Path) -> str:
    return f"{picture.parent.name}/{picture.stem.split('_')[0]}"


def _about(table: Path) -> dict[str, dict[str, str]]:
    if not table.is_file():
        return {}
    with table.open(newline="", encoding="utf-8") as handle:
        return {f"london/{row['face_id']}": row for row in csv.DictReader(handle)}


def _by_name(folder: Path) -> dict[str, dict[str, str]]:
    """What Young Adult White Faces says by its title and its file names, which end in f or m."""
    sexes = {"f": "female", "m": "male"}
    people = {_person(picture): sexes.get(picture.stem[-1:]) for picture in folder.glob("*.jpg")}
    return {who: {"face_gender": sex, "face_eth": "white"} for who, sex in people.items() if sex}
