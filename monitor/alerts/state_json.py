"""A bed's state as JSON that is the same for the same state, and back. Versioned; what does not fit is refused."""

from __future__ import annotations

import json
import math
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from monitor.alerts.bed_state import BedState
from monitor.alerts.topics import Topic
from monitor.errors import InputError

FORMAT = "vigil-alert-state"
VERSION = 1


def dump_state(state: BedState) -> str:
    """One line of JSON, keys sorted; infinite times are strings."""
    document = {"format": FORMAT, "version": VERSION, "state": _finite(_adapter().dump_python(state, mode="json"))}
    return json.dumps(document, sort_keys=True, separators=(",", ":"), allow_nan=False) + "\n"


def load_state(text: str, name: str) -> BedState:
    """The state in ``text``; ``name`` (a file, a row) begins the InputError that says what does not fit."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{name}: no alert state: {error}") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise InputError(f"{name}: no alert state: 'format' must be {FORMAT!r}")
    if document.get("version") != VERSION:
        raise InputError(f"{name}: alert state of version {document.get('version')!r}, this program reads {VERSION}")
    try:
        state = _adapter().validate_python(document.get("state"))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InputError(f"{name}: state.{where}: {first['msg']}") from error
    _check_times(state, name)
    if state.now_at.tzinfo is None:
        raise InputError(f"{name}: state.now_at: must carry a time zone")
    missing = [topic.value for topic in Topic if topic not in state.topics]
    if missing:
        raise InputError(f"{name}: state.topics.{missing[0]}: is missing")
    return state


def _check_times(state: BedState, name: str) -> None:
    """Only what never was lies infinitely long ago; no time lies after the state's own but the ends of pauses."""
    for field in ("now_s", "watched_s", "assessed_s", "paused_s", "audio_until_s", "privacy_until_s"):
        value = getattr(state, field)
        if value is not None and not math.isfinite(value):
            raise InputError(f"{name}: state.{field}: must be finite, got {value}")
    for topic, entry in state.topics.items():
        waiting = math.isfinite(entry.waiting_s) and entry.waiting_s >= 0
        times = (entry.seen_s, entry.raised_s, entry.latch.now_s, entry.latch.true_s, entry.latch.start_s)
        if not waiting or any(math.isnan(time_s) or time_s > state.now_s for time_s in times):
            raise InputError(f"{name}: state.topics.{topic}: a time lies after the state's own, {state.now_s}")


@cache
def _adapter() -> TypeAdapter[BedState]:
    return TypeAdapter(BedState)


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(entry) for key, entry in value.items()}
    if isinstance(value, float) and not math.isfinite(value):
        return "inf" if value > 0 else "-inf"
    return value
