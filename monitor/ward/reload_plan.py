"""The plan of a reload: what to do with which part of a running ward, and why."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Action(StrEnum):
    """What to do with a part."""

    STOP = "stop"
    CHANGE_IN_PLACE = "change in place"
    RESTART = "restart"
    START = "start"
    NEEDS_SERVICE_RESTART = "needs a restart of the service"


class Part(StrEnum):
    """What a step is about. ``Step.name`` is the bed's, source's or sink's, and "" for parts there is one of."""

    BED = "bed"
    SOURCE = "source"
    SINK = "sink"
    CAPTURE = "capture"
    SIDECAR = "sidecar"
    STORAGE = "storage"
    PRIVACY = "privacy"
    HEALTH = "health"
    PAGE = "page"
    LOG = "log"
    SERVICE = "service"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReloadStep:
    """``changed`` are the dotted paths that differ, ``reason`` is one sentence for the log and for people."""

    action: Action
    part: Part
    name: str
    changed: tuple[str, ...]
    reason: str

    def __str__(self) -> str:
        return f"{self.part}{' ' if self.name else ''}{self.name}: {self.action}: {self.reason}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReloadPlan:
    """``steps`` in the order in which to carry them out; ``untouched_beds`` lose no frame and keep all they know."""

    steps: tuple[ReloadStep, ...]
    untouched_beds: tuple[str, ...]
    interrupted_beds: tuple[str, ...]

    @property
    def needs_service_restart(self) -> tuple[ReloadStep, ...]:
        """What waits until the service is started anew; the rest is carried out now."""
        return tuple(step for step in self.steps if step.action is Action.NEEDS_SERVICE_RESTART)
