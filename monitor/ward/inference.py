"""How the process that judges every bed shares its time between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from monitor.ward.values import Seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class InferenceSettings:
    """How beds are judged together, and when the process that judges them is given up."""

    latency_budget_s: Annotated[float, Field(gt=0, le=2)] = 0.15
    """From a picture to its judgement. Where all beds at once take longer, fewer go together and pictures are left
    out, counted."""
    gather_s: Annotated[float, Field(ge=0, le=0.1)] = 0.008
    """Longest wait for the pictures of the other cameras, so that the network sees several faces at once."""
    threads: Annotated[int, Field(ge=0, le=64)] = 0
    """Threads that look for faces; 0: one per processor core."""
    stalled_after_s: Annotated[float, Field(ge=2, le=20)] = 10.0
    """Without a sign of life for this long the process is ended and started anew."""
    start_timeout_s: Seconds = 120.0
    """Longest wait for it to load its networks."""
    baseline_every_s: Seconds = 60.0
    """How often the neutral faces that were learned are kept."""
