"""The written script of a staged recording (the demo's), drawn beside what was judged."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from monitor.errors import InputError, InputMissing


@dataclass(frozen=True, slots=True)
class Scene:
    """What the script says happens from ``since_s`` to ``until_s``."""

    name: str
    since_s: float
    until_s: float


def read_script(path: Path) -> list[Scene]:
    """Scenes of a JSON file: a list, or an object with the list under ``scenes`` or ``parts``.

    Every scene has ``name`` (or ``act``) and either ``start_s`` and ``end_s`` or ``duration_s``; a duration
    continues from the scene before. InputError names the entry that does not fit.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InputMissing(f"{path}: no such script") from error
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: not a script in JSON: {error}") from error
    entries = data.get("scenes", data.get("parts")) if isinstance(data, dict) else data
    if not isinstance(entries, list):
        raise InputError(f"{path}: wants a list of scenes, or an object with one under 'scenes'")
    return list(_scenes(entries, path))


def _scenes(entries: list[Any], path: Path) -> Iterable[Scene]:
    now_s = 0.0
    for number, entry in enumerate(entries, start=1):
        try:
            since_s = float(entry.get("start_s", now_s))
            until_s = float(entry["end_s"]) if "end_s" in entry else since_s + float(entry["duration_s"])
            name = str(entry["act"] if "act" in entry else entry["name"])
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise InputError(f"{path}: scene {number}: wants name and start_s, end_s or duration_s: {error}") from error
        now_s = until_s
        yield Scene(name, since_s, until_s)
