"""The JSON schema: valid itself, takes the example, refuses what the reader refuses by type, and explains every key."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from monitor.config_lines import read
from monitor.ward.schema import ward_schema

PAUSES = ("audio", "privacy")  # their names say all
jsonschema = pytest.importorskip("jsonschema")
EXAMPLE = Path(__file__).resolve().parents[2] / "systemd" / "vigil.example.yaml"


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    return json.loads(json.dumps(ward_schema(), allow_nan=False))


def test_it_is_a_schema_and_takes_the_example(schema: dict[str, Any]):
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(read(EXAMPLE).values)


@pytest.mark.parametrize(
    "wrong",
    [
        {"nonsense": 1},
        {"beds": {"one": {}}},
        {"beds": {"one": {"source": "a", "rotate_deg": 45}}},
        {"beds": {"a b": {"source": "a"}}},
        {"sources": {"a": {"url": "rtsp://c/1"}}},
        {"sources": {"a": {"kind": "rtsp", "url": "rtsp://c/1", "transport": "sctp"}}},
        {"sources": {"a": {"kind": "rtsp", "device": "/dev/x"}}},
        {"health": {"port": 0}},
        {"alerts": {"delay_s": "soon"}},
        {"alerts": 3},
        {"format": 2},
        {"storage": {"seconds_kept_days": -1}},
    ],
)
def test_it_refuses(schema: dict[str, Any], wrong: dict[str, Any]):
    assert list(jsonschema.Draft202012Validator(schema).iter_errors(wrong)) != []


def test_drop_ins_may_take_away(schema: dict[str, Any]):
    jsonschema.Draft202012Validator(schema).validate({"beds": {"one": None}, "sinks": {"m": None}})


def test_every_key_is_explained_and_has_its_default(schema: dict[str, Any]):
    silent = [path for path, each in keys(schema, "") if not each.get("description") and not path.endswith(".kind")]
    assert set(silent) <= {f"{at}lifecycle.{name}_pause_most_s" for at in ("", "BedSettings.") for name in PAUSES}
    found = dict(keys(schema, ""))
    assert found["alerts.delay_s"]["default"] == 15.0
    assert found["alerts.emotion_alerts"]["default"] is False
    assert found["privacy.emotion_scores"]["default"] is False
    assert "default" not in found["BedSettings.alerts.delay_s"]  # the facility's
    assert found["BedSettings.rotate_deg"]["default"] == 0


def keys(schema: dict[str, Any], prefix: str) -> Any:
    for name, each in schema.get("properties", {}).items():
        yield f"{prefix}{name}", each
        yield from keys(each, f"{prefix}{name}.")
    for name, each in schema.get("$defs", {}).items():
        yield from keys(each, f"{name}.")
