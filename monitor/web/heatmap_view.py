"""An explanation as the page is told it: words, bars and a picture to lay over the face."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from models.action_units import NAMES, ActionUnit
from monitor.storage.encoding import plain
from monitor.web.alert_history import moment, sentences
from monitor.web.heatmap import Heatmap

GERMAN: Mapping[ActionUnit, str] = {
    ActionUnit.AU01: "innere Brauen gehoben",
    ActionUnit.AU02: "äußere Brauen gehoben",
    ActionUnit.AU04: "Brauen zusammengezogen",
    ActionUnit.AU05: "Oberlider gehoben",
    ActionUnit.AU06: "Wangen gehoben",
    ActionUnit.AU07: "Augen zusammengekniffen",
    ActionUnit.AU09: "Nase gerümpft",
    ActionUnit.AU10: "Oberlippe gehoben",
    ActionUnit.AU12: "Mundwinkel hochgezogen",
    ActionUnit.AU14: "Mundwinkel eingezogen",
    ActionUnit.AU25: "Lippen geöffnet",
    ActionUnit.AU26: "Kiefer gesenkt",
    ActionUnit.AU27: "Mund weit offen",
    ActionUnit.AU43: "Augen geschlossen",
}


def heatmap_view(found: Heatmap, heat: bytes) -> dict[str, Any]:
    """``heat`` is the PNG of its relevance. No pixels of the face are in here."""
    return {
        "bed": found.bed,
        "at": moment(found.at),
        "sentence": sentences(found.sentence, found.sentence_de),
        "units": [{**plain(unit), "name": {"en": NAMES[unit.unit], "de": GERMAN[unit.unit]}} for unit in found.units],
        "outside_share": plain(found.outside_share),
        "relevance_png": f"data:image/png;base64,{base64.b64encode(heat).decode()}",
        "size": int(found.relevance.shape[0]),
        "model_id": found.model_id,
        "composite": found.composite,
    }
