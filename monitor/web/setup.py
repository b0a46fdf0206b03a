"""The first admin: made by whoever can read the code that the service left in its state directory."""

from __future__ import annotations

import hmac
import os
from pathlib import Path

from monitor.errors import OutputError

FILE = "page-setup-code"
LARGEST_BYTES = 200


def set_up_code(state: Path) -> str | None:
    """The code in the file, None when there is none that can be read."""
    try:
        handle = os.open(state / FILE, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        return os.read(handle, LARGEST_BYTES).decode("utf-8", "replace").strip() or None
    finally:
        os.close(handle)


def right_code(state: Path, said: str) -> bool:
    """Whether ``said`` is the code."""
    code = set_up_code(state)
    return code is not None and hmac.compare_digest(code.encode(), said.strip().encode("utf-8", "replace"))


def used(state: Path) -> None:
    """The code has done its work. OutputError when its file cannot be taken away."""
    try:
        (state / FILE).unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(f"{state / FILE}: cannot be removed: {error.strerror}") from error
