"""When and why the neutral face that pain is judged against became another one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from models.action_units import ActionUnit


class BaselineReason(StrEnum):
    """Why the neutral face changed."""

    LEARNED = "learned"
    """Enough calm face was seen: from here on the person's own neutral face judges."""
    ADOPTED_PICTURE = "adopted_picture"
    """Someone gave a picture: "this is the neutral face"."""
    ADOPTED_MOMENT = "adopted_moment"
    """Someone said: "this is the neutral face now"."""
    RESET = "reset"
    """Someone asked to forget the person; the prior judges again."""
    ANOTHER_FACE = "another_face"
    """The resident's face is now one that cannot be taken for the same person's; the prior judges again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineChange:
    """The neutral face changed with this frame.

    ``calm_s`` is the seconds of calm face it rests on, ``aus`` its intensity per AU (0–5; AU43 the closed
    probability), ``detail`` what was given, for example the picture's name.
    """

    frame_id: int
    source_id: str
    captured_s: float
    captured_at: datetime
    reason: BaselineReason
    known: bool
    calm_s: float
    detail: str = ""
    aus: Mapping[ActionUnit, float] = field(default_factory=dict)
