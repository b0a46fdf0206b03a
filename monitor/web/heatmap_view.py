"""An explanation as the page is told it: words, bars and a picture to lay over the face."""

from __future__ import annotations

import base64
from typing import Any

from models.action_units import NAMES
from models.words.german import GERMAN
from monitor.storage.encoding import plain
from monitor.web.alert_history import moment, sentences
from monitor.web.heatmap import Heatmap


def heatmap_view(found: Heatmap, heat: bytes) -> dict[str, Any]:
    """``heat`` is the PNG of its relevance. No pixels of the face are in here."""
    return {
        "bed": found.bed,
        "at": moment(found.at),
        "sentence": sentences(found.sentence, found.sentence_de),
        "units": [
            {**plain(unit), "name": {"en": NAMES[unit.unit], "de": GERMAN.units[unit.unit]}} for unit in found.units
        ],
        "outside_share": plain(found.outside_share),
        "relevance_png": f"data:image/png;base64,{base64.b64encode(heat).decode()}",
        "size": int(found.relevance.shape[0]),
        "model_id": found.model_id,
        "composite": found.composite,
    }
