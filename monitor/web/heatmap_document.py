"""An explanation as it is kept beside an alert: JSON without a single pixel of the face, and how it is read again."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import cv2
import numpy as np

from models.action_units import ActionUnit
from monitor.errors import InputError
from monitor.records import F32
from monitor.storage.encoding import plain
from monitor.web.heatmap import Heatmap, UnitEvidence

NOTHING = 128
"""The grey of no relevance; 127 steps to either side."""
MOST_PX = 1024


def heatmap_document(heatmap: Heatmap) -> dict[str, Any]:
    """What is kept: relevance in 255 steps as a grey PNG, no face."""
    steps = np.round(np.clip(np.nan_to_num(heatmap.relevance), -1.0, 1.0) * 127.0) + NOTHING
    image = cv2.imencode(".png", steps.astype(np.uint8), [cv2.IMWRITE_PNG_COMPRESSION, 9])[1]
    return {
        "bed": heatmap.bed,
        "at": plain(heatmap.at),
        "units": [plain(unit) for unit in heatmap.units],
        "outside_share": plain(heatmap.outside_share),
        "composite": heatmap.composite,
        "model_id": heatmap.model_id,
        "sentence": heatmap.sentence,
        "sentence_de": heatmap.sentence_de,
        "relevance_png": base64.b64encode(bytes(image)).decode(),
    }


def read_heatmap(document: Mapping[str, Any]) -> Heatmap:
    """The explanation in ``document``; InputError when it is none (a later version's, or changed by hand)."""
    try:
        return Heatmap(
            bed=str(document["bed"]),
            at=datetime.fromisoformat(document["at"]),
            relevance=_relevance(document["relevance_png"]),
            face_jpeg=None,
            units=tuple(_unit(unit) for unit in document["units"]),
            outside_share=_number(document["outside_share"]),
            composite=str(document["composite"]),
            model_id=str(document["model_id"]),
            sentence=str(document["sentence"]),
            sentence_de=str(document["sentence_de"]),
        )
    except (KeyError, TypeError, ValueError, binascii.Error, cv2.error) as error:
        raise InputError(f"evidence: cannot be read ({type(error).__name__}: {error})") from error


def _relevance(png: str) -> F32:
    steps = cv2.imdecode(np.frombuffer(base64.b64decode(png, validate=True), np.uint8), cv2.IMREAD_GRAYSCALE)
    if steps is None or max(steps.shape) > MOST_PX:
        raise ValueError("relevance_png is no picture")
    relevance: F32 = ((steps.astype(np.float32) - NOTHING) / 127.0).clip(-1.0, 1.0).astype(np.float32)
    return relevance


def _unit(unit: Mapping[str, Any]) -> UnitEvidence:
    return UnitEvidence(
        unit=ActionUnit(unit["unit"]),
        intensity=float(unit["intensity"]),
        mu=_number(unit["mu"]),
        chance=_number(unit["chance"]),
        outline=tuple(tuple((float(x), float(y)) for x, y in polygon) for polygon in unit["outline"]),
    )


def _number(value: Any) -> float | None:
    return None if value is None else float(value)
