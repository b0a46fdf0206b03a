"""What sentences are made of in one language; a further language is a further ``Language``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from models.action_units import ActionUnit
from models.words.face_parts import FacePart


@dataclass(frozen=True, slots=True)
class Noun:
    """A part with its article, and whether its verb is in the plural."""

    word: str
    plural: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """Templates (``str.format``) and words. ``targets`` names classes and ratings; others are called as they are."""

    code: str
    parts: Mapping[FacePart, Noun]
    units: Mapping[ActionUnit, str]
    targets: Mapping[str, str]
    last_and: str
    decimal_mark: str
    first_share: str
    share: str
    important_one: str
    important_many: str
    none_stands_out: str
    nothing_found: str
    unclear: str
    outside: str
    mostly_outside: str
    steady: str
    fair: str
    of_100: str
    of_100_unknown: str
    unit: str
    unit_weak: str
    unit_nothing: str

    def target(self, name: str) -> str:
        """What to call a class, a rating or an AU (``AU04`` → ``AU4 (brow lowered)``)."""
        if name in ActionUnit.__members__:
            unit = ActionUnit(name)
            return f"AU{int(unit.value[2:])} ({self.units[unit]})"
        return self.targets.get(name, name)

    def decimal(self, value: float) -> str:
        """``value`` with two decimals."""
        return f"{value:.2f}".replace(".", self.decimal_mark)

    def joined(self, parts: Sequence[str]) -> str:
        """``a``, ``a and b``, ``a, b and c``."""
        if len(parts) == 1:
            return parts[0]
        return f"{', '.join(parts[:-1])} {self.last_and} {parts[-1]}"
