"""The ward as one user may see it: the service's own status, cut to their beds and to what a page shows. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from monitor.alerts.topics import DISTRESS
from monitor.records import Level
from monitor.web.alert_history import sentences
from monitor.web.link import BedPlace

SILENT_S = 5.0
"""A service that has said nothing for longer: what it said last is no longer how the beds are."""
SILENT = "service silent"
_ALERT = ("alert_id", "topic", "kind", "priority", "presence", "audible", "weak", "level")
_BED = ("because", "confidence", "coverage", "pspi", "mu", "baseline_known")
_UNTIL = ("audio_paused_until", "privacy_until")
_CAMERA = ("online", "faults", "fps", "age_s", "trouble")
_NO_CAMERA: Mapping[str, Any] = {"online": False, "faults": [], "fps": None, "age_s": None, "trouble": None}
_DISTRESS = {topic.value for topic in DISTRESS}
Allowed = Callable[[str], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewpoint:
    """Who looks: which beds they see, and of these whether they may ``acknowledge`` and see the ``picture``.

    ``service``: whether they are told what is wrong with the service in words (these may name other beds).
    """

    sees: Allowed
    acknowledge: bool
    picture: bool
    service: bool
    emotions: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the database adds: a point a minute by bed, and when alerts began."""

    trends: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    raised: Mapping[str, datetime] = field(default_factory=dict)


def ward_view(
    status: Mapping[str, Any], age_s: float, places: Mapping[str, BedPlace], viewpoint: Viewpoint, known: Known
) -> dict[str, Any]:
    """The ward with its beds in the order of the configuration."""
    sidecar, inference = status.get("sidecar") or {}, status.get("inference") or {}
    told = status.get("beds", {})
    names = [name for name in places if viewpoint.sees(name)]
    beds = [_bed(name, told.get(name), status, age_s, viewpoint, known) for name in names]
    for bed in beds:
        place = places[bed["bed"]]
        bed |= {
            "room": place.room,
            "resident": place.resident,
            "audio_pause_most_s": place.audio_pause_most_s,
            "privacy_pause_most_s": place.privacy_pause_most_s,
            "trend": list(known.trends.get(bed["bed"], ())),
            "may": {"acknowledge": viewpoint.acknowledge, "picture": viewpoint.picture},
        }
    return {
        "ward": status.get("ward", ""),
        "at": status.get("at"),
        "age_s": round(age_s, 1) if math.isfinite(age_s) else None,
        "troubles": _troubles(status, viewpoint),
        "beds": beds,
        "sidecar": {"alive": bool(sidecar.get("alive", False))},
        "inference": {"ready": bool(inference.get("ready", False))},
    }


def other_ward(ward: str, status: Mapping[str, Any], age_s: float, viewpoint: Viewpoint) -> dict[str, Any]:
    """Another ward of the fleet: its beds as it told them, without trend."""
    beds = [
        _bed(str(name), bed, status, age_s, viewpoint, Known())
        for name, bed in status.get("beds", {}).items()
        if viewpoint.sees(str(name))
    ]
    return {"ward": ward, "at": status.get("at"), "age_s": round(max(0.0, age_s), 1), "beds": beds}


def _bed(
    name: str,
    told: Mapping[str, Any] | None,
    status: Mapping[str, Any],
    age_s: float,
    viewpoint: Viewpoint,
    known: Known,
) -> dict[str, Any]:
    bed = told or {}
    silent = told is None or not age_s <= SILENT_S
    camera = status.get("cameras", {}).get(bed.get("source"), _NO_CAMERA)
    view: dict[str, Any] = {
        "bed": name,
        "room": bed.get("room", ""),
        "resident": bed.get("resident", ""),
        "level": bed.get("level", Level.UNASSESSABLE.value),
        "score": bed.get("score"),
        "assessable": bool(bed.get("assessable", False)),
        **{key: bed.get(key) for key in _BED},
        "camera": {key: camera.get(key) for key in _CAMERA},
        "alerts": [_alert(alert, known.raised) for alert in bed.get("alerts", ()) if _told(alert, viewpoint)],
        **{key: bed.get(key) for key in _UNTIL},
    }
    if silent:
        view |= {"level": Level.UNASSESSABLE.value, "score": None, "assessable": False, "because": SILENT}
        view |= {"confidence": None, "pspi": None, "mu": None}
    return view


def _told(alert: Mapping[str, Any], viewpoint: Viewpoint) -> bool:
    return viewpoint.emotions or alert.get("topic") not in _DISTRESS


def _alert(alert: Mapping[str, Any], raised: Mapping[str, datetime]) -> dict[str, Any]:
    since = raised.get(alert["alert_id"])
    return {
        **{key: alert.get(key) for key in _ALERT},
        "sentence": sentences(alert.get("sentence", ""), alert.get("sentence_de")),
        "since": None if since is None else since.isoformat(timespec="seconds"),
    }


def _troubles(status: Mapping[str, Any], viewpoint: Viewpoint) -> list[str]:
    troubles = [str(line) for line in status.get("troubles", ())]
    if viewpoint.service or not troubles:
        return troubles
    return ["the monitor has trouble; ask whoever looks after it"]
