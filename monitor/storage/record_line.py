"""A record as one line of JSON, fast: every type that ever came by has its own writer, made once.

The text is that of ``json.dumps`` over ``monitor.storage.encoding.plain`` to the last byte, in a sixth of the time; the
tests hold the two against each other.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from functools import lru_cache
from json.encoder import encode_basestring
from operator import attrgetter
from pathlib import Path
from typing import Any

import numpy as np

from monitor.storage.encoding import FLOAT_DIGITS, SMALL, plain, rounded

Writer = Callable[[Any], str]

_FIXED = f"%.{FLOAT_DIGITS}f"
_LARGE = 1e9
"""From here on six digits after the point are more than a float holds, and its own text may be shorter."""


def record_line(record: Any) -> bytes:
    """One record as one line of UTF-8 JSON, newline included: its name first, fields in their written order."""
    return f'{{"record":"{type(record).__name__}",{_text(record)[1:]}\n'.encode()


def _text(value: Any) -> str:
    return (_WRITERS.get(type(value)) or _writer_for(type(value)))(value)


def _writer_for(kind: type) -> Writer:
    """The writer of a type, by the rules of ``plain`` and in their order."""
    writer: Writer
    if issubclass(kind, Enum):
        writer = {member: _text(member.value) for member in kind}.__getitem__
    elif issubclass(kind, float | np.floating):
        writer = _number
    elif issubclass(kind, int | np.integer):
        writer = _whole
    elif issubclass(kind, str):
        writer = encode_basestring
    elif issubclass(kind, Mapping):
        writer = _mapping
    elif issubclass(kind, list | tuple):
        writer = _sequence
    elif is_dataclass(kind):
        writer = _fields_of(kind)
    elif issubclass(kind, datetime):
        writer = _moment
    elif issubclass(kind, Path):
        writer = _path
    else:
        raise TypeError(f"{kind.__name__} has no place in a journal")
    _WRITERS[kind] = writer
    return writer


def _number(value: Any) -> str:
    if value == 0:
        return "0.0"
    value = float(value)
    if SMALL <= abs(value) < _LARGE:
        text: str = (_FIXED % value).rstrip("0")
        return text + "0" if text[-1] == "." else text
    return repr(rounded(value)) if math.isfinite(value) else "null"


def _whole(value: Any) -> str:
    return int.__repr__(int(value))


def _truth(value: bool) -> str:
    return "true" if value else "false"


def _nothing(_: None) -> str:
    return "null"


def _moment(value: datetime) -> str:
    return f'"{value.isoformat()}"'


def _path(value: Path) -> str:
    return encode_basestring(str(value))


def _mapping(value: Mapping[Any, Any]) -> str:
    parts = [_key(k) + (_number(entry) if type(entry) is float else _text(entry)) for k, entry in value.items()]
    return "{" + ",".join(parts) + "}"


def _sequence(value: list[Any] | tuple[Any, ...]) -> str:
    return "[" + ",".join([_text(entry) for entry in value]) + "]"


@lru_cache(maxsize=1024, typed=True)
def _key(key: Any) -> str:
    """Keys are names of units, emotions and regions: few, and the same in every picture."""
    return encode_basestring(str(plain(key))) + ":"


def _fields_of(kind: type) -> Writer:
    """All fields but arrays."""
    names = [field.name for field in fields(kind)]
    keys = [_key(name) for name in names]
    values: Callable[[Any], tuple[Any, ...]] = attrgetter(*names) if len(names) > 1 else lambda v: (getattr(v, *names),)

    def write(value: Any) -> str:
        parts = [key + _text(e) for key, e in zip(keys, values(value), strict=True) if type(e) is not np.ndarray]
        return "{" + ",".join(parts) + "}"

    return write


_WRITERS: dict[type, Writer] = {type(None): _nothing, bool: _truth, float: _number, int: _whole, str: encode_basestring}
"""``bool`` is a kind of ``int`` and comes first; the others join as they come by."""
