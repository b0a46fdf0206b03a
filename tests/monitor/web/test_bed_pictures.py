"""What is shown of a bed: its own zone, upright, as it is now; nothing in a pause, of the past, or without the ward."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime

import cv2
import numpy as np
import pytest

from monitor.capture.ring import RingLayout, RingWriter, ring_memory
from monitor.service.bed_picture import LONGEST_SIDE_PX, bed_jpeg
from monitor.service.page_messages import ShowBed, ShowSource
from monitor.web.bed_pictures import FRESH_S, HEARD_WITHIN_S, BedPictures

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
LAYOUT = RingLayout(slots=3, capacity_bytes=60 * 80 * 3)
RED, GREEN, BLUE, GREY = (0, 0, 255), (0, 255, 0), (255, 0, 0), (90, 90, 90)


def quarters() -> np.ndarray:
    """Red and green above, blue and grey below."""
    picture = np.zeros((60, 80, 3), np.uint8)
    picture[:30, :40], picture[:30, 40:], picture[30:, :40], picture[30:, 40:] = RED, GREEN, BLUE, GREY
    return picture


def opened(jpeg: bytes) -> np.ndarray:
    pixels = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None
    return pixels


def colour(pixels: np.ndarray) -> tuple[int, ...]:
    """The one colour that all of ``pixels`` has, as far as JPEG keeps it."""
    middle = np.median(pixels.reshape(-1, 3), axis=0)
    assert np.abs(pixels.astype(int) - middle).max() < 40
    return min((RED, GREEN, BLUE, GREY), key=lambda known: float(np.abs(np.array(known) - middle).sum()))


@pytest.mark.parametrize(
    ("zone", "rotate_deg", "expected"),
    [
        ((0.0, 0.0, 0.5, 0.5), 0, RED),
        ((0.5, 0.0, 0.5, 0.5), 0, GREEN),
        ((0.0, 0.0, 0.5, 0.5), 90, BLUE),
        ((0.0, 0.0, 0.5, 0.5), 180, GREY),
        ((0.0, 0.0, 0.5, 0.5), 270, GREEN),
    ],
)
def test_a_bed_is_its_zone_of_the_upright_picture_and_nothing_beside_it(zone, rotate_deg, expected) -> None:
    assert colour(opened(bed_jpeg(quarters(), zone, rotate_deg))) == expected


def test_the_whole_picture_without_a_zone_and_no_larger_than_a_phone_needs() -> None:
    assert opened(bed_jpeg(quarters(), None, 90)).shape == (80, 60, 3)
    large = opened(bed_jpeg(np.zeros((1080, 1920, 3), np.uint8), None, 0))
    assert large.shape == (LONGEST_SIDE_PX * 9 // 16, LONGEST_SIDE_PX, 3)


@pytest.mark.parametrize("zone", [(0.999, 0.999, 0.001, 0.001), (0.0, 0.0, 1e-9, 1e-9)])
def test_a_sliver_of_a_zone_is_at_least_a_pixel(zone) -> None:
    assert min(opened(bed_jpeg(quarters(), zone, 0)).shape[:2]) >= 1


@pytest.fixture
def memory() -> Iterator[int]:
    descriptor = ring_memory(LAYOUT)
    yield descriptor
    os.close(descriptor)


@pytest.fixture
def pictures(memory: int) -> Iterator[BedPictures]:
    made = BedPictures()
    made.add_source(ShowSource(source="door", slots=LAYOUT.slots, capacity_bytes=LAYOUT.capacity_bytes), memory)
    for bed, left in (("bed-1", 0.0), ("bed-2", 0.5)):
        made.add_bed(shown(bed, left))
    yield made
    made.close()


def shown(bed: str, left: float = 0.0, *, paused: bool = False) -> ShowBed:
    return ShowBed(bed=bed, source="door", zone=(left, 0.0, 0.5, 0.5), rotate_deg=0, paused=paused)


def test_two_beds_of_one_camera_see_their_own_half(memory: int, pictures: BedPictures) -> None:
    assert pictures.jpeg("bed-1", 10.0, 0.0) is None, "no picture yet"
    writer = RingWriter(memory, LAYOUT)
    writer.write(quarters(), 10.0, AT)
    assert [colour(opened(pictures.jpeg(bed, 10.5, 0.0))) for bed in ("bed-1", "bed-2")] == [RED, GREEN]
    first = pictures.jpeg("bed-1", 10.6, 0.0)
    writer.write(np.ascontiguousarray(quarters()[::-1]), 11.0, AT)
    assert colour(opened(pictures.jpeg("bed-1", 11.0, 0.0))) == BLUE
    assert first != pictures.jpeg("bed-1", 11.0, 0.0)


def test_a_pause_shows_nothing_and_nothing_of_before_it_afterwards(memory: int, pictures: BedPictures) -> None:
    RingWriter(memory, LAYOUT).write(quarters(), 10.0, AT)
    assert pictures.jpeg("bed-1", 10.0, 0.0) is not None
    pictures.add_bed(shown("bed-1", paused=True))
    assert pictures.jpeg("bed-1", 10.1, 0.0) is None
    assert not pictures.looks_at("bed-1")
    assert pictures.jpeg("bed-2", 10.1, 0.0) is not None, "the neighbour is not in care"


def test_what_is_old_is_not_how_the_bed_looks(memory: int, pictures: BedPictures) -> None:
    RingWriter(memory, LAYOUT).write(quarters(), 10.0, AT)
    assert pictures.jpeg("bed-1", 10.0 + FRESH_S, 0.0) is not None
    assert pictures.jpeg("bed-1", 10.1 + FRESH_S, 0.0) is None


def test_without_the_supervisor_nobody_knows_of_a_pause_and_nothing_is_shown(memory, pictures: BedPictures) -> None:
    RingWriter(memory, LAYOUT).write(quarters(), 10.0, AT)
    assert pictures.jpeg("bed-1", 10.0, HEARD_WITHIN_S) is not None
    assert pictures.jpeg("bed-1", 10.0, HEARD_WITHIN_S + 0.1) is None
    assert pictures.jpeg("bed-1", 10.0, float("inf")) is None


def test_beds_and_cameras_that_are_gone_show_nothing(memory: int, pictures: BedPictures) -> None:
    RingWriter(memory, LAYOUT).write(quarters(), 10.0, AT)
    assert pictures.jpeg("bed-9", 10.0, 0.0) is None
    pictures.remove_bed("bed-1")
    assert pictures.jpeg("bed-1", 10.0, 0.0) is None
    assert pictures.jpeg("bed-2", 10.0, 0.0) is not None
    pictures.remove_source("door")
    assert pictures.jpeg("bed-2", 10.0, 0.0) is None


def test_a_camera_that_starts_anew_counts_from_one_again(memory: int, pictures: BedPictures) -> None:
    writer = RingWriter(memory, LAYOUT)
    for number in range(5):
        writer.write(quarters(), 10.0 + number, AT)
    assert pictures.jpeg("bed-1", 14.0, 0.0) is not None
    other = ring_memory(LAYOUT)
    order = ShowSource(source="door", slots=LAYOUT.slots, capacity_bytes=LAYOUT.capacity_bytes)
    pictures.add_source(order, other)
    assert pictures.jpeg("bed-1", 14.0, 0.0) is None
    RingWriter(other, LAYOUT).write(quarters(), 14.5, AT)
    assert pictures.jpeg("bed-1", 14.5, 0.0) is not None
    os.close(other)


def test_what_is_no_ring_is_no_picture(pictures: BedPictures) -> None:
    read, write = os.pipe()
    pictures.add_source(ShowSource(source="door", slots=4, capacity_bytes=99), read)
    assert pictures.jpeg("bed-1", 10.0, 0.0) is None
    for descriptor in (read, write):
        os.close(descriptor)
