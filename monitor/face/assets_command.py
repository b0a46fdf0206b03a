"""``vigil assets``: gets the face landmark asset and says where it lies."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from monitor.face.assets import obtain


def assets(
    landmarker: Annotated[Path | None, typer.Option(help="Use this face_landmarker.task.", show_default=False)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Find, fetch or build the face landmark asset; print its path, origin and sha256."""
    asset = obtain(landmarker)
    if as_json:
        found = {"path": str(asset.path), "origin": str(asset.origin), "sha256": asset.sha256, "cached": asset.cached}
        typer.echo(json.dumps(found))
    else:
        kept = ", from the cache" if asset.cached and asset.origin != "configured" else ""
        typer.echo(f"{asset.path}\norigin {asset.origin}{kept}\nsha256 {asset.sha256}")
