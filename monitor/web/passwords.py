"""Passwords: which are good enough, and how they are kept (Argon2id) and checked without telling more by the time."""

from __future__ import annotations

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from argon2.profiles import RFC_9106_LOW_MEMORY

FEWEST_SIGNS = 10
MOST_SIGNS = 256


class Passwords:
    """Makes and checks hashes. A check for a user that is not there takes as long as any other."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
        self._nobody = self._hasher.hash("a password that nobody has")

    def hash(self, password: str) -> str:
        """What is kept of ``password``."""
        return self._hasher.hash(password)

    def fits(self, kept: str | None, password: str) -> bool:
        """Whether ``kept`` (None: there is no such user) was made of ``password``."""
        try:
            fits = self._hasher.verify(self._nobody if kept is None else kept, password[:MOST_SIGNS])
        except (Argon2Error, InvalidHashError):
            return False
        return fits and kept is not None

    def outdated(self, kept: str) -> bool:
        """Whether ``kept`` was made more weakly than hashes are made now."""
        return self._hasher.check_needs_rehash(kept)


def weakness(password: str, name: str) -> str | None:
    """Why ``password`` is no good for the user ``name``, in words; None when it is."""
    if len(password) < FEWEST_SIGNS:
        return f"the password must have at least {FEWEST_SIGNS} signs"
    if len(password) > MOST_SIGNS:
        return f"the password must have at most {MOST_SIGNS} signs"
    if len(set(password)) < 4:
        return "the password repeats the same few signs"
    if name and name.casefold() in password.casefold():
        return "the password must not contain the name"
    return None
