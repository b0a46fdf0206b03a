"""A count of ours beside the one that a paper printed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Count:
    """``what`` was counted ("pain 3: frames"), how many are ``here``, and what ``source`` printed, if it did."""

    what: str
    here: int
    published: int | None = None
    source: str = ""

    @property
    def agrees(self) -> bool | None:
        """Whether the two are equal; None where nothing was published."""
        return None if self.published is None else self.here == self.published


def beside(found: Mapping[str, int], published: Mapping[str, int], source: str) -> list[Count]:
    """Every count found, in order, beside what ``source`` printed under the same name."""
    return [Count(name, here, published.get(name), source if name in published else "") for name, here in found.items()]


def as_rows(counts: Sequence[Count]) -> list[dict[str, object]]:
    """The counts as JSON can hold them."""
    return [{"what": c.what, "here": c.here, "published": c.published, "source": c.source} for c in counts]
