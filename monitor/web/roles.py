"""Who may do what on the page: roles, what each includes, and rights to single beds. Everything else is denied."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from monitor.ward.values import is_name

ALL_BEDS = "*"


class Role(StrEnum):
    """What a user is."""

    VIEWER = "viewer"
    """Sees the beds allowed to them; their live picture only where that is allowed besides."""
    NURSE = "nurse"
    """Also sees live pictures, acknowledges, pauses, sets the neutral face."""
    ADMIN = "admin"
    """Also makes and removes users."""


class Right(StrEnum):
    """What a route wants of who asks."""

    ANYBODY = "anybody"
    """No login: the login itself."""
    SEE = "see"
    PICTURE = "picture"
    ACT = "act"
    USERS = "users"


_RIGHTS: Mapping[Role, frozenset[Right]] = {
    Role.VIEWER: frozenset({Right.ANYBODY, Right.SEE}),
    Role.NURSE: frozenset({Right.ANYBODY, Right.SEE, Right.PICTURE, Right.ACT}),
    Role.ADMIN: frozenset(Right),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class BedRights:
    """Which beds: ``beds`` holds ``ward/bed`` or ``ward/*``, None stands for all beds of all wards."""

    beds: frozenset[str] | None = frozenset()

    def allow(self, ward: str, bed: str) -> bool:
        """Whether this bed is among them."""
        return self.beds is None or not self.beds.isdisjoint((f"{ward}/{bed}", f"{ward}/{ALL_BEDS}"))


def may(role: Role, right: Right, *, pictures: bool) -> bool:
    """Whether ``role`` includes ``right``; ``pictures`` lets a viewer see live pictures."""
    return right in _RIGHTS[role] or (right is Right.PICTURE and pictures)


def read_beds(said: object, ward: str) -> BedRights:
    """Rights as people write them: ``"*"``, or a list of ``bed``, ``ward/bed`` and ``ward/*``. ValueError.

    A name alone is a bed of ``ward``.
    """
    if said == ALL_BEDS:
        return BedRights(beds=None)
    if not isinstance(said, list) or len(said) > 1000:
        raise ValueError('beds must be "*" or a list of names')
    return BedRights(beds=frozenset(_qualified(entry, ward) for entry in said))


def told_beds(rights: BedRights, ward: str) -> str | list[str]:
    """The opposite of ``read_beds``: beds of ``ward`` by their name alone."""
    if rights.beds is None:
        return ALL_BEDS
    return sorted(entry.removeprefix(f"{ward}/") if entry != f"{ward}/{ALL_BEDS}" else entry for entry in rights.beds)


def _qualified(entry: object, ward: str) -> str:
    if isinstance(entry, str) and re.fullmatch(r"[^/]+(/[^/]+)?", entry):
        place, _, bed = entry.rpartition("/")
        if is_name(place or ward) and (is_name(bed) or (place and bed == ALL_BEDS)):
            return f"{place or ward}/{bed}"
    raise ValueError("beds: each must be the name of a bed, WARD/BED or WARD/*")
