"""The fast line of a record is, to the last byte, the JSON of its plain values."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, datetime
from enum import IntEnum
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from models.action_units import ActionUnit, Pspi
from monitor import records
from monitor.storage.encoding import plain
from monitor.storage.record_line import record_line

AT = datetime(2026, 3, 29, 1, 2, 3, 456, tzinfo=UTC)
number = (
    st.floats()
    | st.floats(-1e4, 1e4)
    | st.sampled_from([0.0, -0.0, 1e-3, -1e-3, 9.9999995e-4, 0.0005, 1.0, 1e9, 1e15, 1e16, 0.1234565, 2.5e-9, 4e-10])
    | st.floats(-10, 10, width=32).map(np.float32)
    | st.floats(-10, 10).map(np.float64)
)


def slow_line(record: Any) -> bytes:
    entry = {"record": type(record).__name__, **plain(record)}
    return json.dumps(entry, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode() + b"\n"


def _values(hint: Any) -> st.SearchStrategy[Any]:
    """Values of a record's field, odd ones included."""
    if get_origin(hint) in (Union, UnionType):
        return st.one_of([_values(option) for option in get_args(hint)])
    if get_origin(hint) is np.ndarray or hint is NDArray:
        return st.just(np.zeros((2, 2), np.float32))
    if get_origin(hint) is tuple:
        inside = get_args(hint)
        return st.lists(_values(inside[0]), max_size=3).map(tuple)
    if get_origin(hint) is not None:  # a Mapping
        key, value = get_args(hint)
        return st.dictionaries(_values(key), _values(value), max_size=4)
    if hint is float:
        return number
    if hint is int:
        return st.integers(-(2**70), 2**70) | st.integers(0, 9).map(np.int64)
    if hint is datetime:
        return st.just(AT) | st.datetimes(timezones=st.just(UTC))
    if is_dataclass(hint):
        return _record(hint)
    return st.from_type(hint)


@st.composite
def _record(draw: st.DrawFn, kind: type) -> Any:
    """A record with any values at all, past its own checks."""
    made = object.__new__(kind)
    hints = get_type_hints(kind)
    for field in fields(kind):
        object.__setattr__(made, field.name, draw(_values(hints[field.name])))
    return made


RECORDS = get_args(records.Record)


@pytest.mark.parametrize("kind", RECORDS, ids=lambda kind: kind.__name__)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_every_record_with_any_values(kind: type, data: st.DataObject):
    record = data.draw(_record(kind))
    assert record_line(record) == slow_line(record)


@settings(max_examples=300, deadline=None)
@given(number)
def test_every_number(value: float):
    record = records.Pose(yaw_deg=value, pitch_deg=-value, roll_deg=0.0)
    assert record_line(record) == slow_line(record)


class Rank(IntEnum):
    LOW = 1


@dataclass(frozen=True)
class Odd:
    """What no record holds yet."""

    only: Any


@pytest.mark.parametrize(
    "value",
    [
        Path("a/ü.mp4"),
        Rank.LOW,
        True,
        None,
        'say "é"\n\u2028\x7f\t',
        [1, (2.5, None), []],
        {},
        {1: 2, 1.5: 3, None: 5, False: 4, ActionUnit.AU04: 6, "AU04": 7},
        Pspi(None, (ActionUnit.AU43,)),
        np.int8(-3),
        {Rank.LOW: Odd(np.ones(3))},
    ],
    ids=repr,
)
def test_values_of_other_kinds(value: Any):
    assert record_line(Odd(value)) == slow_line(Odd(value))


@pytest.mark.parametrize(
    "value",
    [object(), {1, 2}, np.bool_(True), [np.zeros(2)], b"bytes"],
    ids=["object", "set", "numpy bool", "array", "bytes"],
)
def test_what_has_no_place_is_refused_by_both(value: Any):
    for line in (record_line, slow_line):
        with pytest.raises(TypeError, match="no place in a journal"):
            line(Odd(value))
