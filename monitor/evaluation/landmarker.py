"""The landmark asset that vigil itself uses, offered to evaluations by entry point (``models`` imports no monitor)."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from monitor.errors import ServiceUnavailable
from monitor.face.assets import CONFIGURED_BY, locate


def found_landmarker(configured: Path | None) -> Path | None:
    """The asset at ``configured``, else the cached, fetched or built one. None, said on stderr, if there is none.

    ServiceUnavailable when ``configured``, or what ``$VIGIL_LANDMARKER`` names, is no landmark asset.
    """
    try:
        return locate(configured)
    except ServiceUnavailable as error:
        if configured is not None or os.environ.get(CONFIGURED_BY):
            raise
        print(f"vigil: without a face landmarker, every face gets the fixed crop: {error}", file=sys.stderr)
        return None
