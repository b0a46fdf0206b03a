"""The data sets that were given to a recipe by name: a wrong name is refused, not silently replaced by a stand-in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from models.errors import DataMissing

STAND_INS = "stand-ins"
"""The name of a folder of photographs that stand-ins are made of."""


def given_data(data: Mapping[str, Path], known: Sequence[str]) -> dict[str, Path]:
    """``data`` by the names of ``known``, with ``-`` or ``_`` in them alike; DataMissing for any other name."""
    found = {}
    for name, folder in data.items():
        plain = name if name == STAND_INS else name.replace("-", "_")
        if plain not in known and plain != STAND_INS:
            raise DataMissing(f"--data {name}={folder}: this recipe uses {', '.join(known)} and {STAND_INS}")
        found[plain] = folder
    return found


def known_weights(weights: Mapping[str, str], known: Sequence[str]) -> dict[str, str]:
    """``weights`` as they are; DataMissing for a name that the recipe does not start from."""
    for name, file in weights.items():
        if name not in known:
            raise DataMissing(f"--weights {name}={file}: this recipe starts from {', '.join(known)}")
    return dict(weights)
