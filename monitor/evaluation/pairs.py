"""Pain against everything else, in pictures: each expressive one is judged against the person's neutral one.

The list is a CSV ``neutral,expressive,label``. ``#left`` or ``#right`` behind a name takes that half of the picture,
for files that hold both faces side by side. A column ``group`` (age, sex, …) gives the figures per group as well.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2

from models.bundle import open_bundle
from models.errors import DataMissing
from models.evaluation.intervals import auc, auc_interval, wilson
from models.evaluation.shown import shown
from monitor.config import VigilSettings
from monitor.errors import InputError
from monitor.evaluation.labelled import LabelledRow, read_labelled
from monitor.replay.still import explain_picture
from monitor.report import words
from monitor.sources.opening import open_source
from monitor.sources.pictures import read_picture

COLUMNS = ("neutral", "expressive", "label")
HALVES = ("left", "right")
MISSED, ALWAYS = -1.0, 2.0
"""Ranks below and above every score in [0, 1]: what is not judged counts against the program."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedPair:
    """``score`` is the pain of ``vigil explain --neutral``, None for the ``reason`` given."""

    row: LabelledRow
    pain: bool
    score: float | None
    reason: str | None = None
    unreadable: bool = False

    @property
    def rank(self) -> float:
        """The score; without one, last for a picture of pain and first for any other."""
        if self.score is not None:
            return self.score
        return MISSED if self.pain else ALWAYS

    def as_json(self) -> dict[str, Any]:
        """The entry in the figures."""
        cells = self.row.cells
        entry = {
            "row": self.row.number,
            "neutral": cells["neutral"],
            "expressive": cells["expressive"],
            "label": "pain" if self.pain else "no pain",
            "score": None if self.score is None else round(self.score, 6),
            "reason": self.reason,
        }
        return entry | ({"group": cells["group"]} if "group" in cells else {})


def pairs_figures(model: Path, file: Path | None, landmarker: Path | None) -> dict[str, Any]:
    """AUC over all pairs with its interval, shares on the right side of the threshold, and every pair's score.

    A pair that cannot be judged is said on stderr and counts against the program (``auc``); ``auc_judged`` is over
    the others. DataMissing without ``file``, InputError for a wrong list or when no picture of it can be read.
    """
    if file is None:
        raise DataMissing("models evaluate --dataset pairs: needs --file, a CSV neutral,expressive,label")
    bundle = open_bundle(model)
    settings = VigilSettings(landmarker=landmarker)
    rows = read_labelled(file, COLUMNS)
    labels = [row.pain() for row in rows]
    named = [(row.path("neutral"), row.path("expressive")) for row in rows]  # a wrong list is refused before any work
    work = zip(rows, labels, named, strict=True)
    judged = [_judge(row, pain, *paths, model, settings) for row, pain, paths in shown(work, "pairs", len(rows))]
    if all(pair.unreadable for pair in judged):
        raise InputError(f"{file}: not one pair can be read; row {judged[0].row.number}: {judged[0].reason}")
    figures = _figures(judged, settings.judgement.on)
    groups = sorted({pair.row.cells.get("group", "") for pair in judged} - {""})
    if groups:
        figures["groups"] = {
            name: _figures([pair for pair in judged if pair.row.cells["group"] == name], settings.judgement.on)
            for name in groups
        }
    figures["model_id"] = bundle.spec.model_id
    figures["pairs"] = [pair.as_json() for pair in judged]
    return figures


def _judge(
    row: LabelledRow, pain: bool, neutral: Path, expressive: Path, model: Path, settings: VigilSettings
) -> JudgedPair:
    with tempfile.TemporaryDirectory() as folder:
        try:
            at_rest = _picture(neutral, Path(folder) / f"{neutral.name}.png")
            picture = _picture(expressive, Path(folder) / f"{expressive.name}.png")
        except InputError as error:
            return _unjudged(row, pain, str(error), unreadable=True)
        try:
            result = explain_picture(picture, settings, _say, neutral=at_rest, bundle=model, explain=False)
        except InputError as error:  # the neutral picture shows no face
            return _unjudged(row, pain, str(error).replace(f"{folder}/", ""))
    face = max(result.faces, key=lambda face: face.face.quality.face_px or 0.0, default=None)
    if face is not None and face.pain is not None:
        return JudgedPair(row=row, pain=pain, score=face.pain)
    poor = ", ".join(words.QUALITY[reason] for reason in face.face.quality.reasons) if face is not None else "no face"
    return _unjudged(row, pain, f"{expressive}: {poor or 'an Action Unit of pain is missing'}")


def _unjudged(row: LabelledRow, pain: bool, reason: str, *, unreadable: bool = False) -> JudgedPair:
    _say(f"{row.source}: row {row.number}: {reason}")
    return JudgedPair(row=row, pain=pain, score=None, reason=reason, unreadable=unreadable)


def _picture(named: Path, half_file: Path) -> Path:
    """``named`` itself, or the half that its ``#left`` or ``#right`` asks for, written losslessly to ``half_file``."""
    whole, _, half = named.name.rpartition("#")
    if half not in HALVES or named.exists():
        open_source(named).close()
        return named
    pixels = read_picture(named.with_name(whole))
    middle = pixels.shape[1] // 2
    cv2.imwrite(str(half_file), pixels[:, :middle] if half == "left" else pixels[:, middle:])
    return half_file


def _figures(pairs: Sequence[JudgedPair], threshold: float) -> dict[str, Any]:
    pain, other = [p for p in pairs if p.pain], [p for p in pairs if not p.pain]
    seen_pain, seen_other = ([p.rank for p in side if p.score is not None] for side in (pain, other))
    found = sum(score >= threshold for score in seen_pain)
    false = sum(score >= threshold for score in seen_other)
    return {
        "auc": auc([p.rank for p in pain], [p.rank for p in other]),
        "auc_interval_95": auc_interval([p.rank for p in pain], [p.rank for p in other]),
        "n": len(pairs),
        "pain": len(pain),
        "no_pain": len(other),
        "unjudged_pain": len(pain) - len(seen_pain),
        "unjudged_no_pain": len(other) - len(seen_other),
        "auc_judged": auc(seen_pain, seen_other),
        "auc_judged_interval_95": auc_interval(seen_pain, seen_other),
        "lowest_pain": min((p.rank for p in pain if p.score is not None), default=None),
        "highest_no_pain": max((p.rank for p in other if p.score is not None), default=None),
        "threshold": threshold,
        "sensitivity": found / len(pain) if pain else None,
        "sensitivity_interval_95": wilson(found, len(pain)),
        "false_positive_rate": false / len(other) if other else None,
        "false_positive_rate_interval_95": wilson(false, len(other)),
    }


def _say(line: str) -> None:
    print(f"vigil: {line}", file=sys.stderr)
