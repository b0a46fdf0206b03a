"""The JSON schemas that docs/sinks.md documents."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "sinks.md"


def documented(heading: str) -> dict[str, Any]:
    """The schema below ``heading``; it is a valid schema."""
    text = DOCUMENT.read_text(encoding="utf-8")
    found = re.search(rf"^#+ {re.escape(heading)}$.*?^```json\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert found, heading
    schema: dict[str, Any] = json.loads(found[1])
    jsonschema.Draft202012Validator.check_schema(schema)
    return schema
