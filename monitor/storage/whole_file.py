"""Files that appear complete or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from monitor.storage.output_errors import writing

PART = ".vigil-part"
"""Ends the hidden name under which a file is written before it takes its own."""


def write_whole(target: Path, content: str | bytes) -> None:
    """Write ``target`` under another name, then rename; OutputError when it cannot be, and what was there stays."""
    part = target.with_name(f".{target.name}{PART}")
    payload = content.encode() if isinstance(content, str) else content
    with writing(target):
        try:
            with part.open("wb") as handle:
                handle.write(payload)
                handle.flush()
                os.fsync(handle.fileno())
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
