"""Whatever stands in a journal or a kept state, it is read or refused in one line."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from ward_story import MIDNIGHT, SHORT, Story, moment

from monitor.alerts.alert_journal import FORMAT, VERSION, AlertJournal
from monitor.alerts.burden import BurdenData, burden_figures
from monitor.alerts.burden_sources import of_journal
from monitor.alerts.journal_reading import read_journals
from monitor.alerts.restart import restore
from monitor.alerts.shift import Shift, shift_summary
from monitor.alerts.state_json import dump_state, load_state
from monitor.errors import InputError

_values = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just([]) | st.just({})


@cache
def _journal() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.jsonl"
        with AlertJournal(path) as journal:
            journal.write(Story().watch("++++++---" + "?" * 70).told)
        return path.read_bytes()


@cache
def _state() -> str:
    return dump_state(Story().watch("++++++---").state)


def _read_and_used(payload: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.jsonl"
        path.write_bytes(payload)
        try:
            content = read_journals([path])
        except InputError as error:
            refused = str(error)
            content = None
        if content is None:
            assert refused.startswith(f"{path}: line ")
            return
        alerts, watched_s = of_journal(content.transitions)
        json.dumps(burden_figures(BurdenData(alerts=alerts, watched_s=watched_s)), allow_nan=False)
        zone = MIDNIGHT.tzinfo
        assert shift_summary(content.transitions, Shift(begin=MIDNIGHT, end=MIDNIGHT + timedelta(days=1), zone=zone))


@given(at=st.integers(0, 10_000), put=st.binary(max_size=6), cut=st.integers(0, 40))
@settings(deadline=None, max_examples=60)
def test_a_damaged_journal_is_read_or_refused_by_line(at: int, put: bytes, cut: int) -> None:
    whole = _journal()
    at %= len(whole)
    _read_and_used(whole[:at] + put + whole[at + cut :])


@given(line=st.dictionaries(st.sampled_from(sorted(json.loads(_journal().split(b"\n")[1]))), _values, min_size=1))
@settings(deadline=None, max_examples=60)
def test_a_line_with_any_values_is_read_or_refused(line: dict[str, object]) -> None:
    good = json.loads(_journal().split(b"\n")[1])
    header = json.dumps({"format": FORMAT, "version": VERSION})
    _read_and_used(f"{header}\n{json.dumps(good | line)}\n".encode())


def test_deep_nesting_is_refused() -> None:
    _read_and_used(b"[" * 200_000 + b"\n")
    _read_and_used(_journal() + b'{"bed":' + b"[" * 200_000 + b"\n")
    _restored(lambda: "[" * 200_000)


@given(names=st.lists(st.integers(0, 60), max_size=4), value=_values)
@settings(deadline=None, max_examples=80)
def test_a_state_with_any_value_is_restored_or_refused(names: list[int], value: object) -> None:
    def changed() -> str:
        document = json.loads(_state())
        place = document["state"]
        for name in names:
            keys = list(place)
            key = keys[name % len(keys)]
            if not isinstance(place[key], dict) or not place[key]:
                place[key] = value
                break
            place = place[key]
        return json.dumps(document)

    _restored(changed)


def _restored(text: Callable[[], str]) -> None:
    try:
        state = load_state(text(), "state.json")
    except InputError as error:
        refused = str(error)
        state = None
    if state is None:
        assert refused.startswith("state.json: ")
        assert "\n" not in refused
        return
    story = Story(state=restore(state, moment(max(state.now_s, 0.0) % 1e6, boot="two"), SHORT)[0])
    story.now_s = story.state.now_s
    story.wait(4000.0)
    assert story.state.audio_until_s is None
    assert story.state.privacy_until_s is None
