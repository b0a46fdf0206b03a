"""What supervisor and inference process say to each other: one JSON object a message, checked on arrival."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from models.action_units import ActionUnit
from monitor.assessor import AssessorSettings
from monitor.baseline_change import BaselineReason
from monitor.classifier import ClassifierSettings
from monitor.errors import VigilError
from monitor.face.settings import FaceSettings
from monitor.records import Assessment, CannotAssess
from monitor.sampler import SamplerSettings
from monitor.sidecar.settings import SidecarSettings
from monitor.ward.inference import InferenceSettings


class UnreadableMessage(VigilError):
    """The other side said something that is no message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Configure:
    """First of all. ``bundle`` and ``landmarker`` are paths; None: the shipped bundle, the found asset."""

    kind: Literal["configure"] = "configure"
    bundle: str | None
    landmarker: str | None
    classifier: ClassifierSettings
    sidecar: SidecarSettings
    inference: InferenceSettings
    explain: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class AddSource:
    """A camera's ring; its file descriptor travels beside the message."""

    kind: Literal["add_source"] = "add_source"
    source: str
    slots: int
    capacity_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveSource:
    """The ring is let go; beds of the source see nothing from now on."""

    kind: Literal["remove_source"] = "remove_source"
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AddBed:
    """Judge ``bed``; one of that name is replaced. ``baseline`` is what was kept of its neutral face."""

    kind: Literal["add_bed"] = "add_bed"
    bed: str
    source: str
    rotate_deg: Literal[0, 90, 180, 270] = 0
    face: FaceSettings
    judgement: AssessorSettings
    sampling: SamplerSettings
    baseline: str | None = None
    paused: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeBed:
    """New settings that need no new beginning."""

    kind: Literal["change_bed"] = "change_bed"
    bed: str
    sampling: SamplerSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveBed:
    """Judge ``bed`` no more; its neutral face is handed back first."""

    kind: Literal["remove_bed"] = "remove_bed"
    bed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseBed:
    """Look away from ``bed`` during care, or look again."""

    kind: Literal["pause_bed"] = "pause_bed"
    bed: str
    paused: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NeutralBed:
    """ "This is the neutral face now": the next ``seconds`` of face (None: as set), or forget the person."""

    kind: Literal["neutral_bed"] = "neutral_bed"
    bed: str
    reset: bool = False
    seconds: float | None = None
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowFace:
    """Hand over the face that was scored last, for the record of ``alert_id``."""

    kind: Literal["show_face"] = "show_face"
    bed: str
    alert_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowEvidence:
    """Say where in the face the network looks: for the page's question ``number``, or for the record of ``alert_id``.

    ``face``: with the face itself.
    """

    kind: Literal["show_evidence"] = "show_evidence"
    bed: str
    number: int | None = None
    alert_id: str | None = None
    face: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RestartSidecar:
    """Explain by these settings from now on."""

    kind: Literal["restart_sidecar"] = "restart_sidecar"
    sidecar: SidecarSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """Hand the neutral faces back and end."""

    kind: Literal["stop"] = "stop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Loading:
    """A sign of life before the networks are loaded."""

    kind: Literal["loading"] = "loading"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """The networks are loaded."""

    kind: Literal["ready"] = "ready"
    model_id: str
    providers: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """It cannot work, in one line; trying again will not help until something changes."""

    kind: Literal["refused"] = "refused"
    reason: str
    exit_code: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One picture of ``bed`` was judged, or (``sequence`` None) its absence was.

    ``aus`` and ``pspi`` are this picture's own, None where no face could be judged; ``why_not`` says what was in the
    way. All ``_s`` are CLOCK_MONOTONIC: when the picture was captured, taken from the ring, judged. ``batch`` is how
    many beds were judged together, ``left_out`` how many pictures of this bed newer ones have overtaken before.
    """

    kind: Literal["judged"] = "judged"
    bed: str
    assessment: Assessment
    sequence: int | None = None
    aus: Mapping[ActionUnit, float] | None = None
    pspi: float | None = None
    why_not: CannotAssess | None = None
    captured_s: float
    taken_s: float
    judged_s: float
    batch: int = 1
    left_out: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SidecarBeat:
    """How the side branch is doing; as ``SidecarStats``."""

    alive: bool
    pid: int | None = None
    sent: int = 0
    done: int = 0
    restarts: int = 0
    dropped: Mapping[str, int] = field(default_factory=dict)
    trouble: str | None = None
    network: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """A sign of life, with or without pictures. ``rounds`` of the loop, ``unsent`` messages dropped because the
    supervisor took none; ``troubles`` of beds whose way failed; ``stage_ms`` mean milliseconds since the last beat.
    ``explainer_missing`` says why nothing is explained here at all, None where something should be.
    """

    kind: Literal["beat"] = "beat"
    rounds: int
    unsent: int = 0
    sidecar: SidecarBeat | None = None
    explainer_missing: str | None = None
    troubles: Mapping[str, str] = field(default_factory=dict)
    stage_ms: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """The neutral face of ``bed`` as it is now, to be kept. ``reason`` when it became another one."""

    kind: Literal["learned"] = "learned"
    bed: str
    baseline: str
    reason: BaselineReason | None = None
    detail: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceShown:
    """The aligned face, as JPEG in base 64."""

    kind: Literal["face_shown"] = "face_shown"
    bed: str
    alert_id: str
    at: datetime
    image: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceShown:
    """What ``ShowEvidence`` asked for: JSON of ``monitor.web.heatmap_document``, the face as JPEG in base 64.

    All None when nothing was explained lately.
    """

    kind: Literal["evidence_shown"] = "evidence_shown"
    bed: str
    number: int | None = None
    alert_id: str | None = None
    at: datetime | None = None
    document: str | None = None
    face: str | None = None


Order = (
    Configure
    | AddSource
    | RemoveSource
    | AddBed
    | ChangeBed
    | RemoveBed
    | PauseBed
    | NeutralBed
    | ShowFace
    | ShowEvidence
    | RestartSidecar
    | Stop
)
"""What the supervisor says."""
Report = Loading | Ready | Refused | Judged | Beat | Learned | FaceShown | EvidenceShown
"""What the inference process says."""


def pack(message: Order | Report) -> bytes:
    """``message`` as JSON."""
    return _adapter().dump_json(message)


def unpack(payload: bytes) -> Any:
    """The message in ``payload``; UnreadableMessage when there is none."""
    try:
        return _adapter().validate_json(payload)
    except (ValueError, VigilError) as error:
        raise UnreadableMessage(f"no message of the inference process: {str(error).splitlines()[0]}") from error


@cache
def _adapter() -> TypeAdapter[Any]:
    return TypeAdapter(Annotated[Order | Report, Field(discriminator="kind")])
