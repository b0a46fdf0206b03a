"""What a bed's explanations show, put together for people: where in this face the network looked, and in words.

Explanations come late and carry no picture; the faces that are being explained are kept here until they do.
"""

from __future__ import annotations

import base64
import json
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from models.action_units import ActionUnit
from models.regions import region_outlines
from monitor.phrases_german import GERMAN
from monitor.records import F32, Explanation, FaceCrop, Prediction
from monitor.sentences import still_sentence
from monitor.service.inference.messages import EvidenceShown, ShowEvidence
from monitor.web.heatmap import Heatmap, UnitEvidence
from monitor.web.heatmap_document import heatmap_document

FRESH_S = 2.0
"""An explanation that is older is not shown for now; a new one is asked for."""
WAIT_S = 4.0
"""Longest wait for it; then the one before is shown, if there is one."""
LASTING_S = 30.0
"""What was explained longer ago says nothing of now at all."""
MOST_FACES = 8
"""Faces of a bed that are being explained at a time; live there are two or three."""
MOST_ASKED = 16
_FULL_SHARE = 0.995
"""The quantile of |relevance| that counts as full strength: a single hot pixel does not make the rest invisible."""
_SMOOTH_PX = 1.5
"""As in the report of a replay: people see where, not which pixel."""
_JPEG_QUALITY = 85


@dataclass(slots=True)
class _Face:
    crop: FaceCrop
    prediction: Prediction
    explanations: list[Explanation]


class Showing:
    """One bed's. ``asked``, ``explains`` and ``explained`` as it happens; ``answers`` gives what is ready."""

    def __init__(self, bed: str) -> None:
        self._bed = bed
        self._faces: OrderedDict[int, _Face] = OrderedDict()
        self._newest: _Face | None = None
        self._asked: list[tuple[ShowEvidence, float]] = []
        self._requested_s = float("-inf")

    def asked(self, order: ShowEvidence, now_s: float) -> None:
        """Somebody wants to see it. Beyond a bound the oldest question goes unanswered."""
        self._asked.append((order, now_s))
        del self._asked[:-MOST_ASKED]

    def wants(self, now_s: float) -> bool:
        """Whether the next face should be explained for those who asked."""
        return bool(self._asked) and self._age_s(now_s) > FRESH_S and now_s - self._requested_s > FRESH_S

    def explains(self, crop: FaceCrop, prediction: Prediction, now_s: float, *, for_people: bool) -> None:
        """``crop`` was handed to the explainer."""
        if for_people:
            self._requested_s = now_s
        self._faces[crop.frame_id] = _Face(crop, prediction, [])
        while len(self._faces) > MOST_FACES:
            self._faces.popitem(last=False)

    def explained(self, explanation: Explanation) -> None:
        """An explanation came; those of emotions show nothing here."""
        face = self._faces.get(explanation.frame_id)
        if face is None or explanation.target not in ActionUnit.__members__:
            return
        face.explanations.append(explanation)
        if self._newest is None or face.crop.frame_id >= self._newest.crop.frame_id:
            self._newest = face

    def answers(self, now_s: float) -> list[EvidenceShown]:
        """What is ready for those who asked."""
        if not self._asked:
            return []
        fresh = self._age_s(now_s) <= FRESH_S
        ready = [order for order, asked_s in self._asked if fresh or now_s - asked_s >= WAIT_S]
        self._asked = [entry for entry in self._asked if entry[0] not in ready]
        return [self._answer(order, now_s) for order in ready]

    def forget(self) -> None:
        """Nobody looks: what was seen is given up, and who asked is told that there is nothing."""
        self._faces.clear()
        self._newest = None
        self._asked = [(order, float("-inf")) for order, _ in self._asked]

    def _age_s(self, now_s: float) -> float:
        newest = self._newest
        return float("inf") if newest is None else now_s - newest.prediction.captured_s

    def _answer(self, order: ShowEvidence, now_s: float) -> EvidenceShown:
        newest = self._newest
        if newest is None or self._age_s(now_s) > LASTING_S:
            return EvidenceShown(bed=self._bed, number=order.number, alert_id=order.alert_id)
        document = heatmap_document(_heatmap(self._bed, newest))
        return EvidenceShown(
            bed=self._bed,
            number=order.number,
            alert_id=order.alert_id,
            at=newest.prediction.captured_at,
            document=json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False),
            face=_jpeg(newest.crop) if order.face else None,
        )


def _heatmap(bed: str, face: _Face) -> Heatmap:
    prediction, explanations = face.prediction, face.explanations
    shares = [one.outside_face for one in explanations if one.outside_face is not None]
    return Heatmap(
        bed=bed,
        at=prediction.captured_at,
        relevance=combined(explanations, [prediction.aus[ActionUnit(one.target)] for one in explanations]),
        face_jpeg=None,
        units=tuple(_unit(one, face) for one in explanations),
        outside_share=sum(shares) / len(shares) if shares else None,
        composite=explanations[0].composite,
        model_id=explanations[0].model_id,
        sentence=still_sentence(prediction, explanations),
        sentence_de=still_sentence(prediction, explanations, language=GERMAN),
    )


def combined(explanations: Sequence[Explanation], intensities: Sequence[float]) -> F32:
    """One map (S, S) within [-1, 1]: each as shares of its own relevance, weighed by its unit's intensity, smoothed."""
    total = np.zeros_like(explanations[0].relevance, dtype=np.float64)
    for explanation, intensity in zip(explanations, intensities, strict=True):
        whole = float(np.abs(explanation.relevance).sum())
        if whole > 0:
            total += max(intensity, 1e-3) * explanation.relevance / whole
    smooth = cv2.GaussianBlur(total, (0, 0), _SMOOTH_PX)
    full = float(np.quantile(np.abs(smooth), _FULL_SHARE))
    clipped: F32 = np.clip(smooth / full if full > 0 else smooth, -1.0, 1.0).astype(np.float32)
    return clipped


def _unit(explanation: Explanation, face: _Face) -> UnitEvidence:
    unit = ActionUnit(explanation.target)
    outlines = region_outlines(unit, face.crop.landmarks)
    return UnitEvidence(
        unit=unit,
        intensity=round(float(face.prediction.aus[unit]), 3),
        mu=_rounded(explanation.mu),
        chance=_rounded(explanation.mu_chance),
        outline=tuple(tuple((round(float(x), 1), round(float(y), 1)) for x, y in outline) for outline in outlines),
    )


def _jpeg(crop: FaceCrop) -> str:
    _, jpeg = cv2.imencode(".jpg", crop.pixels, (cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY))
    return base64.b64encode(jpeg.tobytes()).decode()


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(float(value), 4)
