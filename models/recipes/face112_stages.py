"""The stages of the shipped network in their order, each starting from the one before or from a bundle.

learn (small crops, FER+ and warps) → settle (full crops, all synthetic faces) → lengthen (more of the same) → units
(the layers of the Action Units alone) → emotion (its layers alone, under teachers). Every stage resumes from its own
folder in the work folder, and needs no more data than it learns from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from models.bundle import open_bundle
from models.networks.region_resnet18 import build
from models.recipes import face112, face112_grimace
from models.recipes.face112 import Progress, Report
from models.recipes.face112_calibration import level_units
from models.recipes.face112_data import prepare, prepare_votes
from models.recipes.face112_emotion import EmotionPlan, learn_emotion
from models.recipes.face112_finish import finish
from models.recipes.face112_known import prepare_known
from models.recipes.face112_renderings import prepare_renderings
from models.recipes.face112_teachers import taught
from models.recipes.face112_units import UnitsPlan, read_units


class Stage(StrEnum):
    """Stages by name, in their order."""

    LEARN = "learn"
    SETTLE = "settle"
    LENGTHEN = "lengthen"
    UNITS = "units"
    EMOTION = "emotion"


def train_shipped(
    data: Path,
    landmarker: Path,
    work: Path,
    report: Report,
    progress: Progress,
    *,
    start: Mapping[str, Any] | None = None,
    stage: Stage = Stage.LEARN,
    teachers: Sequence[Path] = (),
    epochs: int | None = None,
) -> dict[str, Any]:
    """Runs ``stage`` and all after it and leaves ``work/final`` for export; returns the figures.

    ``start`` is the state to begin ``stage`` from, needed by every stage but the first. ``teachers`` are bundles for
    the last stage, which without any learns emotion from the votes alone. ``epochs`` of every stage replace the
    recipe's own numbers. DataMissing names what ``data`` lacks.
    """
    fer, regions = prepare_votes(data, landmarker, work, progress)
    plan = face112.Plan() if epochs is None else face112.Plan(epochs=epochs, stop_after=epochs)
    plans = {
        Stage.LEARN: plan,
        Stage.SETTLE: face112.settle(plan) if epochs is None else plan,
        Stage.LENGTHEN: face112.lengthen(plan) if epochs is None else face112.lengthen(plan, epochs),
    }
    units, last = UnitsPlan(), EmotionPlan()
    if epochs is not None:
        units, last = replace(units, epochs=epochs), replace(last, epochs=epochs)
    network = build(face112.spec_of(face112.Plan(), "training"))
    if start is not None:
        face112.begin_from(network, start)
    if stage is not Stage.EMOTION:
        _, warps, _ = prepare(data, landmarker, work, progress)
        shown = warps.joined(face112_grimace.prepare(data, landmarker, work, progress)).joined(
            prepare_renderings(data, landmarker, work, progress)
        )
        for name in tuple(Stage)[tuple(Stage).index(stage) : tuple(Stage).index(Stage.UNITS)]:
            made = warps if name is Stage.LEARN else shown
            network = face112.train(fer, made, plans[name], work / name, report, progress, regions=regions, start=start)
            start = network.state_dict()
        network = read_units(network, fer, shown, units, work / Stage.UNITS, report, progress, regions=regions)
        level_units(network, shown)
    votes = taught(fer, teachers, last.teacher_share, work, progress)
    network = learn_emotion(network, votes, last, work / Stage.EMOTION, report, progress)
    used: dict[str, Any] = {"plan": asdict(plans[Stage.LENGTHEN]), "units": asdict(units), "emotion": asdict(last)}
    used["teachers"] = [open_bundle(teacher).spec.model_id for teacher in teachers]
    known = prepare_known(data, landmarker, work, progress)
    return finish(network, used, fer, known, data, landmarker, work / "final")
