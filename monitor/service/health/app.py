"""The health endpoints, answered from what the supervisor published last. Nothing can be changed through them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from monitor.service.health.board import Board


def health_app(board: Board, metrics_text: Callable[[], bytes], now_s: Callable[[], float]) -> Starlette:
    """``/livez``, ``/readyz``, ``/status``, ``/metrics``."""

    async def livez(request: Request) -> Response:
        return _verdict(board.alive(now_s()))

    async def readyz(request: Request) -> Response:
        return _verdict(board.ready(now_s()))

    async def status(request: Request) -> Response:
        return _json(board.status, 200)

    async def metrics(request: Request) -> Response:
        return Response(metrics_text(), media_type=CONTENT_TYPE_LATEST)

    routes = [
        Route(path, endpoint, methods=["GET"])
        for path, endpoint in (("/livez", livez), ("/readyz", readyz), ("/status", status), ("/metrics", metrics))
    ]
    return Starlette(routes=routes)


def _verdict(reasons: tuple[str, ...]) -> Response:
    return _json({"ok": not reasons, "because": list(reasons)}, 503 if reasons else 200)


def _json(content: Mapping[str, Any], status_code: int) -> Response:
    payload = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return Response(payload, status_code, media_type="application/json", headers={"Cache-Control": "no-store"})
