"""A film's end held or looped: what is added, when, and that nothing else changes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import pytest
from builders import BEGINNING

from monitor.evaluation.lengthened import Lengthened
from monitor.records import Frame, Gap, GapCause
from monitor.sources.source import SourceInfo

FPS = 10.0


@dataclass
class Film:
    """Pictures whose grey says their number; a Gap at the end if asked for."""

    pictures: int
    gap: bool = False
    fps: float | None = FPS

    @property
    def info(self) -> SourceInfo:
        return SourceInfo(
            source_id="film", width=2, height=2, fps=self.fps, frame_count=None, duration_s=None, backend="drawn",
            started_at=BEGINNING,
        )  # fmt: skip

    def frames(self) -> Iterator[Frame | Gap]:
        for number in range(self.pictures):
            at_s = number / FPS
            pixels = np.full((2, 2, 3), number, np.uint8)
            yield Frame(
                frame_id=number, source_id="film", captured_s=at_s, captured_at=BEGINNING + timedelta(seconds=at_s),
                pixels=pixels,
            )  # fmt: skip
        if self.gap:
            at_s = self.pictures / FPS
            yield Gap(
                frame_id=self.pictures, source_id="film", captured_s=at_s,
                captured_at=BEGINNING + timedelta(seconds=at_s), cause=GapCause.TRUNCATED,
            )  # fmt: skip

    def close(self) -> None: ...


def greys(frames: list[Frame | Gap]) -> list[int]:
    return [int(frame.pixels[0, 0, 0]) for frame in frames if isinstance(frame, Frame)]


@pytest.mark.parametrize("fps", [FPS, None])
def test_the_last_second_is_looped_at_the_films_pace(fps: float | None) -> None:
    frames = list(Lengthened(source=Film(25, fps=fps), how="loop", more_s=2.3).frames())
    assert greys(frames) == [*range(25), *range(15, 25), *range(15, 25), 15, 16, 17]
    assert [frame.frame_id for frame in frames] == list(range(48))
    assert [frame.captured_s for frame in frames] == pytest.approx([number / FPS for number in range(48)])
    assert all(frame.captured_at == BEGINNING + timedelta(seconds=frame.captured_s) for frame in frames)
    assert not any(frame.held for frame in frames if isinstance(frame, Frame))


def test_the_last_picture_stands_five_times_a_second() -> None:
    frames = list(Lengthened(source=Film(5), how="hold", more_s=1.0).frames())
    assert greys(frames) == [0, 1, 2, 3, 4, 4, 4, 4, 4, 4]
    assert [frame.captured_s for frame in frames[5:]] == pytest.approx([0.6, 0.8, 1.0, 1.2, 1.4])
    assert [frame.held for frame in frames if isinstance(frame, Frame)] == [False] * 5 + [True] * 5


def test_a_gap_at_the_end_comes_before_what_is_added() -> None:
    frames = list(Lengthened(source=Film(3, gap=True), how="hold", more_s=0.4).frames())
    assert greys(frames) == [0, 1, 2, 2, 2]
    times = [frame.captured_s for frame in frames]
    assert times == pytest.approx([0.0, 0.1, 0.2, 0.3, 0.5, 0.7])
    assert [frame.frame_id for frame in frames] == list(range(6))


def test_short_and_empty_films() -> None:
    assert greys(list(Lengthened(source=Film(1), how="loop", more_s=0.3).frames())) == [0, 0, 0, 0]
    assert list(Lengthened(source=Film(0), how="loop", more_s=5.0).frames()) == []
