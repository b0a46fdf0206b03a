"""What flows through vigil, in the order it flows. Frozen, checked at construction, keyword-only.

``_s`` is monotonic seconds (in a replay: the recording's), ``_at`` is UTC; every record carries both from its frame.
Arrays travel with the records in memory; the journal drops them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from models.action_units import ActionUnit, Pspi
from monitor.errors import VigilError
from monitor.reasons import FaceRegion as FaceRegion
from monitor.reasons import GapCause as GapCause
from monitor.reasons import MissingReason as MissingReason
from monitor.reasons import QualityReason as QualityReason
from monitor.reasons import SampleReason as SampleReason

U8 = NDArray[np.uint8]
F32 = NDArray[np.float32]
F64 = NDArray[np.float64]


class InvalidRecord(VigilError):
    """A record was built with values that cannot be true."""


class Level(StrEnum):
    """The judged state over the window."""

    UNASSESSABLE = "unassessable"
    NO_PAIN = "no_pain"
    PAIN = "pain"


class Kind(StrEnum):
    """Source of an alert condition (ISO/IEEE 11073)."""

    PHYSIOLOGICAL = "physiological"
    TECHNICAL = "technical"


class Priority(StrEnum):
    """Priority of an alert condition (IEC 60601-1-8)."""

    NONE = "none"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class AlertCode(StrEnum):
    """What an alert is about."""

    PAIN = "pain"
    PAIN_WEAK_EVIDENCE = "pain_weak_evidence"
    DISTRESS_FEAR = "distress_fear"
    DISTRESS_SADNESS = "distress_sadness"
    DISTRESS_ANGER = "distress_anger"
    CANNOT_ASSESS = "cannot_assess"
    PICTURE_LOST = "picture_lost"
    EXPLAINER_DOWN = "explainer_down"


class Presence(StrEnum):
    """Presence of an alert signal (ISO/IEEE 11073)."""

    ON = "on"
    LATCHED = "latched"
    ACKNOWLEDGED = "acknowledged"
    OFF = "off"


class SignalReason(StrEnum):
    """Why an alert signal changed its presence."""

    CONDITION_HELD = "condition_held"
    CONDITION_ENDED = "condition_ended"
    NO_LONGER_OBSERVED = "no_longer_observed"
    EVIDENCE_STRENGTHENED = "evidence_strengthened"
    EVIDENCE_WEAKENED = "evidence_weakened"
    RETRIGGERED = "retriggered"
    ACKNOWLEDGED = "acknowledged"
    LATCH_EXPIRED = "latch_expired"
    RECORDING_ENDED = "recording_ended"


class CannotAssess(StrEnum):
    """Why a window cannot be judged."""

    NO_FACE = "no_face"
    NOT_THE_RESIDENT = "not_the_resident"
    NO_PICTURE = "no_picture"
    POOR_QUALITY = "poor_quality"
    COVERED = "covered"
    TURNED_AWAY = "turned_away"
    TOO_LITTLE_SEEN = "too_little_seen"


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One picture. ``pixels`` is (H, W, 3) uint8, BGR, upright after rotation metadata and setting.

    ``held``: it is the picture before, handed on again because the recording shows it for long.
    """

    frame_id: int
    source_id: str
    captured_s: float
    captured_at: datetime
    pixels: U8
    held: bool = False

    def __post_init__(self) -> None:
        if self.frame_id < 0:
            raise InvalidRecord(f"frame_id must be >= 0, got {self.frame_id}")
        pixels = self.pixels
        if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.dtype != np.uint8:
            raise InvalidRecord(f"pixels must be (H, W, 3) uint8, got {pixels.shape} {pixels.dtype}")
        if self.captured_at.tzinfo is None:
            raise InvalidRecord("captured_at must carry a time zone")


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """No picture where one was due. ``frame_id`` is the number the lost frame would have had."""

    frame_id: int
    source_id: str
    captured_s: float
    captured_at: datetime
    cause: GapCause
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pose:
    """Head pose in degrees; 0 is frontal and upright. Positive yaw: the nose points to the picture's right."""

    yaw_deg: float
    pitch_deg: float
    roll_deg: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """Verdict on one observed face. No reasons means assessable.

    ``visibility`` is the visible share [0, 1] per region, empty until the classifier has seen the crop.
    """

    reasons: tuple[QualityReason, ...] = ()
    face_px: float = 0.0
    sharpness: float = 0.0
    brightness: float = 0.0
    visibility: Mapping[FaceRegion, float] = field(default_factory=dict)

    @property
    def assessable(self) -> bool:
        """Whether nothing speaks against judging this face."""
        return not self.reasons

    def with_visibility(self, visibility: Mapping[FaceRegion, float], covered: bool) -> Quality:
        """The same verdict completed by what the pixels say about covered regions."""
        reasons: tuple[QualityReason, ...] = tuple(r for r in self.reasons if r is not QualityReason.COVERED)
        if covered:
            reasons = (*reasons, QualityReason.COVERED)
        return Quality(
            reasons=reasons,
            face_px=self.face_px,
            sharpness=self.sharpness,
            brightness=self.brightness,
            visibility=dict(visibility),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceObservation:
    """One face in one frame.

    ``box`` is (x, y, w, h) in px, ``landmarks`` (478, 2) float32 in frame px (MediaPipe numbering).
    """

    frame_id: int
    source_id: str
    captured_s: float
    captured_at: datetime
    track_id: int
    resident: bool
    box: tuple[float, float, float, float]
    landmarks: F32
    pose: Pose
    quality: Quality

    def __post_init__(self) -> None:
        if self.landmarks.shape != (478, 2):
            raise InvalidRecord(f"landmarks must be (478, 2), got {self.landmarks.shape}")


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceMissing:
    """The resident's face is not observed in this frame."""

    frame_id: int
    source_id: str
    captured_s: float
    captured_at: datetime
    reason: MissingReason
    other_faces: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceCrop:
    """The aligned crop: ``pixels`` (S, S, 3) uint8 BGR, ``to_frame`` (2, 3) maps crop px to frame px.

    ``landmarks`` (478, 2) float32 are in crop px.
    """

    frame_id: int
    track_id: int
    pixels: U8
    to_frame: F64
    landmarks: F32


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """What the network says of one crop.

    ``emotions`` sum to 1; ``aus`` are 0–5, AU43 the closed probability; ``visibility`` is the visible share per region.
    """

    frame_id: int
    source_id: str
    captured_s: float
    captured_at: datetime
    track_id: int
    emotions: Mapping[str, float]
    aus: Mapping[ActionUnit, float]
    visibility: Mapping[FaceRegion, float]
    pspi: Pspi
    calibrated: bool
    model_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleRequest:
    """A frame chosen for explanation: ``targets`` are AU names or ``emotion:NAME``; those ``in_pain`` go first."""

    frame_id: int
    reason: SampleReason
    targets: tuple[str, ...]
    in_pain: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """LRP of one target in one frame.

    ``relevance`` is (S, S) float32, signed, in crop px. ``mu`` is the share of positive relevance inside the target's
    region (Rieger et al.), None without positive relevance or region; ``mu_chance`` is the region's share of the face
    hull; ``outside_face`` the share outside that hull; ``conservation_error`` is |sum of relevance − logit| / |logit|.
    """

    frame_id: int
    source_id: str
    captured_s: float
    captured_at: datetime
    target: str
    reason: SampleReason
    relevance: F32
    logit: float
    mu: float | None
    mu_chance: float | None
    outside_face: float | None
    conservation_error: float
    composite: str
    model_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What an assessment rests on.

    ``aus`` holds the window's rise over the neutral face per AU that speaks for pain, strongest first;
    ``mu`` and ``mu_chance`` are averaged over the explanations of the window per AU.
    """

    aus: Mapping[ActionUnit, float] = field(default_factory=dict)
    mu: Mapping[ActionUnit, float] = field(default_factory=dict)
    mu_chance: Mapping[ActionUnit, float] = field(default_factory=dict)
    explained_frames: int = 0

    @property
    def weak(self) -> bool:
        """Whether explanations exist and the relevance of the claimed AUs lies no more in their regions than chance."""
        shared = [unit for unit in self.aus if unit in self.mu and unit in self.mu_chance]
        if not shared:
            return False
        weight = sum(self.aus[unit] for unit in shared)
        if weight <= 0:
            return False
        return sum(self.aus[unit] * self.mu[unit] / max(self.mu_chance[unit], 1e-6) for unit in shared) / weight < 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """The judgement over the window that ends with this frame.

    ``score`` is pain in [0, 1] (None when unassessable), ``confidence`` in [0, 1], ``coverage`` the share of the
    window that was assessable, ``pspi`` the window's median of the absolute PSPI or None, ``baseline_known``
    whether the neutral face is the resident's own (else the prior of many people), ``emotions`` the window's
    mean per emotion, ``trend`` calm and joy in [0, 1] (no alerts come of them), ``distress`` the window's mean rise
    of fear, sadness and anger over the neutral face, empty while unassessable.
    """

    frame_id: int
    source_id: str
    captured_s: float
    captured_at: datetime
    window_s: float
    level: Level
    score: float | None
    confidence: float
    coverage: float
    cannot_assess: CannotAssess | None
    pspi: float | None
    baseline_known: bool
    emotions: Mapping[str, float]
    trend: Mapping[str, float]
    evidence: Evidence
    distress: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if (self.level is Level.UNASSESSABLE) != (self.score is None):
            raise InvalidRecord("score is None exactly when unassessable")
        if self.score is not None and not 0.0 <= self.score <= 1.0:
            raise InvalidRecord(f"score must lie in [0, 1], got {self.score}")


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertCondition:
    """What is true: the condition ``code`` holds since ``onset_s``."""

    frame_id: int
    source_id: str
    captured_s: float
    captured_at: datetime
    code: AlertCode
    kind: Kind
    priority: Priority
    onset_s: float
    confidence: float
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertSignal:
    """What people are told: alert ``alert_id`` changed its presence, and why.

    ``onset_s`` is when the condition began, ``start_s`` when the signal went on, ``end_s`` when it went off.
    ``test`` marks signals of a replay.
    """

    frame_id: int
    source_id: str
    captured_s: float
    captured_at: datetime
    alert_id: int
    code: AlertCode
    kind: Kind
    priority: Priority
    presence: Presence
    reason: SignalReason
    onset_s: float
    start_s: float
    end_s: float | None
    confidence: float
    sentence: str
    test: bool


Record = (
    Frame
    | Gap
    | FaceObservation
    | FaceMissing
    | FaceCrop
    | Prediction
    | SampleRequest
    | Explanation
    | Assessment
    | AlertCondition
    | AlertSignal
)
