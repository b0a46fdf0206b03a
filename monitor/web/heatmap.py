"""What an explanation shows of one face: where on it the network found what it claims."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from models.action_units import ActionUnit
from monitor.records import F32

Point = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitEvidence:
    """One Action Unit that is claimed.

    ``intensity`` is 0–5 (AU43: probability of closed eyes), ``mu`` the share of positive relevance inside the unit's
    region and ``chance`` that region's share of the face, both in [0, 1] or None. ``outline`` are the region's polygons
    in crop px.
    """

    unit: ActionUnit
    intensity: float
    mu: float | None
    chance: float | None
    outline: tuple[tuple[Point, ...], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Heatmap:
    """An explanation of ``bed`` at ``at`` (UTC).

    ``relevance`` is (S, S) float32 in crop px, signed, within [-1, 1]; ``face_jpeg`` the aligned crop of the same size,
    None where pictures are not at hand (stored evidence never has one). ``outside_share`` is the share of relevance
    outside the face.
    """

    bed: str
    at: datetime
    relevance: F32
    face_jpeg: bytes | None
    units: tuple[UnitEvidence, ...]
    outside_share: float | None
    composite: str
    model_id: str
    sentence: str
    sentence_de: str
