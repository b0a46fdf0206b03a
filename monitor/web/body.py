"""The body of a request: JSON of bounded size that comes in bounded time, and its fields with their types."""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, TypeVar

import anyio
from starlette.requests import ClientDisconnect, Request

from monitor.web.refusals import Refused, bad_request, unfit

LARGEST_BYTES = 16 << 10
PATIENCE_S = 10.0
Kind = TypeVar("Kind", bound=StrEnum)


async def read_body(request: Request) -> Mapping[str, Any]:
    """The JSON object in the body. Refused: 400 unreadable, 408 too slow, 413 too large, 415 another kind.

    The kind is checked because no other site can make a browser send it without being allowed to.
    """
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
        raise Refused(415, "wants a body of application/json")
    payload = bytearray()
    try:
        with anyio.fail_after(PATIENCE_S):
            async for chunk in request.stream():
                payload += chunk
                if len(payload) > LARGEST_BYTES:
                    raise Refused(413, f"the body is larger than {LARGEST_BYTES} bytes", {"Connection": "close"})
    except TimeoutError:
        raise Refused(408, "the body does not come", {"Connection": "close"}) from None
    except ClientDisconnect:
        raise bad_request("the body broke off") from None
    try:
        document = json.loads(payload)
    except (ValueError, RecursionError):
        raise bad_request("the body is no JSON") from None
    if not isinstance(document, dict):
        raise bad_request("the body must be a JSON object")
    return document


def text(body: Mapping[str, Any], name: str, most: int = 1024) -> str:
    """A field of text; 422."""
    value = body.get(name)
    if not isinstance(value, str) or len(value) > most:
        raise unfit(f"{name}: wants text of at most {most} signs")
    if any("\ud800" <= sign <= "\udfff" for sign in value):
        raise unfit(f"{name}: has signs that are none")
    return value


def choice(body: Mapping[str, Any], name: str, kinds: type[Kind]) -> Kind:
    """A field that is one of ``kinds``; 422."""
    value = body.get(name)
    if not isinstance(value, str) or value not in set(kinds):
        raise unfit(f"{name}: wants one of {', '.join(kinds)}")
    return kinds(value)


def truth(body: Mapping[str, Any], name: str, default: bool) -> bool:
    """A field that is true or false; 422."""
    value = body.get(name, default)
    if not isinstance(value, bool):
        raise unfit(f"{name}: wants true or false")
    return value


def number(body: Mapping[str, Any], name: str) -> float:
    """A field that is a number; 422."""
    value = body.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e15:
        raise unfit(f"{name}: wants a number")
    return float(value)
