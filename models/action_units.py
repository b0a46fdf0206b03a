"""Facial Action Units (AUs, FACS: Ekman, Friesen & Hager 2002) and the Prkachin–Solomon pain intensity (PSPI)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum


class ActionUnit(StrEnum):
    """An Action Unit by its zero-padded number, as in ``AU04``."""

    AU01 = "AU01"
    AU02 = "AU02"
    AU04 = "AU04"
    AU05 = "AU05"
    AU06 = "AU06"
    AU07 = "AU07"
    AU09 = "AU09"
    AU10 = "AU10"
    AU12 = "AU12"
    AU14 = "AU14"
    AU25 = "AU25"
    AU26 = "AU26"
    AU27 = "AU27"
    AU43 = "AU43"


NAMES: Mapping[ActionUnit, str] = {
    ActionUnit.AU01: "inner brow raised",
    ActionUnit.AU02: "outer brow raised",
    ActionUnit.AU04: "brow lowered",
    ActionUnit.AU05: "upper lid raised",
    ActionUnit.AU06: "cheek raised",
    ActionUnit.AU07: "eyes tightened",
    ActionUnit.AU09: "nose wrinkled",
    ActionUnit.AU10: "upper lip raised",
    ActionUnit.AU12: "lip corners pulled",
    ActionUnit.AU14: "lip corners dimpled",
    ActionUnit.AU25: "lips parted",
    ActionUnit.AU26: "jaw dropped",
    ActionUnit.AU27: "mouth stretched",
    ActionUnit.AU43: "eyes closed",
}
"""Plain words for each AU, as a nurse would read them."""

PSPI_UNITS: tuple[ActionUnit, ...] = (
    ActionUnit.AU04,
    ActionUnit.AU06,
    ActionUnit.AU07,
    ActionUnit.AU09,
    ActionUnit.AU10,
    ActionUnit.AU43,
)


@dataclass(frozen=True, slots=True)
class Pspi:
    """PSPI of one frame, or why there is none: ``value`` in [0, 16] or None with ``missing`` not empty."""

    value: float | None
    missing: tuple[ActionUnit, ...] = ()

    @property
    def reason(self) -> str | None:
        """``None`` when computable, else ``not computable: AU43 missing or covered``."""
        if self.value is not None:
            return None
        return f"not computable: {', '.join(self.missing)} missing or covered"


def pspi(intensity: Mapping[ActionUnit, float], covered: Iterable[ActionUnit] = ()) -> Pspi:
    """Prkachin & Solomon (2008): ``AU4 + max(AU6, AU7) + max(AU9, AU10) + AU43``, 0–16.

    ``intensity`` holds 0–5 per AU and, for AU43, the closed probability or 0/1 (counted as 1 from 0.5 on).
    Any of the six AUs that is absent or in ``covered`` makes PSPI not computable; a smaller sum is never
    passed off as PSPI.
    """
    hidden = set(covered)
    missing = tuple(unit for unit in PSPI_UNITS if unit not in intensity or unit in hidden)
    if missing:
        return Pspi(None, missing)
    level = {unit: min(max(intensity[unit], 0.0), 5.0) for unit in PSPI_UNITS}
    closed = 1.0 if intensity[ActionUnit.AU43] >= 0.5 else 0.0
    return Pspi(
        level[ActionUnit.AU04]
        + max(level[ActionUnit.AU06], level[ActionUnit.AU07])
        + max(level[ActionUnit.AU09], level[ActionUnit.AU10])
        + closed
    )
