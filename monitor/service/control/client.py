"""Asking the running service over its control socket."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

from monitor.errors import ServiceUnavailable, UsageError
from monitor.service.control.requests import Request, request_line

TIMEOUT_S = 10.0


def ask(path: Path, request: Request) -> dict[str, Any]:
    """What the service at ``path`` answers. ServiceUnavailable when none runs, UsageError when it refuses."""
    try:
        with socket.socket(socket.AF_UNIX) as end:
            end.settimeout(TIMEOUT_S)
            end.connect(str(path))
            end.sendall(request_line(request))
            with end.makefile("rb") as lines:
                line = lines.readline()
    except (FileNotFoundError, ConnectionRefusedError):
        raise ServiceUnavailable(f"{path}: no service runs here (start it with `vigil run`)") from None
    except TimeoutError:
        raise ServiceUnavailable(f"{path}: the service does not answer") from None
    except OSError as error:
        raise ServiceUnavailable(f"{path}: {error.strerror or error}") from error
    try:
        answer = json.loads(line)
        refused, result = answer["error"], answer["result"]
    except (ValueError, KeyError, TypeError):
        raise ServiceUnavailable(f"{path}: the service answered nothing that can be read") from None
    if refused is not None:
        raise UsageError(str(refused))
    return dict(result)
