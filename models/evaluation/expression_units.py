"""Which Action Units an emotion or pain shows, and which of them a network forgot (Prajod et al. 2021, figure 5).

The figure's picture is not in the text at hand; it says where its units come from. Emotions: the prototypes of the
Radboud Faces Database (Langner et al. 2010). Pain: the units that Simon et al. (2008) saw in it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

UNITS_OF: Mapping[str, tuple[str, ...]] = {
    "neutral": (),
    "happiness": ("AU06", "AU12", "AU25"),
    "sadness": ("AU01", "AU04", "AU15", "AU17"),
    "surprise": ("AU01", "AU02", "AU05", "AU26"),
    "fear": ("AU01", "AU02", "AU04", "AU05", "AU20", "AU25"),
    "disgust": ("AU09", "AU10", "AU25"),
    "anger": ("AU04", "AU05", "AU07", "AU17", "AU23", "AU24"),
    "contempt": ("AU14",),
    "pain": ("AU04", "AU06", "AU07", "AU09", "AU10", "AU12", "AU20", "AU25", "AU26", "AU27", "AU43"),
}
ORDER = tuple(sorted({unit for units in UNITS_OF.values() for unit in units}))
SHOWN, FORGOTTEN, ABSENT = "shown", "forgotten", ""


def rows(forgotten: Collection[str]) -> list[tuple[str, ...]]:
    """One row an expression: its name, then for each unit of ``ORDER`` ``shown``, ``forgotten`` or nothing."""
    return [(name, *(_cell(unit in units, unit in forgotten) for unit in ORDER)) for name, units in UNITS_OF.items()]


def no_use_for_pain(forgotten: Collection[str]) -> tuple[str, ...]:
    """The forgotten units that pain does not show: what the paper expects to be forgotten (AU5, AU14)."""
    return tuple(unit for unit in sorted(forgotten) if unit not in UNITS_OF["pain"])


def _cell(shown: bool, forgotten: bool) -> str:
    if not shown:
        return ABSENT
    return FORGOTTEN if forgotten else SHOWN
