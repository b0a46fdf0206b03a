"""Kinds of values in a ward's configuration: checked when read, units in the names of the settings."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated
from urllib.parse import parse_qsl, urlsplit

from pydantic import AfterValidator, Field, WithJsonSchema

from monitor.config_tree import Unshown

NAME_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$"
"""Names of beds, sources and sinks: they become topics, paths and labels."""
NAME_RULE = "a name has 1 to 64 letters, digits, - or _, a letter or digit first"
MOST_ADDRESSES = 50
_CREDENTIAL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_SECRET_WORD = re.compile(r"pass|pwd|token|secret|api.?key|auth|sig", re.IGNORECASE)
_MAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")
_UNSAFE = re.compile(r"[\s\"'`\\<>{}|^\x00-\x1f\x7f-\U0010ffff]")

Seconds = Annotated[float, Field(gt=0, le=86_400 * 366)]
Days = Annotated[float, Field(gt=0, le=36_600)]
Count = Annotated[int, Field(ge=1, le=10_000_000)]
Pixels = Annotated[int, Field(ge=16, le=8192)]
Share = Annotated[float, Field(ge=0, le=1)]
Port = Annotated[int, Field(ge=1, le=65_535)]
Name = Annotated[str, Field(pattern=NAME_PATTERN)]
Label = Annotated[str, Field(max_length=40, pattern=r"^[^\x00-\x1f\x7f]*$")]
HostName = Annotated[str, Unshown(), Field(pattern=r"^([A-Za-z0-9._-]{1,253}|[0-9A-Fa-f:.]{2,45})$")]
"""A name or address alone. Not quoted in complaints: some write user and password before it."""
TopicPrefix = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+){0,4}$", max_length=128)]


def _credential(text: str) -> str:
    if not text.startswith("/") and not _CREDENTIAL.fullmatch(text):
        raise ValueError(
            "wants the name of a file in $CREDENTIALS_DIRECTORY (letters, digits, . _ -) or an absolute path, "
            "never the secret itself"
        )
    return text


Credential = Annotated[str, AfterValidator(_credential), Unshown(), Field(max_length=4096)]
"""Where a secret lies: the name of a file in $CREDENTIALS_DIRECTORY or an absolute path. Never the secret."""


def _address(text: str, schemes: tuple[str, ...], *, user_allowed: bool = False) -> str:
    """``text`` if it is an address of one of ``schemes`` without a secret; ValueError that does not quote it."""
    if _UNSAFE.search(text):
        raise ValueError("an address has no blanks, quotes, brackets or letters beyond ASCII (encode them with %)")
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        raise ValueError("is not an address that can be read") from None
    if parts.scheme not in schemes:
        raise ValueError(f"wants an address that begins with {' or '.join(f'{name}://' for name in schemes)}")
    if parts.password is not None or (parts.username is not None and not user_allowed):
        raise ValueError(
            "carries a user or password; write the user as `username`, put the password alone into a credential file "
            "and name that file as `password_credential`"
        )
    if any(_SECRET_WORD.search(name) for name, _ in parse_qsl(parts.query, keep_blank_values=True)):
        raise ValueError("carries what looks like a secret after the ?; use username and password_credential")
    if not parts.hostname and parts.scheme != "sqlite":
        raise ValueError("names no host")
    return text


def _rtsp(text: str) -> str:
    return _address(text, ("rtsp", "rtsps"))


def _http(text: str) -> str:
    return _address(text, ("http", "https"))


def _database(text: str) -> str:
    _address(text, ("sqlite", "postgresql", "postgresql+psycopg"), user_allowed=True)
    if text.startswith("sqlite:") and not text.startswith("sqlite:////"):
        raise ValueError("wants an absolute file, sqlite:////var/lib/vigil/vigil.sqlite")
    return text


def _mail(text: str) -> str:
    if not _MAIL.fullmatch(text) or ".." in text:
        raise ValueError("wants a plain mail address such as ward-3@care.example, without a name around it")
    return text


def _some(addresses: tuple[str, ...]) -> tuple[str, ...]:
    if not 1 <= len(addresses) <= MOST_ADDRESSES:
        raise ValueError(f"wants 1 to {MOST_ADDRESSES} addresses")
    return addresses


def _device(path: Path) -> Path:
    text = str(path)
    if re.fullmatch(r"/dev/video\d+", text):
        raise ValueError("numbers change when a camera is plugged in again; take its name under /dev/v4l/by-path")
    if not re.fullmatch(r"/dev/[A-Za-z0-9._:/+@-]+", text) or ".." in text:
        raise ValueError("wants a device such as /dev/v4l/by-id/… or /dev/v4l/by-path/…")
    return path


def _absolute(path: Path) -> Path:
    if not path.is_absolute() or ".." in path.parts or "\x00" in str(path):
        raise ValueError("wants an absolute path (the service starts in another folder than you)")
    return path


_TEXT = WithJsonSchema({"type": "string"})
_SOME_TEXTS = {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": MOST_ADDRESSES}
RtspUrl = Annotated[str, AfterValidator(_rtsp), Unshown(), Field(max_length=2048)]
HttpUrl = Annotated[str, AfterValidator(_http), Unshown(), Field(max_length=2048)]
DatabaseUrl = Annotated[str, AfterValidator(_database), Unshown(), Field(max_length=2048)]
MailAddress = Annotated[str, AfterValidator(_mail), Field(max_length=320)]
MailAddresses = Annotated[tuple[MailAddress, ...], AfterValidator(_some), WithJsonSchema(_SOME_TEXTS)]
DevicePath = Annotated[Path, AfterValidator(_device), _TEXT]
AbsolutePath = Annotated[Path, AfterValidator(_absolute), _TEXT]


def is_name(text: str) -> bool:
    """Whether ``text`` may name a bed, source or sink."""
    return re.fullmatch(NAME_PATTERN, text) is not None


def is_loopback(host: str) -> bool:
    """Whether ``host`` is this machine."""
    return host in {"localhost", "::1"} or host.startswith("127.")
