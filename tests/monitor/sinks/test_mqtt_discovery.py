"""What Home Assistant finds: the keys that its documentation gives each component, and templates that give a state."""

from __future__ import annotations

import json
import re
from typing import Any

import jinja2
import jsonschema
import pytest
from sink_story import BEDS, WARD, Story, out_alert

from monitor.alerts.topics import Topic
from monitor.records import Level
from monitor.sinks.mqtt.bed_document import bed_document
from monitor.sinks.mqtt.commands import parse_command
from monitor.sinks.mqtt.discovery import Entity, bed_entities, config_topic, payload, ward_entity
from monitor.sinks.mqtt.topics import Topics

TOPICS = Topics("vigil", WARD)
TEXT = {"type": "string", "minLength": 1}
DEVICE = {
    "type": "object",
    "additionalProperties": False,
    "required": ["identifiers"],
    "properties": {
        "identifiers": {"type": "array", "items": TEXT, "minItems": 1},
        **dict.fromkeys(("name", "manufacturer", "model", "sw_version", "suggested_area"), TEXT),
    },
}
COMMON = {
    "unique_id": TEXT,
    "name": TEXT,
    "icon": {"type": "string", "pattern": "^mdi:"},
    "qos": {"enum": [0, 1, 2]},
    "entity_category": {"enum": ["config", "diagnostic"]},
    "device": DEVICE,
    "origin": {
        "type": "object",
        "required": ["name"],
        "additionalProperties": False,
        "properties": {"name": TEXT, "sw_version": TEXT},
    },
    "availability": {
        "type": "array",
        "items": {
            "type": "object",
            "required": ["topic"],
            "additionalProperties": False,
            "properties": dict.fromkeys(("topic", "payload_available", "payload_not_available"), TEXT),
        },
    },
    "json_attributes_topic": TEXT,
}
SHOWN = {**COMMON, "state_topic": TEXT, "value_template": TEXT}
COMPONENTS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "binary_sensor": (
        {
            **SHOWN,
            "payload_on": TEXT,
            "payload_off": TEXT,
            "device_class": {"enum": ["problem", "connectivity", "safety"]},
        },
        ["state_topic"],
    ),
    "sensor": (
        {**SHOWN, "device_class": {"enum": ["enum"]}, "options": {"type": "array", "items": TEXT, "minItems": 1}},
        ["state_topic"],
    ),
    "button": ({**COMMON, "command_topic": TEXT, "payload_press": TEXT}, ["command_topic"]),
    "switch": (
        {**SHOWN, "command_topic": TEXT, **dict.fromkeys(("payload_on", "payload_off", "state_on", "state_off"), TEXT)},
        ["command_topic"],
    ),
}
"""Keys by component, from Home Assistant's documentation of its MQTT integrations; a device needs a unique_id."""


def entities(*, commands: bool = True) -> list[Entity]:
    found = [ward_entity(TOPICS, version="1.0")]
    for bed, words in BEDS.items():
        found += bed_entities(TOPICS, bed, words, version="1.0", commands=commands)
    return found


@pytest.mark.parametrize("entity", entities(), ids=lambda entity: entity[1])
def test_every_entity_has_the_documented_keys(entity: Entity):
    component, object_id, _ = entity
    properties, required = COMPONENTS[component]
    schema = {
        "type": "object",
        "additionalProperties": False,
        "required": [*required, "unique_id", "device", "origin", "name"],
        "properties": properties,
    }
    jsonschema.Draft202012Validator(schema).validate(json.loads(payload(entity)))
    assert re.fullmatch(
        r"homeassistant/(binary_sensor|sensor|button|switch)/[a-zA-Z0-9_-]+/config",
        config_topic("homeassistant", entity),
    )
    assert object_id == entity[2]["unique_id"]


def test_ids_are_unique_and_a_bed_is_one_device():
    found = entities()
    assert len({config["unique_id"] for _, _, config in found}) == len(found)
    assert len({json.dumps(config["device"]) for _, _, config in found}) == 1 + len(BEDS)
    assert {component for component, _, _ in entities(commands=False)} == {"binary_sensor", "sensor"}


def shown(config: dict[str, Any], document: dict[str, Any]) -> str:
    """As Home Assistant renders a template."""
    return jinja2.Environment().from_string(config["value_template"]).render(value_json=document)


def states(document: dict[str, Any]) -> dict[str, str]:
    found = bed_entities(TOPICS, "bed-1", BEDS["bed-1"], version="1.0", commands=True)
    return {
        object_id.removeprefix(f"vigil_{WARD}_bed-1_"): shown(config, document)
        for _, object_id, config in found
        if "value_template" in config
    }


def document_of(*alerts: Any, **more: Any) -> dict[str, Any]:
    report = Story().report("bed-1", *alerts, **more)
    return json.loads(json.dumps(bed_document(report, report.alerts, BEDS["bed-1"])))


def test_a_quiet_bed():
    assert states(document_of()) == {
        "pain_alert": "OFF",
        "problem": "OFF",
        "camera": "ON",
        "level": "no_pain",
        "priority": "none",
        "audio_pause": "OFF",
        "privacy_pause": "OFF",
    }


def test_nobody_to_be_seen_is_unknown_and_never_no_pain():
    seen = states(document_of(level=Level.UNASSESSABLE, score=None, online=False))
    assert (seen["pain_alert"], seen["level"], seen["camera"]) == ("None", "unassessable", "OFF")


def test_alerts_and_pauses_are_shown():
    until = Story().clock.now_at()
    camera = out_alert(2, topic=Topic.CAMERA_OFFLINE)
    seen = states(document_of(out_alert(1), camera, level=Level.PAIN, audio_paused_until=until))
    assert (seen["pain_alert"], seen["problem"], seen["priority"], seen["audio_pause"]) == ("ON", "ON", "high", "ON")


def test_every_state_is_one_that_the_entity_knows():
    for document in (document_of(), document_of(out_alert(1), level=Level.PAIN), document_of(level=Level.UNASSESSABLE)):
        for component, _, config in bed_entities(TOPICS, "bed-1", BEDS["bed-1"], version="1.0", commands=True):
            if component == "sensor":
                assert shown(config, document) in config["options"]
            elif component == "binary_sensor":
                assert shown(config, document) in (config["payload_on"], config["payload_off"], "None")
            elif component == "switch":
                assert shown(config, document) in (config["state_on"], config["state_off"])


def test_what_buttons_and_switches_send_is_understood():
    sent = [
        config[key]
        for component, _, config in entities()
        if component in ("button", "switch")
        for key in ("payload_press", "payload_on", "payload_off")
        if key in config
    ]
    assert len(sent) == 2 * (4 + 4)
    for each in sent:
        assert all(event.by == "Home Assistant" for event in parse_command(each.encode(), (out_alert(1),)))  # type: ignore[union-attr]
