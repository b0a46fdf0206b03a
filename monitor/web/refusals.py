"""What the page answers when it does not do what was asked: a status and one line for people."""

from __future__ import annotations

from collections.abc import Mapping

from monitor.errors import VigilError


class Refused(VigilError):
    """``status`` is the HTTP status; ``headers`` go along."""

    def __init__(self, status: int, line: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(line)
        self.status = status
        self.headers = dict(headers or {})


def bad_request(line: str) -> Refused:
    """The request cannot be read."""
    return Refused(400, line)


def not_signed_in() -> Refused:
    """Nobody is logged in."""
    return Refused(401, "log in first")


def not_allowed() -> Refused:
    """The role does not include it."""
    return Refused(403, "your role does not allow this")


def no_such_bed() -> Refused:
    """No such bed, or not one of this user's: both look alike, so that nobody can try names."""
    return Refused(404, "there is no such bed here, or you may not see it")


def no_such_thing(what: str) -> Refused:
    """It is not there."""
    return Refused(404, f"there is no {what}")


def unfit(line: str) -> Refused:
    """It can be read, but not done as it stands."""
    return Refused(422, line)


def away(line: str) -> Refused:
    """Something that is needed does not answer now."""
    return Refused(503, line)
