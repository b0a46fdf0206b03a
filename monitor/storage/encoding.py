"""Values as JSON: fields in their written order, floats rounded, no arrays.

The same values give the same bytes on every run, so two files can be compared with ``cmp``.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

FLOAT_DIGITS = 6
"""Digits after the point: microseconds for times, far below any meaning for scores."""
SMALL = 1e-3
SMALL_DIGITS, SMALLEST_DIGITS = 3, 9
"""Numbers below ``SMALL`` keep three significant digits, down to 1e-9: a conservation error of 2e-7 is not 0."""


@cache
def _field_names(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


def plain(value: Any) -> Any:
    """A value as JSON types. Arrays inside dataclasses are left out; numbers that are not finite become None."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, float | np.floating):
        return rounded(float(value)) if math.isfinite(value) else None
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, np.integer):
        return int(value)
    return _plain_parts(value)


def rounded(value: float) -> float:
    """A finite number as it is written."""
    if abs(value) >= SMALL:
        return round(value, FLOAT_DIGITS)
    return round(float(f"{value:.{SMALL_DIGITS}g}"), SMALLEST_DIGITS) + 0.0  # -0.0 becomes 0.0


def _plain_parts(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(plain(key)): plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [plain(entry) for entry in value]
    if is_dataclass(value) and not isinstance(value, type):
        named = ((name, getattr(value, name)) for name in _field_names(type(value)))
        return {name: plain(entry) for name, entry in named if not isinstance(entry, np.ndarray)}
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no place in a journal")


def document(value: Any) -> str:
    """A whole JSON file, indented for people."""
    return json.dumps(plain(value), ensure_ascii=False, indent=2, allow_nan=False) + "\n"
