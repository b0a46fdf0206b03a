"""Whatever stands in a configuration file, reading it ends, in complaints of one line or in settings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.config_lines import read
from monitor.ward.reading import WardReading, read_ward

EXAMPLE = read(Path(__file__).resolve().parents[2] / "systemd" / "vigil.example.yaml").values
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=20),
    st.lists(st.integers(), max_size=3),
    st.dictionaries(st.text(max_size=5), st.integers(), max_size=2),
    st.lists(st.dictionaries(st.text(max_size=5), st.none(), max_size=2), max_size=2),
)


def places(tree: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if not isinstance(tree, dict):
        return [way]
    return [way, *(each for name, value in tree.items() for each in places(value, (*way, name)))][0 if way else 1 :]


WAYS = sorted(places(EXAMPLE))


def reads(path: Path) -> WardReading:
    reading = read_ward(path)
    assert (reading.settings is None) == bool(reading.complaints)
    assert all("\n" not in str(each) for each in reading.complaints)
    return reading


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("odd") / "vigil.yaml"


@settings(max_examples=60, deadline=None, suppress_health_check=[*HealthCheck])
@given(changes=st.lists(st.tuples(st.sampled_from(WAYS), ODD), min_size=1, max_size=4))
def test_odd_values_anywhere(path: Path, changes: list[tuple[tuple[Any, ...], Any]]):
    tree = json.loads(
        json.dumps({name: EXAMPLE[name] for name in {way[0] for way, _ in changes} | {"beds", "sources"}})
    )
    for way, odd in changes:
        inside = tree
        for step in way[:-1]:
            inside = inside.get(step) if isinstance(inside, dict) else None
        if isinstance(inside, dict):
            inside[way[-1]] = odd
    path.write_text(json.dumps(tree))  # JSON is YAML
    reads(path)


@settings(max_examples=150, deadline=None, suppress_health_check=[*HealthCheck])
@given(
    text=st.one_of(
        st.binary(max_size=80), st.text(alphabet="abeds:[]{}&*!|>-?#%@`\"'\n\t =0.\0", max_size=60).map(str.encode)
    )
)
@pytest.mark.parametrize("ending", [".yaml", ".toml"])
def test_odd_bytes(path: Path, ending: str, text: bytes):
    odd = path.with_suffix(ending)
    odd.write_bytes(text)
    reads(odd)
