"""Pictures: sealed before they reach the disk, shut without the key, noticed when changed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from monitor.errors import ConfigurationError
from monitor.storage.database.database import Database
from monitor.storage.database.pictures import PicturesOff, StoredPicture, forget_pictures
from monitor.storage.database.tables import PICTURES
from monitor.storage.database.trouble import Cause, DatabaseTrouble

KEY = "3f" * 16 + "a0" * 16
OTHER = "00" * 16 + "a0" * 16
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
IMAGE = b"\xff\xd8 plainly a face \xff\xd9" * 400
PICTURE = StoredPicture(bed="bed-1", at=AT, image=IMAGE, alert_id="bed-1:1")


def files(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir())


def test_a_picture_comes_back_with_the_key(place) -> None:
    with place.open(pixels_key=KEY) as database:
        number = database.put_picture(PICTURE)
        database.put_picture(StoredPicture(bed="bed-2", at=AT, image=b"x"))
    with place.open(pixels_key=f"{KEY.upper()}\n") as again:
        assert again.picture(number) == PICTURE
        assert again.picture(10**9) is None
        (entry,) = again.picture_entries("bed-1", AT, AT + timedelta(seconds=1))
        assert (entry.id, entry.alert_id, entry.at) == (number, "bed-1:1", AT)
        assert entry.bytes > len(IMAGE)
        assert again.picture_entries("bed-1", AT - timedelta(days=1), AT) == []


def test_nothing_of_it_or_of_the_key_is_on_the_disk(sqlite_place) -> None:
    with sqlite_place.open(pixels_key=KEY) as database:
        database.put_picture(PICTURE)
        database.save_state("bed-1", "a state in plain words")
        while_open = files(sqlite_place.file.parent)
    for content in (while_open, files(sqlite_place.file.parent)):
        assert b"a state in plain words" in content
        assert b"plainly a face" not in content
        assert bytes.fromhex(KEY) not in content
        assert KEY.encode() not in content


def test_two_of_the_same_look_different(sqlite_place) -> None:
    with sqlite_place.open(pixels_key=KEY) as database:
        database.put_picture(PICTURE)
        database.put_picture(PICTURE)
        with database.transactions.read() as connection:
            one, two = connection.execute(select(PICTURES.c.sealed)).scalars()
    assert one[:12] != two[:12]
    assert one[12:] != two[12:]


def test_off_without_a_key(sqlite_place) -> None:
    with sqlite_place.open() as database:
        with pytest.raises(PicturesOff, match=r"only with privacy\.pixels"):
            database.put_picture(PICTURE)
        with pytest.raises(PicturesOff):
            database.picture(1)
        assert database.picture_entries("bed-1", AT, AT) == []


def test_another_key_is_refused_until_the_pictures_are_given_up(place) -> None:
    with place.open(pixels_key=KEY) as database:
        database.put_picture(PICTURE)
    with pytest.raises(ConfigurationError, match=r"pixels_key_credential: is not the key .*--all-pictures") as refused:
        place.open(pixels_key=OTHER)
    assert OTHER not in str(refused.value)
    with place.open() as without:
        assert forget_pictures(without.transactions, without.ward) == 1
    with place.open(pixels_key=OTHER) as database:
        assert database.picture_entries("bed-1", AT, AT + timedelta(days=1)) == []
        assert database.picture(database.put_picture(PICTURE)) == PICTURE


@pytest.mark.parametrize("key", ["", "secret", KEY[:-2], KEY + "00", "zz" * 32, "00" * 32])
def test_what_is_no_key_is_refused_and_not_quoted(tmp_path: Path, key: str) -> None:
    with pytest.raises(ConfigurationError, match="openssl rand -hex 32") as refused:
        Database.open(f"sqlite:///{tmp_path}/p.sqlite", pixels_key=key)
    assert not key or key not in str(refused.value)


@pytest.mark.parametrize("changed", [{"bed": "bed-2"}, {"at": AT + timedelta(microseconds=1)}, {"alert_id": None}])
def test_a_picture_that_was_moved_stays_shut(sqlite_place, changed: dict[str, object]) -> None:
    with sqlite_place.open(pixels_key=KEY) as database:
        number = database.put_picture(PICTURE)
        with database.transactions.sure() as connection:
            connection.execute(update(PICTURES).values(**changed))
        with pytest.raises(DatabaseTrouble, match=f"picture {number}: was changed") as shut:
            database.picture(number)
    assert shut.value.cause is Cause.DAMAGED


@pytest.mark.parametrize("sealed", [b"", b"short", bytes(40)])
def test_a_picture_that_was_damaged_stays_shut(sqlite_place, sealed: bytes) -> None:
    with sqlite_place.open(pixels_key=KEY) as database:
        number = database.put_picture(PICTURE)
        with database.transactions.sure() as connection:
            connection.execute(update(PICTURES).values(sealed=sealed))
        with pytest.raises(DatabaseTrouble, match="was changed"):
            database.picture(number)


def test_the_text_form_shows_no_pixels() -> None:
    assert "plainly" not in repr(PICTURE)
