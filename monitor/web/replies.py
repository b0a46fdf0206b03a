"""Answers of the page."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response


def as_json(content: Mapping[str, Any], status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON object."""
    payload = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return Response(payload.encode("utf-8", "replace"), status, headers, media_type="application/json")


def done() -> Response:
    """Done, and nothing to say."""
    return Response(status_code=204)


def said(line: str) -> Response:
    """Done, in words."""
    return as_json({"said": line})


def jpeg(picture: bytes) -> Response:
    """A picture."""
    return Response(picture, media_type="image/jpeg")
