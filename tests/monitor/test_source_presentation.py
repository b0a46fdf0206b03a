"""Presentation times to Frame and Gap, without a decoder."""

from __future__ import annotations

import numpy as np
import pytest

from monitor.records import Frame, Gap, GapCause
from monitor.sources.opening import UNDATED
from monitor.sources.presentation import MOST_GAPS_PER_HOLE, Presentation
from monitor.sources.source import SourceSettings

PICTURE = np.zeros((2, 3, 3), np.uint8)


def presentation(fps: float | None = 10.0, **settings: float) -> Presentation:
    return Presentation("bed", UNDATED, fps, SourceSettings(**settings))  # type: ignore[arg-type]


def show(presented: Presentation, *times_s: float) -> list[Frame | Gap]:
    return [record for time_s in times_s for record in presented.picture(PICTURE, time_s)]


def gap_times(records: list[Frame | Gap]) -> list[float]:
    return [round(record.captured_s, 6) for record in records if isinstance(record, Gap)]


def test_frames_are_numbered_and_dated() -> None:
    first, second = show(presentation(), 0.0, 0.1)
    assert (first.frame_id, second.frame_id) == (0, 1)
    assert (second.captured_at - first.captured_at).total_seconds() == pytest.approx(0.1)


def test_a_failure_fills_the_hole_with_one_gap_a_period() -> None:
    presented = presentation()
    show(presented, 0.0)
    presented.failed("broken packet")
    records = show(presented, 0.4, 0.5)
    assert gap_times(records) == [0.1, 0.2, 0.3]
    lost = [record for record in records if isinstance(record, Gap)]
    assert {(gap.cause, gap.detail) for gap in lost} == {(GapCause.DECODE_ERROR, "broken packet")}
    assert [record.frame_id for record in records] == [1, 2, 3, 4, 5]


def test_a_failure_that_cost_no_picture_leaves_no_gap() -> None:
    presented = presentation()
    show(presented, 0.0)
    presented.failed("broken packet")
    assert gap_times(show(presented, 0.1, 0.2)) == []


def test_a_failure_reported_before_queued_pictures_still_explains_the_hole() -> None:
    presented = presentation()
    show(presented, 0.0)
    presented.failed("broken packet")
    assert gap_times(show(presented, 0.1, 0.2, 0.5)) == [0.3, 0.4]


def test_an_old_failure_explains_nothing() -> None:
    presented = presentation(gap_after_s=5.0)
    show(presented, 0.0)
    presented.failed("broken packet")
    times_s = [0.1 * number for number in range(1, 20)]
    assert gap_times(show(presented, *times_s, 2.4)) == []


def test_a_long_silence_is_stalled_and_a_short_one_is_nothing() -> None:
    presented = presentation(gap_after_s=0.5)
    assert gap_times(show(presented, 0.0, 0.45)) == []
    records = show(presented, 2.0)
    assert gap_times(records) == [0.95, 1.45]
    assert all(record.cause is GapCause.STALLED for record in records if isinstance(record, Gap))


def test_a_picture_that_the_container_shows_for_long_stands() -> None:
    asked: list[tuple[float, float]] = []

    def lasts(since_s: float, until_s: float) -> bool:
        asked.append((since_s, until_s))
        return True

    presented = Presentation("bed", UNDATED, 10.0, SourceSettings(gap_after_s=0.5, hold_s=1.0), lasts)
    records = show(presented, 0.0, 0.1, 0.9)
    assert asked == [(0.1, 0.9)]
    assert [(round(r.captured_s, 6), r.held) for r in records if isinstance(r, Frame)] == [
        (0.0, False), (0.1, False), (0.3, True), (0.5, True), (0.7, True), (0.9, False),
    ]  # fmt: skip
    assert [record.frame_id for record in records] == list(range(6))
    longer = show(presented, 4.0)
    assert gap_times(longer) == [2.4, 2.9, 3.4, 3.9]
    ended = list(presented.end(4.6))
    assert ended == []
    assert [round(r.captured_s, 6) for r in presented.end(6.0)] == [4.2, 4.4, 4.6, 4.8]


def test_a_failure_outdoes_what_the_container_says() -> None:
    presented = Presentation("bed", UNDATED, 10.0, SourceSettings(), lambda *_: True)
    show(presented, 0.0)
    presented.failed("broken packet")
    assert len(gap_times(show(presented, 1.0))) == 9


def test_a_slow_recording_is_not_a_row_of_gaps() -> None:
    assert gap_times(show(presentation(fps=0.5), 0.0, 2.0, 4.0)) == []


def test_a_leap_of_a_day_gives_a_bounded_number_of_gaps() -> None:
    assert len(show(presentation(), 0.0, 86_400.0)) <= MOST_GAPS_PER_HOLE + 2


def test_times_that_stand_still_or_run_back_go_on_by_the_period() -> None:
    records = show(presentation(), 0.0, 0.0, 0.0, -5.0)
    assert [round(record.captured_s, 6) for record in records] == [0.0, 0.1, 0.2, 0.3]


@pytest.mark.parametrize(("duration_s", "expected"), [(None, []), (1.0, []), (1.4, [0.2]), (9.0, [0.2])])
def test_an_early_end_is_truncated(duration_s: float | None, expected: list[float]) -> None:
    presented = presentation()
    show(presented, 0.0, 0.1)
    ended = list(presented.end(duration_s))
    assert [round(gap.captured_s, 6) for gap in ended] == expected
    assert all(gap.cause is GapCause.TRUNCATED for gap in ended)


def test_nothing_shown_nothing_missing() -> None:
    assert list(presentation().end(10.0)) == []
