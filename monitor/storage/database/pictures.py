"""Pictures, encrypted with AES-256-GCM before they reach the database; without the key they are noise.

Each is bound to its bed, moment and alert: one that was moved to another row does not open.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import delete, select

from monitor.errors import ConfigurationError, VigilError
from monitor.storage.database.column_types import EPOCH, MICROSECOND, safe_text
from monitor.storage.database.inserting import insert_once
from monitor.storage.database.tables import PICTURE_KEYS, PICTURES
from monitor.storage.database.transactions import Transactions
from monitor.storage.database.trouble import Cause, DatabaseTrouble

KEY_BYTES = 32
_NONCE_BYTES = 12
_PROOF = b"the pictures of this ward"
_SETTING = "storage.pixels_key_credential"


class PicturesOff(VigilError):
    """A picture was to be stored or read in a database that was opened without a key for pictures."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class StoredPicture:
    """An encoded picture (JPEG, PNG) of a bed, perhaps taken for an alert. ``at`` carries a time zone."""

    bed: str
    at: datetime
    image: bytes
    alert_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureEntry:
    """What is known of a stored picture without its key."""

    id: int
    bed: str
    at: datetime
    alert_id: str | None
    bytes: int


class Pictures:
    """Seals, keeps and opens pictures of ``ward`` with the key in ``key``, 64 hexadecimal digits.

    ConfigurationError when it is no such key or not the one that pictures here were stored with.
    """

    def __init__(self, transactions: Transactions, ward: str, key: str) -> None:
        self._transactions = transactions
        self._ward = ward
        self._cipher = AESGCM(_key_bytes(key))
        with transactions.sure() as connection:
            proof = self._seal(_PROOF, b"proof")
            connection.execute(insert_once(connection, PICTURE_KEYS), {"ward": ward, "proof": proof})
            kept = connection.execute(select(PICTURE_KEYS.c.proof).where(PICTURE_KEYS.c.ward == ward)).scalar_one()
        try:
            self._open(kept, b"proof")
        except InvalidTag:
            raise ConfigurationError(
                f"{_SETTING}: is not the key that the pictures in {transactions.where} were stored with; name the old "
                "one, or give those pictures up with `vigil data prune --all-pictures`"
            ) from None

    def put(self, picture: StoredPicture) -> int:
        """Keep ``picture``, encrypted; returns its id."""
        sealed = self._seal(picture.image, _bound(picture.bed, picture.at, picture.alert_id))
        values = {"ward": self._ward, "bed": picture.bed, "at": picture.at, "alert_id": picture.alert_id}
        with self._transactions.quick() as connection:
            insertion = PICTURES.insert().returning(PICTURES.c.id)
            return int(connection.execute(insertion, {**values, "bytes": len(sealed), "sealed": sealed}).scalar_one())

    def read(self, picture_id: int) -> StoredPicture | None:
        """The picture, decrypted; None when it is gone. DatabaseTrouble when it was changed after it was stored."""
        with self._transactions.read() as connection:
            query = select(PICTURES).where(PICTURES.c.id == picture_id, PICTURES.c.ward == self._ward)
            row = connection.execute(query).one_or_none()
        if row is None:
            return None
        try:
            image = self._open(row.sealed, _bound(row.bed, row.at, row.alert_id))
        except InvalidTag:
            where = f"{self._transactions.where}: picture {picture_id}"
            raise DatabaseTrouble(Cause.DAMAGED, f"{where}: was changed after it was stored; it stays shut") from None
        return StoredPicture(bed=row.bed, at=row.at, image=image, alert_id=row.alert_id)

    def _seal(self, plain: bytes, bound: bytes) -> bytes:
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, plain, bound)

    def _open(self, sealed: bytes, bound: bytes) -> bytes:
        if len(sealed) <= _NONCE_BYTES:
            raise InvalidTag
        return self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], bound)


def picture_entries(
    transactions: Transactions, ward: str, bed: str, begin: datetime, end: datetime
) -> list[PictureEntry]:
    """The pictures of a ward's ``bed`` from ``begin`` to before ``end``, in order, without their content."""
    columns = PICTURES.c
    query = select(columns.id, columns.bed, columns.at, columns.alert_id, columns.bytes)
    query = query.where(columns.ward == ward, columns.bed == bed, columns.at >= begin, columns.at < end)
    query = query.order_by(columns.id)
    with transactions.read() as connection:
        return [PictureEntry(**row._mapping) for row in connection.execute(query)]


def forget_pictures(transactions: Transactions, ward: str) -> int:
    """Remove every picture of ``ward`` and the proof of their key, so that it can use another; returns how many."""
    with transactions.sure() as connection:
        gone = connection.execute(delete(PICTURES).where(PICTURES.c.ward == ward)).rowcount
        connection.execute(delete(PICTURE_KEYS).where(PICTURE_KEYS.c.ward == ward))
    return gone


def _key_bytes(key: str) -> bytes:
    try:
        raw = bytes.fromhex(key.strip())
    except ValueError:
        raw = b""
    if len(raw) != KEY_BYTES or len(set(raw)) == 1:
        raise ConfigurationError(
            f"{_SETTING}: wants a random key of 64 hexadecimal digits; make one with `openssl rand -hex {KEY_BYTES}`"
        )
    return raw


def _bound(bed: str, at: datetime, alert_id: str | None) -> bytes:
    parts = ("vigil-picture-1", safe_text(bed), str((at - EPOCH) // MICROSECOND), safe_text(alert_id or ""))
    return "\0".join(parts).encode()
