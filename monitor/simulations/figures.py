"""``vigil models evaluate MODEL --dataset simulations``: false and missed alerts per simulated behaviour."""

from __future__ import annotations

import os
import sys
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from models.bundle import open_bundle
from monitor.alerts.settings import AlertSettings
from monitor.classifier import ClassifierSettings
from monitor.config import VigilSettings
from monitor.errors import UsageError
from monitor.face.assets import locate
from monitor.face.landmarks import Landmarker
from monitor.simulations.behaviours import BEHAVIOURS
from monitor.simulations.faces import Face, load_faces
from monitor.simulations.film import BEFORE_PAIN_S, CALM_S, PAIN_S, PICTURE_PX, Cast, Film, Plan
from monitor.simulations.outcome import Outcome, watch
from monitor.simulations.summary import described, pooled

FILMS = "VIGIL_SIMULATION_FILMS"
"""Environment: pairs of films (without and with pain) per behaviour; else 1, with a folder of faces 2."""
ONLY = "VIGIL_SIMULATION_ONLY"
"""Environment: names of behaviours, separated by commas; else all."""
_SHORT_DISTRESS_S = 10.0
"""Anger and sadness alert after 30 and 60 s; these films are shorter, so here they do after as long as fear."""


def simulation_figures(
    model: Path,
    file: Path | None,
    landmarker: Path | None,
    *,
    progress: Callable[[str], None] = lambda line: print(f"vigil: {line}", file=sys.stderr, flush=True),
) -> dict[str, Any]:
    """False judgements, false and missed alerts per behaviour, with n and 95% intervals; JSON-able.

    ``file`` is a folder of faces (``faces.load_faces``); None takes the built-in photograph. Films are made in memory
    and sent through the pipeline of ``vigil replay``. DataMissing for bad faces, UsageError for bad environment.
    """
    names, pairs = _chosen(), _pairs(file)
    spec = open_bundle(model).spec
    asset = locate(landmarker)
    faces = _faces(file, asset)
    settings = simulation_settings(asset)
    cast = Cast()
    outcomes: dict[str, list[Outcome]] = {}
    total = 2 * pairs * len(names)
    for done, (name, face, plan) in enumerate(_plans(names, faces, pairs), start=1):
        seen = watch(Film(name, face, plan, cast), plan, name, face.name, settings, model)
        outcomes.setdefault(name, []).append(seen)
        progress(f"film {done} of {total}: {_line(seen)}")
    return {
        "dataset": "simulations",
        "model_id": spec.model_id,
        "aus": list(spec.head("au").labels),
        "faces": sorted({outcome.face for each in outcomes.values() for outcome in each}),
        "settings": {
            "pain_delay_s": settings.alerts.delay_s,
            "fear_delay_s": settings.alerts.fear_delay_s,
            "anger_delay_s": settings.alerts.anger_delay_s,
            "sadness_delay_s": settings.alerts.sadness_delay_s,
            "configured_anger_delay_s": AlertSettings().anger_delay_s,
            "configured_sadness_delay_s": AlertSettings().sadness_delay_s,
            "calm_before_s": CALM_S,
            "behaviour_before_pain_s": BEFORE_PAIN_S,
            "pain_s": PAIN_S,
            "picture_px": PICTURE_PX,
        },
        "behaviours": {name: described(each) for name, each in outcomes.items()},
        "all": pooled([outcome for each in outcomes.values() for outcome in each]),
    }


def simulation_settings(asset: Path) -> VigilSettings:
    """The configured settings, but for the distress delays that are longer than a film; one thread."""
    return VigilSettings(
        landmarker=asset,
        alerts=replace(AlertSettings(), anger_delay_s=_SHORT_DISTRESS_S, sadness_delay_s=_SHORT_DISTRESS_S),
        classifier=ClassifierSettings(threads=1),
    )


def _plans(names: Sequence[str], faces: Sequence[Face], pairs: int) -> Iterator[tuple[str, Face, Plan]]:
    """Every film; the people take turns, so that few pairs still show many of them."""
    every = list(BEHAVIOURS)
    for name in names:
        for take in range(pairs):
            face = faces[(every.index(name) * pairs + take) % len(faces)]
            for in_pain in (False, True):
                seed = zlib.crc32(f"{name} {take} {in_pain}".encode())
                yield name, face, Plan(BEHAVIOURS[name], in_pain, seed)


def _faces(folder: Path | None, asset: Path) -> list[Face]:
    landmarker = Landmarker(asset, video=False)
    try:
        return load_faces(folder, landmarker)
    finally:
        landmarker.close()


def _chosen() -> list[str]:
    asked = [name.strip() for name in os.environ.get(ONLY, "").split(",") if name.strip()]
    unknown = [name for name in asked if name not in BEHAVIOURS]
    if unknown:
        raise UsageError(f"{ONLY}: no behaviour {unknown[0]!r}; there is {', '.join(BEHAVIOURS)}")
    return asked or list(BEHAVIOURS)


def _pairs(folder: Path | None) -> int:
    asked = os.environ.get(FILMS, "")
    if not asked:
        return 1 if folder is None else 2
    if not asked.isdigit() or int(asked) < 1:
        raise UsageError(f"{FILMS}: must be a number >= 1, got {asked!r}")
    return int(asked)


def _line(seen: Outcome) -> str:
    told = f"{seen.behaviour} {'with' if seen.in_pain else 'without'} pain, {seen.face}: "
    if seen.judged_pain_s:
        told += f"pain judged falsely for {seen.judged_pain_s:.1f} s, "
    if seen.alerts:
        told += f"false alert {', '.join(seen.alerts)}, "
    if seen.in_pain:
        told += "missed, " if seen.alert_delay_s is None else f"alert after {seen.alert_delay_s:.1f} s, "
    return told + f"cannot assess {100 * seen.unassessable:.0f}%"
