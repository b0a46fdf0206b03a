"""The stages of the shipped network in their order, each starting from the one before or from a bundle.

learn (small crops, FER+ and warps) → settle (full crops, all synthetic faces) → lengthen (more of the same) → units
(the layers of the Action Units alone) → measure (figures, limits and card; nothing is learned). Every stage resumes
from its own folder in the work folder. joint (everything once more) runs where it is asked for and not by itself: what
it gains on renderings it loses on films and pairs, see the card.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from models.networks.region_resnet18 import build
from models.recipes import face112, face112_grimace
from models.recipes.face112 import Progress, Report
from models.recipes.face112_calibration import level_units
from models.recipes.face112_data import prepare, prepare_votes
from models.recipes.face112_finish import MODEL_ID, finish
from models.recipes.face112_joint import JointPlan, learn_jointly
from models.recipes.face112_known import prepare_known
from models.recipes.face112_renderings import prepare_renderings
from models.recipes.face112_units import UnitsPlan, read_units


class Stage(StrEnum):
    """Stages by name, in their order."""

    LEARN = "learn"
    SETTLE = "settle"
    LENGTHEN = "lengthen"
    UNITS = "units"
    JOINT = "joint"
    MEASURE = "measure"


def train_shipped(
    data: Path,
    landmarker: Path,
    work: Path,
    report: Report,
    progress: Progress,
    *,
    start: Mapping[str, Any] | None = None,
    stage: Stage = Stage.LEARN,
    epochs: int | None = None,
) -> dict[str, Any]:
    """Runs ``stage`` and all after it and leaves ``work/final`` for export; returns the figures.

    ``start`` is the state to begin ``stage`` from, needed by every stage but the first. ``epochs`` of every stage
    replace the recipe's own numbers. DataMissing names what ``data`` lacks.
    """
    fer, regions = prepare_votes(data, landmarker, work, progress)
    plan = face112.Plan() if epochs is None else face112.Plan(epochs=epochs, stop_after=epochs)
    plans = {
        Stage.LEARN: plan,
        Stage.SETTLE: face112.settle(plan) if epochs is None else plan,
        Stage.LENGTHEN: face112.lengthen(plan) if epochs is None else face112.lengthen(plan, epochs),
    }
    units, joint = UnitsPlan(), JointPlan()
    if epochs is not None:
        units, joint = replace(units, epochs=epochs), replace(joint, epochs=epochs, stop_after=epochs)
    network = build(face112.spec_of(face112.Plan(), "training"))
    if start is not None:
        face112.begin_from(network, start)
    if stage is not Stage.MEASURE:
        _, warps, _ = prepare(data, landmarker, work, progress)
        shown = warps.joined(face112_grimace.prepare(data, landmarker, work, progress)).joined(
            prepare_renderings(data, landmarker, work, progress)
        )
        for name in tuple(Stage)[tuple(Stage).index(stage) : tuple(Stage).index(Stage.UNITS)]:
            made = warps if name is Stage.LEARN else shown
            network = face112.train(fer, made, plans[name], work / name, report, progress, regions=regions, start=start)
            start = network.state_dict()
        if stage is Stage.JOINT:
            network = learn_jointly(network, fer, shown, joint, work / Stage.JOINT, report, progress, regions=regions)
        else:
            network = read_units(network, fer, shown, units, work / Stage.UNITS, report, progress, regions=regions)
        level_units(network, shown)
    used = {"plan": asdict(plans[Stage.LENGTHEN]), "units": asdict(units)}
    model_id = MODEL_ID
    if stage is Stage.JOINT:
        used, model_id = used | {"joint": asdict(joint)}, f"{MODEL_ID}-joint"
    known = prepare_known(data, landmarker, work, progress)
    return finish(network, used, fer, known, data, landmarker, work / "final", model_id=model_id)
